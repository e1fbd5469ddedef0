//! Work that comes back on a wall clock: planning the next firing, and firing exactly once, whatever
//! the clock or another node does.

use mf_domain::jobs::{BadSchedule, Schedule};
use mf_domain::{JobId, RequestId, Scope, TenantId};
use mf_stores::relational::{StoreError, SystemTx, Topic, rows};

use crate::App;
use crate::app::{DAY_MS, HOUR_MS, fresh, instant};

/// A schedule that comes with the product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recurring {
    pub kind: &'static str,
    pub cron: &'static str,
}

impl App {
    /// Writes a built-in schedule where it is missing, changed, or out of step with the clock.
    pub(crate) async fn put_schedule(
        &self,
        tx: &SystemTx,
        tenant: &str,
        time_zone: &str,
        recurring: Recurring,
    ) -> Result<(), StoreError> {
        let now = self.now_ms();
        let there = tx.schedule(tenant, recurring.kind).await?;
        let last_at = there.as_ref().and_then(|row| row.last_at);
        let next_at = next_firing(recurring.cron, time_zone, now, last_at).map_err(|error| {
            StoreError::Other(format!("the schedule {} of {tenant}: {error}", recurring.kind))
        })?;
        let fits = |row: &rows::Schedule| {
            // A firing that is due already is left to happen; one planned too late (the clock was
            // wrong then) is not.
            row.cron == recurring.cron && row.time_zone == time_zone && row.next_at <= next_at
        };
        if there.as_ref().is_some_and(fits) {
            return Ok(());
        }
        tx.put_schedule(rows::Schedule {
            tenant_id: tenant.to_owned(),
            kind: recurring.kind.to_owned(),
            cron: recurring.cron.to_owned(),
            time_zone: time_zone.to_owned(),
            next_at,
            last_at,
        })
        .await
    }

    /// Enqueues what is due and plans the next time, in one transaction. Firings that were missed
    /// while nobody worked happen once, not many times. Answers how many jobs were added.
    pub(super) async fn fire_schedules(&self) -> Result<usize, StoreError> {
        let now = self.now_ms();
        let mut tx = self.store.system_write().await?;
        let mut fired = 0;
        for mut row in tx.due_schedules(now).await? {
            let due = row.next_at;
            row.next_at = next_firing(&row.cron, &row.time_zone, now, Some(due)).unwrap_or_else(|error| {
                tracing::error!(kind = row.kind, tenant = row.tenant_id, %error, "a schedule cannot be read; it rests");
                now + DAY_MS
            });
            row.last_at = Some(now);
            fired += usize::from(self.enqueue_firing(&mut tx, &row, due).await?);
            tx.save_schedule(row).await?;
        }
        tx.commit().await?;
        Ok(fired)
    }

    async fn enqueue_firing(
        &self,
        tx: &mut SystemTx,
        row: &rows::Schedule,
        due: i64,
    ) -> Result<bool, StoreError> {
        let tenant: TenantId = row.tenant_id.parse().map_err(|_| {
            StoreError::Corrupt(format!("a schedule belongs to no workspace: {:?}", row.tenant_id))
        })?;
        let scope = Scope::system(tenant, "schedule", fresh!(self, RequestId));
        let id = fresh!(self, JobId);
        let unique_key = Some(format!("{}@{due}", row.kind));
        let job = self.new_job(&id, &scope, &row.kind, serde_json::json!({ "due": due }), unique_key);
        tx.announce(Some(&scope.tenant), Topic::Jobs, Some(id.as_str()));
        tx.enqueue_for(&row.tenant_id, job).await
    }
}

/// The next time after now. `fired` is when it last happened: if the clock was set back since, what
/// has happened does not happen again, unless it lies so far ahead that the clock must have been
/// plainly wrong.
fn next_firing(cron: &str, time_zone: &str, now: i64, fired: Option<i64>) -> Result<i64, BadSchedule> {
    let schedule = Schedule::parse(cron, time_zone)?;
    let from = fired.filter(|at| *at > now && *at < now + 26 * HOUR_MS).unwrap_or(now);
    let next = schedule.next_after(instant(from)).map(|at| at.as_millisecond());
    // A pattern without another date, such as 30 February, never comes.
    Ok(next.unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::next_firing;
    use crate::app::{DAY_MS, HOUR_MS};

    const NOON: i64 = 1_700_049_600_000; // 2023-11-15T12:00:00Z

    #[test]
    fn a_clock_set_back_repeats_nothing_and_a_wrong_one_is_forgotten() {
        let daily = |now, fired| next_firing("0 12 * * *", "UTC", now, fired).unwrap();
        assert_eq!(daily(NOON, Some(NOON)), NOON + DAY_MS);
        assert_eq!(
            daily(NOON - HOUR_MS, Some(NOON)),
            NOON + DAY_MS,
            "fired already, then the clock went back"
        );
        assert_eq!(
            daily(NOON + HOUR_MS, Some(NOON + 400 * DAY_MS)),
            NOON + DAY_MS,
            "the clock was a year ahead"
        );
        assert_eq!(
            daily(NOON + 10 * DAY_MS, Some(NOON)),
            NOON + 11 * DAY_MS,
            "missed days are not made up for"
        );
    }
}
