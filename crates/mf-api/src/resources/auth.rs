//! Signing in and out, resetting a password, and joining by invitation.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use mf_app::SignedIn;
use mf_domain::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Routes;
use super::dto::{Role, mirror};
use super::me::Me;
use crate::ApiState;
use crate::http::cookies;
use crate::http::identity::{Caller, Visitor};
use crate::http::json::{Json, answer};
use crate::http::problem::Problem;

pub fn public() -> Routes {
    Routes::new()
        .routes(routes!(log_in))
        .routes(routes!(refresh))
        .routes(routes!(forgot_password))
        .routes(routes!(reset_password))
        .routes(routes!(preview_invitation))
        .routes(routes!(accept_invitation))
}

pub fn identified() -> Routes {
    Routes::new().routes(routes!(log_out)).routes(routes!(log_out_everywhere))
}

/// The short address of signing in, beside the versioned one.
pub fn at_the_root() -> Routes {
    Routes::new().routes(routes!(log_in_at_the_root))
}

mirror! {
    /// A browser's session cookie, or a pair of tokens for a program.
    SessionKind of mf_app::SessionKind { Cookie, Token }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Login {
    email: String,
    #[schema(format = Password)]
    password: String,
    /// The workspace to start in, for people who are in several.
    #[schema(value_type = Option<String>, pattern = "^ten_[0-9a-f]{32}$")]
    tenant_id: Option<TenantId>,
    /// `token` unless said otherwise.
    session: Option<SessionKind>,
}

/// Who you are now, and for `token` sessions what to go on with.
#[derive(Serialize, ToSchema)]
struct LoginAnswer {
    me: Me,
    /// Send it as `Authorization: Bearer`.
    #[schema(required)]
    access_token: Option<String>,
    /// Gives the next pair once; then it is used up.
    #[schema(required)]
    refresh_token: Option<String>,
    /// Seconds the access token lasts.
    #[schema(required)]
    expires_in: Option<i64>,
    #[schema(required)]
    token_type: Option<&'static str>,
}

fn welcome(api: &ApiState, visitor: &Visitor, signed_in: SignedIn) -> Result<Response, Problem> {
    let tokens = signed_in.tokens.as_ref();
    let mut response = answer(
        StatusCode::OK,
        LoginAnswer {
            me: Me::show(signed_in.me)?,
            access_token: tokens.map(|tokens| tokens.access.expose().to_owned()),
            refresh_token: tokens.map(|tokens| tokens.refresh.expose().to_owned()),
            expires_in: tokens.map(|tokens| tokens.expires_in_seconds),
            token_type: tokens.map(|_| "Bearer"),
        },
    );
    if let Some(secret) = &signed_in.cookie {
        cookies::set(&mut response, &visitor.connection, secret.expose(), api.app.settings.session_days);
    }
    Ok(response)
}

/// Sign in
#[utoipa::path(post, path = "/auth/login", tag = "Sign-in", request_body = Login, responses(
    (status = 200, body = LoginAnswer),
    (status = 401, description = "The address or the password is wrong."),
    (status = 404, description = "You are not in the workspace asked for."),
))]
async fn log_in(
    State(api): State<ApiState>,
    visitor: Visitor,
    Json(body): Json<Login>,
) -> Result<Response, Problem> {
    let kind = body.session.unwrap_or(SessionKind::Token).into();
    let (client, request) = (visitor.client(), visitor.request.clone());
    let tenant = body.tenant_id.as_ref();
    let signed_in = api.app.sign_in(&body.email, &body.password, tenant, kind, &client, request).await?;
    welcome(&api, &visitor, signed_in)
}

/// Sign in
///
/// The same as `POST /api/v1/auth/login`.
#[utoipa::path(post, path = "/auth/login", operation_id = "log_in_short", tag = "Sign-in", request_body = Login, responses(
    (status = 200, body = LoginAnswer),
    (status = 401, description = "The address or the password is wrong."),
    (status = 404, description = "You are not in the workspace asked for."),
))]
async fn log_in_at_the_root(
    state: State<ApiState>,
    visitor: Visitor,
    body: Json<Login>,
) -> Result<Response, Problem> {
    log_in(state, visitor, body).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Refresh {
    refresh_token: String,
}

/// Exchange a refresh token
///
/// Gives a new pair. A token used a second time ends the session: somebody else holds a copy.
#[utoipa::path(post, path = "/auth/refresh", tag = "Sign-in", request_body = Refresh, responses(
    (status = 200, body = LoginAnswer),
    (status = 401, description = "The token is unknown, used or expired."),
))]
async fn refresh(
    State(api): State<ApiState>,
    visitor: Visitor,
    Json(body): Json<Refresh>,
) -> Result<Response, Problem> {
    let signed_in = api.app.refresh(&body.refresh_token, visitor.request.clone()).await?;
    welcome(&api, &visitor, signed_in)
}

/// Sign out
///
/// Ends this session.
#[utoipa::path(post, path = "/auth/logout", tag = "Sign-in", responses((status = 204)))]
async fn log_out(State(api): State<ApiState>, caller: Caller, visitor: Visitor) -> Result<Response, Problem> {
    api.app.sign_out(&caller).await?;
    Ok(goodbye(&visitor))
}

/// Sign out everywhere
///
/// Ends every session of yours, this one included.
#[utoipa::path(post, path = "/auth/logout-everywhere", tag = "Sign-in", responses((status = 204)))]
async fn log_out_everywhere(
    State(api): State<ApiState>,
    caller: Caller,
    visitor: Visitor,
) -> Result<Response, Problem> {
    api.app.sign_out_everywhere(caller.scope()).await?;
    Ok(goodbye(&visitor))
}

fn goodbye(visitor: &Visitor) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    cookies::clear(&mut response, &visitor.connection);
    response
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Forgot {
    #[schema(format = Email, max_length = 254)]
    email: String,
}

#[derive(Serialize, ToSchema)]
struct Said {
    message: &'static str,
}

/// Ask for a link to set a new password
///
/// The answer is the same whether or not there is such an account.
#[utoipa::path(post, path = "/auth/password/forgot", tag = "Sign-in", request_body = Forgot, responses(
    (status = 202, body = Said),
))]
async fn forgot_password(
    State(api): State<ApiState>,
    visitor: Visitor,
    Json(body): Json<Forgot>,
) -> Result<Response, Problem> {
    api.app.ask_password_reset(&body.email, &visitor.client(), visitor.request.clone()).await?;
    let message = if api.app.mail_configured() {
        "If there is an account with this address, a link is on its way to it."
    } else {
        "This server sends no mail. Ask an admin of your workspace for a reset link."
    };
    Ok(answer(StatusCode::ACCEPTED, Said { message }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reset {
    /// From the link, after the `#`.
    token: String,
    #[schema(format = Password)]
    password: String,
}

/// Set a new password by a link
///
/// Works once, and ends every session.
#[utoipa::path(post, path = "/auth/password/reset", tag = "Sign-in", request_body = Reset, responses(
    (status = 204),
    (status = 410, description = "The link has been used or has lapsed."),
))]
async fn reset_password(
    State(api): State<ApiState>,
    visitor: Visitor,
    Json(body): Json<Reset>,
) -> Result<StatusCode, Problem> {
    api.app.reset_password(&body.token, &body.password, visitor.request).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InvitationLink {
    /// From the link, after the `#`.
    token: String,
}

/// Who invites whom, before accepting.
#[derive(Serialize, ToSchema)]
struct InvitationPreview {
    workspace_name: String,
    email: String,
    role: Role,
    invited_by: String,
    /// They join with the password they have.
    has_account: bool,
    #[schema(value_type = String, format = DateTime)]
    expires_at: jiff::Timestamp,
}

/// Look at an invitation
#[utoipa::path(post, path = "/auth/invitation/preview", tag = "Sign-in", request_body = InvitationLink, responses(
    (status = 200, body = InvitationPreview),
    (status = 410, description = "The link has been used or has lapsed."),
))]
async fn preview_invitation(
    State(api): State<ApiState>,
    Json(body): Json<InvitationLink>,
) -> Result<Json<InvitationPreview>, Problem> {
    let preview = api.app.preview_invitation(&body.token).await?;
    Ok(Json(InvitationPreview {
        workspace_name: preview.workspace_name,
        email: preview.email,
        role: preview.role.into(),
        invited_by: preview.invited_by,
        has_account: preview.has_account,
        expires_at: preview.expires_at,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Accept {
    token: String,
    /// For a new account.
    name: Option<String>,
    #[schema(format = Password)]
    password: String,
    session: Option<SessionKind>,
}

/// Accept an invitation
///
/// Makes an account, or joins with the one there is, and signs in.
#[utoipa::path(post, path = "/auth/invitation/accept", tag = "Sign-in", request_body = Accept, responses(
    (status = 200, body = LoginAnswer),
    (status = 409, description = "You are in this workspace already."),
    (status = 410, description = "The link has been used or has lapsed."),
))]
async fn accept_invitation(
    State(api): State<ApiState>,
    visitor: Visitor,
    Json(body): Json<Accept>,
) -> Result<Response, Problem> {
    let kind = body.session.unwrap_or(SessionKind::Token).into();
    let (client, request) = (visitor.client(), visitor.request.clone());
    let name = body.name.as_deref();
    let signed_in =
        api.app.accept_invitation(&body.token, name, &body.password, kind, &client, request).await?;
    welcome(&api, &visitor, signed_in)
}
