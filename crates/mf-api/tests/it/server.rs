//! The whole API on a test application, called without a network.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request, StatusCode, header};
use mf_api::{ApiState, Options, Probes, router};
use mf_app::{App, Client, KeyKind, NewKey, Presented, SessionKind};
use mf_domain::{RequestId, Scope};
use mf_testkit::{Member, PASSWORD, TestApp};
use serde_json::Value;
use tower::ServiceExt;

pub struct Server {
    pub test: TestApp,
    pub state: ApiState,
    router: Router,
}

/// An answer, read in full.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The code of a problem.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16());
        assert_eq!(body["request_id"], self.header("x-request-id"));
        body["code"].as_str().unwrap().to_owned()
    }
}

impl Server {
    pub fn on(test: TestApp) -> Self {
        Self::with(test, Options::default())
    }

    pub fn with(test: TestApp, options: Options) -> Self {
        let state = ApiState::new(test.app.clone(), options, Probes::default());
        Self { router: router(state.clone()), state, test }
    }

    pub fn app(&self) -> &App {
        &self.test.app
    }

    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        Call { server: self, request: Request::builder().method(method).uri(path), body: Body::empty() }
    }

    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> Call<'_> {
        self.call(Method::POST, path)
    }

    pub async fn raw(&self, request: Request<Body>) -> http::Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// An access token of somebody who just signed in.
    pub async fn token(&self, member: &Member) -> String {
        let request = self.test.fresh(RequestId::fresh);
        let client = Client::default();
        let signed_in =
            self.app().sign_in(&member.email, PASSWORD, None, SessionKind::Token, &client, request);
        signed_in.await.unwrap().tokens.unwrap().access.expose().to_owned()
    }

    /// A cookie session: its cookie and its CSRF token.
    pub async fn cookie(&self, member: &Member) -> (String, String) {
        let request = self.test.fresh(RequestId::fresh);
        let client = Client::default();
        let signed_in =
            self.app().sign_in(&member.email, PASSWORD, None, SessionKind::Cookie, &client, request);
        let signed_in = signed_in.await.unwrap();
        let secret = signed_in.cookie.unwrap();
        (format!("mf_session={}", secret.expose()), signed_in.me.csrf_token.unwrap())
    }

    pub async fn key(&self, scope: &Scope, kind: KeyKind) -> String {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("Key {}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let new =
            NewKey { name, kind, permissions: None, expires_in_days: None, allowed_origins: Vec::new() };
        self.app().create_key(scope, new).await.unwrap().secret.expose().to_owned()
    }

    /// The scope of somebody who just signed in.
    pub async fn signed_in(&self, member: &Member) -> Scope {
        let token = self.token(member).await;
        self.scope(&token).await
    }

    /// The scope behind an access token, with its session.
    pub async fn scope(&self, token: &str) -> Scope {
        let request = self.test.fresh(RequestId::fresh);
        self.app().identify(Presented::Bearer(token.to_owned()), request).await.unwrap().scope
    }
}

pub struct Call<'a> {
    server: &'a Server,
    request: http::request::Builder,
    body: Body,
}

impl Call<'_> {
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.request = self.request.header(name, value.as_ref());
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub fn if_match(self, version: i64) -> Self {
        self.header("if-match", format!("\"{version}\""))
    }

    pub fn json(self, body: &Value) -> Self {
        let mut call = self.header(header::CONTENT_TYPE.as_str(), "application/json");
        call.body = Body::from(body.to_string());
        call
    }

    pub fn text(mut self, body: &str) -> Self {
        self.body = Body::from(body.to_owned());
        self
    }

    pub fn build(self) -> Request<Body> {
        self.request.body(self.body).unwrap()
    }

    /// Only the head of the answer: for those that go on for ever.
    pub async fn head(self) -> http::Response<Body> {
        let server = self.server;
        server.raw(self.build()).await
    }

    pub async fn send(self) -> Answer {
        let (parts, body) = self.head().await.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(body.into()).unwrap() }
    }
}
