//! The audit log: reading, verifying, exporting.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use mf_app::{AuditQuery, AuditVerdict, AuditView};
use mf_domain::AuditId;
use serde::{Deserialize, Serialize};
use utoipa::openapi::Object;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::dto::{mirror, one_of};
use super::jobs::Job;
use super::{Routes, creating};
use crate::ApiState;
use crate::http::idempotency::IdempotencyHeader;
use crate::http::identity::Caller;
use crate::http::json::{Json, answer};
use crate::http::page::{List, numbered_page, search};
use crate::http::path::PathId;
use crate::http::problem::Problem;
use crate::http::query::Query;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_audit))
        .routes(routes!(read_audit_entry))
        .routes(routes!(verify_audit))
        .merge(creating(routes!(export_audit)))
}

/// Who did what, when.
#[derive(Serialize, ToSchema)]
struct AuditEntry {
    id: String,
    /// Its place in the chain, from 1 on.
    seq: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    actor: AuditActor,
    action: String,
    title: String,
    #[schema(schema_with = outcomes)]
    outcome: String,
    subject: AuditSubject,
    #[schema(value_type = serde_json::Value, required)]
    before: Option<serde_json::Value>,
    #[schema(value_type = serde_json::Value, required)]
    after: Option<serde_json::Value>,
    #[schema(required)]
    request_id: Option<String>,
    hash: String,
    prev_hash: String,
}

#[derive(Serialize, ToSchema)]
struct AuditActor {
    #[schema(schema_with = actor_kinds)]
    kind: String,
    #[schema(required)]
    id: Option<String>,
    name: String,
}

#[derive(Serialize, ToSchema)]
struct AuditSubject {
    kind: String,
    #[schema(required)]
    id: Option<String>,
    #[schema(required)]
    label: Option<String>,
}

fn outcomes() -> Object {
    one_of(&["done", "denied"])
}

fn actor_kinds() -> Object {
    one_of(&["user", "key", "system"])
}

impl From<AuditView> for AuditEntry {
    fn from(view: AuditView) -> Self {
        Self {
            id: view.id,
            seq: view.seq,
            at: view.at,
            actor: AuditActor { kind: view.actor_kind, id: view.actor_id, name: view.actor_name },
            action: view.action,
            title: view.title,
            outcome: view.outcome,
            subject: AuditSubject { kind: view.subject_kind, id: view.subject_id, label: view.subject_label },
            before: view.before,
            after: view.after,
            request_id: view.request_id,
            hash: view.hash,
            prev_hash: view.prev_hash,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditSearch {
    /// Looked for in action, subject and content.
    #[param(max_length = 200)]
    q: Option<String>,
    /// An id, or `user`, `key` or `system`.
    actor: Option<String>,
    action: Option<String>,
    /// An id, or a kind such as `project`.
    subject: Option<String>,
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Where to read on: `next_cursor` of the page before.
    #[param(pattern = "^[0-9]{1,18}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// The audit log, newest first
#[utoipa::path(get, path = "/audit", tag = "Audit", params(AuditSearch), responses((status = 200, body = List<AuditEntry>)))]
async fn list_audit(
    State(api): State<ApiState>,
    caller: Caller,
    Query(given): Query<AuditSearch>,
) -> Result<Json<List<AuditEntry>>, Problem> {
    let (before, limit) = numbered_page(given.cursor.as_deref(), given.limit)?;
    let query = AuditQuery {
        search: search(given.q.as_deref())?.map(ToOwned::to_owned),
        actor: given.actor,
        action: given.action,
        subject: given.subject,
        from: given.from,
        to: given.to,
    };
    let found = api.app.audit_entries(caller.scope(), query, before, limit).await?;
    Ok(Json(List::of(found, AuditEntry::from)))
}

/// An entry of the audit log
#[utoipa::path(get, path = "/audit/{id}", tag = "Audit", responses((status = 200, body = AuditEntry)))]
async fn read_audit_entry(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<AuditId>,
) -> Result<Json<AuditEntry>, Problem> {
    Ok(Json(api.app.audit_entry(caller.scope(), id.as_str()).await?.into()))
}

/// Whether the log is as it was written.
#[derive(Serialize, ToSchema)]
struct Verdict {
    ok: bool,
    /// How many entries were checked.
    checked: i64,
    /// The hash of the last entry. Noted elsewhere, it proves later that nothing before it changed.
    head: String,
    /// The first entry that does not hold.
    #[schema(required)]
    broken: Option<BrokenEntry>,
}

#[derive(Serialize, ToSchema)]
struct BrokenEntry {
    seq: i64,
    id: String,
    why: &'static str,
}

impl From<AuditVerdict> for Verdict {
    fn from(verdict: AuditVerdict) -> Self {
        Self {
            ok: verdict.is_ok(),
            checked: verdict.checked,
            broken: verdict.broken.map(|broken| BrokenEntry {
                seq: broken.seq,
                id: broken.id,
                why: broken.why,
            }),
            head: verdict.head,
        }
    }
}

/// Verify that nobody altered the log
#[utoipa::path(post, path = "/audit/verify", tag = "Audit", responses((status = 200, body = Verdict)))]
async fn verify_audit(State(api): State<ApiState>, caller: Caller) -> Result<Json<Verdict>, Problem> {
    Ok(Json(api.app.verify_audit(caller.scope()).await?.into()))
}

mirror! { ExportFormat of mf_app::ExportFormat { Csv, Ndjson } }

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewExport {
    format: ExportFormat,
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

/// Export the log to a file
///
/// When the job is done, its `result` holds `{url, rows, sha256}`; the link lasts an hour.
#[utoipa::path(post, path = "/audit/exports", tag = "Audit", params(IdempotencyHeader), request_body = NewExport, responses(
    (status = 202, body = Job),
))]
async fn export_audit(
    State(api): State<ApiState>,
    caller: Caller,
    Json(body): Json<NewExport>,
) -> Result<Response, Problem> {
    let job = api.app.export_audit(caller.scope(), body.format.into(), body.from, body.to).await?;
    Ok(answer(StatusCode::ACCEPTED, Job::from(job)))
}
