//! Coming in, staying in and going out, as browsers and programs do it.

use http::{Method, StatusCode};
use mf_domain::Role;
use mf_testkit::{PASSWORD, TestApp};
use serde_json::{Value, json};

use crate::server::Server;

async fn start() -> Server {
    Server::on(TestApp::sqlite().await)
}

fn cookie_of(header: &str) -> String {
    header.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_first_admin_sets_up_once_and_is_in() {
    let server = start().await;
    assert_eq!(server.get("/api/v1/instance").send().await.json()["setup_needed"], true);
    let body = json!({
        "workspace_name": "Lighthouse", "name": "Ada", "email": "ada@example.com",
        "password": "correct horse battery staple", "time_zone": "Europe/Berlin",
    });
    let done = server.post("/api/v1/setup").json(&body).send().await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text);
    let cookie = cookie_of(done.header("set-cookie"));
    let me = server.get("/api/v1/me").header("cookie", &cookie).send().await.json();
    assert_eq!((me["role"].as_str(), me["csrf_token"].is_string()), (Some("admin"), true));
    assert_eq!(me, done.json());
    assert_eq!(server.post("/api/v1/setup").json(&body).send().await.code(), "setup_done");
    assert_eq!(server.get("/api/v1/instance").send().await.json()["setup_needed"], false);
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing() {
    let server = start().await;
    let workspace = server.test.workspace().await;
    let (cookie, csrf) = server.cookie(&workspace.admin).await;
    let body = json!({ "name": "P" });
    let create = || {
        server.post("/api/v1/projects").header("cookie", &cookie).header("host", "localhost:8080").json(&body)
    };
    assert_eq!(create().send().await.code(), "csrf");
    assert_eq!(create().header("x-csrf-token", "wrong").send().await.code(), "csrf");
    let from_elsewhere = create().header("x-csrf-token", &csrf).header("origin", "https://evil.example");
    assert_eq!(from_elsewhere.send().await.code(), "csrf");
    let from_a_neighbour = create().header("x-csrf-token", &csrf).header("sec-fetch-site", "same-site");
    assert_eq!(from_a_neighbour.send().await.code(), "csrf");
    let listed = server.get("/api/v1/projects").header("cookie", &cookie).send().await.json();
    assert_eq!(listed["items"], json!([]));
    let own = create()
        .header("x-csrf-token", &csrf)
        .header("origin", "http://localhost:8080")
        .header("sec-fetch-site", "same-origin");
    assert_eq!(own.send().await.status, StatusCode::CREATED);
    let (_, other_csrf) = server.cookie(&workspace.marketer).await;
    assert_eq!(create().header("x-csrf-token", &other_csrf).send().await.code(), "csrf");
}

#[tokio::test]
async fn another_site_cannot_sign_a_browser_in() {
    let server = start().await;
    let workspace = server.test.workspace().await;
    let body = json!({ "email": workspace.admin.email, "password": PASSWORD, "session": "cookie" });
    let forged =
        server.post("/api/v1/auth/login").header("origin", "https://evil.example").json(&body).send().await;
    assert_eq!(forged.code(), "csrf");
    assert!(!forged.headers.contains_key("set-cookie"));
    let form = server
        .post("/api/v1/auth/login")
        .header("content-type", "text/plain")
        .text(&body.to_string())
        .send()
        .await;
    assert_eq!(form.code(), "unsupported_media_type");
}

#[tokio::test]
async fn a_browser_signs_in_and_out() {
    let server = start().await;
    let workspace = server.test.workspace().await;
    let body = json!({ "email": workspace.admin.email, "password": PASSWORD, "session": "cookie" });
    let answer = server.post("/api/v1/auth/login").json(&body).send().await;
    let set = answer.header("set-cookie").to_owned();
    assert!(
        set.starts_with("mf_session=")
            && set.contains("HttpOnly")
            && set.contains("SameSite=Lax")
            && !set.contains("Secure")
    );
    assert_eq!(answer.json()["access_token"], Value::Null);
    let cookie = cookie_of(&set);
    let csrf = answer.json()["me"]["csrf_token"].as_str().unwrap().to_owned();
    let out = server
        .post("/api/v1/auth/logout")
        .header("cookie", &cookie)
        .header("x-csrf-token", &csrf)
        .send()
        .await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(server.get("/api/v1/me").header("cookie", &cookie).send().await.code(), "unauthenticated");
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    let test = TestApp::sqlite().await;
    let proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let server = Server::with(test, mf_api::Options { trusted_proxies: proxies, ..Default::default() });
    let workspace = server.test.workspace().await;
    let body = json!({ "email": workspace.admin.email, "password": PASSWORD, "session": "cookie" });
    let answer =
        server.post("/api/v1/auth/login").header("x-forwarded-proto", "https").json(&body).send().await;
    let set = answer.header("set-cookie").to_owned();
    assert!(set.starts_with("__Host-mf_session=") && set.contains("Secure"), "{set}");
    assert!(answer.headers.contains_key("strict-transport-security"));
    let me = |proto: &'static str| {
        server.get("/api/v1/me").header("x-forwarded-proto", proto).header("cookie", cookie_of(&set)).send()
    };
    assert_eq!(me("https").await.status, StatusCode::OK);
    assert_eq!(me("http").await.code(), "unauthenticated");
}

#[tokio::test]
async fn a_program_signs_in_refreshes_and_a_stolen_token_ends_it() {
    let server = start().await;
    let workspace = server.test.workspace().await;
    let body = json!({ "email": workspace.analyst.email, "password": PASSWORD });
    let first = server.post("/auth/login").json(&body).send().await.json();
    assert_eq!((first["token_type"].as_str(), first["expires_in"].as_i64()), (Some("Bearer"), Some(900)));
    let refresh =
        |token: &Value| server.post("/api/v1/auth/refresh").json(&json!({ "refresh_token": token })).send();
    let second = refresh(&first["refresh_token"]).await.json();
    let access = second["access_token"].as_str().unwrap();
    assert_eq!(server.get("/api/v1/me").bearer(access).send().await.status, StatusCode::OK);
    assert_eq!(refresh(&first["refresh_token"]).await.code(), "unauthenticated");
    assert_eq!(server.get("/api/v1/me").bearer(access).send().await.code(), "unauthenticated");
    assert_eq!(refresh(&second["refresh_token"]).await.code(), "unauthenticated");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_read_alike() {
    let server = start().await;
    let workspace = server.test.workspace().await;
    let attempt =
        |email: &str| server.post("/auth/login").json(&json!({ "email": email, "password": "wrong" })).send();
    let strip = |mut body: Value| {
        body.as_object_mut().unwrap().remove("request_id");
        body
    };
    let (known, unknown) = (attempt(&workspace.admin.email).await, attempt("nobody@example.com").await);
    assert_eq!(known.status, StatusCode::UNAUTHORIZED);
    assert_eq!(strip(known.json()), strip(unknown.json()));
    let forgot =
        |email: &str| server.post("/api/v1/auth/password/forgot").json(&json!({ "email": email })).send();
    let (known, unknown) = (forgot(&workspace.admin.email).await, forgot("nobody@example.com").await);
    assert_eq!((known.status, &known.text), (StatusCode::ACCEPTED, &unknown.text));
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let server = start().await;
    let workspace = server.test.workspace().await;
    let attempt = |password: &'static str| {
        server
            .post("/auth/login")
            .json(&json!({ "email": workspace.admin.email, "password": password }))
            .send()
    };
    for _ in 0..5 {
        assert_eq!(attempt("wrong").await.code(), "unauthenticated");
    }
    let slowed = attempt(PASSWORD).await;
    assert_eq!(slowed.code(), "rate_limited");
    assert!(!slowed.header("retry-after").is_empty());
}

#[tokio::test]
async fn an_invited_person_looks_accepts_and_is_in() {
    let server = start().await;
    let workspace = server.test.workspace().await;
    let admin = server.token(&workspace.admin).await;
    let body = json!({ "email": "new@example.com", "role": "marketer" });
    let created = server.post("/api/v1/invitations").bearer(&admin).json(&body).send().await.json();
    let token = created["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let preview =
        server.post("/api/v1/auth/invitation/preview").json(&json!({ "token": token })).send().await.json();
    assert_eq!(
        (preview["email"].as_str(), preview["has_account"].as_bool()),
        (Some("new@example.com"), Some(false))
    );
    let accept = json!({ "token": token, "name": "New Person", "password": "a phrase nobody knows", "session": "cookie" });
    let accepted = server.post("/api/v1/auth/invitation/accept").json(&accept).send().await;
    assert_eq!(accepted.json()["me"]["role"], "marketer", "{}", accepted.text);
    assert!(accepted.header("set-cookie").starts_with("mf_session="));
    assert_eq!(server.post("/api/v1/auth/invitation/accept").json(&accept).send().await.code(), "gone");
}

#[tokio::test]
async fn a_reset_link_works_once_and_ends_every_session() {
    let server = start().await;
    let workspace = server.test.workspace().await;
    let admin = server.token(&workspace.admin).await;
    let member = server.test.member(&workspace.id, Role::Analyst).await;
    let before = server.token(&member).await;
    let path = format!("/api/v1/users/{}/reset-link", member.id);
    let link = server.post(&path).bearer(&admin).send().await.json();
    let token = link["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let reset = || {
        server
            .post("/api/v1/auth/password/reset")
            .json(&json!({ "token": token, "password": "a phrase nobody knows" }))
            .send()
    };
    assert_eq!(reset().await.status, StatusCode::NO_CONTENT);
    assert_eq!(reset().await.code(), "gone");
    assert_eq!(server.get("/api/v1/me").bearer(&before).send().await.code(), "unauthenticated");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one() {
    let server = start().await;
    let workspace = server.test.workspace().await;
    let (one, other) = (server.token(&workspace.admin).await, server.token(&workspace.admin).await);
    let sessions = server.get("/api/v1/me/sessions").bearer(&one).send().await.json();
    let sessions = sessions["items"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 2);
    let ended = sessions.iter().find(|session| session["current"] == false).unwrap()["id"].as_str().unwrap();
    let path = format!("/api/v1/me/sessions/{ended}");
    assert_eq!(server.call(Method::DELETE, &path).bearer(&one).send().await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.get("/api/v1/me").bearer(&other).send().await.code(), "unauthenticated");
    assert_eq!(server.get("/api/v1/me").bearer(&one).send().await.status, StatusCode::OK);
}
