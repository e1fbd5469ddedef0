//! What a kind of background work implements, and what it is given while it runs.

use std::sync::Arc;

use async_trait::async_trait;
use mf_domain::jobs::ErrorClass;
use mf_domain::{Permission, RequestId, Scope};
use mf_stores::relational::{Heartbeat, StoreError, Topic, Tx, rows};
use mf_stores::vault::VaultError;
use serde::de::DeserializeOwned;

use super::lease::Lease;
use crate::app::fresh;
use crate::{App, AppError};

pub(super) const USUAL_ATTEMPTS: u32 = 8;

/// One kind of background work.
#[async_trait]
pub trait JobHandler: Send + Sync {
    fn kind(&self) -> &'static str;

    /// How people read it, such as "Send a mail".
    fn title(&self) -> &'static str;

    fn max_attempts(&self) -> u32 {
        USUAL_ATTEMPTS
    }

    /// Who may see the result. `None`: whoever may see jobs.
    fn result_needs(&self) -> Option<Permission> {
        None
    }

    /// Does the work. The last thing it does is [`JobRun::finish`], in the transaction of its effects.
    async fn run(&self, app: &App, run: &mut JobRun) -> Result<(), JobError>;

    /// The worker vanished half-way, or the work broke off so that nobody knows how far it came. Work
    /// whose effects stand in its own transaction can simply be tried again.
    fn after_loss(&self, _job: &rows::Job) -> AfterLoss {
        AfterLoss::TryAgain
    }

    /// It will not be done: it ran out of tries, cannot succeed, or was cancelled. Called in the
    /// transaction that says so, for whatever waits for it.
    async fn given_up(
        &self,
        _app: &App,
        _tx: &mut Tx,
        _scope: &Scope,
        _job: &rows::Job,
        _why: &str,
    ) -> Result<(), AppError> {
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterLoss {
    TryAgain,
    /// Trying again could do harm; says so to a person.
    GiveUp(String),
}

/// A failure, and what kind it is: that decides whether and when the job is tried again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JobError {
    pub(super) class: ErrorClass,
    pub(super) message: String,
}

impl JobError {
    pub fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self { class, message: message.into() }
    }

    pub fn transient(message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Transient, message)
    }

    pub fn permanent(message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Permanent, message)
    }
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Self::new(class_of(&error), error.to_string())
    }
}

impl From<AppError> for JobError {
    fn from(error: AppError) -> Self {
        let class = match &error {
            AppError::Store(store) => class_of(store),
            AppError::Throttled { .. } => ErrorClass::Throttled,
            // The disk, the bucket or the key table may be back by the next try.
            AppError::Blob(_) | AppError::Vault(VaultError::Table(_)) => ErrorClass::Transient,
            _ => ErrorClass::Permanent,
        };
        Self::new(class, error.to_string())
    }
}

fn class_of(error: &StoreError) -> ErrorClass {
    // A row that moved under us is there to be read again.
    let again = error.is_passing() || matches!(error, StoreError::Stale | StoreError::Duplicate);
    if again { ErrorClass::Transient } else { ErrorClass::Permanent }
}

/// A claimed job while it runs.
pub struct JobRun {
    app: App,
    lease: Arc<Lease>,
    scope: Scope,
    finished: bool,
}

impl JobRun {
    pub(super) fn new(app: App, lease: Arc<Lease>, scope: Scope) -> Self {
        Self { app, lease, scope, finished: false }
    }

    pub fn job(&self) -> &rows::Job {
        &self.lease.job().row
    }

    /// The product acting in the job's workspace, under the request that asked for the job.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, JobError> {
        serde_json::from_str(&self.job().payload)
            .map_err(|error| JobError::permanent(format!("what this job was given cannot be read: {error}")))
    }

    /// Shows people how far it is: `share` runs from 0 to 1. Cheap to call often. An error means:
    /// stop, the job was cancelled or is somebody else's by now.
    pub async fn progress(&self, share: f64, note: &str) -> Result<(), JobError> {
        self.lease.progress(share, note).await?;
        self.check()
    }

    /// Like [`JobRun::progress`], but certainly on disk when it answers.
    pub async fn mark(&self, share: f64, note: &str) -> Result<(), JobError> {
        self.lease.note(share, note).await?;
        self.check()
    }

    pub fn is_cancelled(&self) -> bool {
        self.lease.state() == Heartbeat::Cancelled
    }

    /// To be asked between steps.
    pub fn check(&self) -> Result<(), JobError> {
        match self.lease.state() {
            Heartbeat::Held => Ok(()),
            Heartbeat::Cancelled => Err(JobError::permanent("somebody cancelled this job")),
            Heartbeat::Lost => Err(JobError::new(ErrorClass::Lost, "another worker has taken this job over")),
        }
    }

    /// Finishes the job and commits `tx`, which holds its effects: both happen, or neither.
    /// `Stale`: another worker has taken the job over, and `tx` came to nothing.
    pub async fn finish(&mut self, mut tx: Tx, result: Option<serde_json::Value>) -> Result<(), AppError> {
        let job = self.lease.job();
        tx.finish_job(job, result.map(|result| result.to_string()), self.app.now_ms()).await?;
        tx.announce(Topic::Jobs, Some(&job.row.id));
        tx.commit().await?;
        self.finished = true;
        Ok(())
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }
}

/// The request a job continues, or a new one for work that nobody asked for.
pub(super) fn request_of(app: &App, job: &rows::Job) -> RequestId {
    let asked = job.request_id.as_deref().and_then(|id| id.parse().ok());
    asked.unwrap_or_else(|| fresh!(app, RequestId))
}

/// Stands in where this version has no handler: during an upgrade, a newer node may have one.
pub(super) struct Unknown;

#[async_trait]
impl JobHandler for Unknown {
    fn kind(&self) -> &'static str {
        "unknown"
    }

    fn title(&self) -> &'static str {
        "Unknown work"
    }

    async fn run(&self, _app: &App, run: &mut JobRun) -> Result<(), JobError> {
        let why = format!(
            "this version does not know work of the kind {:?}; start the version that made it",
            run.job().kind
        );
        Err(JobError::new(ErrorClass::Throttled, why))
    }
}
