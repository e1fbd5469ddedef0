//! A span for each request, so that every line logged on its way carries the request's id; one line
//! when it is answered; and the trace of whoever called goes on here (W3C `traceparent`).

use std::time::Instant;

use axum::Extension;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use mf_domain::RequestId;
use opentelemetry::propagation::Extractor;
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::metrics;

/// The address with placeholders for ids: few enough to count by, and it tells nobody's data.
pub fn route_of(request: &Request) -> String {
    request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned()
}

pub async fn follow(Extension(id): Extension<RequestId>, request: Request, next: Next) -> Response {
    let route = route_of(&request);
    let method = request.method().clone();
    let span =
        tracing::info_span!("request", %method, route, request_id = %id, status = tracing::field::Empty);
    let caller = opentelemetry::global::get_text_map_propagator(|p| p.extract(&Carrier(request.headers())));
    // Fails only where nobody collects traces.
    let _ = span.set_parent(caller);

    let begun = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status(), begun.elapsed());
    metrics::answered(&route, &method, status, took);
    span.record("status", status.as_u16());
    span.in_scope(|| log(status, &route, took));
    response
}

fn log(status: StatusCode, route: &str, took: std::time::Duration) {
    let milliseconds = took.as_secs_f64() * 1000.0;
    // Pages and probes come by the second and say little.
    if !route.starts_with("/api/v1") && !status.is_server_error() {
        tracing::debug!(milliseconds, "answered");
    } else {
        tracing::info!(milliseconds, "answered");
    }
}

struct Carrier<'a>(&'a HeaderMap);

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
