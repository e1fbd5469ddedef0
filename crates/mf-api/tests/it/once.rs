//! Requests that create, sent more than once.

use std::sync::Arc;

use http::StatusCode;
use mf_testkit::TestApp;
use serde_json::json;

use crate::server::Server;

mf_testkit::on_each_engine! {
    async fn sent_twice_done_once_answered_alike(test: TestApp) {
        let server = Server::on(test);
        let workspace = server.test.workspace().await;
        let token = server.token(&workspace.admin).await;
        let create = |key: &'static str, name: &str| {
            server.post("/api/v1/keys").bearer(&token).header("idempotency-key", key).json(&json!({ "name": name, "kind": "server" })).send()
        };
        let first = create("k1", "One").await;
        let again = create("k1", "One").await;
        assert_eq!(first.status, StatusCode::CREATED);
        // Even the secret, which is shown once: a lost answer must not lose the key.
        assert_eq!((again.status, &again.text), (first.status, &first.text));
        assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
        assert_eq!(create("k1", "Two").await.code(), "idempotency_mismatch");
        assert_eq!(create("", "One").await.code(), "invalid");
        let keys = server.get("/api/v1/keys").bearer(&token).send().await.json();
        assert_eq!(keys["items"].as_array().unwrap().len(), 1);
        // Somebody else's key of the same name is another key.
        let marketer = server.token(&workspace.marketer).await;
        let body = json!({ "name": "P" });
        let theirs = server.post("/api/v1/projects").bearer(&marketer).header("idempotency-key", "k1").json(&body).send().await;
        assert_eq!(theirs.status, StatusCode::CREATED);
        let kept = server.post("/api/v1/projects").bearer(&marketer).header("idempotency-key", "k1").json(&body).send().await;
        assert_eq!(kept.header("etag"), "\"1\"");
    }

    async fn a_mended_request_may_use_its_key_again(test: TestApp) {
        let server = Server::on(test);
        let workspace = server.test.workspace().await;
        let token = server.token(&workspace.admin).await;
        let create = |body| server.post("/api/v1/projects").bearer(&token).header("idempotency-key", "k1").json(&body).send();
        assert_eq!(create(json!({ "name": "" })).await.code(), "invalid");
        assert_eq!(create(json!({ "name": "P" })).await.status, StatusCode::CREATED);
    }

    async fn fifty_at_once_make_one(test: TestApp) {
        let server = Arc::new(Server::on(test));
        let workspace = server.test.workspace().await;
        let token = server.token(&workspace.admin).await;
        let calls = (0..50).map(|_| {
            let (server, token) = (server.clone(), token.clone());
            tokio::spawn(async move {
                let call = server.post("/api/v1/projects").bearer(&token).header("idempotency-key", "k1");
                call.json(&json!({ "name": "P" })).send().await
            })
        });
        let mut ids = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            let answer = call.await.unwrap();
            if answer.status == StatusCode::CREATED {
                ids.push(answer.json()["id"].as_str().unwrap().to_owned());
            } else {
                assert_eq!(answer.code(), "in_flight");
            }
        }
        ids.dedup();
        assert_eq!(ids.len(), 1);
        let list = server.get("/api/v1/projects").bearer(&token).send().await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
    }

    async fn work_is_finished_and_kept_when_the_caller_hangs_up(test: TestApp) {
        let server = Server::on(test);
        let workspace = server.test.workspace().await;
        let token = server.token(&workspace.admin).await;
        let call = || server.post("/api/v1/projects").bearer(&token).header("idempotency-key", "k1").json(&json!({ "name": "P" }));
        {
            let mut hung_up = Box::pin(call().head());
            // Polled until the key is taken, then dropped in the middle of the work.
            let scope = workspace.admin.scope.clone();
            loop {
                let _ = futures::poll!(&mut hung_up);
                let tx = server.app().store.read(&scope).await.unwrap();
                let page = tx.projects(None, false, &mf_app::PageRequest::first(1)).await.unwrap();
                if !page.items.is_empty() {
                    break;
                }
            }
        }
        let answer = loop {
            let answer = call().send().await;
            if answer.status == StatusCode::CREATED {
                break answer;
            }
            assert_eq!(answer.code(), "in_flight");
            tokio::task::yield_now().await;
        };
        assert_eq!(answer.header("idempotency-replayed"), "true");
        let list = server.get("/api/v1/projects").bearer(&token).send().await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
    }
}
