//! A client that only measures: one connection kept open, one request after the other.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::http::{HeaderMap, StatusCode};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::BenchError;

pub(super) struct Connection {
    requests: SendRequest<Full<Bytes>>,
    host: String,
    headers: Vec<(&'static str, String)>,
}

pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Connection {
    pub(super) async fn open(address: &str) -> Result<Self, BenchError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (requests, connection) = handshake(TokioIo::new(stream)).await.map_err(broke)?;
        // It ends with the last request; what broke it shows there.
        tokio::spawn(connection);
        Ok(Self { requests, host: address.to_owned(), headers: Vec::new() })
    }

    /// Sends these along with every request.
    pub(super) fn with(mut self, headers: &[(&'static str, String)]) -> Self {
        self.headers.extend_from_slice(headers);
        self
    }

    pub(super) async fn get(&mut self, path: &str) -> Result<Reply, BenchError> {
        self.send(Method::GET, path, None).await
    }

    pub(super) async fn post(&mut self, path: &str, body: &Value) -> Result<Reply, BenchError> {
        self.send(Method::POST, path, Some(body)).await
    }

    async fn send(&mut self, method: Method, path: &str, body: Option<&Value>) -> Result<Reply, BenchError> {
        let mut request = Request::builder().method(method).uri(path).header("host", &self.host);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map(ToString::to_string).unwrap_or_default();
        let request = request.body(Full::from(body)).map_err(broke)?;
        self.requests.ready().await.map_err(broke)?;
        let (head, body) = self.requests.send_request(request).await.map_err(broke)?.into_parts();
        let body = body.collect().await.map_err(broke)?.to_bytes();
        Ok(Reply { status: head.status, headers: head.headers, body })
    }
}

impl Reply {
    pub(super) fn expect(self, status: StatusCode) -> Result<Self, BenchError> {
        if self.status == status {
            return Ok(self);
        }
        let text = String::from_utf8_lossy(&self.body);
        Err(BenchError::Server(format!("it answered {} instead of {status}: {text}", self.status)))
    }

    pub(super) fn json(&self) -> Result<Value, BenchError> {
        serde_json::from_slice(&self.body).map_err(broke)
    }
}

fn broke(error: impl std::fmt::Display) -> BenchError {
    BenchError::Server(error.to_string())
}
