//! An answer begins within a bounded time. What an answer streams afterwards (exports, live changes)
//! is not cut short here.

use std::time::Duration;

use axum::Extension;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::{Code, Problem};

#[derive(Debug, Clone, Copy)]
pub struct Limit(pub Duration);

pub async fn bound(Extension(Limit(limit)): Extension<Limit>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            Problem::new(Code::Timeout, format!("No answer was ready within {} seconds.", limit.as_secs()))
                .remedy("Try again in a moment; what was begun and not finished has been undone.")
                .retry_after(5)
                .into_response()
        }
    }
}
