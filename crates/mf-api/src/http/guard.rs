//! The door of every route: who is it, are they within their limits, and did they mean it.
//!
//! What they may do in detail is for the use cases to say; a refusal of theirs is noted here.

use axum::Extension;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method};
use mf_app::{KeyKind, Presented};
use mf_domain::RequestId;

use super::identity::{Caller, presented, sign_in_first};
use super::limits::{Exceeded, Standing};
use super::network::Connection;
use super::problem::{Code, Problem};
use super::{csrf, trace};
use crate::ApiState;

/// For routes anybody may call: counted by address, and never on behalf of another site.
pub async fn public(
    Extension(state): Extension<ApiState>,
    connection: Connection,
    request: Request,
    next: Next,
) -> Response {
    let Some(takes_query) = takes_query(&state, &request) else { return next.run(request).await };
    let standing = match state.limits.anonymous(&connection.limit_key()) {
        Ok(standing) => standing,
        Err(exceeded) => return exceeded.into_response(),
    };
    let checked = query_fits(takes_query, &request)
        .and_then(|()| origin_fits(&state, request.method(), request.headers(), &connection));
    let mut response = match checked {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    tell(&mut response, standing);
    response
}

/// For routes that need somebody.
pub async fn identified(
    Extension(state): Extension<ApiState>,
    Extension(id): Extension<RequestId>,
    connection: Connection,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(takes_query) = takes_query(&state, &request) else { return next.run(request).await };
    let (caller, by_cookie) = match identify(&state, request.headers(), &connection, id).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let standing = match count(&state, &caller) {
        Ok(standing) => standing,
        Err(exceeded) => return exceeded.into_response(),
    };
    let checked = query_fits(takes_query, &request)
        .and_then(|()| meant(&state, &request, &connection, &caller, by_cookie));
    let mut response = match checked {
        Ok(()) => {
            request.extensions_mut().insert(caller.clone());
            let (method, route) = (request.method().clone(), trace::route_of(&request));
            let response = next.run(request).await;
            if is_refusal(&response) && !csrf::is_safe(&method) {
                note_refusal(&state, &caller, &method, &route).await;
            }
            response
        }
        Err(problem) => problem.into_response(),
    };
    tell(&mut response, standing);
    response
}

/// Whoever shows nothing valid is counted by address, so that guessing has an end.
async fn identify(
    state: &ApiState,
    headers: &HeaderMap,
    connection: &Connection,
    id: RequestId,
) -> Result<(Caller, bool), Response> {
    let problem = match presented(headers, connection) {
        None => sign_in_first(),
        Some(presented) => {
            let by_cookie = matches!(presented, Presented::Cookie(_));
            match state.app.identify(presented, id).await {
                Ok(identity) => return Ok((Caller::new(identity), by_cookie)),
                Err(error) => Problem::from(error),
            }
        }
    };
    match state.limits.anonymous(&connection.limit_key()) {
        Ok(standing) => {
            let mut response = problem.into_response();
            tell(&mut response, standing);
            Err(response)
        }
        Err(exceeded) => Err(exceeded.into_response()),
    }
}

fn count(state: &ApiState, caller: &Caller) -> Result<Option<Standing>, Exceeded> {
    match (&caller.key, &caller.session) {
        (Some(key), _) => state.limits.key(&key.id),
        (None, Some(session)) => state.limits.identified(&session.id),
        (None, None) => state.limits.identified(caller.scope.tenant.as_str()),
    }
}

/// A browser sends cookies along whoever asks it to; so with them a request must show more.
fn meant(
    state: &ApiState,
    request: &Request,
    connection: &Connection,
    caller: &Caller,
    by_cookie: bool,
) -> Result<(), Problem> {
    if caller.key.as_ref().is_some_and(|key| key.kind == KeyKind::Write.id()) {
        return Err(only_sends());
    }
    if !by_cookie || csrf::is_safe(request.method()) {
        return Ok(());
    }
    origin_fits(state, request.method(), request.headers(), connection)?;
    csrf::check_token(request.headers(), caller.csrf_token.as_deref().unwrap_or_default())
}

/// A write key stands in a website's source for all to see: it opens none of these routes, and what it
/// is tried on is not noted either, or any visitor could fill the audit log.
fn only_sends() -> Problem {
    Problem::new(Code::Forbidden, "A write key only sends signals; it reads and changes nothing.")
        .remedy("Use a server key or a personal token.")
}

/// Whether this method of this route takes query parameters; nothing if there is no such method, which
/// the router itself then says, to anybody.
fn takes_query(state: &ApiState, request: &Request) -> Option<bool> {
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    state.routes.get(&format!("{method} {}", trace::route_of(request))).copied()
}

/// A parameter where none is known would be ignored, and whoever sent it would not know.
fn query_fits(takes_query: bool, request: &Request) -> Result<(), Problem> {
    if takes_query || request.uri().query().is_none_or(str::is_empty) {
        return Ok(());
    }
    Err(Problem::field(
        "query",
        "This address takes no parameters.",
        "Leave out everything after the question mark.",
    ))
}

fn origin_fits(
    state: &ApiState,
    method: &Method,
    headers: &HeaderMap,
    connection: &Connection,
) -> Result<(), Problem> {
    if csrf::is_safe(method) {
        return Ok(());
    }
    csrf::check_origin(headers, connection, &state.app.settings.public_url)
}

fn is_refusal(response: &Response) -> bool {
    response.extensions().get::<Problem>().is_some_and(|problem| problem.code == Code::Forbidden)
}

/// Somebody tried to change what they may not: the workspace's log says so.
async fn note_refusal(state: &ApiState, caller: &Caller, method: &Method, route: &str) {
    if let Err(error) = state.app.audit_denied(caller.scope(), method.as_str(), route).await {
        tracing::warn!(%error, "noting a refusal");
    }
}

fn tell(response: &mut Response, standing: Option<Standing>) {
    if let Some(standing) = standing {
        standing.tell(response);
    }
}
