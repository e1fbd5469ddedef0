//! How a use case says no. A small set, each with what to do next; the API maps them to problem
//! documents once.

use mf_domain::Permission;
use mf_domain::text::FieldProblem;
use mf_stores::blobs::BlobError;
use mf_stores::relational::StoreError;
use mf_stores::vault::VaultError;

#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("some of what you sent needs mending")]
    Invalid(Vec<FieldProblem>),
    /// Not there, or another workspace's: the answer is the same.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("your role does not allow this: it needs {}", .0.id())]
    Forbidden(Permission),
    /// Not a matter of permission: a rule forbids it, whoever asks.
    #[error("{why}")]
    Refused { why: String, remedy: String },
    #[error("{0}")]
    Unauthenticated(&'static str),
    #[error("{why}")]
    Conflict { why: String, remedy: String },
    /// Somebody changed it since it was read.
    #[error("it was changed in the meantime")]
    Stale,
    /// A link that has been used or has lapsed.
    #[error("this {0} has been used or has lapsed")]
    Gone(&'static str),
    #[error("too many attempts")]
    Throttled { retry_after_seconds: u64 },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error("{0}")]
    Internal(String),
}

impl AppError {
    pub fn invalid(field: &str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        AppError::Invalid(vec![FieldProblem::new(field, message, remedy)])
    }

    pub fn conflict(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        AppError::Conflict { why: why.into(), remedy: remedy.into() }
    }

    pub fn refused(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        AppError::Refused { why: why.into(), remedy: remedy.into() }
    }

    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        AppError::Internal(error.to_string())
    }
}

impl From<Vec<FieldProblem>> for AppError {
    fn from(problems: Vec<FieldProblem>) -> Self {
        AppError::Invalid(problems)
    }
}

/// A unique thing that is there already reads as a conflict; anything else stays what it is.
pub(crate) fn duplicate_means(error: StoreError, why: &str, remedy: &str) -> AppError {
    match error {
        StoreError::Duplicate => AppError::conflict(why, remedy),
        StoreError::Stale => AppError::Stale,
        other => other.into(),
    }
}
