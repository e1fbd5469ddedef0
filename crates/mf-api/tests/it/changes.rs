//! The stream of changes: who hears what, and when it ends.

use std::time::Duration;

use axum::body::BodyDataStream;
use futures::StreamExt;
use http::StatusCode;
use mf_domain::Role;
use mf_testkit::{Member, TestApp};
use serde_json::Value;

use crate::server::Server;

/// Reads one event at a time.
struct Stream {
    body: BodyDataStream,
    rest: String,
}

impl Stream {
    async fn open(server: &Server, token: &str) -> Self {
        let head =
            server.get("/api/v1/changes").bearer(token).header("accept-encoding", "gzip, br").head().await;
        assert_eq!(head.status(), StatusCode::OK);
        assert_eq!(head.headers()["content-type"], "text/event-stream");
        // A compressed stream would be held back until a block is full.
        assert!(!head.headers().contains_key("content-encoding"));
        let mut stream = Self { body: head.into_body().into_data_stream(), rest: String::new() };
        assert_eq!(stream.next().await.unwrap().0, "hello");
        stream
    }

    /// The next event; nothing once the stream has ended.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.rest.split_once("\n\n") {
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
                let read =
                    (field("event: ").to_owned(), serde_json::from_str(field("data: ")).unwrap_or_default());
                self.rest = rest.to_owned();
                if read.0.is_empty() {
                    continue;
                }
                return Some(read);
            }
            // Longer than the stream may need to notice anything.
            let piece = tokio::time::timeout(Duration::from_secs(6), self.body.next())
                .await
                .expect("the stream is silent");
            self.rest.push_str(std::str::from_utf8(&piece?.unwrap()).unwrap());
        }
    }

    async fn next_topic(&mut self) -> String {
        let (event, data) = self.next().await.unwrap();
        assert_eq!(event, "change");
        data["topic"].as_str().unwrap().to_owned()
    }

    async fn ends_with_bye(&mut self) {
        loop {
            match self.next().await {
                Some((event, _)) if event == "bye" => break,
                Some(_) => {}
                None => panic!("the stream ended without a word"),
            }
        }
        assert_eq!(self.next().await, None);
    }
}

mf_testkit::on_each_engine! {
    async fn one_hears_of_ones_own_workspace_and_only_what_one_may_see(test: TestApp) {
        let server = Server::on(test);
        let (workspace, other) = (server.test.workspace().await, server.test.workspace().await);
        let mut marketer = Stream::open(&server, &server.token(&workspace.marketer).await).await;
        let admin = &workspace.admin.scope;
        server.app().create_project(&other.admin.scope, "Theirs", "").await.unwrap();
        server.app().invite(admin, "new@example.com", Role::Analyst).await.unwrap();
        let project = server.app().create_project(admin, "Ours", "").await.unwrap();
        loop {
            let (event, data) = marketer.next().await.unwrap();
            assert_eq!(event, "change");
            match data["topic"].as_str().unwrap() {
                "projects" => {
                    assert_eq!(data["id"].as_str(), Some(project.id.as_str()));
                    break;
                }
                // Inviting also mails.
                topic => assert_eq!(topic, "jobs"),
            }
        }
    }

    async fn it_ends_when_the_sign_in_ends(test: TestApp) {
        let server = Server::on(test);
        let workspace = server.test.workspace().await;
        let token = server.token(&workspace.analyst).await;
        let mut stream = Stream::open(&server, &token).await;
        assert_eq!(server.post("/api/v1/auth/logout").bearer(&token).send().await.status, StatusCode::NO_CONTENT);
        stream.ends_with_bye().await;
    }

    async fn it_ends_when_the_role_changes_or_the_person_is_removed(test: TestApp) {
        let server = Server::on(test);
        let workspace = server.test.workspace().await;
        let admin = &workspace.admin.scope;
        let changed: &Member = &workspace.analyst;
        let mut stream = Stream::open(&server, &server.token(changed).await).await;
        server.app().change_member(admin, changed.id.as_str(), 1, Some(Role::Marketer), None).await.unwrap();
        stream.ends_with_bye().await;

        let removed: &Member = &workspace.approver;
        let mut stream = Stream::open(&server, &server.token(removed).await).await;
        server.app().remove_member(admin, removed.id.as_str(), 1).await.unwrap();
        stream.ends_with_bye().await;
    }

    async fn somebody_elses_end_is_not_ones_own(test: TestApp) {
        let server = Server::on(test);
        let workspace = server.test.workspace().await;
        let mut stream = Stream::open(&server, &server.token(&workspace.admin).await).await;
        let other = server.token(&workspace.analyst).await;
        server.post("/api/v1/auth/logout").bearer(&other).send().await;
        server.app().create_project(&workspace.admin.scope, "P", "").await.unwrap();
        loop {
            match stream.next_topic().await.as_str() {
                "projects" => break,
                // Signing out is in the log.
                topic => assert_eq!(topic, "audit"),
            }
        }
    }
}

#[tokio::test]
async fn a_shutdown_ends_streams_without_a_goodbye() {
    let server = Server::on(TestApp::sqlite().await);
    let workspace = server.test.workspace().await;
    let mut stream = Stream::open(&server, &server.token(&workspace.admin).await).await;
    server.state.close_streams();
    assert_eq!(stream.next().await, None);
}
