//! Who a request comes from, for handlers. [`guard`](super::guard) found it out before they run.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, header};
use mf_app::{Client, Identity, Presented};
use mf_domain::scope::Once;
use mf_domain::{RequestId, Scope};

use super::cookies;
use super::network::Connection;
use super::problem::{Code, Problem};

#[derive(Clone)]
pub struct Caller(Arc<Identity>);

impl Caller {
    pub fn new(identity: Identity) -> Self {
        Self(Arc::new(identity))
    }

    /// The same caller, whose work is done under an idempotency key.
    pub fn under(&self, once: Once) -> Self {
        let mut identity = Identity::clone(&self.0);
        identity.scope.once = Some(once);
        Self::new(identity)
    }

    pub fn scope(&self) -> &Scope {
        &self.0.scope
    }
}

impl Deref for Caller {
    type Target = Identity;
    fn deref(&self) -> &Identity {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(sign_in_first)
    }
}

/// A request before anybody is known: where it comes from and which it is.
pub struct Visitor {
    pub connection: Connection,
    pub request: RequestId,
}

impl Visitor {
    pub fn client(&self) -> Client {
        Client { network: self.connection.network(), user_agent: self.connection.user_agent.clone() }
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let connection = parts.extensions.get::<Connection>().cloned();
        let request = parts.extensions.get::<RequestId>().cloned();
        connection
            .zip(request)
            .map(|(connection, request)| Self { connection, request })
            .ok_or_else(Problem::internal)
    }
}

pub fn sign_in_first() -> Problem {
    Problem::new(Code::Unauthenticated, "This needs a sign-in.")
        .remedy("Sign in, or send an access token or API key in the header Authorization: Bearer.")
}

/// The secret a request shows. A header outranks a cookie: it was put there on purpose.
pub fn presented(headers: &HeaderMap, connection: &Connection) -> Option<Presented> {
    let bearer =
        headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer_token);
    let key = || headers.get("x-api-key").and_then(|value| value.to_str().ok()).map(str::trim);
    match bearer.or_else(key) {
        Some(secret) if !secret.is_empty() => Some(Presented::Bearer(secret.to_owned())),
        _ => cookies::read(headers, connection).map(Presented::Cookie),
    }
}

fn bearer_token(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(headers: &[(&'static str, &str)]) -> Option<String> {
        let headers = headers.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect();
        let connection =
            Connection { ip: [127, 0, 0, 1].into(), https: false, host: None, user_agent: String::new() };
        presented(&headers, &connection).map(|presented| match presented {
            Presented::Cookie(text) => format!("cookie {text}"),
            Presented::Bearer(text) => format!("bearer {text}"),
        })
    }

    #[test]
    fn a_header_outranks_a_cookie() {
        let cookie = ("cookie", "mf_session=c");
        assert_eq!(shown(&[cookie]).as_deref(), Some("cookie c"));
        assert_eq!(shown(&[cookie, ("authorization", "Bearer t")]).as_deref(), Some("bearer t"));
        assert_eq!(shown(&[("authorization", "bearer  t ")]).as_deref(), Some("bearer t"));
        assert_eq!(shown(&[cookie, ("x-api-key", "mfs_1")]).as_deref(), Some("bearer mfs_1"));
        assert_eq!(shown(&[("authorization", "Basic dTpw")]), None);
        assert_eq!(shown(&[]), None);
    }
}
