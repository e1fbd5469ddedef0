//! Numbers about requests. Labels are routes, methods and statuses; never an id, a name or an address.

use std::time::Duration;

use http::{Method, StatusCode};

/// Describes what [`answered`] counts; the recorder is installed by whoever starts the server.
pub fn describe() {
    metrics::describe_counter!("marketflow_http_requests_total", "Requests answered.");
    metrics::describe_histogram!(
        "marketflow_http_request_seconds",
        metrics::Unit::Seconds,
        "Time until an answer began."
    );
    metrics::describe_gauge!("marketflow_change_streams", "Browsers and clients listening for changes.");
}

pub fn answered(route: &str, method: &Method, status: StatusCode, took: Duration) {
    let labels = [("route", route.to_owned()), ("method", known(method).to_owned())];
    metrics::histogram!("marketflow_http_request_seconds", &labels).record(took.as_secs_f64());
    let [route, method] = labels;
    let labels = [route, method, ("status", status.as_str().to_owned())];
    metrics::counter!("marketflow_http_requests_total", &labels).increment(1);
}

/// A client may invent methods; it must not invent labels.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Counted for as long as it lives.
pub struct OpenStream(());

impl OpenStream {
    pub fn count() -> Self {
        metrics::gauge!("marketflow_change_streams").increment(1.0);
        Self(())
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        metrics::gauge!("marketflow_change_streams").decrement(1.0);
    }
}
