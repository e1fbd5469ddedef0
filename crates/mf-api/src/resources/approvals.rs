//! Requests that wait for a person: seeing them and deciding.

use axum::extract::State;
use jiff::Timestamp;
use mf_app::{ApprovalView, Decision};
use mf_domain::ApprovalId;
use mf_domain::approvals::State as Stage;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::Routes;
use super::dto::{PersonRef, Role, mirror};
use crate::ApiState;
use crate::http::etag::Versioned;
use crate::http::identity::Caller;
use crate::http::json::Json;
use crate::http::page::{List, page};
use crate::http::path::PathId;
use crate::http::problem::Problem;
use crate::http::query::Query;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_approvals))
        .routes(routes!(count_approvals))
        .routes(routes!(read_approval))
        .routes(routes!(approve))
        .routes(routes!(send_back))
        .routes(routes!(withdraw))
}

mirror! {
    /// `executing`: approved, and on its way.
    ApprovalState of Stage { Waiting, SentBack, Expired, Withdrawn, Executing, Done, Failed }
}

/// A request that a person must decide.
#[derive(Serialize, ToSchema)]
pub struct Approval {
    id: String,
    /// `spending.raise_limit` or `privacy.erase`.
    kind: String,
    title: String,
    subject: ApprovalSubject,
    state: ApprovalState,
    diff: Vec<DiffLine>,
    reasons: Vec<Reason>,
    requested_by: PersonRef,
    #[schema(value_type = String, format = DateTime)]
    requested_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    required_permission: String,
    required_roles: Vec<Role>,
    #[schema(required)]
    decided_by: Option<PersonRef>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    decided_at: Option<Timestamp>,
    #[schema(required)]
    note: Option<String>,
    /// What came of it, in words.
    #[schema(required)]
    outcome: Option<String>,
    #[schema(required)]
    job_id: Option<String>,
    /// Send it back when deciding: it binds the decision to what you were shown.
    content_hash: String,
    version: i64,
    can_decide: bool,
    #[schema(required)]
    why_not: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ApprovalSubject {
    kind: String,
    id: String,
    label: String,
}

/// One line of what would change.
#[derive(Serialize, ToSchema)]
struct DiffLine {
    field: String,
    label: String,
    /// Money as `{minor, currency}`, else text or a number; null for nothing.
    before: serde_json::Value,
    after: serde_json::Value,
    /// `money`, `text`, `number` or `percent`.
    #[schema(required)]
    unit: Option<String>,
}

/// Why a person is asked.
#[derive(Serialize, ToSchema)]
struct Reason {
    threshold: String,
    title: String,
    limit: String,
    actual: String,
}

impl From<ApprovalView> for Approval {
    fn from(view: ApprovalView) -> Self {
        let row = view.row;
        let decided_by = row.decided_by.zip(view.decided_by_name).map(|(id, name)| PersonRef { id, name });
        Self {
            id: row.id,
            kind: row.kind,
            title: row.title,
            subject: ApprovalSubject { kind: row.subject_kind, id: row.subject_id, label: row.subject_label },
            state: view.state.into(),
            diff: view.diff.into_iter().map(DiffLine::from).collect(),
            reasons: view.reasons.into_iter().map(Reason::from).collect(),
            requested_by: PersonRef { id: row.requested_by, name: view.requested_by_name },
            requested_at: view.requested_at,
            expires_at: view.expires_at,
            required_permission: row.required_permission,
            required_roles: view.required_roles.into_iter().map(Role::from).collect(),
            decided_by,
            decided_at: view.decided_at,
            note: row.note,
            outcome: row.outcome,
            job_id: row.job_id,
            content_hash: row.content_hash,
            version: row.version,
            can_decide: view.why_not.is_none(),
            why_not: view.why_not,
        }
    }
}

impl From<mf_app::DiffLine> for DiffLine {
    fn from(line: mf_app::DiffLine) -> Self {
        Self { field: line.field, label: line.label, before: line.before, after: line.after, unit: line.unit }
    }
}

impl From<mf_app::Reason> for Reason {
    fn from(reason: mf_app::Reason) -> Self {
        Self { threshold: reason.threshold, title: reason.title, limit: reason.limit, actual: reason.actual }
    }
}

fn versioned(view: ApprovalView) -> Versioned<Approval> {
    Versioned(view.row.version, view.into())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ApprovalsQuery {
    /// Those waiting, those decided, or all of them (unless said otherwise).
    #[param(inline)]
    state: Option<Which>,
    /// Where to read on: `next_cursor` of the page before.
    #[param(pattern = "^[a-z]{3}_[0-9a-f]{32}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Which {
    Open,
    Decided,
    All,
}

impl Which {
    fn stages(self) -> Vec<Stage> {
        let open = [Stage::Waiting];
        match self {
            Which::Open => open.to_vec(),
            Which::Decided => Stage::ALL.into_iter().filter(|stage| !open.contains(stage)).collect(),
            Which::All => Stage::ALL.to_vec(),
        }
    }
}

/// Requests
#[utoipa::path(get, path = "/approvals", tag = "Approvals", params(ApprovalsQuery), responses((status = 200, body = List<Approval>)))]
async fn list_approvals(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<ApprovalsQuery>,
) -> Result<Json<List<Approval>>, Problem> {
    let request = page(query.cursor, query.limit)?;
    let stages = query.state.unwrap_or(Which::All).stages();
    let approvals = api.app.approvals(caller.scope(), &stages, &request).await?;
    Ok(Json(List::of(approvals, Approval::from)))
}

#[derive(Serialize, ToSchema)]
struct ApprovalCount {
    waiting: usize,
    mine_to_decide: usize,
}

/// How many wait
#[utoipa::path(get, path = "/approvals/count", tag = "Approvals", responses((status = 200, body = ApprovalCount)))]
async fn count_approvals(
    State(api): State<ApiState>,
    caller: Caller,
) -> Result<Json<ApprovalCount>, Problem> {
    let count = api.app.count_approvals(caller.scope()).await?;
    Ok(Json(ApprovalCount { waiting: count.waiting, mine_to_decide: count.mine_to_decide }))
}

/// A request
#[utoipa::path(get, path = "/approvals/{id}", tag = "Approvals", responses((status = 200, body = Approval)))]
async fn read_approval(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<ApprovalId>,
) -> Result<Versioned<Approval>, Problem> {
    Ok(versioned(api.app.approval(caller.scope(), id.as_str()).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Approve {
    #[schema(max_length = 2000)]
    note: Option<String>,
    /// Of the request as you were shown it.
    content_hash: String,
}

/// Approve a request
///
/// Never one's own. What was approved then happens, once.
#[utoipa::path(post, path = "/approvals/{id}/approve", tag = "Approvals", request_body = Approve, responses(
    (status = 200, body = Approval),
    (status = 409, description = "It is decided already, or not what you were shown."),
))]
async fn approve(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<ApprovalId>,
    Json(body): Json<Approve>,
) -> Result<Versioned<Approval>, Problem> {
    let decision = Decision::Approve { note: body.note };
    Ok(versioned(api.app.decide(caller.scope(), id.as_str(), &body.content_hash, decision).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SendBack {
    /// What should be different.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S")]
    note: String,
    /// Of the request as you were shown it.
    content_hash: String,
}

/// Send a request back
#[utoipa::path(post, path = "/approvals/{id}/send-back", tag = "Approvals", request_body = SendBack, responses(
    (status = 200, body = Approval),
    (status = 409, description = "It is decided already, or not what you were shown."),
))]
async fn send_back(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<ApprovalId>,
    Json(body): Json<SendBack>,
) -> Result<Versioned<Approval>, Problem> {
    let decision = Decision::SendBack { note: body.note };
    Ok(versioned(api.app.decide(caller.scope(), id.as_str(), &body.content_hash, decision).await?))
}

/// Withdraw a request of one's own
#[utoipa::path(post, path = "/approvals/{id}/withdraw", tag = "Approvals", responses(
    (status = 200, body = Approval),
    (status = 409, description = "It does not wait any more."),
))]
async fn withdraw(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<ApprovalId>,
) -> Result<Versioned<Approval>, Problem> {
    Ok(versioned(api.app.withdraw_approval(caller.scope(), id.as_str()).await?))
}
