//! Invitations: a link that lets one person in, once, in one role.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use mf_app::InvitationView;
use mf_domain::InvitationId;
use serde::{Deserialize, Serialize};
use utoipa::openapi::Object;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::dto::{Role, one_of};
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
    Routes::new()
        .routes(routes!(list_invitations))
        .merge(creating(routes!(create_invitation)))
        .routes(routes!(revoke_invitation))
        .routes(routes!(renew_invitation))
}

/// An invitation; its link is shown only when it is made.
#[derive(Serialize, ToSchema)]
struct Invitation {
    id: String,
    email: String,
    role: Role,
    /// By name.
    invited_by: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    #[schema(schema_with = invitation_states)]
    state: &'static str,
    mailed: bool,
}

fn invitation_states() -> Object {
    one_of(&["pending", "accepted", "expired", "revoked"])
}

impl From<InvitationView> for Invitation {
    fn from(view: InvitationView) -> Self {
        Self {
            id: view.id,
            email: view.email,
            role: view.role.into(),
            invited_by: view.invited_by,
            created_at: view.created_at,
            expires_at: view.expires_at,
            state: view.state,
            mailed: view.mailed,
        }
    }
}

/// An invitation with its link, shown this once.
#[derive(Serialize, ToSchema)]
struct InvitationCreated {
    invitation: Invitation,
    url: String,
}

fn created(created: mf_app::InvitationCreated) -> Response {
    answer(StatusCode::CREATED, InvitationCreated { invitation: created.invitation.into(), url: created.url })
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct InvitationsQuery {
    /// Where to read on: `next_cursor` of the page before.
    #[param(pattern = "^[a-z]{3}_[0-9a-f]{32}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// Invitations
#[utoipa::path(get, path = "/invitations", tag = "Team", params(InvitationsQuery), responses((status = 200, body = List<Invitation>)))]
async fn list_invitations(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<InvitationsQuery>,
) -> Result<Json<List<Invitation>>, Problem> {
    let request = page(query.cursor, query.limit)?;
    let invitations = api.app.invitations(caller.scope(), &request).await?;
    Ok(Json(List::of(invitations, Invitation::from)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewInvitation {
    #[schema(format = Email, max_length = 254)]
    email: String,
    role: Role,
}

/// Invite somebody
#[utoipa::path(post, path = "/invitations", tag = "Team", params(IdempotencyHeader), request_body = NewInvitation, responses(
    (status = 201, body = InvitationCreated),
    (status = 409, description = "They are here already, or invited already."),
))]
async fn create_invitation(
    State(api): State<ApiState>,
    caller: Caller,
    Json(body): Json<NewInvitation>,
) -> Result<Response, Problem> {
    Ok(created(api.app.invite(caller.scope(), &body.email, body.role.into()).await?))
}

/// Revoke an invitation
#[utoipa::path(delete, path = "/invitations/{id}", tag = "Team", responses(
    (status = 204),
    (status = 409, description = "It is closed already."),
))]
async fn revoke_invitation(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<InvitationId>,
) -> Result<StatusCode, Problem> {
    api.app.revoke_invitation(caller.scope(), id.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a new link for an invitation
///
/// The old link stops working.
#[utoipa::path(post, path = "/invitations/{id}/renew", tag = "Team", responses(
    (status = 201, body = InvitationCreated),
    (status = 409, description = "It is closed already."),
))]
async fn renew_invitation(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<InvitationId>,
) -> Result<Response, Problem> {
    Ok(created(api.app.renew_invitation(caller.scope(), id.as_str()).await?))
}
