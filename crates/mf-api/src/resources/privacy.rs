//! Requests to erase data, with the proof of what was taken away.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use mf_app::ErasureView;
use serde::{Deserialize, Serialize};
use utoipa::openapi::Object;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::dto::one_of;
use super::{Routes, creating};
use crate::ApiState;
use crate::http::idempotency::IdempotencyHeader;
use crate::http::identity::Caller;
use crate::http::json::{Json, answer};
use crate::http::page::{List, page};
use crate::http::problem::Problem;
use crate::http::query::Query;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list_erasures)).merge(creating(routes!(create_erasure)))
}

/// A request to erase data.
#[derive(Serialize, ToSchema)]
struct Erasure {
    id: String,
    #[schema(value_type = SubjectKind)]
    subject_kind: String,
    subject_id: String,
    subject_label: String,
    reason: String,
    #[schema(schema_with = erasure_states)]
    state: String,
    #[schema(required)]
    approval_id: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    requested_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    finished_at: Option<Timestamp>,
    /// How many rows were taken away or emptied, table by table.
    #[schema(required)]
    proof: Option<Vec<ErasedRows>>,
}

#[derive(Serialize, ToSchema)]
struct ErasedRows {
    table: String,
    rows: u64,
}

fn erasure_states() -> Object {
    one_of(&["waiting", "executing", "done", "rejected", "failed"])
}

impl From<ErasureView> for Erasure {
    fn from(view: ErasureView) -> Self {
        let proof = view.proof.map(|lines| {
            lines.into_iter().map(|line| ErasedRows { table: line.table, rows: line.rows }).collect()
        });
        let row = view.row;
        Self {
            id: row.id,
            subject_kind: row.subject_kind,
            subject_id: row.subject_id,
            subject_label: row.subject_label,
            reason: row.reason,
            state: row.state,
            approval_id: row.approval_id,
            requested_at: view.requested_at,
            finished_at: view.finished_at,
            proof,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ErasuresQuery {
    /// Where to read on: `next_cursor` of the page before.
    #[param(pattern = "^[a-z]{3}_[0-9a-f]{32}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// Requests to erase data
#[utoipa::path(get, path = "/privacy/erasures", tag = "Privacy", params(ErasuresQuery), responses((status = 200, body = List<Erasure>)))]
async fn list_erasures(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<ErasuresQuery>,
) -> Result<Json<List<Erasure>>, Problem> {
    let request = page(query.cursor, query.limit)?;
    Ok(Json(List::of(api.app.erasures(caller.scope(), &request).await?, Erasure::from)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewErasure {
    subject_kind: SubjectKind,
    #[schema(pattern = "^(usr|prj)_[0-9a-f]{32}$")]
    subject_id: String,
    /// The ground for it; it stays with the request.
    #[schema(min_length = 1, max_length = 500, pattern = r"\S")]
    reason: String,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ErasureSubjectKind)]
enum SubjectKind {
    Member,
    Project,
}

impl SubjectKind {
    fn id(self) -> &'static str {
        match self {
            SubjectKind::Member => "member",
            SubjectKind::Project => "project",
        }
    }
}

/// Ask to erase data
///
/// It cannot be undone; by default it waits for another person's approval.
#[utoipa::path(post, path = "/privacy/erasures", tag = "Privacy", params(IdempotencyHeader), request_body = NewErasure, responses(
    (status = 202, body = Erasure),
    (status = 404, description = "There is no such member or project."),
    (status = 409, description = "It is being erased already."),
))]
async fn create_erasure(
    State(api): State<ApiState>,
    caller: Caller,
    Json(body): Json<NewErasure>,
) -> Result<Response, Problem> {
    let asked =
        api.app.ask_erasure(caller.scope(), body.subject_kind.id(), &body.subject_id, &body.reason).await?;
    Ok(answer(StatusCode::ACCEPTED, Erasure::from(asked)))
}
