//! The use cases, by noun. Each one takes the [`Scope`](mf_domain::Scope) of whoever asks, decides
//! whether they may, changes what must change in one transaction together with its audit entry and
//! the jobs that follow, and announces it. The HTTP API, the command line and the jobs are doors to
//! these functions and hold no rules of their own.

mod app;
mod approvals;
mod audit;
mod error;
mod health;
mod idempotency;
mod invitations;
mod keys;
mod last_seen;
mod mail;
mod maintenance;
mod me;
mod password;
mod privacy;
mod projects;
mod setup;
mod sign_in;
mod spending;
mod team;
mod tenants;
mod worker;

pub use app::{App, Parts, Settings};
pub use approvals::{
    ApprovalCount, ApprovalSettingsView, ApprovalView, Decision, DiffLine, Reason, ThresholdView,
};
pub use audit::{ActionTitle, AuditQuery, AuditVerdict, AuditView, ExportFormat};
pub use error::AppError;
pub use health::Trouble;
pub use idempotency::{Answer, IdempotencyKey, Start};
pub use invitations::{InvitationCreated, InvitationPreview, InvitationView};
pub use keys::{KeyCreated, KeyKind, KeyView, NewKey};
pub use mail::{Mail, MailError, Mailer};
pub use me::Me;
pub use privacy::{ErasureView, ProofLine};
pub use projects::ProjectView;
pub use setup::FirstAdmin;
pub use sign_in::{Client, Identity, Presented, SessionKind, SessionView, SignedIn, Tokens};
pub use spending::{SpendingChange, SpendingView};
pub use team::{MemberView, ResetLink};
pub use tenants::{TenantChange, TenantView};
pub use worker::{JobError, JobErrorView, JobHandler, JobRun, JobView, ScheduleView, Worker, WorkerPulse};

/// What the doors need to know of the stores: pages, rows and changes, as they come out of use cases.
pub use mf_stores::blobs::{BadLink, BlobError};
pub use mf_stores::relational::{Change, JobFilter, Page, PageRequest, StoreError, Topic, rows};
