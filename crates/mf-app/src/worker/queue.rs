//! The queue as use cases and people see it: adding work, looking at it, retrying and cancelling.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use mf_domain::jobs::State;
use mf_domain::{JobId, Permission, Scope};
use mf_stores::blobs::BlobKey;
use mf_stores::relational::{JobFilter, JobsSummary, NewJob, Page, PageRequest, Topic, Tx, rows};

use super::handler::USUAL_ATTEMPTS;
use super::{known, title_of};
use crate::app::{fresh, instant, require};
use crate::audit::{Action, Subject};
use crate::{App, AppError};

/// A file that a job made is kept this long.
pub(crate) const FILES_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A link to it opens it for this long; reading the job again gives a fresh one.
const LINK_LASTS: SignedDuration = SignedDuration::from_hours(1);

#[derive(Debug, Clone)]
pub struct JobView {
    pub id: String,
    pub kind: String,
    pub title: String,
    pub state: State,
    pub attempts: i64,
    pub max_attempts: i64,
    pub run_at: Timestamp,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// From 0 to 1.
    pub progress: Option<f64>,
    pub progress_note: Option<String>,
    pub error: Option<JobErrorView>,
    pub result: Option<serde_json::Value>,
    pub request_id: Option<String>,
    pub cancel_requested: bool,
    /// The name of who asked for it; nobody for the product's own work.
    pub requested_by: Option<String>,
}

#[derive(Debug, Clone)]
pub struct JobErrorView {
    pub class: String,
    pub message: String,
}

#[derive(Debug, Clone)]
pub struct ScheduleView {
    pub id: String,
    pub kind: String,
    pub title: String,
    pub cron: String,
    pub time_zone: String,
    pub next_at: Timestamp,
    pub last_at: Option<Timestamp>,
}

impl App {
    /// Adds work in the caller's transaction: it exists if and only if that commits. With a
    /// `unique_key`, an unfinished job of the same key stands for this one.
    pub async fn enqueue(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        kind: &str,
        payload: serde_json::Value,
        unique_key: Option<String>,
    ) -> Result<JobId, AppError> {
        let id = fresh!(self, JobId);
        let job = self.new_job(&id, scope, kind, payload, unique_key);
        let id = tx.enqueue(job).await?;
        tx.announce(Topic::Jobs, Some(&id));
        id.parse().map_err(AppError::internal)
    }

    pub(crate) fn new_job(
        &self,
        id: &JobId,
        scope: &Scope,
        kind: &str,
        payload: serde_json::Value,
        unique_key: Option<String>,
    ) -> NewJob {
        let now = self.now_ms();
        NewJob {
            id: id.to_string(),
            kind: kind.to_owned(),
            payload: payload.to_string(),
            run_at: now,
            max_attempts: known(kind).map_or(USUAL_ATTEMPTS, |handler| handler.max_attempts()).into(),
            request_id: Some(scope.request.to_string()),
            requested_by: scope.actor.id().map(ToOwned::to_owned),
            unique_key,
            now,
        }
    }

    /// To be called once the transaction that enqueued is committed. Forgetting it costs a moment,
    /// nothing else: the worker also looks by itself.
    pub fn wake_workers(&self) {
        self.jobs_waiting.notify_one();
    }

    pub async fn jobs(
        &self,
        scope: &Scope,
        filter: &JobFilter,
        page: &PageRequest,
    ) -> Result<Page<JobView>, AppError> {
        require(scope, Permission::JobsRead)?;
        let found = self.store.read(scope).await?.jobs(filter, page).await?;
        let items = self.job_views(scope, found.items).await?;
        Ok(Page { items, next: found.next })
    }

    pub async fn job(&self, scope: &Scope, id: &str) -> Result<JobView, AppError> {
        require(scope, Permission::JobsRead)?;
        let row = self.store.read(scope).await?.job(id).await?;
        self.job_view(scope, row.ok_or(NO_JOB)?).await
    }

    pub async fn jobs_summary(&self, scope: &Scope) -> Result<JobsSummary, AppError> {
        require(scope, Permission::JobsRead)?;
        Ok(self.store.read(scope).await?.jobs_summary(self.now_ms()).await?)
    }

    /// Puts a job that was given up or cancelled back in the queue.
    pub async fn retry_job(&self, scope: &Scope, id: &str) -> Result<JobView, AppError> {
        require(scope, Permission::JobsManage)?;
        let mut tx = self.store.write(scope).await?;
        let before = tx.job(id).await?.ok_or(NO_JOB)?;
        if !tx.requeue_job(id, self.now_ms()).await? {
            let why = "Only a job that was given up or cancelled can be retried.";
            return Err(AppError::conflict(why, "Load it again to see where it stands."));
        }
        let row = self.note_steering(&mut tx, scope, Action::JobRetried, &before).await?;
        tx.commit().await?;
        self.wake_workers();
        self.job_view(scope, row).await
    }

    /// Cancels a waiting job at once; a running one stops at its next step.
    pub async fn cancel_job(&self, scope: &Scope, id: &str) -> Result<JobView, AppError> {
        require(scope, Permission::JobsManage)?;
        let mut tx = self.store.write(scope).await?;
        let before = tx.job(id).await?.ok_or(NO_JOB)?;
        if !tx.cancel_job(id, self.now_ms()).await? {
            return Err(AppError::conflict(
                "This job has ended already.",
                "Load it again to see how it ended.",
            ));
        }
        let row = self.note_steering(&mut tx, scope, Action::JobCancelled, &before).await?;
        if let (Some(handler), "cancelled") = (known(&row.kind), row.state.as_str()) {
            handler.given_up(self, &mut tx, scope, &row, super::execute::CANCELLED).await?;
        }
        tx.commit().await?;
        self.job_view(scope, row).await
    }

    pub async fn schedules(&self, scope: &Scope) -> Result<Vec<ScheduleView>, AppError> {
        require(scope, Permission::JobsRead)?;
        let rows = self.store.read(scope).await?.schedules().await?;
        Ok(rows.into_iter().map(schedule_view).collect())
    }

    async fn note_steering(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        action: Action,
        before: &rows::Job,
    ) -> Result<rows::Job, AppError> {
        let after = tx.job(&before.id).await?.ok_or(NO_JOB)?;
        let state = |row: &rows::Job| {
            Some(serde_json::json!({ "state": row.state, "cancel_requested": row.cancel_requested }))
        };
        let subject = Subject::new("job", &before.id, Some(&title_of(&before.kind)));
        self.audit(tx, scope, action, subject, state(before), state(&after)).await?;
        tx.announce(Topic::Jobs, Some(&before.id));
        Ok(after)
    }

    pub(crate) async fn job_view(&self, scope: &Scope, row: rows::Job) -> Result<JobView, AppError> {
        let view = self.job_views(scope, vec![row]).await?.pop();
        view.ok_or(NO_JOB)
    }

    async fn job_views(&self, scope: &Scope, rows: Vec<rows::Job>) -> Result<Vec<JobView>, AppError> {
        let names =
            self.names_of_actors(scope, rows.iter().filter_map(|row| row.requested_by.as_deref())).await?;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            let result = self.shown_result(scope, &row).await?;
            views.push(view(row, result, &names));
        }
        Ok(views)
    }

    /// What a job made, for those who may see it. A file is handed out as a link.
    async fn shown_result(
        &self,
        scope: &Scope,
        row: &rows::Job,
    ) -> Result<Option<serde_json::Value>, AppError> {
        let needed = known(&row.kind).and_then(|handler| handler.result_needs());
        if needed.is_some_and(|permission| !scope.may(permission)) {
            return Ok(None);
        }
        let Some(text) = &row.result else { return Ok(None) };
        let mut result: serde_json::Value = serde_json::from_str(text).map_err(AppError::internal)?;
        let Some(blob) = result.as_object_mut().and_then(|object| object.remove("blob")) else {
            return Ok(Some(result));
        };
        result["url"] = self.file_link(row, blob.as_str().unwrap_or_default()).await?.into();
        Ok(Some(result))
    }

    /// Nothing once the file has been cleared away.
    async fn file_link(&self, row: &rows::Job, blob: &str) -> Result<Option<String>, AppError> {
        let now = self.now();
        if instant(row.finished_at.unwrap_or(0)) + FILES_KEPT < now {
            return Ok(None);
        }
        let key: BlobKey = blob.parse().map_err(AppError::internal)?;
        Ok(Some(self.blobs.signed_url(&key, now, now + LINK_LASTS).await?))
    }
}

const NO_JOB: AppError = AppError::NotFound("job");

fn view(row: rows::Job, result: Option<serde_json::Value>, names: &HashMap<String, String>) -> JobView {
    let error =
        row.error_class.zip(row.error_message).map(|(class, message)| JobErrorView { class, message });
    JobView {
        title: title_of(&row.kind),
        state: State::parse(&row.state).unwrap_or(State::Dead),
        id: row.id,
        kind: row.kind,
        attempts: row.attempts,
        max_attempts: row.max_attempts,
        run_at: instant(row.run_at),
        created_at: instant(row.created_at),
        started_at: row.started_at.map(instant),
        finished_at: row.finished_at.map(instant),
        progress: row.progress,
        progress_note: row.progress_note,
        error,
        result,
        request_id: row.request_id,
        cancel_requested: row.cancel_requested,
        requested_by: row.requested_by.map(|id| names.get(&id).cloned().unwrap_or(id)),
    }
}

fn schedule_view(row: rows::Schedule) -> ScheduleView {
    ScheduleView {
        id: row.kind.clone(),
        title: title_of(&row.kind),
        kind: row.kind,
        cron: row.cron,
        time_zone: row.time_zone,
        next_at: instant(row.next_at),
        last_at: row.last_at.map(instant),
    }
}
