//! The team: who is here, in which role, and helping somebody back in.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use mf_app::MemberView;
use mf_domain::UserId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::Routes;
use super::dto::Role;
use crate::ApiState;
use crate::http::etag::{IfMatch, IfMatchHeader, Versioned};
use crate::http::identity::Caller;
use crate::http::json::{Json, answer};
use crate::http::page::{List, page, search};
use crate::http::path::PathId;
use crate::http::problem::Problem;
use crate::http::query::Query;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_users))
        .routes(routes!(read_user, change_user, remove_user))
        .routes(routes!(create_reset_link))
}

/// A colleague.
#[derive(Serialize, ToSchema)]
struct Member {
    id: String,
    name: String,
    email: String,
    role: Role,
    status: Status,
    #[schema(value_type = String, format = DateTime)]
    joined_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    last_seen_at: Option<Timestamp>,
    is_me: bool,
    version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MemberStatus)]
enum Status {
    Active,
    Suspended,
}

impl From<MemberView> for Member {
    fn from(view: MemberView) -> Self {
        Self {
            id: view.id,
            name: view.name,
            email: view.email,
            role: view.role.into(),
            status: if view.suspended { Status::Suspended } else { Status::Active },
            joined_at: view.joined_at,
            last_seen_at: view.last_seen_at,
            is_me: view.is_me,
            version: view.version,
        }
    }
}

fn versioned(view: MemberView) -> Versioned<Member> {
    Versioned(view.version, view.into())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UsersQuery {
    /// Part of a name or an address.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Where to read on: `next_cursor` of the page before.
    #[param(pattern = "^[a-z]{3}_[0-9a-f]{32}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// The team
#[utoipa::path(get, path = "/users", tag = "Team", params(UsersQuery), responses((status = 200, body = List<Member>)))]
async fn list_users(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<UsersQuery>,
) -> Result<Json<List<Member>>, Problem> {
    let request = page(query.cursor, query.limit)?;
    let members = api.app.members(caller.scope(), search(query.q.as_deref())?, &request).await?;
    Ok(Json(List::of(members, Member::from)))
}

/// A colleague
#[utoipa::path(get, path = "/users/{id}", tag = "Team", responses((status = 200, body = Member)))]
async fn read_user(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<UserId>,
) -> Result<Versioned<Member>, Problem> {
    Ok(versioned(api.app.member(caller.scope(), id.as_str()).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MemberPatch {
    role: Option<Role>,
    status: Option<Status>,
}

/// Change a role, suspend or bring back
#[utoipa::path(patch, path = "/users/{id}", tag = "Team", params(IfMatchHeader), request_body = MemberPatch, responses(
    (status = 200, body = Member),
    (status = 409, description = "The workspace would be left without an admin."),
))]
async fn change_user(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<UserId>,
    IfMatch(version): IfMatch,
    Json(body): Json<MemberPatch>,
) -> Result<Versioned<Member>, Problem> {
    let suspended = body.status.map(|status| status == Status::Suspended);
    let role = body.role.map(mf_domain::Role::from);
    Ok(versioned(api.app.change_member(caller.scope(), id.as_str(), version, role, suspended).await?))
}

/// Remove somebody from the workspace
#[utoipa::path(delete, path = "/users/{id}", tag = "Team", params(IfMatchHeader), responses(
    (status = 204),
    (status = 409, description = "The workspace would be left without an admin."),
))]
async fn remove_user(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<UserId>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Problem> {
    api.app.remove_member(caller.scope(), id.as_str(), version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A one-time link, to be handed to the person it is for.
#[derive(Serialize, ToSchema)]
struct ResetLink {
    url: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Make a link to set a new password
///
/// For people who belong only to workspaces the caller runs; others ask for a link themselves.
#[utoipa::path(post, path = "/users/{id}/reset-link", tag = "Team", responses((status = 201, body = ResetLink)))]
async fn create_reset_link(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<UserId>,
) -> Result<Response, Problem> {
    let link = api.app.make_reset_link(caller.scope(), id.as_str()).await?;
    Ok(answer(StatusCode::CREATED, ResetLink { url: link.url, expires_at: link.expires_at }))
}
