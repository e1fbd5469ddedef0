//! Readiness: does work still move? Each trouble says what is wrong and what to look at, in words for
//! whoever is woken by it.

use std::time::Duration;

use mf_stores::relational::StoreError;

use crate::{App, AppError, WorkerPulse};

/// One reason why this server should get no work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// `database`, `worker`, `jobs` or `disk`.
    pub what: &'static str,
    pub why: String,
}

/// A database that does not answer within this time does not answer.
const DATABASE_PATIENCE: Duration = Duration::from_secs(5);
const SILENCE_MS: i64 = 30_000;
const OVERDUE_MS: i64 = 60_000;

impl App {
    /// What keeps this server from being ready; nothing when all is well. `pulse` is its worker's, if
    /// it has one; `disk` is what the process says about its folders, which are not known here.
    pub async fn readiness(&self, pulse: Option<&WorkerPulse>, disk: Option<String>) -> Vec<Trouble> {
        let mut troubles: Vec<Trouble> = disk.map(|why| Trouble { what: "disk", why }).into_iter().collect();
        troubles.extend(pulse.and_then(|pulse| self.silent_worker(pulse)));
        let asked = tokio::time::timeout(DATABASE_PATIENCE, self.ask_database()).await;
        match asked {
            Ok(Ok(more)) => troubles.extend(more),
            Ok(Err(error)) => troubles.push(Trouble { what: "database", why: error.to_string() }),
            Err(_) => {
                let why = format!("it did not answer within {} s", DATABASE_PATIENCE.as_secs());
                troubles.push(Trouble { what: "database", why });
            }
        }
        troubles
    }

    fn silent_worker(&self, pulse: &WorkerPulse) -> Option<Trouble> {
        // Either way round: after a clock set back, "a while ago" lies in the future.
        let silence = (self.now_ms() - pulse.last()).abs();
        let allowed = SILENCE_MS.max(4 * self.settings.job_lease_seconds * 1000);
        (silence > allowed).then(|| Trouble {
            what: "worker",
            why: format!(
                "no look for background work for {} s; see the log for why, and restart",
                silence / 1000
            ),
        })
    }

    async fn ask_database(&self) -> Result<Vec<Trouble>, AppError> {
        self.can_write().await?;
        let mut troubles = Vec::new();
        let now = self.now_ms();
        let tx = self.store.system_read().await?;
        let summary = tx.jobs_summary(now).await?;
        drop(tx);
        let poll = i64::try_from(self.settings.job_poll_milliseconds).unwrap_or(0);
        if let Some(at) = summary.oldest_due_at.filter(|at| now - at > OVERDUE_MS + poll) {
            troubles.push(Trouble {
                what: "jobs",
                why: format!(
                    "a job has been due for {} s ({} waiting, {} running); add workers (jobs.workers) or see what holds them up",
                    (now - at) / 1000,
                    summary.queued + summary.retrying,
                    summary.running
                ),
            });
        }
        Ok(troubles)
    }

    /// Takes the writer for a moment and changes nothing.
    async fn can_write(&self) -> Result<(), StoreError> {
        self.store.ping().await?;
        self.store.system_write().await.map(drop)
    }
}
