//! Workspaces: one's own, another one, and this one's name, time zone and currency.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::Timestamp;
use mf_app::{TenantChange, TenantView};
use mf_domain::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::dto::Role;
use super::{Routes, creating};
use crate::ApiState;
use crate::http::etag::{IfMatch, IfMatchHeader, Versioned};
use crate::http::idempotency::IdempotencyHeader;
use crate::http::identity::Caller;
use crate::http::json::Json;
use crate::http::page::{List, page};
use crate::http::path::PathId;
use crate::http::problem::Problem;
use crate::http::query::Query;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_tenants))
        .merge(creating(routes!(create_tenant)))
        .routes(routes!(read_tenant, change_tenant))
}

/// A workspace.
#[derive(Serialize, ToSchema)]
struct Tenant {
    id: String,
    name: String,
    time_zone: String,
    currency: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Null for keys.
    #[schema(required)]
    my_role: Option<Role>,
    version: i64,
}

impl From<TenantView> for Tenant {
    fn from(view: TenantView) -> Self {
        Self {
            id: view.id,
            name: view.name,
            time_zone: view.time_zone,
            currency: view.currency,
            created_at: view.created_at,
            my_role: view.my_role.map(Role::from),
            version: view.version,
        }
    }
}

fn versioned(view: TenantView) -> Versioned<Tenant> {
    Versioned(view.version, view.into())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TenantsQuery {
    /// Where to read on: `next_cursor` of the page before.
    #[param(pattern = "^[a-z]{3}_[0-9a-f]{32}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// My workspaces
#[utoipa::path(get, path = "/tenants", tag = "Workspaces", params(TenantsQuery), responses((status = 200, body = List<Tenant>)))]
async fn list_tenants(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<TenantsQuery>,
) -> Result<Json<List<Tenant>>, Problem> {
    let request = page(query.cursor, query.limit)?;
    let mut mine = api.app.my_tenants(caller.scope()).await?;
    mine.sort_by(|a, b| b.id.cmp(&a.id));
    Ok(Json(List::cut(mine, &request, |tenant| &tenant.id).map(Tenant::from)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTenant {
    #[schema(min_length = 1, max_length = 80, pattern = r"\S")]
    name: String,
    /// An IANA name.
    #[schema(example = "Europe/Berlin", max_length = 64)]
    time_zone: String,
    /// ISO 4217; EUR unless said otherwise.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
}

/// Make another workspace
///
/// Whoever makes it becomes its admin.
#[utoipa::path(post, path = "/tenants", tag = "Workspaces", params(IdempotencyHeader), request_body = NewTenant, responses(
    (status = 201, body = Tenant),
))]
async fn create_tenant(
    State(api): State<ApiState>,
    caller: Caller,
    Json(body): Json<NewTenant>,
) -> Result<Response, Problem> {
    let tenant =
        api.app.create_tenant(caller.scope(), &body.name, &body.time_zone, body.currency.as_deref()).await?;
    Ok((StatusCode::CREATED, versioned(tenant)).into_response())
}

/// A workspace of mine
#[utoipa::path(get, path = "/tenants/{id}", tag = "Workspaces", responses((status = 200, body = Tenant)))]
async fn read_tenant(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<TenantId>,
) -> Result<Versioned<Tenant>, Problem> {
    Ok(versioned(api.app.tenant(caller.scope(), &id).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TenantPatch {
    #[schema(min_length = 1, max_length = 80, pattern = r"\S")]
    name: Option<String>,
    /// An IANA name.
    #[schema(example = "Europe/Berlin", max_length = 64)]
    time_zone: Option<String>,
    /// Can change only while the spending limit is 0: amounts are not converted.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
}

/// Change the workspace
#[utoipa::path(patch, path = "/tenants/{id}", tag = "Workspaces", params(IfMatchHeader), request_body = TenantPatch, responses(
    (status = 200, body = Tenant),
    (status = 409, description = "There are amounts in the present currency."),
))]
async fn change_tenant(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<TenantId>,
    IfMatch(version): IfMatch,
    Json(body): Json<TenantPatch>,
) -> Result<Versioned<Tenant>, Problem> {
    let change = TenantChange { name: body.name, time_zone: body.time_zone, currency: body.currency };
    Ok(versioned(api.app.change_tenant(caller.scope(), &id, version, change).await?))
}
