//! Probes: alive, ready, and the numbers.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::ApiState;
use crate::http::identity::Visitor;
use crate::http::json::{Json, answer};
use crate::http::problem::Problem;
use crate::resources::Routes;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(alive)).routes(routes!(ready)).routes(routes!(metrics))
}

#[derive(Serialize, ToSchema)]
struct Alive {
    /// Always `alive`.
    status: &'static str,
}

/// Alive
///
/// Says only that the process answers.
#[utoipa::path(get, path = "/healthz", tag = "Probes", responses((status = 200, body = Alive)))]
async fn alive() -> Json<Alive> {
    Json(Alive { status: "alive" })
}

#[derive(Serialize, ToSchema)]
struct Readiness {
    ready: bool,
    troubles: Vec<Trouble>,
}

#[derive(Serialize, ToSchema)]
struct Trouble {
    /// `database`, `worker`, `jobs`, `audit` or `disk`.
    what: &'static str,
    /// In words; told to callers from loopback and private addresses only.
    #[schema(required)]
    why: Option<String>,
}

/// Ready
///
/// Whether work moves. A load balancer sends no requests while it does not.
#[utoipa::path(get, path = "/readyz", tag = "Probes", responses(
    (status = 200, body = Readiness),
    (status = 503, body = Readiness, description = "Not ready, and why."),
))]
async fn ready(State(api): State<ApiState>, visitor: Visitor) -> Response {
    let found = api.app.readiness(api.probes.worker.as_ref(), (api.probes.disk)()).await;
    let near = visitor.connection.is_near();
    let troubles: Vec<_> = found
        .into_iter()
        .map(|trouble| {
            tracing::warn!(what = trouble.what, why = trouble.why, "not ready");
            Trouble { what: trouble.what, why: near.then_some(trouble.why) }
        })
        .collect();
    let ready = troubles.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    answer(status, Readiness { ready, troubles })
}

/// Numbers, for Prometheus
///
/// Answers to loopback and private addresses, unless configured otherwise.
#[utoipa::path(get, path = "/metrics", tag = "Probes", responses(
    (status = 200, body = String, content_type = "text/plain"),
    (status = 404, description = "Not for this address."),
))]
async fn metrics(State(api): State<ApiState>, visitor: Visitor) -> Result<Response, Problem> {
    if !api.options.metrics_for_everyone && !visitor.connection.is_near() {
        return Err(Problem::not_found("address"));
    }
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], (api.probes.metrics)()).into_response())
}
