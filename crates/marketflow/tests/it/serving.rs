//! Serving: what a polite stop finishes, and what it ends.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::process::{Home, answer, first_admin};

#[tokio::test]
async fn a_request_that_was_begun_is_finished_before_the_end() {
    let home = Home::sqlite();
    let server = home.serve().await;
    let body = first_admin().to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    // The server says "continue" once it waits for the body: from then on the request is under way.
    let head = format!(
        "POST /api/v1/setup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut read = vec![0; 4096];
    let length = stream.read(&mut read).await.unwrap();
    assert!(read[..length].starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&read[..length]));

    server.ask_to_stop();
    until_closed(server.port).await;
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 201"), "{reply}");
    server.ended().await.well();

    let server = home.serve().await;
    assert_eq!(server.get("/api/v1/instance").await["setup_needed"], false, "what was acknowledged is there");
    server.stop().await;
}

/// No new connection is taken any more.
async fn until_closed(port: u16) {
    while TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_stream_of_changes_does_not_hold_up_the_end() {
    let home = Home::sqlite();
    let server = home.serve().await;
    server.set_up().await;
    let mut stream = server.client.get(server.url("/api/v1/changes")).send().await.unwrap();
    let first = stream.chunk().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&first).contains("hello"));
    let begun = std::time::Instant::now();
    server.ask_to_stop();
    server.ended().await.well();
    assert!(begun.elapsed().as_secs() < 10, "it ended by itself, not because time ran out");
    while let Ok(Some(_)) = stream.chunk().await {}
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let home = Home::sqlite();
    let server = home.serve().await;
    let _silent = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    server.get("/healthz").await;
    let begun = std::time::Instant::now();
    server.stop().await;
    assert!(begun.elapsed().as_secs() < 10);
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let home = Home::sqlite();
    let server = home.serve().await;
    let me = server.set_up().await;
    let made = answer(server.post("/api/v1/projects", &me).json(&json!({ "name": "Kept" }))).await;
    server.kill().await;

    let server = home.serve().await;
    let login = json!({ "email": crate::process::EMAIL, "password": crate::process::PASSWORD });
    let login = answer(server.client.post(server.url("/api/v1/auth/login")).json(&login)).await;
    let token = login["access_token"].as_str().unwrap();
    let path = format!("/api/v1/projects/{}", made["id"].as_str().unwrap());
    let found = answer(server.client.get(server.url(&path)).bearer_auth(token)).await;
    assert_eq!(found["name"], "Kept");
    server.stop().await;
    home.run(&["audit", "verify"]).await.well();
}

#[tokio::test]
async fn numbers_and_logs_name_the_request() {
    let home = Home::sqlite();
    let server =
        home.start("serve", &[("MARKETFLOW_LOG__FORMAT", "json"), ("MARKETFLOW_LOG__LEVEL", "info")]).await;
    let me = server.set_up().await;
    let body = json!({ "format": "csv" });
    let reply = server.post("/api/v1/audit/exports", &me).json(&body).send().await.unwrap();
    let request = reply.headers()["x-request-id"].to_str().unwrap().to_owned();
    let job = crate::process::read(reply).await["id"].as_str().unwrap().to_owned();
    loop {
        let state = server.get(&format!("/api/v1/jobs/{job}")).await["state"].as_str().unwrap().to_owned();
        assert!(["queued", "running", "done"].contains(&state.as_str()), "{state}");
        if state == "done" {
            break;
        }
    }
    let metrics = server.client.get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("marketflow_http_requests_total"), "{metrics}");
    let log = server.stop().await.err;
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_job = lines.iter().find(|line| line.to_string().contains(&job)).expect("the job is in the log");
    assert!(
        of_job.to_string().contains(&request),
        "the job's line names the request that asked for it: {of_job}"
    );
}
