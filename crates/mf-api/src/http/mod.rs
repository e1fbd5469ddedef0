//! What every route shares: problems, identity, limits, headers, and the reading of requests. Nothing
//! here knows a resource.

pub mod cookies;
pub mod csrf;
pub mod etag;
pub mod guard;
pub mod idempotency;
pub mod identity;
pub mod json;
pub mod limits;
pub mod metrics;
pub mod network;
pub mod page;
pub mod path;
pub mod problem;
pub mod query;
pub mod refusal;
pub mod request_id;
pub mod security;
pub mod timeout;
pub mod trace;
