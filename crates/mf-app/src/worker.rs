//! Background work: the loop that claims jobs, runs each on a task of its own, fires schedules and
//! takes over what a vanished worker left behind. What a job does is its [`JobHandler`]'s affair; the
//! queue itself is a table of the store.
//!
//! Why a job's work happens once although its worker may die at any point: a handler finishes the job
//! in the transaction of its effects ([`JobRun::finish`]), and that transaction is refused when the
//! lease has meanwhile gone to somebody else.

mod execute;
mod handler;
mod lease;
mod queue;
mod schedules;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use mf_domain::jobs::ErrorClass;
use mf_stores::relational::{Change, ClaimedJob, Engine, StoreError, Topic};
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinSet;

use crate::App;

pub use handler::{AfterLoss, JobError, JobHandler, JobRun};
pub(crate) use queue::FILES_KEPT;
pub use queue::{JobErrorView, JobView, ScheduleView};
pub(crate) use schedules::Recurring;

use execute::Failure;

/// How long a shutdown waits for running jobs before it gives them back to the queue.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long to leave the database alone after it refused us.
const PAUSE: Duration = Duration::from_secs(1);
/// How often the queue's depth is measured.
const MEASURE_EVERY: Duration = Duration::from_secs(10);

type Handlers = HashMap<&'static str, Arc<dyn JobHandler>>;

/// Every kind of background work this version knows.
static KNOWN: LazyLock<Vec<Arc<dyn JobHandler>>> = LazyLock::new(|| {
    vec![
        Arc::new(crate::approvals::ExecuteApproval),
        Arc::new(crate::privacy::EraseUnasked),
        Arc::new(crate::mail::SendMail),
        Arc::new(crate::audit::ExportAudit),
        Arc::new(crate::maintenance::VerifyAudit),
        Arc::new(crate::maintenance::ExpireApprovals),
        Arc::new(crate::maintenance::Housekeeping),
    ]
});

fn known(kind: &str) -> Option<&'static Arc<dyn JobHandler>> {
    KNOWN.iter().find(|handler| handler.kind() == kind)
}

/// How people read a kind of work; one of a newer version reads as its id.
fn title_of(kind: &str) -> String {
    known(kind).map_or(kind, |handler| handler.title()).to_owned()
}

/// When a worker last looked for work: what readiness asks.
#[derive(Debug, Clone)]
pub struct WorkerPulse(Arc<AtomicI64>);

impl WorkerPulse {
    fn new(now: i64) -> Self {
        Self(Arc::new(AtomicI64::new(now)))
    }

    fn beat(&self, now: i64) {
        self.0.store(now, Ordering::Relaxed);
    }

    pub(crate) fn last(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A job that runs right now, as the loop knows it.
struct Running {
    job: ClaimedJob,
    handler: Arc<dyn JobHandler>,
    /// Asks for a heartbeat at once: somebody may have cancelled it.
    poke: Arc<Notify>,
}

pub struct Worker {
    app: App,
    handlers: Handlers,
    pulse: WorkerPulse,
    patience: Duration,
    /// By lease token: one job can be here twice, when it was taken over while it still ran.
    running: HashMap<String, Running>,
    tasks: JoinSet<String>,
    measured: Option<Instant>,
}

impl Worker {
    /// A worker for everything this version knows how to do.
    pub fn new(app: App) -> Self {
        Self::with_handlers(app, Vec::new())
    }

    /// The same, with kinds of work beside the built-in ones, or in their place.
    pub fn with_handlers(app: App, more: Vec<Arc<dyn JobHandler>>) -> Self {
        let handlers = KNOWN.iter().cloned().chain(more).map(|handler| (handler.kind(), handler)).collect();
        Self {
            pulse: WorkerPulse::new(app.now_ms()),
            app,
            handlers,
            patience: PATIENCE,
            running: HashMap::new(),
            tasks: JoinSet::new(),
            measured: None,
        }
    }

    /// How long a shutdown waits for running jobs.
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    pub fn pulse(&self) -> WorkerPulse {
        self.pulse.clone()
    }

    /// Works until `shutdown`; then claims nothing more, waits for what runs, and gives back what
    /// would take too long.
    pub async fn run(mut self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut changes = self.app.store.changes();
        let mut begun = false;
        loop {
            let wait = match self.turn(&mut begun).await {
                Ok(()) => Duration::from_millis(self.app.settings.job_poll_milliseconds),
                Err(error) => {
                    tracing::warn!(%error, "background work pauses: the database refused it");
                    PAUSE
                }
            };
            tokio::select! {
                () = &mut shutdown => break,
                () = self.something_to_do(&mut changes) => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        self.wind_down().await;
    }

    /// Works until nothing is due any more, and says how many jobs ran. For tests and tools.
    pub async fn run_until_idle(&mut self) -> Result<usize, StoreError> {
        let mut ran = 0;
        loop {
            self.pass().await?;
            let Some(ended) = self.tasks.join_next().await else { return Ok(ran) };
            self.forget(ended);
            ran += 1;
        }
    }

    async fn turn(&mut self, begun: &mut bool) -> Result<(), StoreError> {
        if !*begun {
            self.begin().await?;
            *begun = true;
        }
        self.pass().await?;
        self.measure().await
    }

    async fn begin(&mut self) -> Result<(), StoreError> {
        if self.app.store.engine() == Engine::Sqlite {
            // One process uses the file, and this one has not claimed anything yet: whatever runs
            // was the previous process's, so there is no need to wait for the lease.
            self.recover(i64::MAX).await?;
        }
        self.app.ensure_schedules().await
    }

    /// One look at everything: lost jobs, schedules, due jobs. Only reads unless there is something.
    async fn pass(&mut self) -> Result<(), StoreError> {
        let now = self.app.now_ms();
        let look = self.app.store.system_read().await?;
        let lost = look.lost_jobs(now).await?.iter().any(|job| !self.running.contains_key(&job.token));
        let schedule_due = look.next_schedule().await?.is_some_and(|at| at <= now);
        let job_due = look.any_due(now).await?;
        drop(look);
        if lost {
            self.recover(now).await?;
        }
        let fired = if schedule_due { self.app.fire_schedules().await? } else { 0 };
        if job_due || lost || fired > 0 {
            self.claim().await?;
        }
        self.pulse.beat(now);
        Ok(())
    }

    async fn claim(&mut self) -> Result<(), StoreError> {
        let free = self.app.settings.job_workers.max(1).saturating_sub(self.running.len());
        if free == 0 {
            return Ok(());
        }
        let now = self.app.now_ms();
        let mut tx = self.app.store.system_write().await?;
        let claimed = tx.claim_jobs(free, now, lease::until(&self.app), || lease::token(&self.app)).await?;
        for job in &claimed {
            tx.announce(job.row.tenant_id.parse().ok().as_ref(), Topic::Jobs, Some(&job.row.id));
        }
        tx.commit().await?;
        claimed.into_iter().for_each(|job| self.start(job));
        Ok(())
    }

    fn start(&mut self, job: ClaimedJob) {
        let token = job.token.clone();
        let unknown = || Arc::new(handler::Unknown) as Arc<dyn JobHandler>;
        let handler = self.handlers.get(job.row.kind.as_str()).cloned().unwrap_or_else(unknown);
        let poke = Arc::new(Notify::new());
        let work = execute::execute(self.app.clone(), handler.clone(), job.clone(), poke.clone());
        self.running.insert(token.clone(), Running { job, handler, poke });
        self.tasks.spawn(async move {
            work.await;
            token
        });
    }

    /// Takes over jobs whose lease ran out before `before`. Our own are not lost, whatever the clock
    /// says: after a jump they only look so until their next heartbeat.
    async fn recover(&mut self, before: i64) -> Result<(), StoreError> {
        let lost = self.app.store.system_read().await?.lost_jobs(before).await?;
        for job in lost.into_iter().filter(|job| !self.running.contains_key(&job.token)) {
            let handler = self.handlers.get(job.row.kind.as_str()).cloned();
            let why = "the server stopped while this was running";
            let failure = Failure { error: JobError::new(ErrorClass::Lost, why), outcome_unknown: true };
            execute::fail(&self.app, handler.as_deref().unwrap_or(&handler::Unknown), &job, failure).await?;
        }
        Ok(())
    }

    /// Comes back when there may be work, or room for it.
    async fn something_to_do(&mut self, changes: &mut broadcast::Receiver<Change>) {
        loop {
            tokio::select! {
                () = self.app.jobs_waiting.notified() => return,
                Some(ended) = self.tasks.join_next() => {
                    self.forget(ended);
                    return;
                }
                change = changes.recv() => match change {
                    Ok(change) if change.topic != Topic::Jobs => {}
                    // Our own progress, or somebody cancelled it: nothing new in the queue.
                    Ok(Change { id: Some(id), .. }) if self.poke(&id) => {}
                    _ => return,
                },
            }
        }
    }

    /// Asks for a heartbeat of a job; says whether it runs here.
    fn poke(&self, id: &str) -> bool {
        let mut ours = self.running.values().filter(|one| one.job.row.id == id).peekable();
        let any = ours.peek().is_some();
        ours.for_each(|one| one.poke.notify_one());
        any
    }

    fn forget(&mut self, ended: Result<String, tokio::task::JoinError>) {
        match ended {
            Ok(token) => {
                self.running.remove(&token);
            }
            // A handler's panic is caught before; this is a fault of our own.
            Err(error) => tracing::error!(%error, "a job's task broke off; its lease will run out"),
        }
    }

    async fn wind_down(mut self) {
        let waiting = async {
            while let Some(ended) = self.tasks.join_next().await {
                if let Ok(token) = ended {
                    self.running.remove(&token);
                }
            }
        };
        if tokio::time::timeout(self.patience, waiting).await.is_ok() {
            return;
        }
        self.tasks.shutdown().await;
        for one in self.running.values() {
            if let Err(error) = execute::give_back(&self.app, one.handler.as_ref(), &one.job).await {
                tracing::warn!(%error, job = one.job.row.id, "could not give a job back; its lease will run out");
            }
        }
    }

    async fn measure(&mut self) -> Result<(), StoreError> {
        if self.measured.is_some_and(|at| at.elapsed() < MEASURE_EVERY) {
            return Ok(());
        }
        self.measured = Some(Instant::now());
        let now = self.app.now_ms();
        let summary = self.app.store.system_read().await?.jobs_summary(now).await?;
        for (state, count) in [
            ("queued", summary.queued),
            ("running", summary.running),
            ("retrying", summary.retrying),
            ("dead", summary.dead),
        ] {
            metrics::gauge!("marketflow_jobs", "state" => state).set(count as f64);
        }
        let oldest = summary.oldest_due_at.map_or(0, |at| (now - at).max(0));
        metrics::gauge!("marketflow_jobs_oldest_due_seconds").set(oldest as f64 / 1000.0);
        Ok(())
    }
}
