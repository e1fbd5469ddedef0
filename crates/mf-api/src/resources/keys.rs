//! Keys for programs. A secret is shown once, when its key is made.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use mf_app::KeyView;
use mf_domain::KeyId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::dto::mirror;
use super::{Routes, creating};
use crate::ApiState;
use crate::http::idempotency::IdempotencyHeader;
use crate::http::identity::Caller;
use crate::http::json::{Json, answer};
use crate::http::page::{List, page};
use crate::http::path::PathId;
use crate::http::problem::Problem;
use crate::http::query::Query;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list_keys)).merge(creating(routes!(create_key))).routes(routes!(revoke_key))
}

mirror! {
    /// `write`: for browsers, sends only. `server`: the workspace's secret. `personal`: acts as its owner.
    KeyKind of mf_app::KeyKind { Write, Server, Personal }
}

/// A key, without its secret.
#[derive(Serialize, ToSchema)]
struct ApiKey {
    id: String,
    name: String,
    #[schema(value_type = KeyKind)]
    kind: String,
    /// Enough to recognise it by.
    #[schema(example = "mfs_…x9Qa")]
    hint: String,
    permissions: Vec<String>,
    allowed_origins: Vec<String>,
    #[schema(required)]
    owner_id: Option<String>,
    #[schema(required)]
    owner_name: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    last_used_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    revoked_at: Option<Timestamp>,
    mine: bool,
}

impl From<KeyView> for ApiKey {
    fn from(view: KeyView) -> Self {
        Self {
            id: view.id,
            name: view.name,
            kind: view.kind,
            hint: view.hint,
            permissions: view.permissions,
            allowed_origins: view.allowed_origins,
            owner_id: view.owner_id,
            owner_name: view.owner_name,
            created_at: view.created_at,
            last_used_at: view.last_used_at,
            expires_at: view.expires_at,
            revoked_at: view.revoked_at,
            mine: view.mine,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct KeysQuery {
    /// Where to read on: `next_cursor` of the page before.
    #[param(pattern = "^[a-z]{3}_[0-9a-f]{32}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// Keys
///
/// The workspace's keys and one's own tokens; those who manage keys see everybody's.
#[utoipa::path(get, path = "/keys", tag = "Keys", params(KeysQuery), responses((status = 200, body = List<ApiKey>)))]
async fn list_keys(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<KeysQuery>,
) -> Result<Json<List<ApiKey>>, Problem> {
    let request = page(query.cursor, query.limit)?;
    Ok(Json(List::of(api.app.keys(caller.scope(), &request).await?, ApiKey::from)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKey {
    #[schema(min_length = 1, max_length = 80, pattern = r"\S")]
    name: String,
    kind: KeyKind,
    /// Everything its kind and its maker may do, unless said otherwise.
    #[schema(min_items = 1)]
    permissions: Option<Vec<String>>,
    /// Never, unless said otherwise.
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<i64>,
    /// For write keys: the websites it may be used from; any, unless said otherwise.
    #[serde(default)]
    #[schema(max_items = 50)]
    allowed_origins: Vec<String>,
}

/// A key with its secret, shown this once.
#[derive(Serialize, ToSchema)]
struct KeyCreated {
    key: ApiKey,
    secret: String,
}

/// Make a key
#[utoipa::path(post, path = "/keys", tag = "Keys", params(IdempotencyHeader), request_body = NewKey, responses(
    (status = 201, body = KeyCreated),
))]
async fn create_key(
    State(api): State<ApiState>,
    caller: Caller,
    Json(body): Json<NewKey>,
) -> Result<Response, Problem> {
    let new = mf_app::NewKey {
        name: body.name,
        kind: body.kind.into(),
        permissions: body.permissions,
        expires_in_days: body.expires_in_days,
        allowed_origins: body.allowed_origins,
    };
    let created = api.app.create_key(caller.scope(), new).await?;
    let secret = created.secret.expose().to_owned();
    Ok(answer(StatusCode::CREATED, KeyCreated { key: created.key.into(), secret }))
}

/// Revoke a key
#[utoipa::path(delete, path = "/keys/{id}", tag = "Keys", responses(
    (status = 204),
    (status = 409, description = "It is revoked already."),
))]
async fn revoke_key(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<KeyId>,
) -> Result<StatusCode, Problem> {
    api.app.revoke_key(caller.scope(), id.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}
