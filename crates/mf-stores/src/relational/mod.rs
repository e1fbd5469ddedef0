//! The relational store: workspaces, people, jobs, approvals, audit. One code path over SQLite and
//! PostgreSQL.
//!
//! There are two kinds of transaction. A [`Tx`] belongs to one workspace: every query it offers is
//! filtered by that workspace here, and on PostgreSQL by row-level security as well, so that a query
//! which forgets its workspace returns nothing. A [`SystemTx`] looks across workspaces; it exists for
//! what happens before a workspace is known (signing in) and for the product's own work (claiming
//! jobs). Neither gives out its connection: what cannot be said with their methods cannot be asked.
//!
//! The methods are grouped by noun, one file each. Rules about who may do what live in `mf-app`.

mod api_keys;
mod approvals;
mod archive;
mod audit;
mod changes;
mod connect;
mod entities;
mod erasures;
mod error;
mod idempotency;
mod instance;
mod invitations;
mod jobs;
mod migrate;
mod page;
mod people;
mod projects;
mod schedules;
mod sessions;
mod tenants;
mod tx;
mod vault_keys;

pub use archive::{TableCount, TableDump};
pub use audit::AuditFilter;
pub use changes::{Change, Topic};
pub use connect::{ConnectOptions, Engine, Store};
pub use entities::{GLOBAL_TABLES, TENANT_TABLES};
pub use error::StoreError;
pub use idempotency::Reservation;
pub use jobs::{ClaimedJob, Heartbeat, JobFilter, JobsSummary, NewJob};
pub use page::{Page, PageRequest};
pub use people::MemberRow;
pub use sessions::{KeyIdentity, SessionIdentity};
pub use tx::{SystemTx, Tx};

/// Rows as plain structs, under the name of what they are.
pub mod rows {
    use super::entities as e;

    pub use e::api_keys::Model as ApiKey;
    pub use e::approval_settings::Model as ApprovalSettings;
    pub use e::approvals::Model as Approval;
    pub use e::audit_log::Model as AuditEntry;
    pub use e::erasures::Model as Erasure;
    pub use e::invitations::Model as Invitation;
    pub use e::jobs::Model as Job;
    pub use e::memberships::Model as Membership;
    pub use e::projects::Model as Project;
    pub use e::schedules::Model as Schedule;
    pub use e::sessions::Model as Session;
    pub use e::spending::Model as Spending;
    pub use e::tenants::Model as Tenant;
    pub use e::users::Model as User;
}
