//! One run of one job, from claim to verdict: done, cancelled, tried again later, or given up.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt;
use mf_domain::jobs::ErrorClass;
use mf_domain::{Scope, TenantId};
use mf_stores::relational::{ClaimedJob, Heartbeat, StoreError, SystemTx, Topic};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tracing::Instrument;

use super::handler::{AfterLoss, JobError, JobHandler, JobRun, request_of};
use super::lease::Lease;
use crate::{App, AppError};

pub(super) const CANCELLED: &str = "somebody cancelled it";

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Done,
    Cancelled,
    Retrying,
    Dead,
    /// The job is somebody else's by now.
    TakenOver,
}

impl Ending {
    fn id(self) -> &'static str {
        match self {
            Ending::Done => "done",
            Ending::Cancelled => "cancelled",
            Ending::Retrying => "retrying",
            Ending::Dead => "dead",
            Ending::TakenOver => "taken_over",
        }
    }
}

/// Why a run did not finish.
pub(super) struct Failure {
    pub(super) error: JobError,
    /// Nobody knows how far it came: the handler decides whether another try is safe.
    pub(super) outcome_unknown: bool,
}

pub(super) async fn execute(app: App, handler: Arc<dyn JobHandler>, job: ClaimedJob, poke: Arc<Notify>) {
    let kind = job.row.kind.clone();
    let request = request_of(&app, &job.row);
    let span = tracing::info_span!(
        "job", id = job.row.id, kind, tenant = job.row.tenant_id, attempt = job.row.attempts, request_id = %request
    );
    let begun = Instant::now();
    let ending = async {
        let Ok(tenant) = job.row.tenant_id.parse::<TenantId>() else {
            return Err(StoreError::Corrupt(format!("the job {} belongs to no workspace", job.row.id)));
        };
        let scope = Scope::system(tenant, handler.kind(), request);
        run(&app, handler.as_ref(), job, scope, poke).await
    }
    .instrument(span.clone())
    .await;
    let _inside = span.enter();
    metrics::histogram!("marketflow_job_duration_seconds", "kind" => kind.clone())
        .record(begun.elapsed().as_secs_f64());
    match ending {
        Ok(ending) => {
            metrics::counter!("marketflow_job_runs_total", "kind" => kind, "outcome" => ending.id())
                .increment(1);
            tracing::info!(outcome = ending.id(), "job ended");
        }
        // The lease runs out, and the job is taken up again.
        Err(error) => tracing::warn!(%error, "how the job ended could not be written down"),
    }
}

async fn run(
    app: &App,
    handler: &dyn JobHandler,
    job: ClaimedJob,
    scope: Scope,
    poke: Arc<Notify>,
) -> Result<Ending, StoreError> {
    let lease = Arc::new(Lease::new(app.clone(), job));
    // On a task of its own, so that work which hogs its thread does not lose its lease. Dropping the
    // set ends it.
    let mut keeper = JoinSet::new();
    keeper.spawn({
        let lease = lease.clone();
        async move { lease.keep(poke).await }
    });
    let mut run = JobRun::new(app.clone(), lease.clone(), scope);
    let outcome = tokio::select! {
        outcome = AssertUnwindSafe(handler.run(app, &mut run)).catch_unwind() => outcome,
        () = lease.until_lost() => return Ok(Ending::TakenOver),
    };
    drop(keeper);
    let failure = match outcome {
        Ok(Ok(())) if run.is_finished() => return Ok(Ending::Done),
        Ok(Ok(())) => Failure {
            error: JobError::permanent("the work ended without saying so; this is a fault of Marketflow's"),
            outcome_unknown: false,
        },
        Ok(Err(_)) if lease.state() == Heartbeat::Cancelled => {
            return stop_cancelled(app, handler, lease.job()).await;
        }
        Ok(Err(error)) => Failure { outcome_unknown: error.class == ErrorClass::Lost, error },
        Err(panic) => Failure {
            error: JobError::transient(format!(
                "a fault in the program ended the work: {}",
                panic_text(&*panic)
            )),
            outcome_unknown: true,
        },
    };
    fail(app, handler, &lease.noted_job(), failure).await
}

/// Puts a failed job where it belongs: back in the queue for later, or with the dead letters.
pub(super) async fn fail(
    app: &App,
    handler: &dyn JobHandler,
    job: &ClaimedJob,
    failure: Failure,
) -> Result<Ending, StoreError> {
    let Failure { error, outcome_unknown } = failure;
    let (class, message) = match handler.after_loss(&job.row) {
        AfterLoss::GiveUp(why) if outcome_unknown => (ErrorClass::Permanent, why),
        _ => (error.class, error.message),
    };
    let attempts = u32::try_from(job.row.attempts).unwrap_or(u32::MAX);
    let now = app.now_ms();
    let may_retry = job.row.attempts < job.row.max_attempts;
    let wait = if may_retry { class.backoff(attempts, &mut **app.rng()) } else { None };
    let retry_at = wait.map(|wait| now + i64::try_from(wait.as_millis()).unwrap_or(0));

    let mut tx = app.store.system_write().await?;
    let stored = tx.job_of(&job.row.tenant_id, &job.row.id).await?;
    if stored.is_some_and(|row| row.cancel_requested) {
        drop(tx);
        return stop_cancelled(app, handler, job).await;
    }
    if !tx.fail_job(job, class, &message, retry_at, now).await? {
        return Ok(Ending::TakenOver);
    }
    tx.announce(job.row.tenant_id.parse().ok().as_ref(), Topic::Jobs, Some(&job.row.id));
    let ending = if retry_at.is_some() { Ending::Retrying } else { Ending::Dead };
    match ending {
        Ending::Dead => give_up(app, handler, tx, job, &message).await?,
        _ => tx.commit().await?,
    }
    tracing::warn!(job = job.row.id, class = class.id(), message, outcome = ending.id(), "a job failed");
    Ok(ending)
}

/// Tells whatever waits for a job that it will not be done, and commits both together.
async fn give_up(
    app: &App,
    handler: &dyn JobHandler,
    tx: SystemTx,
    job: &ClaimedJob,
    why: &str,
) -> Result<(), StoreError> {
    let Ok(tenant) = job.row.tenant_id.parse::<TenantId>() else { return tx.commit().await };
    let scope = Scope::system(tenant, handler.kind(), request_of(app, &job.row));
    let mut tx = tx.enter(&scope.tenant).await?;
    match handler.given_up(app, &mut tx, &scope, &job.row, why).await {
        Err(AppError::Store(error)) => return Err(error),
        // It would fail the same way for ever, and the job with it, in the way of all others.
        Err(error) => {
            tracing::error!(%error, job = job.row.id, "what waits for a job could not be told its end");
        }
        Ok(()) => {}
    }
    tx.commit().await
}

/// The server is shutting down: the job goes back unharmed, unless trying again could do harm.
pub(super) async fn give_back(
    app: &App,
    handler: &dyn JobHandler,
    job: &ClaimedJob,
) -> Result<(), StoreError> {
    let mut job = job.clone();
    let now = app.now_ms();
    let tx = app.store.system_write().await?;
    if let Some(row) = tx.job_of(&job.row.tenant_id, &job.row.id).await? {
        job.row = row;
    }
    if let AfterLoss::GiveUp(_) = handler.after_loss(&job.row) {
        drop(tx);
        let error = JobError::new(ErrorClass::Lost, "the server stopped while this was running");
        fail(app, handler, &job, Failure { error, outcome_unknown: true }).await?;
        return Ok(());
    }
    tx.release_job(&job, now).await?;
    tx.commit().await
}

async fn stop_cancelled(app: &App, handler: &dyn JobHandler, job: &ClaimedJob) -> Result<Ending, StoreError> {
    let mut tx = app.store.system_write().await?;
    if !tx.stop_cancelled_job(job, app.now_ms()).await? {
        return Ok(Ending::TakenOver);
    }
    tx.announce(job.row.tenant_id.parse().ok().as_ref(), Topic::Jobs, Some(&job.row.id));
    give_up(app, handler, tx, job, CANCELLED).await?;
    Ok(Ending::Cancelled)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it said nothing")
}
