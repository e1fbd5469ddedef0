//! Holding a claimed job: heartbeats, progress, and learning that it was cancelled or taken over.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mf_stores::relational::{ClaimedJob, Heartbeat, StoreError, Topic};
use rand::Rng;
use tokio::sync::{Notify, watch};

use crate::App;

/// Progress is written at most this often: it is for people's eyes.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

pub(super) struct Lease {
    app: App,
    job: ClaimedJob,
    state: watch::Sender<Heartbeat>,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    at: Option<Instant>,
    note: Option<String>,
}

pub(super) fn until(app: &App) -> i64 {
    app.now_ms() + app.settings.job_lease_seconds * 1000
}

/// Names one claim, so that a worker thought dead cannot finish what another has taken over.
pub(super) fn token(app: &App) -> String {
    let mut bytes = [0u8; 16];
    app.rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}

impl Lease {
    pub(super) fn new(app: App, job: ClaimedJob) -> Self {
        Self { app, job, state: watch::Sender::new(Heartbeat::Held), noted: Mutex::default() }
    }

    pub(super) fn job(&self) -> &ClaimedJob {
        &self.job
    }

    pub(super) fn state(&self) -> Heartbeat {
        *self.state.borrow()
    }

    pub(super) async fn until_lost(&self) {
        let mut state = self.state.subscribe();
        // It never closes: the sender is ours.
        let _ = state.wait_for(|state| *state == Heartbeat::Lost).await;
    }

    /// The row with the newest note, as the database has it.
    pub(super) fn noted_job(&self) -> ClaimedJob {
        let mut job = self.job.clone();
        if let Some(note) = &self.noted().note {
            job.row.progress_note = Some(note.clone());
        }
        job
    }

    /// Keeps the lease alive for as long as this is polled.
    pub(super) async fn keep(&self, poke: Arc<Notify>) {
        let seconds = self.app.settings.job_lease_seconds.max(1).unsigned_abs();
        let pause = Duration::from_secs(seconds) / 3;
        while self.state() != Heartbeat::Lost {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = poke.notified() => {}
            }
            if let Err(error) = self.beat(None).await {
                // The lease may run out now; then the token keeps this run from doing harm.
                tracing::warn!(%error, job = self.job.row.id, "a heartbeat failed");
            }
        }
    }

    /// Writes how far the work is, unless it was written a moment ago.
    pub(super) async fn progress(&self, share: f64, note: &str) -> Result<(), StoreError> {
        let due = self.noted().at.is_none_or(|at| at.elapsed() >= PROGRESS_EVERY);
        if due { self.note(share, note).await } else { Ok(()) }
    }

    /// Writes how far the work is; once this answers, it is on disk.
    pub(super) async fn note(&self, share: f64, note: &str) -> Result<(), StoreError> {
        self.beat(Some((share.clamp(0.0, 1.0), note))).await?;
        *self.noted() = Noted { at: Some(Instant::now()), note: Some(note.to_owned()) };
        Ok(())
    }

    async fn beat(&self, progress: Option<(f64, &str)>) -> Result<(), StoreError> {
        let mut tx = self.app.store.system_write().await?;
        let state = tx.heartbeat_job(&self.job, until(&self.app), progress).await?;
        if progress.is_some() {
            tx.announce(self.job.row.tenant_id.parse().ok().as_ref(), Topic::Jobs, Some(&self.job.row.id));
        }
        tx.commit().await?;
        self.state.send_replace(state);
        Ok(())
    }

    fn noted(&self) -> std::sync::MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
