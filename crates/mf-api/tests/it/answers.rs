//! What every answer has in common: problems, headers, strictness, limits.

use http::{Method, StatusCode};
use mf_api::{Options, Rates};
use mf_testkit::TestApp;
use serde_json::{Value, json};

use crate::server::Server;

async fn signed_in() -> (Server, String) {
    with(Options::default()).await
}

async fn with(options: Options) -> (Server, String) {
    let server = Server::with(TestApp::sqlite().await, options);
    let workspace = server.test.workspace().await;
    let token = server.token(&workspace.admin).await;
    (server, token)
}

#[tokio::test]
async fn every_answer_is_strict_and_has_an_id() {
    let (server, token) = signed_in().await;
    let mut ids = Vec::new();
    for path in ["/", "/projects", "/healthz", "/api/v1/me", "/api/v1/nothing", "/api/docs"] {
        let answer = server.get(path).bearer(&token).header("x-request-id", "req_mine").send().await;
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answer.header("x-request-id").starts_with("req_0"), "{path}");
        assert!(!answer.header("cache-control").is_empty(), "{path}");
        assert!(!answer.headers.contains_key("strict-transport-security"), "{path}");
        ids.push(answer.header("x-request-id").to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 6);
    assert_eq!(server.get("/api/v1/me").bearer(&token).send().await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn an_unknown_address_is_a_problem_for_programs_and_a_page_for_people() {
    let (server, _) = signed_in().await;
    for path in ["/api", "/api/v1/nothing", "/api/v2/me", "/auth/nothing", "/blobs/a"] {
        assert_eq!(server.get(path).send().await.code(), "not_found", "{path}");
    }
    for path in ["/", "/projects", "/apiary", "/accept-invitation"] {
        let page = server.get(path).send().await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
    }
    assert_eq!(server.post("/projects").send().await.code(), "method_not_allowed");
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let (server, token) = signed_in().await;
    let wrong = server.call(Method::PUT, "/api/v1/projects").bearer(&token).send().await;
    assert_eq!(wrong.code(), "method_not_allowed");
    let mut allowed: Vec<_> = wrong.header("allow").split(',').map(str::trim).collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    // Whoever it is, and whatever comes with it.
    let unknown =
        server.call(Method::TRACE, "/api/v1/projects?x=1").header("idempotency-key", "k").send().await;
    assert_eq!(unknown.code(), "method_not_allowed");
}

#[tokio::test]
async fn what_is_not_understood_is_refused_by_name() {
    let (server, token) = signed_in().await;
    for (path, field) in [
        ("/api/v1/projects?serch=x", "serch"),
        ("/api/v1/projects?limit=0", "limit"),
        ("/api/v1/projects?limit=many", "limit"),
        ("/api/v1/projects?cursor=%27--", "cursor"),
        ("/api/v1/projects?archived=perhaps", "archived"),
        ("/api/v1/jobs?state=lost", "state"),
        ("/api/v1/audit?from=yesterday", "from"),
        ("/api/v1/me?verbose=1", "query"),
    ] {
        let answer = server.get(path).bearer(&token).send().await;
        assert_eq!(answer.code(), "invalid", "{path}");
        let error = &answer.json()["errors"][0];
        assert_eq!(error["field"], field, "{path}: {}", answer.text);
        assert!(!error["remedy"].as_str().unwrap().is_empty());
    }
    let before = server.get("/api/v1/projects").bearer(&token).send().await.text;
    for (body, field) in [
        (json!({}), "body"),
        (json!({ "name": 5 }), "name"),
        (json!({ "name": "" }), "name"),
        (json!({ "name": "x".repeat(121) }), "name"),
        (json!({ "name": "a", "colour": "red" }), "colour"),
        (json!([]), "body"),
    ] {
        let answer = server.post("/api/v1/projects").bearer(&token).json(&body).send().await;
        assert_eq!(answer.code(), "invalid", "{body}");
        assert_eq!(answer.json()["errors"][0]["field"], field, "{body}: {}", answer.text);
    }
    assert_eq!(server.get("/api/v1/projects").bearer(&token).send().await.text, before);
}

#[tokio::test]
async fn only_json_of_bounded_size_is_read() {
    let (server, token) = with(Options { body_limit: 2000, ..Options::default() }).await;
    let post = || server.post("/api/v1/projects").bearer(&token);
    assert_eq!(post().text("name=a").send().await.code(), "unsupported_media_type");
    let json = |text: &str| post().header("content-type", "application/json").text(text);
    assert_eq!(json("{").send().await.code(), "malformed");
    assert_eq!(json("").send().await.code(), "malformed");
    assert_eq!(json(r#"{"name":"a\u0000b"}"#).send().await.code(), "invalid");
    let large = format!("{{\"name\":\"a\",\"description\":\"{}\"}}", "x".repeat(2000));
    assert_eq!(json(&large).send().await.code(), "too_large");
    assert_eq!(json(&large).header("idempotency-key", "k").send().await.code(), "too_large");
}

#[tokio::test]
async fn callers_are_held_to_their_limits_one_by_one() {
    let rates = Rates { anonymous_per_minute: 3, identified_per_minute: 2 };
    let (server, token) = with(Options { rates, ..Options::default() }).await;
    let me = || server.get("/api/v1/me").bearer(&token).send();
    let first = me().await;
    assert_eq!((first.header("ratelimit-limit"), first.header("ratelimit-remaining")), ("2", "1"));
    assert_eq!(me().await.status, StatusCode::OK);
    let third = me().await;
    assert_eq!(third.code(), "rate_limited");
    assert!((1..=60).contains(&third.header("retry-after").parse::<u32>().unwrap()));
    assert_eq!(third.header("ratelimit-remaining"), "0");
    // Guessing is counted by address, whatever it shows.
    let codes = [
        server.get("/api/v1/me").bearer("mfs_guess1").send().await.code(),
        server.get("/api/v1/me").send().await.code(),
        server.get("/api/v1/instance").send().await.status.to_string(),
        server.get("/api/v1/me").bearer("mfs_guess2").send().await.code(),
    ];
    assert_eq!(codes, ["unauthenticated", "unauthenticated", "200 OK", "rate_limited"]);
    // Pages and probes are not counted.
    assert_eq!(server.get("/").send().await.status, StatusCode::OK);
}

#[tokio::test]
async fn pages_of_a_list_follow_each_other_without_gap_or_repeat() {
    let (server, token) = signed_in().await;
    for number in 0..7 {
        server.test.clock.advance(jiff::SignedDuration::from_secs(1));
        let body = json!({ "name": format!("Project {number}") });
        assert_eq!(server.post("/api/v1/projects").bearer(&token).json(&body).send().await.status, 201);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page: Value =
            server.get(&format!("/api/v1/projects?limit=3{cursor}")).bearer(&token).send().await.json();
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let expected: Vec<_> = (0..7).rev().map(|number| format!("Project {number}")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn numbers_and_reasons_are_for_those_nearby() {
    let proxy = "127.0.0.1/32".parse().unwrap();
    let (server, _) = with(Options { trusted_proxies: vec![proxy], ..Options::default() }).await;
    assert_eq!(server.get("/metrics").send().await.status, StatusCode::OK);
    let from_afar = server.get("/metrics").header("x-forwarded-for", "198.51.100.7").send().await;
    assert_eq!(from_afar.code(), "not_found");
    assert_eq!(server.get("/readyz").send().await.json(), json!({ "ready": true, "troubles": [] }));
}

#[tokio::test]
async fn the_description_is_served_as_it_is_committed() {
    let (server, _) = signed_in().await;
    let served = server.get("/api/openapi.json").send().await;
    assert_eq!(served.text, mf_api::openapi_json());
    let document = served.json();
    let mut ids = Vec::new();
    for item in document["paths"].as_object().unwrap().values() {
        ids.extend(
            item.as_object()
                .unwrap()
                .values()
                .map(|operation| operation["operationId"].as_str().unwrap().to_owned()),
        );
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "an operation id is used twice");
    assert_references(&document, &document);
    let page = server.get("/api/docs").send().await;
    assert!(page.header("content-type").starts_with("text/html") && page.text.contains("create_project"));
}

fn assert_references(document: &Value, part: &Value) {
    match part {
        Value::Object(fields) => {
            if let Some(link) = fields.get("$ref").and_then(Value::as_str) {
                assert!(document.pointer(link.trim_start_matches('#')).is_some(), "{link} leads nowhere");
            }
            fields.values().for_each(|field| assert_references(document, field));
        }
        Value::Array(items) => items.iter().for_each(|item| assert_references(document, item)),
        _ => {}
    }
}
