//! Who may call what: every route, for everybody. A route without a row here fails a test, and so does
//! a row without a route.
//!
//! Nobody signed in gets 401 everywhere but on public routes, and a write key 403. Whoever comes from
//! another workspace gets 404 for what is not theirs: the very answer they get for what does not exist.

mod stage;
mod table;

use std::collections::BTreeSet;

use http::StatusCode;
use mf_app::KeyKind;
use mf_domain::{Role, TenantId};
use mf_testkit::{Member, TestApp};
use serde_json::{Value, json};

use self::stage::{Caller, Stage};
use self::table::{About, PUBLIC, TABLE, Target};
use crate::server::{Answer, Server};

mf_testkit::on_each_engine! {
    async fn an_admin(test: TestApp) {
        Stage::set(test).await.hold(Caller::Role(Role::Admin)).await;
    }

    async fn a_marketer(test: TestApp) {
        Stage::set(test).await.hold(Caller::Role(Role::Marketer)).await;
    }

    async fn an_analyst(test: TestApp) {
        Stage::set(test).await.hold(Caller::Role(Role::Analyst)).await;
    }

    async fn an_approver(test: TestApp) {
        Stage::set(test).await.hold(Caller::Role(Role::Approver)).await;
    }

    async fn a_server_key(test: TestApp) {
        Stage::set(test).await.hold(Caller::ServerKey).await;
    }

    async fn nobody_and_a_write_key(test: TestApp) {
        let stage = Stage::set(test).await;
        let admin = &stage.workspace.admin.scope;
        let write = stage.server.key(admin, KeyKind::Write).await;
        for row in TABLE {
            let about = if row.about == About::Session { About::Tenant } else { row.about };
            let target = stage.prepare(about, admin).await;
            for (secret, status, code) in
                [(None, 401, "unauthenticated"), (Some("mfs_nonsense"), 401, "unauthenticated"), (Some(write.as_str()), 403, "forbidden")]
            {
                let answer = stage.call(row, &target, &target.id, secret).await;
                assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{} {secret:?}", row.route);
            }
        }
    }

    async fn what_is_foreign_answers_like_what_is_not_there(test: TestApp) {
        let stage = Stage::set(test).await;
        let token = stage.server.token(&stage.other.admin).await;
        let before = stage.audit_length().await;
        let mut made = 0;
        for row in TABLE.iter().filter(|row| row.route.contains("{id}")) {
            let about = if row.about == About::OwnApproval { About::Approval } else { row.about };
            let caller = stage.server.signed_in(&stage.workspace.admin).await;
            let target = stage.prepare(about, &caller).await;
            let after_preparing = stage.audit_length().await;
            let foreign = stage.call(row, &target, &target.id, Some(&token)).await;
            let prefix = target.id.split('_').next().unwrap();
            let random = stage.call(row, &target, &format!("{prefix}_{}", "0".repeat(32)), Some(&token)).await;
            let malformed = stage.call(row, &target, "nonsense", Some(&token)).await;
            assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{}: {}", row.route, foreign.text);
            assert_eq!(without_request(&foreign), without_request(&random), "{}", row.route);
            assert_eq!(without_request(&foreign), without_request(&malformed), "{}", row.route);
            assert_eq!(stage.audit_length().await, after_preparing, "{} left a trace", row.route);
            made += 1;
        }
        assert!(made > 15 && stage.audit_length().await > before);
    }

    async fn what_is_foreign_cannot_be_named_in_a_body_either(test: TestApp) {
        let stage = Stage::set(test).await;
        let token = stage.server.token(&stage.other.admin).await;
        let ours = stage.workspace.id.to_string();
        let switch = stage.server.post("/api/v1/me/tenant").bearer(&token).json(&json!({ "tenant_id": ours })).send().await;
        assert_eq!(switch.code(), "not_found");
        for (kind, id) in [
            ("member", stage.workspace.analyst.id.to_string()),
            ("project", stage.server.app().create_project(&stage.workspace.admin.scope, "P", "").await.unwrap().id),
        ] {
            let body = json!({ "subject_kind": kind, "subject_id": id, "reason": "Because." });
            let erase = stage.server.post("/api/v1/privacy/erasures").bearer(&token).json(&body).send().await;
            assert_eq!(erase.code(), "not_found", "{kind}");
        }
        let login = json!({ "email": stage.other.admin.email, "password": mf_testkit::PASSWORD, "tenant_id": ours });
        assert_eq!(stage.server.post("/auth/login").json(&login).send().await.code(), "not_found");
    }

    async fn lists_show_only_ones_own_workspace(test: TestApp) {
        let stage = Stage::set(test).await;
        let (app, admin) = (stage.server.app(), &stage.workspace.admin.scope);
        for about in [About::Project, About::Member, About::Invitation, About::Key, About::Approval, About::WaitingJob] {
            stage.prepare(about, admin).await;
        }
        app.create_project(&stage.other.admin.scope, "Theirs", "").await.unwrap();
        let token = stage.server.token(&stage.other.admin).await;
        let ours: TenantId = stage.workspace.id.clone();
        for row in TABLE.iter().filter(|row| row.route.starts_with("GET") && !row.route.contains("{id}")) {
            if row.route.ends_with("/changes") {
                continue;
            }
            let answer = stage.call(row, &Target { id: String::new(), version: 0, content_hash: String::new() }, "", Some(&token)).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", row.route);
            for member in stage.workspace.members() {
                assert!(!answer.text.contains(member.id.as_str()), "{} shows {}", row.route, member.id);
            }
            assert!(!answer.text.contains(ours.as_str()), "{} shows {ours}", row.route);
        }
    }

    async fn a_refusal_is_noted_once(test: TestApp) {
        let stage = Stage::set(test).await;
        let token = stage.server.token(&stage.workspace.analyst).await;
        let denied = |entries: mf_app::Page<mf_app::AuditView>| {
            entries.items.into_iter().filter(|entry| entry.outcome == "denied").collect::<Vec<_>>()
        };
        let admin = &stage.workspace.admin.scope;
        let answer = stage.server.post("/api/v1/projects").bearer(&token).header("idempotency-key", "k-1").json(&json!({ "name": "P" })).send().await;
        assert_eq!(answer.code(), "forbidden");
        let found = denied(stage.server.app().audit_entries(admin, Default::default(), None, 50).await.unwrap());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject_label.as_deref(), Some("POST /api/v1/projects"));
        assert_eq!(found[0].request_id.as_deref(), Some(answer.header("x-request-id")));
        // Looking where one may not look changes nothing and is not noted.
        let marketer = stage.server.token(&stage.workspace.marketer).await;
        assert_eq!(stage.server.get("/api/v1/audit").bearer(&marketer).send().await.code(), "forbidden");
        let found = denied(stage.server.app().audit_entries(admin, Default::default(), None, 50).await.unwrap());
        assert_eq!(found.len(), 1);
    }
}

fn without_request(answer: &Answer) -> Value {
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("request_id");
    body
}

#[test]
fn every_documented_route_has_a_row_and_every_row_a_route() {
    let document: Value = serde_json::from_str(&mf_api::openapi_json()).unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let public = operation["security"].as_array().is_some_and(Vec::is_empty);
            documented.insert((format!("{} {path}", method.to_uppercase()), public));
        }
    }
    let rows = TABLE.iter().map(|row| (row.route.to_owned(), false)).collect::<Vec<_>>();
    let public = PUBLIC.iter().map(|(route, _)| ((*route).to_owned(), true));
    let listed: BTreeSet<_> = rows.into_iter().chain(public).collect();
    assert_eq!(listed, documented);
}

#[tokio::test]
async fn public_routes_answer_everybody() {
    let server = Server::on(TestApp::sqlite().await);
    for (route, status) in PUBLIC {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path.replace("{workspace}", "w").replace("{kind}", "k").replace("{name}", "n");
        let mut call = server.call(method.parse().unwrap(), &path);
        if method == "POST" {
            call = call.json(&json!({}));
        }
        let answer = call.send().await;
        assert_eq!(answer.status.as_u16(), status, "{route}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_personal_token_acts_as_its_owner_and_dies_with_the_place() {
    let server = Server::on(TestApp::sqlite().await);
    let workspace = server.test.workspace().await;
    let owner: &Member = &workspace.marketer;
    let token = server.key(&server.signed_in(owner).await, KeyKind::Personal).await;
    let me = server.get("/api/v1/me").bearer(&token).send().await.json();
    assert_eq!((me["user"]["id"].as_str(), me["actor"].as_str()), (Some(owner.id.as_str()), Some("user")));
    assert_eq!(
        server.post("/api/v1/projects").bearer(&token).json(&json!({ "name": "P" })).send().await.status,
        201
    );
    assert_eq!(server.get("/api/v1/audit").bearer(&token).send().await.code(), "forbidden");
    server.app().remove_member(&workspace.admin.scope, owner.id.as_str(), 1).await.unwrap();
    assert_eq!(server.get("/api/v1/me").header("x-api-key", &token).send().await.code(), "unauthenticated");
}
