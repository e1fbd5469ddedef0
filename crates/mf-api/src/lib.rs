//! The HTTP door: routes by resource, the OpenAPI description, live changes, probes, and the embedded
//! web app. Thin on purpose: read the request, call one use case of `mf-app`, answer.
//!
//! Not here: rules about who may do what and what happens then (`mf-app`), listening on a port and
//! shutting down (`marketflow`).

mod assets;
mod changes;
mod docs;
mod files;
mod health;
mod http;
mod openapi;
mod resources;
mod state;

use ::http::Method;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use mf_domain::RequestId;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::http::problem::{Code, Problem};
use crate::http::request_id::Ids;
use crate::http::{network, problem, request_id, security, timeout, trace};

pub use crate::http::limits::Rates;
pub use openapi::openapi_json;
pub use resources::DemoLogin;
pub use state::{ApiState, Options, Probes};

/// Everything this server answers. Whoever serves it passes the peer's address along
/// (`into_make_service_with_connect_info::<SocketAddr>`), else every caller counts as one.
pub fn router(state: ApiState) -> Router {
    let (routes, _) = openapi::assemble();
    wrap(routes.fallback(elsewhere).with_state(state.clone()), &state)
}

/// What happens to every request, from the outside in.
fn wrap(routes: Router, state: &ApiState) -> Router {
    let app = state.app.clone();
    let ids = Ids::new(move || RequestId::fresh(app.now(), &mut **app.rng()));
    let layers = ServiceBuilder::new()
        .layer(Extension(state.clone()))
        .layer(Extension(state.surroundings()))
        .layer(Extension(ids))
        .layer(Extension(timeout::Limit(state.options.timeout)))
        .layer(from_fn(request_id::assign))
        .layer(from_fn(network::note))
        .layer(from_fn(trace::follow))
        .layer(from_fn(security::strict))
        .layer(CompressionLayer::new())
        .layer(from_fn(problem::render))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(timeout::bound))
        .layer(DefaultBodyLimit::max(state.options.body_limit));
    routes.layer(layers)
}

/// No route: the web app for people, a problem for programs.
async fn elsewhere(request: Request) -> Response {
    let path = request.uri().path();
    let for_programs = ["/api", "/auth", "/blobs"];
    if for_programs
        .iter()
        .any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    {
        return Problem::new(Code::NotFound, "There is nothing at this address.")
            .remedy("Look the address up at /api/docs.")
            .into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let refused = ::http::StatusCode::METHOD_NOT_ALLOWED;
        return (refused, [(::http::header::ALLOW, "GET,HEAD")]).into_response();
    }
    assets::serve(path, request.headers())
}

fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(panic = text, "a handler panicked");
    Problem::internal().into_response()
}
