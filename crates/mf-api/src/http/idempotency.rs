//! `Idempotency-Key` on requests that create: sent twice, done once, answered alike.
//!
//! Final answers are kept, refusals that the caller can mend (400, 422) and failures of ours are not:
//! the same key may try again after them. The work goes on when the caller hangs up, so that what was
//! done is also what is kept.

use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use mf_app::{Answer, IdempotencyKey, Start};
use mf_domain::RequestId;
use sha2::{Digest, Sha256};
use tracing::Instrument;

use super::identity::Caller;
use super::json::too_large;
use super::problem::{Code, Problem};
use crate::ApiState;

pub const HEADER: &str = "idempotency-key";
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
static REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// For the API description.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyHeader {
    /// Your name for this request: sent again with the same body, it is answered alike and not done twice. Kept 24 hours.
    #[param(rename = "Idempotency-Key", pattern = "^[!-~]{1,255}$")]
    #[expect(dead_code, reason = "only described; the layer reads it")]
    idempotency_key: Option<String>,
}

pub async fn once(
    Extension(state): Extension<ApiState>,
    Extension(id): Extension<RequestId>,
    request: Request,
    next: Next,
) -> Response {
    let caller = request.extensions().get::<Caller>().cloned();
    match caller {
        Some(caller) if request.headers().contains_key(HEADER) => {
            answered_once(state, id, caller, request, next).await.unwrap_or_else(Problem::into_response)
        }
        _ => next.run(request).await,
    }
}

async fn answered_once(
    state: ApiState,
    id: RequestId,
    caller: Caller,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let key = request.headers().get(HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = IdempotencyKey::parse(key)?;
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, state.options.body_limit).await.map_err(|_| too_large())?;
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let fingerprint = fingerprint(parts.method.as_str(), target, &body);
    let once = match start(&state, &caller, &key, &fingerprint).await? {
        Start::Go(once) => once,
        Start::Replay(answer) => return replay(answer),
        Start::InFlight => {
            return Err(Problem::new(Code::InFlight, "The same request is still being worked on.")
                .remedy("Wait a moment and send it again with the same Idempotency-Key.")
                .retry_after(1));
        }
        Start::Mismatch => {
            return Err(Problem::new(
                Code::IdempotencyMismatch,
                "This Idempotency-Key came with another request before.",
            )
            .remedy("Use a new key for a new request."));
        }
        Start::Done => {
            return Err(Problem::new(
                Code::Conflict,
                "This request was carried out; its answer is no longer known.",
            )
            .remedy("Look up what it made before you send it under a new key."));
        }
    };
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(caller.under(once));
    let work = {
        let (state, caller, key) = (state.clone(), caller.clone(), key.clone());
        let work = async move {
            let response = next.run(request).await;
            keep(&state, &caller, &key, &id, response).await
        };
        tokio::spawn(work.in_current_span())
    };
    match work.await {
        Ok(response) => Ok(response),
        Err(error) => {
            tracing::error!(%error, "a request panicked");
            release(&state, &caller, &key).await;
            Err(Problem::internal())
        }
    }
}

/// What is done is answered a moment later; only if that moment passes is the answer really lost.
async fn start(
    state: &ApiState,
    caller: &Caller,
    key: &IdempotencyKey,
    fingerprint: &str,
) -> Result<Start, Problem> {
    for _ in 0..LOOKS {
        match state.app.start_answer(caller.scope(), key, fingerprint).await? {
            Start::Done => tokio::time::sleep(BETWEEN_LOOKS).await,
            start => return Ok(start),
        }
    }
    Ok(Start::Done)
}

async fn release(state: &ApiState, caller: &Caller, key: &IdempotencyKey) {
    if let Err(error) = state.app.release_answer(caller.scope(), key).await {
        tracing::warn!(%error, "letting an idempotency key go");
    }
}

async fn keep(
    state: &ApiState,
    caller: &Caller,
    key: &IdempotencyKey,
    id: &RequestId,
    response: Response,
) -> Response {
    if !is_final(response.status()) {
        release(state, caller, key).await;
        return response;
    }
    let problem = response.extensions().get::<Problem>().cloned();
    let (parts, body) = match &problem {
        Some(problem) => problem.to_response(id).into_parts(),
        None => response.into_parts(),
    };
    let Ok(body) = to_bytes(body, usize::MAX).await else { return Problem::internal().into_response() };
    let answer =
        Answer { status: parts.status.as_u16(), headers: kept_headers(&parts.headers), body: body.to_vec() };
    if let Err(error) = state.app.keep_answer(caller.scope(), key, &answer).await {
        // It was done and must be told; a repeat finds the key in use until it lapses.
        tracing::warn!(%error, "keeping an answer for its idempotency key");
    }
    let mut response = Response::from_parts(parts, Body::from(body));
    if let Some(problem) = problem.filter(|problem| problem.code == Code::Forbidden) {
        // Still to be noted in the audit log, further out.
        response.extensions_mut().insert(problem);
    }
    response
}

/// Would the same request be answered the same way tomorrow?
fn is_final(status: StatusCode) -> bool {
    let mendable = matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::UNAUTHORIZED
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY
            | StatusCode::TOO_MANY_REQUESTS
    );
    !status.is_server_error() && !mendable
}

fn kept_headers(headers: &http::HeaderMap) -> Vec<(String, String)> {
    [header::CONTENT_TYPE, header::ETAG, header::LOCATION]
        .into_iter()
        .filter_map(|name| Some((name.to_string(), headers.get(&name)?.to_str().ok()?.to_owned())))
        .collect()
}

fn replay(answer: Answer) -> Result<Response, Problem> {
    let status = StatusCode::from_u16(answer.status).map_err(|_| Problem::internal())?;
    let mut response = (status, answer.body).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED.clone(), HeaderValue::from_static("true"));
    Ok(response)
}

fn fingerprint(method: &str, target: &str, body: &Bytes) -> String {
    let mut hasher = Sha256::new();
    hasher.update(format!("{method}\n{target}\n"));
    hasher.update(body);
    hex::encode(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_final_answers_are_kept() {
        for kept in [200, 201, 202, 204, 403, 404, 409, 410] {
            assert!(is_final(StatusCode::from_u16(kept).unwrap()), "{kept}");
        }
        for not in [400, 401, 413, 415, 422, 429, 500, 503] {
            assert!(!is_final(StatusCode::from_u16(not).unwrap()), "{not}");
        }
    }

    #[test]
    fn another_body_or_address_is_another_request() {
        let body = Bytes::from_static(b"{}");
        let base = fingerprint("POST", "/a", &body);
        assert_eq!(base, fingerprint("POST", "/a", &body));
        assert_ne!(base, fingerprint("POST", "/b", &body));
        assert_ne!(base, fingerprint("POST", "/a", &Bytes::from_static(b"{ }")));
    }
}
