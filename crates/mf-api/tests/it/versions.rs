//! Editing: nobody overwrites what they have not seen.

use http::{Method, StatusCode};
use mf_testkit::TestApp;
use serde_json::json;

use crate::server::Server;

mf_testkit::on_each_engine! {
    async fn a_change_needs_the_version_it_was_made_from(test: TestApp) {
        let server = Server::on(test);
        let workspace = server.test.workspace().await;
        let token = server.token(&workspace.admin).await;
        let made = server.post("/api/v1/projects").bearer(&token).json(&json!({ "name": "One" })).send().await;
        assert_eq!(made.header("etag"), "\"1\"");
        let path = format!("/api/v1/projects/{}", made.json()["id"].as_str().unwrap());
        let rename = |name: &str| server.call(Method::PATCH, &path).bearer(&token).json(&json!({ "name": name }));
        assert_eq!(rename("Two").send().await.code(), "precondition_required");
        let renamed = rename("Two").if_match(1).send().await;
        assert_eq!((renamed.status, renamed.header("etag")), (StatusCode::OK, "\"2\""));
        assert_eq!(rename("Three").if_match(1).send().await.code(), "stale");
        assert_eq!(rename("Three").header("if-match", "*").send().await.code(), "precondition_required");
        let read = server.get(&path).bearer(&token).send().await;
        assert_eq!((read.json()["name"].as_str(), read.header("etag")), (Some("Two"), "\"2\""));
    }

    async fn of_many_changes_at_once_one_wins(test: TestApp) {
        let server = std::sync::Arc::new(Server::on(test));
        let workspace = server.test.workspace().await;
        let token = server.token(&workspace.admin).await;
        let id = server.app().create_project(&workspace.admin.scope, "P", "").await.unwrap().id;
        let calls: Vec<_> = (0..10)
            .map(|number| {
                let (server, token, id) = (server.clone(), token.clone(), id.clone());
                tokio::spawn(async move {
                    let call = server.call(Method::PATCH, &format!("/api/v1/projects/{id}")).bearer(&token).if_match(1);
                    call.json(&json!({ "name": format!("P{number}") })).send().await.status
                })
            })
            .collect();
        let mut won = 0;
        for call in calls {
            match call.await.unwrap() {
                StatusCode::OK => won += 1,
                status => assert_eq!(status, StatusCode::PRECONDITION_FAILED),
            }
        }
        assert_eq!(won, 1);
    }

    async fn settings_and_spending_are_versioned_too(test: TestApp) {
        let server = Server::on(test);
        let workspace = server.test.workspace().await;
        let token = server.token(&workspace.admin).await;
        let read = server.get("/api/v1/settings/spending").bearer(&token).send().await;
        let version: i64 = read.header("etag").trim_matches('"').parse().unwrap();
        let limit = |minor: i64| json!({ "limit": { "minor": minor, "currency": "EUR" } });
        let put = |body, version| server.call(Method::PUT, "/api/v1/settings/spending").bearer(&token).if_match(version).json(&body).send();
        let small = put(limit(100), version).await;
        assert_eq!((small.status, small.json()["approval"].is_null()), (StatusCode::OK, true), "{}", small.text);
        assert_eq!(put(limit(200), version).await.code(), "stale");
        let large = put(limit(10_000_000), version + 1).await.json();
        assert_eq!(large["spending"]["limit"]["minor"], 100);
        assert_eq!(large["approval"]["can_decide"], false);
        assert_eq!(large["spending"]["pending_approval_id"], large["approval"]["id"]);
        for limit in [json!({ "minor": 1, "currency": "euro" }), json!([1, "EUR"]), json!({ "minor": 1, "currency": "EUR", "more": 1 })] {
            assert_eq!(put(json!({ "limit": limit }), version + 1).await.code(), "invalid", "{limit}");
        }
    }
}
