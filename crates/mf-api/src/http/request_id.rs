//! The id of a request: made here, answered in `X-Request-Id`, and carried through logs, jobs and the
//! audit log. One sent by a client is not taken over: two requests must never share one.

use axum::Extension;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use mf_domain::RequestId;

pub static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where ids come from.
#[derive(Clone)]
pub struct Ids(std::sync::Arc<dyn Fn() -> RequestId + Send + Sync>);

impl Ids {
    pub fn new(make: impl Fn() -> RequestId + Send + Sync + 'static) -> Self {
        Self(std::sync::Arc::new(make))
    }
}

pub async fn assign(Extension(ids): Extension<Ids>, mut request: Request, next: Next) -> Response {
    let id = (ids.0)();
    let header = HeaderValue::from_str(id.as_str()).ok();
    request.extensions_mut().insert(id);
    let mut response = next.run(request).await;
    if let Some(header) = header {
        response.headers_mut().insert(X_REQUEST_ID.clone(), header);
    }
    response
}
