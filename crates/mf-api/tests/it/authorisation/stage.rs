//! The stage the table is played on: two workspaces, callers of every kind, and what calls are about.

use http::{Method, StatusCode};
use mf_app::{ExportFormat, KeyKind, NewKey};
use mf_domain::{Money, Role, Scope};
use mf_testkit::{TestApp, Workspace};
use serde_json::Value;

use super::table::{About, Row, TABLE, Target};
use crate::server::{Answer, Server};

/// Somebody who calls.
pub enum Caller {
    Role(Role),
    ServerKey,
}

impl Caller {
    pub fn column(&self) -> usize {
        match self {
            Caller::Role(role) => Role::ALL.iter().position(|one| one == role).unwrap(),
            Caller::ServerKey => 4,
        }
    }
}

pub struct Stage {
    pub server: Server,
    pub workspace: Workspace,
    pub other: Workspace,
    documented: Value,
}

impl Stage {
    pub async fn set(test: TestApp) -> Self {
        let (mut workspace, mut other) = (test.workspace().await, test.workspace().await);
        let server = Server::on(test);
        for admin in [&mut workspace.admin, &mut other.admin] {
            admin.scope = server.signed_in(admin).await;
        }
        let documented = serde_json::from_str(&mf_api::openapi_json()).unwrap();
        Self { server, workspace, other, documented }
    }

    pub async fn prepare(&self, about: About, caller: &Scope) -> Target {
        let (app, admin) = (self.server.app(), &self.workspace.admin.scope);
        let target = |id: &str, version| Target { id: id.to_owned(), version, content_hash: String::new() };
        match about {
            About::Nothing => target("", 0),
            About::Tenant => {
                let tenant = app.tenant(admin, &self.workspace.id).await.unwrap();
                target(&tenant.id, tenant.version)
            }
            About::Project => target(&app.create_project(admin, "P", "").await.unwrap().id, 1),
            About::ArchivedProject => {
                let id = app.create_project(admin, "P", "").await.unwrap().id;
                app.archive_project(admin, &id, 1).await.unwrap();
                target(&id, 2)
            }
            About::Member => {
                target(self.server.test.member(&self.workspace.id, Role::Analyst).await.id.as_str(), 1)
            }
            About::Invitation => {
                let email = format!("{}@example.com", self.server.test.fresh(mf_domain::UserId::fresh));
                target(&app.invite(admin, &email, Role::Analyst).await.unwrap().invitation.id, 0)
            }
            About::Key => {
                let new = NewKey {
                    name: "K".into(),
                    kind: KeyKind::Server,
                    permissions: None,
                    expires_in_days: None,
                    allowed_origins: vec![],
                };
                target(&app.create_key(admin, new).await.unwrap().key.id, 0)
            }
            About::Session => self.another_session(caller).await,
            About::Approval => self.ask(admin, admin).await,
            About::OwnApproval if caller.may(mf_domain::Permission::PrivacyErase) => {
                self.ask(admin, caller).await
            }
            About::OwnApproval if caller.may(mf_domain::Permission::SpendingChange) => {
                let limit = Money::new(10_000_000, mf_domain::Currency::EUR);
                let version = app.spending(caller).await.unwrap().version;
                let asked =
                    app.change_spending(caller, version, limit, None).await.unwrap().approval.unwrap();
                target(&asked.row.id, 1)
            }
            About::OwnApproval => self.ask(admin, admin).await,
            About::WaitingJob => {
                target(&app.export_audit(admin, ExportFormat::Csv, None, None).await.unwrap().id, 0)
            }
            About::CancelledJob => {
                let id = app.export_audit(admin, ExportFormat::Csv, None, None).await.unwrap().id;
                app.cancel_job(admin, &id).await.unwrap();
                target(&id, 0)
            }
            About::AuditEntry => {
                app.create_project(admin, "P", "").await.unwrap();
                let entries = app.audit_entries(admin, Default::default(), None, 1).await.unwrap();
                target(&entries.items[0].id, 0)
            }
            About::ApprovalSettings => target("", app.approval_settings(admin).await.unwrap().version),
            About::Spending => target("", app.spending(admin).await.unwrap().version),
        }
    }

    /// A request to erase a project, waiting.
    pub async fn ask(&self, admin: &Scope, asks: &Scope) -> Target {
        let app = self.server.app();
        let project = app.create_project(admin, "P", "").await.unwrap().id;
        // A key cannot be the one who asked in these tests: a person does.
        let asks = if asks.user().is_some() { asks } else { admin };
        let erasure = app.ask_erasure(asks, "project", &project, "They asked.").await.unwrap();
        let approval = app.approval(admin, &erasure.row.approval_id.unwrap()).await.unwrap();
        Target { id: approval.row.id, version: 1, content_hash: approval.row.content_hash }
    }

    pub async fn another_session(&self, caller: &Scope) -> Target {
        let app = self.server.app();
        let user = caller.user().unwrap_or(&self.workspace.admin.id);
        let tx = app.store.system_read().await.unwrap();
        let email = tx.user(user.as_str()).await.unwrap().unwrap().email;
        drop(tx);
        let request = self.server.test.fresh(mf_domain::RequestId::fresh);
        let client = mf_app::Client::default();
        let kind = mf_app::SessionKind::Cookie;
        let signed_in =
            app.sign_in(&email, mf_testkit::PASSWORD, None, kind, &client, request).await.unwrap();
        Target { id: signed_in.me.session_id.unwrap(), version: 0, content_hash: String::new() }
    }

    pub async fn call(&self, row: &Row, target: &Target, id: &str, secret: Option<&str>) -> Answer {
        let (method, path) = row.route.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let mut call = self.server.call(method.clone(), &path.replace("{id}", id));
        if let Some(secret) = secret {
            call = call.bearer(secret);
        }
        if matches!(method, Method::PATCH | Method::PUT | Method::DELETE) {
            call = call.if_match(target.version);
        }
        let body = (row.body)(target);
        if !body.is_null() {
            call = call.json(&body);
        }
        if path == "/api/v1/changes" {
            // Goes on for ever; only its head is read.
            let head = call.head().await;
            if head.status() == StatusCode::OK {
                return Answer {
                    status: head.status(),
                    headers: head.headers().clone(),
                    text: String::new(),
                };
            }
            call = self.server.get(path);
            call = if let Some(secret) = secret { call.bearer(secret) } else { call };
        }
        let answer = call.send().await;
        let known = &self.documented["paths"][path][method.as_str().to_lowercase()]["responses"];
        assert!(
            !known[answer.status.as_str()].is_null(),
            "{}: {} is not documented",
            row.route,
            answer.status
        );
        answer
    }

    /// Somebody new for each call: some calls end a sign-in, or change a password.
    pub async fn newcomer(&self, caller: &Caller) -> (String, Scope) {
        match caller {
            Caller::Role(role) => {
                let member = self.server.test.member(&self.workspace.id, *role).await;
                let token = self.server.token(&member).await;
                let scope = self.server.scope(&token).await;
                (token, scope)
            }
            Caller::ServerKey => {
                let key = self.server.key(&self.workspace.admin.scope, KeyKind::Server).await;
                let scope = self.server.scope(&key).await;
                (key, scope)
            }
        }
    }

    pub async fn hold(&self, caller: Caller) {
        let mut wrong = Vec::new();
        for row in TABLE {
            let (secret, scope) = self.newcomer(&caller).await;
            let target = self.prepare(row.about, &scope).await;
            let answer = self.call(row, &target, &target.id, Some(&secret)).await;
            let expected = row.answers[caller.column()];
            if answer.status.as_u16() != expected {
                wrong
                    .push(format!("{}: {} instead of {expected}: {}", row.route, answer.status, answer.text));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    pub async fn audit_length(&self) -> i64 {
        let newest = self
            .server
            .app()
            .audit_entries(&self.workspace.admin.scope, Default::default(), None, 1)
            .await
            .unwrap();
        newest.items.first().map_or(0, |entry| entry.seq)
    }
}
