//! Requests over real connections to a real server.

use std::time::{Duration, Instant};

use hyper::http::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

use super::BenchError;
use super::client::Connection;
use super::measured::{Measured, millis, quantile};
use super::server::{EMAIL, PASSWORD, Server, Session};

const CONNECTIONS: u32 = 16;
const RATE: u32 = 1_000;
const WARM_UP: Duration = Duration::from_secs(1);
const FOR: Duration = Duration::from_secs(10);
const WRITE_FOR: Duration = Duration::from_secs(5);

/// A signed-in page load at a steady pace. Times run from when a request was due, not from when a
/// slow answer before it let it go.
pub(super) async fn me() -> Result<Measured, BenchError> {
    let (_data, server) = Server::in_new_directory().await?;
    let session = server.sign_up().await?;
    let pause = Duration::from_secs(1) * CONNECTIONS / RATE;
    let mut tasks = JoinSet::new();
    for place in 0..CONNECTIONS {
        let connection = connect(&server, &session).await?;
        tasks.spawn(paced(connection, pause, pause / CONNECTIONS * place));
    }
    let mut times = gather(tasks).await?;
    let done = times.len() as f64 / FOR.as_secs_f64();
    server.stop().await?;
    let p99 = millis(quantile(&mut times, 0.99));
    Ok(Measured::new("me", p99)
        .with("p50_ms", millis(quantile(&mut times, 0.5)))
        .with("p99_ms", p99)
        .with("rate", done))
}

/// Projects made by several people at once, each with its audit entry, each safely on disk.
pub(super) async fn projects_create() -> Result<Measured, BenchError> {
    let (_data, server) = Server::in_new_directory().await?;
    let session = server.sign_up().await?;
    let mut tasks = JoinSet::new();
    for place in 0..CONNECTIONS {
        tasks.spawn(writing(connect(&server, &session).await?, place));
    }
    let mut times = gather(tasks).await?;
    server.stop().await?;
    let rate = times.len() as f64 / WRITE_FOR.as_secs_f64();
    Ok(Measured::new("projects_create", 1000.0 / rate)
        .with("rate", rate)
        .with("p50_ms", millis(quantile(&mut times, 0.5)))
        .with("p99_ms", millis(quantile(&mut times, 0.99))))
}

/// Signing in, which is mostly Argon2id.
pub(super) async fn sign_in() -> Result<Measured, BenchError> {
    const TIMES: usize = 30;
    let (_data, server) = Server::in_new_directory().await?;
    server.sign_up().await?;
    let mut connection = Connection::open(&server.address).await?;
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let began = Instant::now();
        connection.post("/api/v1/auth/login", &body).await?.expect(StatusCode::OK)?;
        times.push(began.elapsed());
    }
    server.stop().await?;
    let median = millis(quantile(&mut times, 0.5));
    Ok(Measured::new("argon2", median).with("p99_ms", millis(quantile(&mut times, 0.99))))
}

async fn connect(server: &Server, session: &Session) -> Result<Connection, BenchError> {
    Ok(Connection::open(&server.address).await?.with(&session.headers))
}

async fn paced(
    mut connection: Connection,
    pause: Duration,
    offset: Duration,
) -> Result<Vec<Duration>, BenchError> {
    let mut times = Vec::new();
    let mut due = Instant::now() + offset;
    let counted_from = due + WARM_UP;
    let end = counted_from + FOR;
    while due < end {
        tokio::time::sleep_until(due.into()).await;
        connection.get("/api/v1/me").await?.expect(StatusCode::OK)?;
        if due >= counted_from {
            times.push(due.elapsed());
        }
        due += pause;
    }
    Ok(times)
}

async fn writing(mut connection: Connection, place: u32) -> Result<Vec<Duration>, BenchError> {
    let mut times = Vec::new();
    let end = Instant::now() + WRITE_FOR;
    while Instant::now() < end {
        let body = json!({ "name": format!("Project {place}-{}", times.len()), "description": "" });
        let began = Instant::now();
        connection.post("/api/v1/projects", &body).await?.expect(StatusCode::CREATED)?;
        times.push(began.elapsed());
    }
    Ok(times)
}

async fn gather(mut tasks: JoinSet<Result<Vec<Duration>, BenchError>>) -> Result<Vec<Duration>, BenchError> {
    let mut all = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        all.extend(ended.map_err(|error| BenchError::Server(error.to_string()))??);
    }
    Ok(all)
}
