//! The queue of background work.
//!
//! A table of our own rather than a queue crate: a job must be enqueued in the caller's transaction
//! and finished in the same transaction as its effects, on both engines; that is what makes "none
//! lost, none finished twice" true and not merely likely. Measured beforehand, the kept crates ran
//! jobs twice after a kill and could not join SeaORM's transaction.
//!
//! A claim carries a lease token. Every later write by the worker names that token, so a worker that
//! was thought dead and comes back can no longer finish what another has taken over.

use std::collections::HashMap;

use mf_domain::jobs::{ErrorClass, State};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType};
use sea_orm::{ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use super::entities::jobs::{self, Column};
use super::{Engine, Page, PageRequest, StoreError, SystemTx, Tx, page, rows};

/// Work to be done, as a use case asks for it.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub id: String,
    pub kind: String,
    pub payload: String,
    pub run_at: i64,
    pub max_attempts: i64,
    pub request_id: Option<String>,
    pub requested_by: Option<String>,
    /// While a job with this key is not finished, no second one is queued.
    pub unique_key: Option<String>,
    pub now: i64,
}

#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    pub state: Option<State>,
    pub kind: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobsSummary {
    pub queued: u64,
    pub running: u64,
    pub retrying: u64,
    pub dead: u64,
    /// When the longest-waiting due job fell due.
    pub oldest_due_at: Option<i64>,
}

/// A job this worker holds, until `lease_until`.
#[derive(Debug, Clone)]
pub struct ClaimedJob {
    pub row: rows::Job,
    pub token: String,
}

impl Tx {
    /// Adds a job and answers its id; if an unfinished one has the same unique key, that one's.
    pub async fn enqueue(&self, job: NewJob) -> Result<String, StoreError> {
        let (id, key) = (job.id.clone(), job.unique_key.clone());
        if self.insert_if_absent::<jobs::Entity>(job.into_row(self.tenant().as_str())).await? {
            return Ok(id);
        }
        let same = self.find::<jobs::Entity>().filter(Column::UniqueKey.eq(key));
        Ok(self.one(same).await?.ok_or(StoreError::Duplicate)?.id)
    }

    pub async fn jobs(
        &self,
        filter: &JobFilter,
        request: &PageRequest,
    ) -> Result<Page<rows::Job>, StoreError> {
        let mut select = page::newest_first(self.find::<jobs::Entity>(), Column::Id, request);
        if let Some(state) = filter.state {
            select = select.filter(Column::State.eq(state.id()));
        }
        if let Some(kind) = &filter.kind {
            select = select.filter(Column::Kind.eq(kind.as_str()));
        }
        Ok(Page::cut(self.all(select).await?, request.limit, |row| row.id.clone()))
    }

    pub async fn job(&self, id: &str) -> Result<Option<rows::Job>, StoreError> {
        self.one(self.find::<jobs::Entity>().filter(Column::Id.eq(id))).await
    }

    pub async fn jobs_summary(&self, now: i64) -> Result<JobsSummary, StoreError> {
        let select = self.find::<jobs::Entity>();
        summary(select, self.connection(), now).await
    }

    /// Puts a dead or cancelled job back in the queue. Says whether it was one.
    pub async fn requeue_job(&self, id: &str, now: i64) -> Result<bool, StoreError> {
        let which = by_id(id).add(Column::State.is_in([State::Dead.id(), State::Cancelled.id()]));
        let values = [
            (Column::State, Expr::value(State::Queued.id())),
            (Column::Attempts, Expr::value(0i64)),
            (Column::RunAt, Expr::value(now)),
            (Column::CancelRequested, Expr::value(false)),
            (Column::FinishedAt, Expr::value(None::<i64>)),
            (Column::ErrorClass, Expr::value(None::<String>)),
            (Column::ErrorMessage, Expr::value(None::<String>)),
            (Column::Progress, Expr::value(None::<f64>)),
            (Column::ProgressNote, Expr::value(None::<String>)),
        ];
        Ok(self.update::<jobs::Entity>(values, which).await? == 1)
    }

    /// Cancels a waiting job at once; asks a running one to stop. Says whether there was one to cancel.
    pub async fn cancel_job(&self, id: &str, now: i64) -> Result<bool, StoreError> {
        let waiting = by_id(id).add(Column::State.is_in([State::Queued.id(), State::Retrying.id()]));
        let values = [
            (Column::State, Expr::value(State::Cancelled.id())),
            (Column::FinishedAt, Expr::value(now)),
            (Column::UniqueKey, Expr::value(None::<String>)),
        ];
        if self.update::<jobs::Entity>(values, waiting).await? == 1 {
            return Ok(true);
        }
        let running = by_id(id).add(Column::State.eq(State::Running.id()));
        let asked = [(Column::CancelRequested, Expr::value(true))];
        Ok(self.update::<jobs::Entity>(asked, running).await? == 1)
    }

    /// Finishes a job in the transaction of its effects. `Stale`: the lease is somebody else's by
    /// now, and none of this transaction may stand.
    pub async fn finish_job(
        &self,
        job: &ClaimedJob,
        result: Option<String>,
        now: i64,
    ) -> Result<(), StoreError> {
        let values = [
            (Column::State, Expr::value(State::Done.id())),
            (Column::FinishedAt, Expr::value(now)),
            // Nobody runs it again: what it was given need not be kept.
            (Column::Payload, Expr::value("{}")),
            (Column::Progress, Expr::value(1.0f64)),
            (Column::Result, Expr::value(result)),
            (Column::LeaseToken, Expr::value(None::<String>)),
            (Column::LeaseUntil, Expr::value(None::<i64>)),
            (Column::UniqueKey, Expr::value(None::<String>)),
            (Column::ErrorClass, Expr::value(None::<String>)),
            (Column::ErrorMessage, Expr::value(None::<String>)),
        ];
        match self.update::<jobs::Entity>(values, held(job)).await? {
            1 => Ok(()),
            _ => Err(StoreError::Stale),
        }
    }

    /// Finished jobs that a person asked for, or that name the subject.
    pub async fn delete_finished_jobs_of(&self, subject: &str) -> Result<u64, StoreError> {
        let finished = [State::Done.id(), State::Dead.id(), State::Cancelled.id()];
        let about =
            Condition::any().add(Column::Payload.contains(subject)).add(Column::RequestedBy.eq(subject));
        self.delete::<jobs::Entity>(Condition::all().add(about).add(Column::State.is_in(finished))).await
    }
}

impl SystemTx {
    /// Adds a job; says whether it is new (an unfinished one may have the same unique key).
    pub async fn enqueue_for(&self, tenant: &str, job: NewJob) -> Result<bool, StoreError> {
        self.insert_if_absent::<jobs::Entity>(job.into_row(tenant)).await
    }

    /// Takes up to `limit` due jobs, one after the other from the workspace that has the fewest
    /// running: a workspace with a thousand jobs does not make another wait for its one.
    pub async fn claim_jobs(
        &self,
        limit: usize,
        now: i64,
        lease_until: i64,
        mut token: impl FnMut() -> String,
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        let mut claimed = Vec::new();
        let mut tenants = self.tenants_with_due_jobs(now).await?;
        while claimed.len() < limit {
            let Some(next) =
                tenants.iter().min_by_key(|t| (t.running, t.oldest)).map(|t| t.tenant_id.clone())
            else {
                break;
            };
            match self.claim_one(&next, now, lease_until, token()).await? {
                Some(job) => {
                    claimed.push(job);
                    tenants.iter_mut().filter(|t| t.tenant_id == next).for_each(|t| t.running += 1);
                }
                None => tenants.retain(|t| t.tenant_id != next),
            }
        }
        Ok(claimed)
    }

    async fn tenants_with_due_jobs(&self, now: i64) -> Result<Vec<DueTenant>, StoreError> {
        let mut due: Vec<DueTenant> = jobs::Entity::find()
            .select_only()
            .column(Column::TenantId)
            .column_as(Expr::col(Column::RunAt).min(), "oldest")
            .column_as(Expr::value(0i64), "running")
            .filter(is_due(now))
            .group_by(Column::TenantId)
            .into_model()
            .all(self.connection())
            .await?;
        if due.is_empty() {
            return Ok(due);
        }
        let running: Vec<(String, i64)> = jobs::Entity::find()
            .select_only()
            .column(Column::TenantId)
            .column_as(Expr::col(Column::Id).count(), "running")
            .filter(Column::State.eq(State::Running.id()))
            .group_by(Column::TenantId)
            .into_tuple()
            .all(self.connection())
            .await?;
        let running: HashMap<_, _> = running.into_iter().collect();
        for tenant in &mut due {
            tenant.running = running.get(&tenant.tenant_id).copied().unwrap_or(0);
        }
        Ok(due)
    }

    async fn claim_one(
        &self,
        tenant: &str,
        now: i64,
        lease_until: i64,
        token: String,
    ) -> Result<Option<ClaimedJob>, StoreError> {
        let mut select = jobs::Entity::find()
            .filter(Column::TenantId.eq(tenant))
            .filter(is_due(now))
            .order_by_asc(Column::RunAt)
            .order_by_asc(Column::Id)
            .limit(1);
        if self.engine == Engine::Postgres {
            select = select.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        }
        let Some(mut row) = select.one(self.connection()).await? else { return Ok(None) };
        row.state = State::Running.id().to_owned();
        row.attempts += 1;
        row.started_at = Some(now);
        row.lease_until = Some(lease_until);
        row.lease_token = Some(token.clone());
        let active =
            sea_orm::ActiveModelTrait::reset_all(sea_orm::IntoActiveModel::into_active_model(row.clone()));
        jobs::Entity::update(active).exec(self.connection()).await?;
        Ok(Some(ClaimedJob { row, token }))
    }

    /// Keeps a lease alive and notes how far the work is. Says whether it should go on: not when the
    /// lease is lost or a person cancelled it.
    pub async fn heartbeat_job(
        &self,
        job: &ClaimedJob,
        lease_until: i64,
        progress: Option<(f64, &str)>,
    ) -> Result<Heartbeat, StoreError> {
        let mut update = jobs::Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::value(lease_until))
            .filter(Column::TenantId.eq(job.row.tenant_id.as_str()))
            .filter(held(job));
        if let Some((share, note)) = progress {
            update = update
                .col_expr(Column::Progress, Expr::value(share))
                .col_expr(Column::ProgressNote, Expr::value(note));
        }
        if update.exec(self.connection()).await?.rows_affected == 0 {
            return Ok(Heartbeat::Lost);
        }
        let row = self.job_of(&job.row.tenant_id, &job.row.id).await?;
        Ok(if row.is_some_and(|row| row.cancel_requested) { Heartbeat::Cancelled } else { Heartbeat::Held })
    }

    /// A job that failed: tried again at `retry_at`, or given up. Nothing happens if the lease is lost.
    pub async fn fail_job(
        &self,
        job: &ClaimedJob,
        class: ErrorClass,
        message: &str,
        retry_at: Option<i64>,
        now: i64,
    ) -> Result<bool, StoreError> {
        let state = if retry_at.is_some() { State::Retrying } else { State::Dead };
        let update = jobs::Entity::update_many()
            .col_expr(Column::State, Expr::value(state.id()))
            .col_expr(Column::RunAt, Expr::value(retry_at.unwrap_or(now)))
            .col_expr(Column::FinishedAt, Expr::value(retry_at.is_none().then_some(now)))
            .col_expr(Column::LeaseToken, Expr::value(None::<String>))
            .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
            .col_expr(Column::ErrorClass, Expr::value(class.id()))
            .col_expr(Column::ErrorMessage, Expr::value(message))
            .filter(Column::TenantId.eq(job.row.tenant_id.as_str()))
            .filter(held(job));
        Ok(update.exec(self.connection()).await?.rows_affected == 1)
    }

    /// A running job that a person cancelled and that has stopped.
    pub async fn stop_cancelled_job(&self, job: &ClaimedJob, now: i64) -> Result<bool, StoreError> {
        let update = jobs::Entity::update_many()
            .col_expr(Column::State, Expr::value(State::Cancelled.id()))
            .col_expr(Column::FinishedAt, Expr::value(now))
            .col_expr(Column::LeaseToken, Expr::value(None::<String>))
            .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
            .col_expr(Column::UniqueKey, Expr::value(None::<String>))
            .filter(Column::TenantId.eq(job.row.tenant_id.as_str()))
            .filter(held(job));
        Ok(update.exec(self.connection()).await?.rows_affected == 1)
    }

    /// Gives a job back unharmed: the server is shutting down and it was not the job's fault.
    pub async fn release_job(&self, job: &ClaimedJob, now: i64) -> Result<bool, StoreError> {
        let update = jobs::Entity::update_many()
            .col_expr(Column::State, Expr::value(State::Queued.id()))
            .col_expr(Column::RunAt, Expr::value(now))
            .col_expr(Column::Attempts, Expr::value(job.row.attempts - 1))
            .col_expr(Column::LeaseToken, Expr::value(None::<String>))
            .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
            .filter(Column::TenantId.eq(job.row.tenant_id.as_str()))
            .filter(held(job));
        Ok(update.exec(self.connection()).await?.rows_affected == 1)
    }

    pub async fn job_of(&self, tenant: &str, id: &str) -> Result<Option<rows::Job>, StoreError> {
        let key = (tenant.to_owned(), id.to_owned());
        Ok(jobs::Entity::find_by_id(key).one(self.connection()).await?)
    }

    /// Jobs whose worker vanished.
    pub async fn lost_jobs(&self, now: i64) -> Result<Vec<ClaimedJob>, StoreError> {
        let rows = jobs::Entity::find()
            .filter(Column::State.eq(State::Running.id()))
            .filter(Column::LeaseUntil.lt(now))
            .limit(500)
            .all(self.connection())
            .await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| row.lease_token.clone().map(|token| ClaimedJob { row, token }))
            .collect())
    }

    /// Is there anything to claim?
    pub async fn any_due(&self, now: i64) -> Result<bool, StoreError> {
        Ok(jobs::Entity::find().filter(is_due(now)).limit(1).one(self.connection()).await?.is_some())
    }

    pub async fn jobs_summary(&self, now: i64) -> Result<JobsSummary, StoreError> {
        summary(jobs::Entity::find(), self.connection(), now).await
    }

    pub async fn purge_finished_jobs(&self, before: i64) -> Result<u64, StoreError> {
        Ok(jobs::Entity::delete_many()
            .filter(Column::State.is_in([State::Done.id(), State::Cancelled.id()]))
            .filter(Column::FinishedAt.lt(before))
            .exec(self.connection())
            .await?
            .rows_affected)
    }
}

/// What a worker learns when it says that it is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeat {
    Held,
    Cancelled,
    Lost,
}

#[derive(Debug, FromQueryResult)]
struct DueTenant {
    tenant_id: String,
    oldest: i64,
    running: i64,
}

fn by_id(id: &str) -> Condition {
    Condition::all().add(Column::Id.eq(id))
}

fn held(job: &ClaimedJob) -> Condition {
    by_id(&job.row.id)
        .add(Column::State.eq(State::Running.id()))
        .add(Column::LeaseToken.eq(job.token.as_str()))
}

fn is_due(now: i64) -> Condition {
    Condition::all().add(Column::State.is_in([State::Queued.id(), State::Retrying.id()])).add(
        Condition::any()
                .add(Column::RunAt.lte(now))
                // Meant for at once: a clock that was put back meanwhile must not hold it up.
                .add(Expr::col(Column::RunAt).lte(Expr::col(Column::CreatedAt))),
    )
}

async fn summary(
    select: sea_orm::Select<jobs::Entity>,
    connection: &sea_orm::DatabaseTransaction,
    now: i64,
) -> Result<JobsSummary, StoreError> {
    let counts: Vec<(String, i64, Option<i64>)> = select
        .select_only()
        .column(Column::State)
        .column_as(Expr::col(Column::Id).count(), "n")
        .column_as(Expr::col(Column::RunAt).min(), "oldest")
        .group_by(Column::State)
        .into_tuple()
        .all(connection)
        .await?;
    let of = |state: State| counts.iter().find(|(id, ..)| id == state.id());
    let count = |state| of(state).map_or(0, |(_, n, _)| u64::try_from(*n).unwrap_or(0));
    let oldest =
        [State::Queued, State::Retrying].into_iter().filter_map(|s| of(s).and_then(|(.., at)| *at)).min();
    Ok(JobsSummary {
        queued: count(State::Queued),
        running: count(State::Running),
        retrying: count(State::Retrying),
        dead: count(State::Dead),
        oldest_due_at: oldest.filter(|at| *at <= now),
    })
}

impl NewJob {
    fn into_row(self, tenant: &str) -> rows::Job {
        rows::Job {
            tenant_id: tenant.to_owned(),
            id: self.id,
            kind: self.kind,
            payload: self.payload,
            state: State::Queued.id().to_owned(),
            attempts: 0,
            max_attempts: self.max_attempts,
            run_at: self.run_at,
            lease_until: None,
            lease_token: None,
            progress: None,
            progress_note: None,
            error_class: None,
            error_message: None,
            result: None,
            request_id: self.request_id,
            requested_by: self.requested_by,
            cancel_requested: false,
            unique_key: self.unique_key,
            created_at: self.now,
            started_at: None,
            finished_at: None,
        }
    }
}
