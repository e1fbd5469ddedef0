//! Oneself: profile, password, sign-ins, and moving between workspaces.

use axum::extract::State;
use http::StatusCode;
use jiff::Timestamp;
use mf_app::SessionView;
use mf_domain::{SessionId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Routes;
use super::auth::SessionKind;
use super::dto::{Role, role_of};
use crate::ApiState;
use crate::http::identity::Caller;
use crate::http::json::Json;
use crate::http::page::Whole;
use crate::http::path::PathId;
use crate::http::problem::Problem;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(read_me, change_me))
        .routes(routes!(change_password))
        .routes(routes!(switch_tenant))
        .routes(routes!(list_my_sessions))
        .routes(routes!(end_my_session))
}

/// Who you are here, what you may do, and where else you can go.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// Null when a workspace's key asks.
    #[schema(required)]
    user: Option<User>,
    tenant: Workspace,
    #[schema(required)]
    role: Option<Role>,
    /// `GET /roles` says what each one means.
    permissions: Vec<String>,
    tenants: Vec<Place>,
    /// For cookie sessions: send it as `X-CSRF-Token` with everything that changes something.
    #[schema(required)]
    csrf_token: Option<String>,
    actor: Actor,
    #[schema(required)]
    session_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Actor {
    User,
    Key,
}

#[derive(Serialize, ToSchema)]
struct User {
    id: String,
    name: String,
    email: String,
    time_zone: String,
}

#[derive(Serialize, ToSchema)]
struct Workspace {
    id: String,
    name: String,
    time_zone: String,
    currency: String,
}

#[derive(Serialize, ToSchema)]
struct Place {
    id: String,
    name: String,
    role: Role,
}

impl Me {
    pub fn show(me: mf_app::Me) -> Result<Self, Problem> {
        let place = |(tenant, role): (mf_app::rows::Tenant, String)| {
            Ok(Place { id: tenant.tenant_id, name: tenant.name, role: role_of(&role)? })
        };
        Ok(Self {
            actor: if me.user.is_some() { Actor::User } else { Actor::Key },
            user: me.user.map(|user| User {
                id: user.id,
                name: user.name,
                email: user.email,
                time_zone: user.time_zone,
            }),
            tenant: Workspace {
                id: me.tenant.tenant_id,
                name: me.tenant.name,
                time_zone: me.tenant.time_zone,
                currency: me.tenant.currency,
            },
            role: me.role.map(Role::from),
            permissions: me.permissions,
            tenants: me.tenants.into_iter().map(place).collect::<Result<_, Problem>>()?,
            csrf_token: me.csrf_token,
            session_id: me.session_id,
        })
    }
}

/// Who am I
#[utoipa::path(get, path = "/me", tag = "Me", responses((status = 200, body = Me)))]
async fn read_me(State(api): State<ApiState>, caller: Caller) -> Result<Json<Me>, Problem> {
    Me::show(api.app.me(&caller).await?).map(Json)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProfileChange {
    #[schema(min_length = 1, max_length = 80, pattern = r"\S")]
    name: Option<String>,
    /// An IANA name.
    #[schema(example = "Europe/Berlin", max_length = 64)]
    time_zone: Option<String>,
}

/// Change one's profile
#[utoipa::path(patch, path = "/me", tag = "Me", request_body = ProfileChange, responses((status = 200, body = Me)))]
async fn change_me(
    State(api): State<ApiState>,
    caller: Caller,
    Json(body): Json<ProfileChange>,
) -> Result<Json<Me>, Problem> {
    let me = api.app.change_profile(&caller, body.name.as_deref(), body.time_zone.as_deref()).await?;
    Me::show(me).map(Json)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    #[schema(format = Password)]
    current_password: String,
    #[schema(format = Password)]
    new_password: String,
}

/// Change one's password
///
/// Ends all other sessions.
#[utoipa::path(post, path = "/me/password", tag = "Me", request_body = PasswordChange, responses((status = 204)))]
async fn change_password(
    State(api): State<ApiState>,
    caller: Caller,
    Json(body): Json<PasswordChange>,
) -> Result<StatusCode, Problem> {
    api.app.change_password(&caller, &body.current_password, &body.new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Switch {
    #[schema(value_type = String, pattern = "^ten_[0-9a-f]{32}$")]
    tenant_id: TenantId,
}

/// Go on in another workspace
#[utoipa::path(post, path = "/me/tenant", tag = "Me", request_body = Switch, responses(
    (status = 200, body = Me),
    (status = 404, description = "You are in no such workspace."),
))]
async fn switch_tenant(
    State(api): State<ApiState>,
    caller: Caller,
    Json(body): Json<Switch>,
) -> Result<Json<Me>, Problem> {
    Me::show(api.app.switch_tenant(&caller, &body.tenant_id).await?).map(Json)
}

/// A sign-in of yours.
#[derive(Serialize, ToSchema)]
struct Session {
    id: String,
    #[schema(value_type = SessionKind)]
    kind: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Timestamp,
    user_agent: String,
    /// The address it came from, cut to its network.
    network: String,
    current: bool,
}

impl From<SessionView> for Session {
    fn from(view: SessionView) -> Self {
        Self {
            id: view.id,
            kind: view.kind,
            created_at: view.created_at,
            last_seen_at: view.last_seen_at,
            user_agent: view.user_agent,
            network: view.network,
            current: view.current,
        }
    }
}

/// One's sign-ins
#[utoipa::path(get, path = "/me/sessions", tag = "Me", responses((status = 200, body = Whole<Session>)))]
async fn list_my_sessions(
    State(api): State<ApiState>,
    caller: Caller,
) -> Result<Json<Whole<Session>>, Problem> {
    let sessions = api.app.my_sessions(caller.scope()).await?;
    Ok(Json(Whole { items: sessions.into_iter().map(Session::from).collect() }))
}

/// End one of one's sign-ins
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "Me", responses((status = 204)))]
async fn end_my_session(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<SessionId>,
) -> Result<StatusCode, Problem> {
    api.app.end_my_session(caller.scope(), id.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}
