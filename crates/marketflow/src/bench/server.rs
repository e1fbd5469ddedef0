//! A server of this very program, in a process and a directory of its own.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use hyper::http::StatusCode;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::BenchError;
use super::client::Connection;

/// Far more than any start takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) const EMAIL: &str = "bench@example.com";
pub(super) const PASSWORD: &str = "four quiet words here";

/// Killed when dropped.
pub(super) struct Server {
    child: Child,
    pub(super) address: String,
    /// From starting the process until it said that it is ready to serve.
    pub(super) took: Duration,
}

/// A signed-in person.
pub(super) struct Session {
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Server {
    pub(super) async fn start(data: &Path) -> Result<Self, BenchError> {
        let began = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            // Nothing of the caller's own settings, and no limits: they would be what is measured.
            .env_clear()
            .env("MARKETFLOW_LIMITS__ANONYMOUS_PER_MINUTE", "1000000")
            .env("MARKETFLOW_LIMITS__SESSION_PER_MINUTE", "1000000")
            .env("MARKETFLOW_LOG__LEVEL", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| BenchError::Server("it has no output".to_owned()))?;
        let mut lines = BufReader::new(stdout).lines();
        let first = tokio::time::timeout(PATIENCE, lines.next_line())
            .await
            .map_err(|_| BenchError::Server(format!("it did not start within {} s", PATIENCE.as_secs())))??
            .ok_or_else(|| BenchError::Server("it ended before it was ready; its log says why".to_owned()))?;
        let port = port_in(&first).ok_or_else(|| BenchError::Server(format!("it said {first:?}")))?;
        let address = format!("127.0.0.1:{port}");
        Connection::open(&address).await?.get("/readyz").await?.expect(StatusCode::OK)?;
        Ok(Self { child, address, took: began.elapsed() })
    }

    pub(super) async fn in_new_directory() -> Result<(TempDir, Self), BenchError> {
        let data = tempfile::tempdir()?;
        let server = Self::start(data.path()).await?;
        Ok((data, server))
    }

    /// Sets the installation up and stays signed in.
    pub(super) async fn sign_up(&self) -> Result<Session, BenchError> {
        let body = json!({
            "workspace_name": "Bench", "name": "Bench", "email": EMAIL, "password": PASSWORD, "time_zone": "UTC",
        });
        let reply = Connection::open(&self.address).await?.post("/api/v1/setup", &body).await?;
        let reply = reply.expect(StatusCode::CREATED)?;
        let cookie =
            reply.headers.get("set-cookie").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let csrf = reply.json()?["csrf_token"].as_str().unwrap_or_default().to_owned();
        Ok(Session { headers: vec![("cookie", cookie), ("x-csrf-token", csrf)] })
    }

    /// Memory the process holds, in MB.
    pub(super) fn resident_mb(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kilobytes / 1000.0)
    }

    pub(super) async fn stop(mut self) -> Result<(), BenchError> {
        Ok(self.child.kill().await?)
    }
}

/// `Marketflow is ready at http://localhost:40123 (SQLite)`
fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("http://")?;
    let authority = rest.split_whitespace().next()?;
    authority.rsplit(':').next()?.parse().ok()
}
