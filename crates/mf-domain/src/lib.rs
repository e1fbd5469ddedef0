//! The words everything else is written in: typed ids, who is asking ([`Scope`]), what they may do
//! ([`Role`], [`Permission`]), money, time, tokens, and the arithmetic of approvals and the audit
//! chain. Pure: no IO, no clock and no randomness of its own; both come in as arguments.

pub mod approvals;
pub mod audit;
pub mod clock;
pub mod id;
pub mod jobs;
pub mod money;
pub mod roles;
pub mod scope;
pub mod secret;
pub mod text;

pub use clock::{Clock, SystemClock};
pub use id::*;
pub use money::{Currency, Money};
pub use roles::{Permission, Permissions, Role};
pub use scope::{Actor, Scope};
