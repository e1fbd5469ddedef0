//! Background work: seeing it, retrying, cancelling; and the schedules it comes from.

use axum::extract::State;
use jiff::Timestamp;
use mf_app::{JobFilter, JobView, ScheduleView};
use mf_domain::JobId;
use mf_domain::jobs::State as Stage;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::Routes;
use super::dto::mirror;
use crate::ApiState;
use crate::http::identity::Caller;
use crate::http::json::Json;
use crate::http::page::{List, Whole, page};
use crate::http::path::PathId;
use crate::http::problem::Problem;
use crate::http::query::Query;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_jobs))
        .routes(routes!(summarise_jobs))
        .routes(routes!(read_job))
        .routes(routes!(retry_job))
        .routes(routes!(cancel_job))
        .routes(routes!(list_schedules))
}

mirror! {
    /// `dead`: given up; a person can retry it.
    JobState of Stage { Queued, Running, Retrying, Done, Dead, Cancelled }
}

/// A unit of background work.
#[derive(Serialize, ToSchema)]
pub struct Job {
    id: String,
    kind: String,
    title: String,
    state: JobState,
    attempts: i64,
    max_attempts: i64,
    #[schema(value_type = String, format = DateTime)]
    run_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    finished_at: Option<Timestamp>,
    /// From 0 to 1.
    #[schema(required, minimum = 0, maximum = 1)]
    progress: Option<f64>,
    #[schema(required)]
    progress_note: Option<String>,
    #[schema(required)]
    error: Option<JobError>,
    /// What it made; for an export `{url, rows, sha256}`.
    #[schema(value_type = serde_json::Value, required)]
    result: Option<serde_json::Value>,
    /// The request that asked for it.
    #[schema(required)]
    request_id: Option<String>,
    cancel_requested: bool,
    /// By name.
    #[schema(required)]
    requested_by: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct JobError {
    class: String,
    message: String,
}

impl From<JobView> for Job {
    fn from(view: JobView) -> Self {
        Self {
            id: view.id,
            kind: view.kind,
            title: view.title,
            state: view.state.into(),
            attempts: view.attempts,
            max_attempts: view.max_attempts,
            run_at: view.run_at,
            created_at: view.created_at,
            started_at: view.started_at,
            finished_at: view.finished_at,
            progress: view.progress,
            progress_note: view.progress_note,
            error: view.error.map(|error| JobError { class: error.class, message: error.message }),
            result: view.result,
            request_id: view.request_id,
            cancel_requested: view.cancel_requested,
            requested_by: view.requested_by,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct JobsQuery {
    #[param(inline)]
    state: Option<JobState>,
    kind: Option<String>,
    /// Where to read on: `next_cursor` of the page before.
    #[param(pattern = "^[a-z]{3}_[0-9a-f]{32}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// Jobs
#[utoipa::path(get, path = "/jobs", tag = "Jobs", params(JobsQuery), responses((status = 200, body = List<Job>)))]
async fn list_jobs(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<JobsQuery>,
) -> Result<Json<List<Job>>, Problem> {
    let request = page(query.cursor, query.limit)?;
    let filter = JobFilter { state: query.state.map(Stage::from), kind: query.kind };
    Ok(Json(List::of(api.app.jobs(caller.scope(), &filter, &request).await?, Job::from)))
}

#[derive(Serialize, ToSchema)]
struct JobSummary {
    queued: u64,
    running: u64,
    retrying: u64,
    dead: u64,
    /// How long the longest-waiting due job has waited.
    #[schema(required)]
    oldest_due_seconds: Option<i64>,
}

/// How much work there is
#[utoipa::path(get, path = "/jobs/summary", tag = "Jobs", responses((status = 200, body = JobSummary)))]
async fn summarise_jobs(State(api): State<ApiState>, caller: Caller) -> Result<Json<JobSummary>, Problem> {
    let summary = api.app.jobs_summary(caller.scope()).await?;
    let now = api.app.now_ms();
    Ok(Json(JobSummary {
        queued: summary.queued,
        running: summary.running,
        retrying: summary.retrying,
        dead: summary.dead,
        oldest_due_seconds: summary.oldest_due_at.map(|at| (now - at).max(0) / 1000),
    }))
}

/// A job
#[utoipa::path(get, path = "/jobs/{id}", tag = "Jobs", responses((status = 200, body = Job)))]
async fn read_job(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<JobId>,
) -> Result<Json<Job>, Problem> {
    Ok(Json(api.app.job(caller.scope(), id.as_str()).await?.into()))
}

/// Retry a job that was given up or cancelled
#[utoipa::path(post, path = "/jobs/{id}/retry", tag = "Jobs", responses(
    (status = 200, body = Job),
    (status = 409, description = "It was neither given up nor cancelled."),
))]
async fn retry_job(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<JobId>,
) -> Result<Json<Job>, Problem> {
    Ok(Json(api.app.retry_job(caller.scope(), id.as_str()).await?.into()))
}

/// Cancel a job
///
/// One that waits is cancelled at once; one that runs stops at its next step.
#[utoipa::path(post, path = "/jobs/{id}/cancel", tag = "Jobs", responses(
    (status = 200, body = Job),
    (status = 409, description = "It has ended already."),
))]
async fn cancel_job(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<JobId>,
) -> Result<Json<Job>, Problem> {
    Ok(Json(api.app.cancel_job(caller.scope(), id.as_str()).await?.into()))
}

/// Work that comes again and again.
#[derive(Serialize, ToSchema)]
struct Schedule {
    id: String,
    kind: String,
    title: String,
    cron: String,
    time_zone: String,
    #[schema(value_type = String, format = DateTime)]
    next_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    last_at: Option<Timestamp>,
}

impl From<ScheduleView> for Schedule {
    fn from(view: ScheduleView) -> Self {
        Self {
            id: view.id,
            kind: view.kind,
            title: view.title,
            cron: view.cron,
            time_zone: view.time_zone,
            next_at: view.next_at,
            last_at: view.last_at,
        }
    }
}

/// Schedules
#[utoipa::path(get, path = "/schedules", tag = "Jobs", responses((status = 200, body = Whole<Schedule>)))]
async fn list_schedules(
    State(api): State<ApiState>,
    caller: Caller,
) -> Result<Json<Whole<Schedule>>, Problem> {
    let schedules = api.app.schedules(caller.scope()).await?;
    Ok(Json(Whole { items: schedules.into_iter().map(Schedule::from).collect() }))
}
