//! Erased is erased: from every table, from the file underneath, from its log and from every export;
//! and what others may count on stays.

use std::path::{Path, PathBuf};

use mf_app::{
    Answer, App, AppError, ApprovalView, Client, Decision, ErasureView, ExportFormat, IdempotencyKey,
    JobFilter, KeyKind, MailError, PageRequest, Presented, SessionKind, Start, Worker,
};
use mf_domain::approvals::{PRIVACY, State};
use mf_domain::{RequestId, Role, Scope, jobs};
use mf_stores::blobs::{BlobLocation, Blobs};
use mf_stores::relational::{Engine, TableDump};
use mf_testkit::{Member, PASSWORD, TestApp, Workspace, on_each_engine};
use zeroize::Zeroizing;

use crate::approvals::{approval, ask, decide, entries, state};
use crate::keys::{make, new};
use crate::sign_in::{accept, after_hash, bearer, cookie, enter, fields, present, sessions_of};
use crate::team::join;

/// What no other text in a database holds.
const MARK: &str = "quokkazwicky";

on_each_engine! {
    async fn of_an_erased_person_nothing_is_left_anywhere(test: TestApp) {
        let exports = tempfile::tempdir().unwrap();
        let app = with_exports_in(&test, exports.path()).await;
        let workspace = test.workspace().await;
        crowd(&test, &workspace).await;
        let person = planted(&test, &app, &workspace).await;
        crowd(&test, &workspace).await;

        let before = hits(&app, None).await;
        for table in ["users", "invitations", "api_keys", "approvals", "erasures", "sessions"] {
            assert!(before.iter().any(|hit| hit == table), "{table} is not planted: {before:?}");
        }
        assert!(files(exports.path()).iter().any(|file| holds_mark(file)), "the export is not planted");
        let counted = app.verify_audit_of(&workspace.id).await.unwrap().checked;
        let acted = entries_by(&app, &workspace, &person.member).await;

        let request = asked(&app, &workspace, &person.member).await;
        agree(&test, &app, &workspace, &request).await;
        Worker::new(app.clone()).run_until_idle().await.unwrap();

        assert_eq!(hits(&app, None).await, Vec::<String>::new());
        if test.engine() == Engine::Sqlite {
            let file = app.store.file().unwrap();
            let folder = files(file.parent().unwrap());
            assert!(folder.len() > 1, "the write-ahead log is a file of its own");
            for file in folder {
                assert!(!holds_mark(&file), "{}", file.display());
            }
        }
        for file in files(exports.path()) {
            assert!(!holds_mark(&file), "{}", file.display());
        }

        let done = erasure(&app, &workspace, &request).await;
        assert_eq!((&*done.row.state, &*done.row.subject_label), ("done", "(erased)"));
        let proof = done.proof.unwrap();
        for table in ["users", "credentials", "sessions", "invitations", "api_keys", "memberships", "approvals", "erasures"] {
            assert!(proof.iter().any(|line| line.table == table && line.rows > 0), "{table}: {proof:?}");
        }
        assert!(person.is_locked_out(&test, &app).await);

        let verdict = app.verify_audit_of(&workspace.id).await.unwrap();
        assert!(verdict.is_ok() && verdict.checked > counted, "{verdict:?}");
        assert_eq!(entries_by(&app, &workspace, &person.member).await, acted, "what they did is still counted");
        assert_eq!(entries(&app, &workspace.admin.scope, "member.erased").await.len(), 1);
        let members = app.members(&workspace.admin.scope, None, &PageRequest::first(200)).await.unwrap().items;
        assert!(members.iter().all(|member| member.id != person.member.id.as_str()));
        assert!(cookie(&test, &workspace.marketer).await.len() > 10, "others sign in as before");
    }

    async fn whoever_is_elsewhere_too_is_erased_here_and_known_there(test: TestApp) {
        let (here, there) = (test.workspace().await, test.workspace().await);
        let person = planted(&test, &test.app, &here).await;
        join(&test, &there, &person.member, Role::Analyst).await;
        let scope = Scope { tenant: there.id.clone(), ..person.member.scope.clone() };
        let elsewhere = Member { scope, ..person.member.clone() };
        let session = cookie(&test, &elsewhere).await;
        let token = make(&test, &present(&test, &session).await.unwrap(), KeyKind::Personal).await;

        erase(&test, &here, &person.member).await;
        assert_eq!(hits(&test.app, Some(&here)).await, Vec::<String>::new());
        assert_eq!(present(&test, &session).await.unwrap().scope.tenant, there.id);
        assert!(bearer(&test, &token).await.is_ok() && bearer(&test, &person.personal).await.is_err());
        let seen = test.app.member(&there.admin.scope, person.member.id.as_str()).await.unwrap();
        assert!(seen.name.contains(MARK));
        let back = test.app.switch_tenant(&present(&test, &session).await.unwrap(), &here.id).await;
        assert!(matches!(back, Err(AppError::NotFound(_))));

        erase(&test, &there, &elsewhere).await;
        assert_eq!(hits(&test.app, None).await, Vec::<String>::new());
        assert!(present(&test, &session).await.is_err() && bearer(&test, &token).await.is_err());
    }

    async fn an_erasure_leaves_an_admin(test: TestApp) {
        let workspace = test.workspace().await;
        let second = test.member(&workspace.id, Role::Admin).await;
        let first = asked(&test.app, &workspace, &second).await;
        let other = test.app.ask_erasure(&second.scope, "member", workspace.admin.id.as_str(), "they left").await.unwrap();
        for request in [&first, &other] {
            agree(&test, &test.app, &workspace, request).await;
        }
        test.run_jobs_until_idle().await;
        // Either may come first; the other one would have taken the last admin.
        let (admins, scope) = match cookie_if(&test, &workspace.admin).await {
            true => ([&workspace.admin, &second], workspace.admin.scope.clone()),
            false => ([&second, &workspace.admin], second.scope.clone()),
        };
        let [left, gone] = admins;
        assert!(!cookie_if(&test, gone).await);
        let all = test.app.erasures(&scope, &PageRequest::first(5)).await.unwrap().items;
        let of = |member: &Member| all.iter().find(|one| one.row.subject_id == member.id.as_str()).unwrap();
        assert_eq!((&*of(left).row.state, &*of(gone).row.state), ("failed", "done"));
        let closed = test.app.approval(&scope, of(left).row.approval_id.as_deref().unwrap()).await.unwrap();
        assert_eq!(closed.state, State::Failed);
        assert!(closed.row.outcome.unwrap().contains("last admin"));
        let seen = test.app.member(&scope, left.id.as_str()).await.unwrap();
        assert_eq!((&seen.name, &seen.email), (&left.name, &left.email), "nothing of it happened");

        // With somebody to follow, it can be asked again.
        let next = test.member(&workspace.id, Role::Admin).await;
        let again = test.app.ask_erasure(&next.scope, "member", left.id.as_str(), "they left").await.unwrap();
        agree(&test, &test.app, &workspace, &again).await;
        test.run_jobs_until_idle().await;
        assert!(!cookie_if(&test, left).await);
    }

    async fn somebody_who_left_can_still_be_erased(test: TestApp) {
        let (workspace, other) = (test.workspace().await, test.workspace().await);
        let scope = &workspace.admin.scope;
        let person = planted(&test, &test.app, &workspace).await.member;
        let version = test.app.member(scope, person.id.as_str()).await.unwrap().version;
        test.app.remove_member(scope, person.id.as_str(), version).await.unwrap();
        assert!(!hits(&test.app, None).await.is_empty());
        for stranger in [&other.marketer, &other.admin] {
            let refused = test.app.ask_erasure(scope, "member", stranger.id.as_str(), "why not").await;
            assert!(matches!(refused, Err(AppError::NotFound("member"))), "{refused:?}");
        }
        let foreign = test.app.ask_erasure(&other.admin.scope, "member", person.id.as_str(), "why not").await;
        assert!(matches!(foreign, Err(AppError::NotFound("member"))));
        erase(&test, &workspace, &person).await;
        assert_eq!(hits(&test.app, None).await, Vec::<String>::new());
    }

    async fn nobody_erases_themselves_and_only_admins_ask(test: TestApp) {
        let workspace = test.workspace().await;
        let admin = enter(&test, &workspace.admin).await;
        let token = bearer(&test, &make(&test, &admin, KeyKind::Personal).await).await.unwrap().scope;
        for scope in [&admin.scope, &token] {
            let refused = test.app.ask_erasure(scope, "member", workspace.admin.id.as_str(), "me").await;
            assert!(matches!(refused, Err(AppError::Refused { .. })));
        }
        for role in [Role::Marketer, Role::Analyst, Role::Approver] {
            let scope = &workspace.member(role).scope;
            let refused = test.app.ask_erasure(scope, "member", workspace.analyst.id.as_str(), "them").await;
            assert!(matches!(refused, Err(AppError::Forbidden(_))));
            assert!(matches!(test.app.erasures(scope, &PageRequest::first(5)).await, Err(AppError::Forbidden(_))));
        }
        let bare = test.app.ask_erasure(&admin.scope, "workspace", "x", " ").await;
        assert_eq!(fields(&bare), ["reason", "subject_kind"]);
        let request = asked(&test.app, &workspace, &workspace.analyst).await;
        let own = decide(&test.app, &admin.scope, &the_approval(&test.app, &workspace, &request).await, approval()).await;
        assert!(matches!(own, Err(AppError::Refused { .. })), "four eyes here as well");
        test.run_jobs_until_idle().await;
        assert!(cookie_if(&test, &workspace.analyst).await, "nothing happens before somebody agrees");
    }

    async fn a_request_that_comes_to_nothing_leaves_everything_and_can_be_asked_again(test: TestApp) {
        let workspace = test.workspace().await;
        let (scope, person) = (&workspace.admin.scope, &workspace.analyst);
        let approver = enter(&test, &workspace.approver).await.scope;
        let endings = ["sent back", "withdrawn", "expired", "cancelled", "action altered", "subject altered", "kind altered"];
        for ending in endings {
            let request = asked(&test.app, &workspace, person).await;
            let twice = test.app.ask_erasure(scope, "member", person.id.as_str(), "again").await;
            assert!(matches!(twice, Err(AppError::Conflict { .. })));
            let wish = the_approval(&test.app, &workspace, &request).await;
            match ending {
                "sent back" => {
                    let back = Decision::SendBack { note: "not yet".to_owned() };
                    decide(&test.app, &approver, &wish, back).await.unwrap();
                }
                "withdrawn" => drop(test.app.withdraw_approval(scope, &wish.row.id).await.unwrap()),
                "expired" => {
                    test.clock.advance(jiff::SignedDuration::from_hours(72));
                    assert_eq!(test.app.expire_approvals().await.unwrap(), 1);
                }
                "cancelled" => {
                    let job = decide(&test.app, &approver, &wish, approval()).await.unwrap().row.job_id.unwrap();
                    test.app.cancel_job(scope, &job).await.unwrap();
                }
                // Somebody would rather have somebody else erased, or nobody.
                altered => {
                    decide(&test.app, &approver, &wish, approval()).await.unwrap();
                    let change = match altered {
                        "action altered" => r#"approvals SET action = '{"do":"erase","erasure_id":"era_0"}'"#.to_owned(),
                        "subject altered" => format!("erasures SET subject_id = '{}'", workspace.marketer.id),
                        _ => "erasures SET subject_kind = 'project'".to_owned(),
                    };
                    let key = if altered == "action altered" { "id" } else { "approval_id" };
                    test.database.run(&format!("UPDATE {change} WHERE {key} = '{}'", wish.row.id)).await;
                }
            }
            test.run_jobs_until_idle().await;
            let expected = if ending == "cancelled" || ending.ends_with("altered") { "failed" } else { "rejected" };
            assert_eq!(erasure(&test.app, &workspace, &request).await.row.state, expected, "{ending}");
            assert!(cookie_if(&test, person).await && cookie_if(&test, &workspace.marketer).await, "{ending}");
        }
        erase(&test, &workspace, person).await;
        assert!(!cookie_if(&test, person).await);
    }

    async fn a_project_is_erased_with_what_it_was_called(test: TestApp) {
        let workspace = test.workspace().await;
        let scope = &workspace.admin.scope;
        let project = test.app.create_project(&workspace.marketer.scope, "Doomed", MARK).await.unwrap();
        let kept = test.app.create_project(&workspace.marketer.scope, "Kept", "").await.unwrap();
        let request = test.app.ask_erasure(scope, "project", &project.id, "the customer asked").await.unwrap();
        assert_eq!(request.row.subject_label, "Doomed");
        agree(&test, &test.app, &workspace, &request).await;
        test.run_jobs_until_idle().await;
        assert!(matches!(test.app.project(scope, &project.id).await, Err(AppError::NotFound("project"))));
        assert!(test.app.project(scope, &kept.id).await.is_ok());
        let done = erasure(&test.app, &workspace, &request).await;
        assert_eq!((&*done.row.state, &*done.row.subject_label), ("done", "(erased)"));
        assert!(done.proof.unwrap().iter().any(|line| line.table == "projects" && line.rows == 1));
        assert!(the_approval(&test.app, &workspace, &request).await.diff.is_empty());
        let again = test.app.ask_erasure(scope, "project", &project.id, "once more").await;
        assert!(matches!(again, Err(AppError::NotFound("project"))));
        assert!(test.app.verify_audit_of(&workspace.id).await.unwrap().is_ok());
    }

    async fn where_nobody_need_be_asked_it_happens_at_once(test: TestApp) {
        let workspace = test.workspace().await;
        let scope = &workspace.admin.scope;
        let off = std::collections::BTreeMap::from([(PRIVACY.id.to_owned(), None)]);
        test.app.change_approval_settings(scope, 0, off, None).await.unwrap();
        let person = planted(&test, &test.app, &workspace).await;
        let request = test.app.ask_erasure(scope, "member", person.member.id.as_str(), "they asked").await.unwrap();
        assert_eq!((&*request.row.state, &request.row.approval_id), ("executing", &None));
        let job = cancel_the_job(&test.app, scope).await;
        assert_eq!(erasure(&test.app, &workspace, &request).await.row.state, "failed");
        // A closed request stays closed, whoever retries its job.
        test.app.retry_job(scope, &job).await.unwrap();
        test.run_jobs_until_idle().await;
        assert_eq!(erasure(&test.app, &workspace, &request).await.row.state, "failed");
        assert!(bearer(&test, &person.personal).await.is_ok());

        let again = test.app.ask_erasure(scope, "member", person.member.id.as_str(), "they asked").await.unwrap();
        test.run_jobs_until_idle().await;
        assert_eq!(erasure(&test.app, &workspace, &again).await.row.state, "done");
        assert_eq!(hits(&test.app, None).await, Vec::<String>::new());
    }
}

/// Somebody whose every field says [`MARK`], and all they could get in by.
struct Planted {
    member: Member,
    cookie: String,
    access: String,
    refresh: String,
    personal: String,
    reset: String,
}

impl Planted {
    async fn is_locked_out(&self, test: &TestApp, app: &App) -> bool {
        let request = || test.fresh(RequestId::fresh);
        assert!(present(test, &self.cookie).await.is_err());
        assert!(bearer(test, &self.access).await.is_err());
        assert!(bearer(test, &self.personal).await.is_err());
        assert!(app.refresh(&self.refresh, request()).await.is_err());
        assert!(app.reset_password(&self.reset, "one more horse and battery", request()).await.is_err());
        !cookie_if(test, &self.member).await
    }
}

/// Invited twice, joined, renamed, signed in, given a token, mentioned in requests, mails, exports.
async fn planted(test: &TestApp, app: &App, workspace: &Workspace) -> Planted {
    let admin = &workspace.admin.scope;
    let email = format!("{MARK}@example.com");
    let lost = app.invite(admin, &email, Role::Marketer).await.unwrap();
    app.revoke_invitation(admin, &lost.invitation.id).await.unwrap();
    let invited = app.invite(admin, &email, Role::Marketer).await.unwrap();
    accept(test, &after_hash(&invited.url), Some(&format!("Ann {MARK}"))).await.unwrap();
    let found = app.members(admin, Some(&email), &PageRequest::first(1)).await.unwrap().items.remove(0);
    let member = Member {
        id: found.id.parse().unwrap(),
        name: found.name,
        email: email.clone(),
        role: Role::Marketer,
        scope: Scope {
            tenant: workspace.id.clone(),
            actor: mf_domain::Actor::User { id: found.id.parse().unwrap(), session: None },
            permissions: Role::Marketer.permissions(),
            role: Some(Role::Marketer),
            ..admin.clone()
        },
    };
    let client = Client { network: "203.0.113.0/24".to_owned(), user_agent: format!("{MARK} browser") };
    let request = || test.fresh(RequestId::fresh);
    let signed_in =
        app.sign_in(&email, PASSWORD, None, SessionKind::Cookie, &client, request()).await.unwrap();
    let cookie = signed_in.cookie.unwrap().expose().to_owned();
    let signed_in =
        app.sign_in(&email, PASSWORD, None, SessionKind::Token, &client, request()).await.unwrap();
    let tokens = signed_in.tokens.unwrap();
    let me = app.identify(Presented::Cookie(cookie.clone()), request()).await.unwrap();
    // Written again and again, in all lengths: what was overwritten must go as well.
    for length in [45, 1, 60, 30] {
        let name = format!("{MARK} {}", "x".repeat(length));
        app.change_profile(&me, Some(&name), Some("Asia/Tokyo")).await.unwrap();
    }
    let mut key = new(KeyKind::Personal, None);
    key.name = format!("{MARK}'s script");
    let personal = app.create_key(&me.scope, key).await.unwrap().secret.expose().to_owned();
    keep_an_answer(app, &me.scope).await;

    app.create_project(&me.scope, "Spring", "").await.unwrap();
    let wish = ask(app, &me.scope, 10_000_000).await;
    app.withdraw_approval(&me.scope, &wish.row.id).await.unwrap();
    let earlier = app.ask_erasure(admin, "member", member.id.as_str(), "they asked").await.unwrap();
    if let Some(approval) = earlier.row.approval_id {
        app.withdraw_approval(admin, &approval).await.unwrap();
    } else {
        cancel_the_job(app, admin).await;
    }
    test.outbox.fail_next(MailError::Permanent(format!("550 <{email}>: no such mailbox")));
    app.ask_password_reset(&email, &client, request()).await.unwrap();
    app.export_audit(&workspace.analyst.scope, ExportFormat::Ndjson, None, None).await.unwrap();
    Worker::new(app.clone()).run_until_idle().await.unwrap();
    let dead = JobFilter { state: Some(jobs::State::Dead), kind: None };
    assert_eq!(app.jobs(admin, &dead, &PageRequest::first(5)).await.unwrap().items.len(), 1);
    let reset = after_hash(&app.make_reset_link(admin, member.id.as_str()).await.unwrap().url);
    Planted {
        member,
        cookie,
        access: tokens.access.expose().to_owned(),
        refresh: tokens.refresh.expose().to_owned(),
        personal,
        reset,
    }
}

/// Cancels the erasure that waits to be carried out unasked.
async fn cancel_the_job(app: &App, scope: &Scope) -> String {
    let waiting = JobFilter { kind: Some("privacy.erase".to_owned()), state: Some(jobs::State::Queued) };
    let job = app.jobs(scope, &waiting, &PageRequest::first(1)).await.unwrap().items.remove(0);
    app.cancel_job(scope, &job.id).await.unwrap().id
}

async fn keep_an_answer(app: &App, scope: &Scope) {
    let key = IdempotencyKey::parse("once").unwrap();
    assert!(matches!(app.start_answer(scope, &key, "a request").await.unwrap(), Start::Go(_)));
    let answer = Answer { status: 200, headers: Vec::new(), body: MARK.as_bytes().to_vec() };
    app.keep_answer(scope, &key, &answer).await.unwrap();
}

/// Enough people that what belongs to one shares its pages with others.
async fn crowd(test: &TestApp, workspace: &Workspace) {
    for _ in 0..60 {
        test.member(&workspace.id, Role::Analyst).await;
    }
}

async fn asked(app: &App, workspace: &Workspace, whom: &Member) -> ErasureView {
    app.ask_erasure(&workspace.admin.scope, "member", whom.id.as_str(), "they asked").await.unwrap()
}

async fn the_approval(app: &App, workspace: &Workspace, request: &ErasureView) -> ApprovalView {
    app.approval(&workspace.approver.scope, request.row.approval_id.as_deref().unwrap()).await.unwrap()
}

async fn agree(test: &TestApp, app: &App, workspace: &Workspace, request: &ErasureView) {
    let approver = enter(test, &workspace.approver).await.scope;
    let wish = the_approval(app, workspace, request).await;
    decide(app, &approver, &wish, approval()).await.unwrap();
}

/// Asks, agrees, and carries it out.
async fn erase(test: &TestApp, workspace: &Workspace, whom: &Member) {
    let request = asked(&test.app, workspace, whom).await;
    agree(test, &test.app, workspace, &request).await;
    test.run_jobs_until_idle().await;
    let wish = the_approval(&test.app, workspace, &request).await;
    assert_eq!(state(&test.app, &workspace.admin.scope, &wish).await, State::Done, "{:?}", wish.row.outcome);
}

async fn erasure(app: &App, workspace: &Workspace, request: &ErasureView) -> ErasureView {
    let all = app.erasures(&workspace.admin.scope, &PageRequest::first(50)).await.unwrap().items;
    all.into_iter().find(|one| one.row.id == request.row.id).unwrap()
}

async fn entries_by(app: &App, workspace: &Workspace, who: &Member) -> usize {
    let query = mf_app::AuditQuery { actor: Some(who.id.to_string()), ..Default::default() };
    app.audit_entries(&workspace.admin.scope, query, None, 200).await.unwrap().items.len()
}

/// Can they still sign in with their password?
async fn cookie_if(test: &TestApp, who: &Member) -> bool {
    let before = sessions_of(test, who).await;
    let client = Client { network: "203.0.113.0/24".to_owned(), user_agent: String::new() };
    let request = test.fresh(RequestId::fresh);
    let outcome = test.app.sign_in(&who.email, PASSWORD, None, SessionKind::Cookie, &client, request).await;
    assert_eq!(sessions_of(test, who).await, before + usize::from(outcome.is_ok()));
    outcome.is_ok()
}

/// The tables whose rows say [`MARK`]: all of them, or those of one workspace.
async fn hits(app: &App, within: Option<&Workspace>) -> Vec<String> {
    struct Hits<'a> {
        within: Option<&'a Workspace>,
        tables: Vec<String>,
    }
    impl TableDump for Hits<'_> {
        fn lines(&mut self, table: &'static str, lines: &[String]) -> std::io::Result<()> {
            let here = |line: &&String| {
                self.within.is_none_or(|one| line.contains(&format!("\"tenant_id\":\"{}\"", one.id)))
            };
            if lines.iter().filter(here).any(|line| line.to_lowercase().contains(MARK)) {
                self.tables.push(table.to_owned());
            }
            Ok(())
        }
    }
    let mut found = Hits { within, tables: Vec::new() };
    app.store.system_read().await.unwrap().dump(&mut found).await.unwrap();
    found.tables
}

/// The same application with its blobs where a test can look at them.
async fn with_exports_in(test: &TestApp, folder: &Path) -> App {
    let place = BlobLocation::Directory(folder.to_owned());
    let blobs = Blobs::open(&place, Zeroizing::new([0; 32]), jiff::Timestamp::UNIX_EPOCH).await.unwrap();
    test.another_with(|parts| parts.blobs = blobs).await
}

/// Every file in a folder and the folders in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

fn holds_mark(file: &Path) -> bool {
    let content = std::fs::read(file).unwrap();
    content.windows(MARK.len()).any(|piece| piece.eq_ignore_ascii_case(MARK.as_bytes()))
}
