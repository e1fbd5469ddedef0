//! The installation before anybody is signed in: what it is, and setting it up.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use mf_app::FirstAdmin;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Routes;
use super::dto::Role;
use super::me::Me;
use crate::ApiState;
use crate::http::cookies;
use crate::http::identity::Visitor;
use crate::http::json::{Json, answer};
use crate::http::problem::{Code, Problem};

pub fn routes() -> Routes {
    Routes::new().routes(routes!(read_instance)).routes(routes!(set_up))
}

/// What a visitor may know.
#[derive(Serialize, ToSchema)]
struct Instance {
    name: &'static str,
    version: &'static str,
    /// Nobody has been here yet: `POST /setup` makes the first admin.
    setup_needed: bool,
    /// Invitations and reset links are mailed; otherwise people hand them over themselves.
    mail_configured: bool,
    /// Filled by `marketflow demo` only.
    demo_logins: Vec<DemoLogin>,
}

/// A sign-in of the demo workspace, for everybody to see.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DemoLogin {
    #[schema(value_type = Role)]
    pub role: mf_domain::Role,
    pub name: String,
    pub email: String,
    pub password: String,
}

/// What this server is
#[utoipa::path(get, path = "/instance", tag = "Start", responses((status = 200, body = Instance)))]
async fn read_instance(State(api): State<ApiState>) -> Result<Json<Instance>, Problem> {
    Ok(Json(Instance {
        name: "Marketflow",
        version: env!("CARGO_PKG_VERSION"),
        setup_needed: api.app.setup_needed().await?,
        mail_configured: api.app.mail_configured(),
        demo_logins: api.options.demo_logins.clone(),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Setup {
    #[schema(min_length = 1, max_length = 80, pattern = r"\S")]
    workspace_name: String,
    #[schema(min_length = 1, max_length = 80, pattern = r"\S")]
    name: String,
    #[schema(format = Email, max_length = 254)]
    email: String,
    #[schema(format = Password)]
    password: String,
    /// An IANA name.
    #[schema(example = "Europe/Berlin", max_length = 64)]
    time_zone: String,
}

/// Set up the installation
///
/// Makes the first admin and their workspace, and signs them in with a session cookie. Happens once.
#[utoipa::path(post, path = "/setup", tag = "Start", request_body = Setup, responses(
    (status = 201, body = Me, headers(("Set-Cookie" = String, description = "The session."))),
    (status = 409, description = "It has been set up already."),
))]
async fn set_up(
    State(api): State<ApiState>,
    visitor: Visitor,
    Json(body): Json<Setup>,
) -> Result<Response, Problem> {
    let first = FirstAdmin {
        workspace_name: body.workspace_name,
        name: body.name,
        email: body.email,
        password: body.password,
        time_zone: body.time_zone,
    };
    let signed_in =
        api.app.set_up(first, &visitor.client(), visitor.request.clone()).await.map_err(|error| {
            let problem = Problem::from(error);
            if problem.code == Code::Conflict { problem.with_code(Code::SetupDone) } else { problem }
        })?;
    let mut response = answer(StatusCode::CREATED, Me::show(signed_in.me)?);
    if let Some(secret) = &signed_in.cookie {
        cookies::set(&mut response, &visitor.connection, secret.expose(), api.app.settings.session_days);
    }
    Ok(response)
}
