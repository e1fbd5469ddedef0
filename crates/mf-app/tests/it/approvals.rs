//! Four eyes: nobody decides what they asked for, nothing happens but what was shown, and what was
//! approved happens once.

use jiff::SignedDuration;
use mf_app::{
    App, AppError, ApprovalView, AuditQuery, AuditView, Decision, JobFilter, JobView, KeyKind, PageRequest,
    Worker,
};
use mf_domain::approvals::State;
use mf_domain::{Permissions, Role, Scope, jobs};
use mf_testkit::{TestApp, Workspace, on_each_engine};

use crate::keys::make;
use crate::sign_in::{bearer, enter, fields};
use crate::spending::euros;

/// More than the limit may rise by without anybody being asked.
const MUCH: i64 = 1_000_000;
const EXPIRY: SignedDuration = SignedDuration::from_hours(72);
const PAST_THE_LEASE: SignedDuration = SignedDuration::from_secs(31);
const PAST_ANY_BACKOFF: SignedDuration = SignedDuration::from_mins(31);

on_each_engine! {
    async fn nobody_decides_what_they_asked_for_themselves(test: TestApp) {
        let workspace = test.workspace().await;
        let admin = enter(&test, &workspace.admin).await;
        let approver = enter(&test, &workspace.approver).await.scope;
        let key = bearer(&test, &make(&test, &admin, KeyKind::Server).await).await.unwrap().scope;
        let token = bearer(&test, &make(&test, &admin, KeyKind::Personal).await).await.unwrap().scope;
        // A key asks for whoever made it: else one could make a key and approve what it wishes.
        for asker in [&admin.scope, &key, &token] {
            let request = ask(&test.app, asker, MUCH).await;
            assert_eq!(request.row.requested_by, workspace.admin.id.as_str());
            for decision in [approval(), Decision::SendBack { note: "no".to_owned() }] {
                let refused = decide(&test.app, &admin.scope, &request, decision).await;
                assert!(matches!(refused, Err(AppError::Refused { .. })), "{refused:?}");
            }
            let view = test.app.approval(&admin.scope, &request.row.id).await.unwrap();
            assert!(view.state == State::Waiting && view.why_not.unwrap().contains("yourself"));
            assert_eq!(test.app.count_approvals(&admin.scope).await.unwrap().mine_to_decide, 0);
            assert_eq!(test.app.count_approvals(&approver).await.unwrap().mine_to_decide, 1);
            test.app.withdraw_approval(&admin.scope, &request.row.id).await.unwrap();
        }
        assert_eq!(execution_jobs(&test.app, &admin.scope).await.len(), 0);
    }

    async fn only_a_person_who_signed_in_and_may_decides(test: TestApp) {
        let (workspace, other) = (test.workspace().await, test.workspace().await);
        let request = ask(&test.app, &workspace.marketer.scope, MUCH).await;
        let approver = enter(&test, &workspace.approver).await;
        let token = bearer(&test, &make(&test, &approver, KeyKind::Personal).await).await.unwrap().scope;
        let admin = enter(&test, &workspace.admin).await;
        let mut key = bearer(&test, &make(&test, &admin, KeyKind::Server).await).await.unwrap().scope;
        assert!(matches!(decide(&test.app, &key, &request, approval()).await, Err(AppError::Forbidden(_))));
        // Not even one with every permission there is.
        key.permissions = Permissions::all();
        for program in [&token, &key, &test.system_scope(&workspace.id)] {
            let refused = decide(&test.app, program, &request, approval()).await;
            assert!(matches!(refused, Err(AppError::Refused { .. })), "{refused:?}");
            assert!(test.app.approval(program, &request.row.id).await.unwrap().why_not.is_some());
        }
        for role in [Role::Marketer, Role::Analyst] {
            let scope = enter(&test, workspace.member(role)).await.scope;
            let refused = decide(&test.app, &scope, &request, approval()).await;
            assert!(matches!(refused, Err(AppError::Forbidden(_))));
        }
        let stranger = enter(&test, &other.approver).await.scope;
        assert!(matches!(decide(&test.app, &stranger, &request, approval()).await, Err(AppError::NotFound(_))));
        assert_eq!(state(&test.app, &admin.scope, &request).await, State::Waiting);
        decide(&test.app, &approver.scope, &request, approval()).await.unwrap();
    }

    async fn of_two_who_decide_at_once_one_does(test: TestApp) {
        for round in 0..6 {
            let workspace = test.workspace().await;
            let second = test.member(&workspace.id, Role::Admin).await;
            let (one, two) = (enter(&test, &workspace.approver).await.scope, enter(&test, &second).await.scope);
            let request = ask(&test.app, &workspace.marketer.scope, MUCH).await;
            let other = if round % 2 == 0 { approval() } else { Decision::SendBack { note: "no".to_owned() } };
            let (a, b) =
                tokio::join!(decide(&test.app, &one, &request, approval()), decide(&test.app, &two, &request, other));
            let (winner, decided, loser, lost) = match (a, b) {
                (Ok(decided), Err(lost)) => (&one, decided, &two, lost),
                (Err(lost), Ok(decided)) => (&two, decided, &one, lost),
                both => panic!("{both:?}"),
            };
            assert!(matches!(lost, AppError::Conflict { .. } | AppError::Stale), "{lost:?}");
            assert_eq!(decided.row.decided_by.as_deref(), winner.actor.id());
            let jobs = execution_jobs(&test.app, &one).await.len();
            assert_eq!(jobs, usize::from(decided.state == State::Executing));
            let denied = entries(&test.app, &one, "request.denied").await;
            assert_eq!(denied.len(), 1);
            assert_eq!(denied[0].actor_id.as_deref(), loser.actor.id());
            let decisions = [entries(&test.app, &one, "approval.approved").await, entries(&test.app, &one, "approval.sent_back").await];
            assert_eq!(decisions.iter().map(Vec::len).sum::<usize>(), 1);
        }
    }

    async fn a_decision_is_on_what_was_shown(test: TestApp) {
        let workspace = test.workspace().await;
        let approver = enter(&test, &workspace.approver).await.scope;
        let request = ask(&test.app, &workspace.marketer.scope, MUCH).await;
        let (id, other) = (&request.row.id, "0".repeat(64));
        for hash in ["", &other, &request.row.content_hash[1..]] {
            let refused = test.app.decide(&approver, id, hash, approval()).await;
            assert!(matches!(refused, Err(AppError::Conflict { .. })));
        }
        assert_eq!(state(&test.app, &approver, &request).await, State::Waiting);
        assert_eq!(entries(&test.app, &approver, "request.denied").await.len(), 3);
        assert!(execution_jobs(&test.app, &approver).await.is_empty());
    }

    async fn what_has_expired_is_decided_no_more(test: TestApp) {
        let workspace = test.workspace().await;
        let approver = enter(&test, &workspace.approver).await.scope;
        let marketer = &workspace.marketer.scope;
        let request = ask(&test.app, marketer, MUCH).await;
        test.clock.advance(EXPIRY);
        let late = decide(&test.app, &approver, &request, approval()).await;
        assert!(matches!(late, Err(AppError::Conflict { .. })), "before anybody has swept it away");
        let count = test.app.count_approvals(&approver).await.unwrap();
        assert_eq!((count.waiting, count.mine_to_decide), (0, 0));
        assert_eq!(test.app.expire_approvals().await.unwrap(), 1);
        assert_eq!(test.app.expire_approvals().await.unwrap(), 0);
        assert_eq!(state(&test.app, &approver, &request).await, State::Expired);
        assert_eq!(entries(&test.app, &approver, "approval.expired").await.len(), 1);
        assert!(decide(&test.app, &approver, &request, approval()).await.is_err());

        let again = ask(&test.app, marketer, MUCH).await;
        test.clock.advance(EXPIRY - SignedDuration::from_millis(1));
        assert_eq!(test.app.expire_approvals().await.unwrap(), 0);
        decide(&test.app, &approver, &again, approval()).await.unwrap();
        test.clock.advance(EXPIRY);
        assert_eq!(test.app.expire_approvals().await.unwrap(), 0, "it is decided");
    }

    async fn sending_back_needs_a_note(test: TestApp) {
        let workspace = test.workspace().await;
        let approver = enter(&test, &workspace.approver).await.scope;
        let request = ask(&test.app, &workspace.marketer.scope, MUCH).await;
        for note in ["", " \n"] {
            let bare = decide(&test.app, &approver, &request, Decision::SendBack { note: note.to_owned() }).await;
            assert_eq!(fields(&bare), ["note"]);
        }
        let back = Decision::SendBack { note: " Half of it will do. ".to_owned() };
        let sent = decide(&test.app, &approver, &request, back).await.unwrap();
        assert_eq!((sent.state, sent.row.note.as_deref()), (State::SentBack, Some("Half of it will do.")));
        assert!(decide(&test.app, &approver, &request, approval()).await.is_err());
        ask(&test.app, &workspace.marketer.scope, MUCH / 2).await;
    }

    async fn only_whoever_asked_withdraws(test: TestApp) {
        let workspace = test.workspace().await;
        let admin = enter(&test, &workspace.admin).await;
        let approver = enter(&test, &workspace.approver).await.scope;
        let request = ask(&test.app, &workspace.marketer.scope, MUCH).await;
        let id = &request.row.id;
        let key = bearer(&test, &make(&test, &admin, KeyKind::Server).await).await.unwrap().scope;
        for other in [&admin.scope, &approver, &workspace.analyst.scope, &key] {
            let refused = test.app.withdraw_approval(other, id).await;
            assert!(matches!(refused, Err(AppError::Refused { .. })), "{refused:?}");
        }
        let withdrawn = test.app.withdraw_approval(&workspace.marketer.scope, id).await.unwrap();
        assert_eq!(withdrawn.state, State::Withdrawn);
        let twice = test.app.withdraw_approval(&workspace.marketer.scope, id).await;
        assert!(matches!(twice, Err(AppError::Conflict { .. })));
        assert!(matches!(decide(&test.app, &approver, &request, approval()).await, Err(AppError::Conflict { .. })));

        let taken = ask(&test.app, &workspace.marketer.scope, MUCH).await;
        decide(&test.app, &approver, &taken, approval()).await.unwrap();
        let late = test.app.withdraw_approval(&workspace.marketer.scope, &taken.row.id).await;
        assert!(matches!(late, Err(AppError::Conflict { .. })), "it is on its way");
    }

    async fn what_was_approved_happens_once_whenever_the_worker_dies(test: TestApp) {
        let node = test.another().await;
        for moment in 0..25 {
            let workspace = test.workspace().await;
            let request = approved(&test, &workspace).await;
            let worker = tokio::spawn(Worker::new(test.app.clone()).run(std::future::pending()));
            // Anywhere from before the claim to after the commit.
            for _ in 0..moment * 20 {
                tokio::task::yield_now().await;
            }
            worker.abort();
            let _ = worker.await;
            for pause in [PAST_THE_LEASE, PAST_ANY_BACKOFF, PAST_ANY_BACKOFF] {
                Worker::new(node.clone()).run_until_idle().await.unwrap();
                test.clock.advance(pause);
            }
            assert_happened_once(&test, &workspace, &request).await;
        }
    }

    async fn a_worker_that_took_the_job_and_died_does_not_stop_it(test: TestApp) {
        let workspace = test.workspace().await;
        let request = approved(&test, &workspace).await;
        let claimed = claim(&test).await;
        assert_eq!(Some(&claimed.row.id), test.app.approval(&workspace.admin.scope, &request.row.id).await.unwrap().row.job_id.as_ref());
        assert_eq!(test.run_jobs_until_idle().await, 0, "it is somebody's");
        test.clock.advance(PAST_THE_LEASE);
        test.run_jobs_until_idle().await;
        test.clock.advance(PAST_ANY_BACKOFF);
        test.run_jobs_until_idle().await;
        assert_happened_once(&test, &workspace, &request).await;
        // Back from the dead, it finds that nothing of what it did stands.
        let tx = test.app.store.write(&workspace.admin.scope).await.unwrap();
        assert!(tx.finish_job(&claimed, None, test.app.now_ms()).await.is_err());
        drop(tx);
        assert_happened_once(&test, &workspace, &request).await;
    }

    async fn a_request_altered_behind_the_back_is_not_carried_out(test: TestApp) {
        let more = format!("replace(action, '{MUCH}', '{}')", MUCH * 9);
        for (column, value) in [
            ("action", &*more),
            ("action", "'nonsense'"),
            ("action", r#"'{"do":"erase","erasure_id":"era_of_somebody_else"}'"#),
            ("diff", "'[]'"),
            ("diff", "'nonsense'"),
            ("kind", "'privacy.erase'"),
            ("subject_id", "'another'"),
            ("content_hash", "'0'"),
        ] {
            let workspace = test.workspace().await;
            let request = approved(&test, &workspace).await;
            let id = &request.row.id;
            test.database.run(&format!("UPDATE approvals SET {column} = {value} WHERE id = '{id}'")).await;
            test.run_jobs_until_idle().await;
            let scope = &workspace.admin.scope;
            let row = row(&test.app, scope, &request).await;
            assert_eq!(row.state, "failed", "{column} = {value}");
            assert!(row.outcome.is_some());
            assert_eq!(test.app.spending(scope).await.unwrap().limit.minor, 0, "{column} = {value}");
            assert_eq!(execution_jobs(&test.app, scope).await[0].state, jobs::State::Dead);
            assert_eq!(entries(&test.app, scope, "approval.failed").await.len(), 1);
            // The same job does not get a second chance by being retried.
            let dead = execution_jobs(&test.app, scope).await.remove(0);
            test.app.retry_job(scope, &dead.id).await.unwrap();
            test.run_jobs_until_idle().await;
            assert_eq!(test.app.spending(scope).await.unwrap().limit.minor, 0);
        }
    }

    async fn a_job_altered_behind_the_back_ends_and_holds_up_nothing(test: TestApp) {
        let (workspace, other) = (test.workspace().await, test.workspace().await);
        let request = approved(&test, &workspace).await;
        let scope = &workspace.admin.scope;
        let job = execution_jobs(&test.app, scope).await.remove(0);
        test.database.run(&format!("UPDATE jobs SET payload = 'nonsense' WHERE id = '{}'", job.id)).await;
        let honest = approved(&test, &other).await;
        test.run_jobs_until_idle().await;
        test.clock.advance(PAST_THE_LEASE);
        test.run_jobs_until_idle().await;
        assert_eq!(test.app.job(scope, &job.id).await.unwrap().state, jobs::State::Dead);
        assert_eq!(state(&test.app, scope, &request).await, State::Executing, "nobody can tell whose job it was");
        assert_happened_once(&test, &other, &honest).await;
    }

    async fn cancelling_the_job_closes_the_request_and_frees_its_subject(test: TestApp) {
        let workspace = test.workspace().await;
        let scope = &workspace.admin.scope;
        let request = approved(&test, &workspace).await;
        assert!(test.app.spending(scope).await.unwrap().pending_approval_id.is_some());
        let job = execution_jobs(&test.app, scope).await.remove(0);
        test.app.cancel_job(scope, &job.id).await.unwrap();
        assert_failed_and_free(&test, &workspace, &request).await;

        test.app.retry_job(scope, &job.id).await.unwrap();
        test.run_jobs_until_idle().await;
        assert_failed_and_free(&test, &workspace, &request).await;
        let again = approved(&test, &workspace).await;
        test.run_jobs_until_idle().await;
        assert_happened_once(&test, &workspace, &again).await;
    }

    async fn cancelling_it_while_it_runs_does_the_same(test: TestApp) {
        let workspace = test.workspace().await;
        let request = approved(&test, &workspace).await;
        let job = claim(&test).await.row;
        let asked = test.app.cancel_job(&workspace.admin.scope, &job.id).await.unwrap();
        assert!(asked.cancel_requested && asked.state == jobs::State::Running);
        assert_eq!(state(&test.app, &workspace.admin.scope, &request).await, State::Executing, "it may still be done");
        test.clock.advance(PAST_THE_LEASE);
        test.run_jobs_until_idle().await;
        assert_failed_and_free(&test, &workspace, &request).await;
    }

    async fn a_job_that_cannot_succeed_closes_the_request_and_frees_its_subject(test: TestApp) {
        let workspace = test.workspace().await;
        let scope = &workspace.admin.scope;
        let request = approved(&test, &workspace).await;
        let version = test.app.spending(scope).await.unwrap().version;
        test.app.change_spending(scope, version, euros(5), None).await.unwrap();
        test.run_jobs_until_idle().await;
        assert_eq!(execution_jobs(&test.app, scope).await[0].state, jobs::State::Dead);
        let row = row(&test.app, scope, &request).await;
        assert!(row.outcome.unwrap().contains("0.00 EUR any more"), "it says why");
        let version = test.app.spending(scope).await.unwrap().version;
        test.app.change_spending(scope, version, euros(0), None).await.unwrap();
        assert_failed_and_free(&test, &workspace, &request).await;
    }

    async fn a_request_of_another_workspace_is_not_there(test: TestApp) {
        let (ours, theirs) = (test.workspace().await, test.workspace().await);
        let request = ask(&test.app, &theirs.marketer.scope, MUCH).await;
        let scope = &ours.admin.scope;
        assert!(matches!(test.app.approval(scope, &request.row.id).await, Err(AppError::NotFound(_))));
        assert!(matches!(test.app.withdraw_approval(scope, &request.row.id).await, Err(AppError::NotFound(_))));
        assert!(test.app.approvals(scope, &State::ALL, &PageRequest::first(5)).await.unwrap().items.is_empty());
        assert_eq!(test.app.count_approvals(scope).await.unwrap().waiting, 0);
    }
}

/// Asks to raise the spending limit so far that a person must agree.
pub async fn ask(app: &App, scope: &Scope, to: i64) -> ApprovalView {
    let version = app.spending(scope).await.unwrap().version;
    app.change_spending(scope, version, euros(to), None).await.unwrap().approval.unwrap()
}

pub async fn decide(
    app: &App,
    scope: &Scope,
    request: &ApprovalView,
    decision: Decision,
) -> Result<ApprovalView, AppError> {
    app.decide(scope, &request.row.id, &request.row.content_hash, decision).await
}

pub fn approval() -> Decision {
    Decision::Approve { note: None }
}

pub async fn state(app: &App, scope: &Scope, request: &ApprovalView) -> State {
    State::parse(&row(app, scope, request).await.state).unwrap()
}

/// As it is stored: a row that somebody altered may not read as a request any more.
async fn row(app: &App, scope: &Scope, request: &ApprovalView) -> mf_app::rows::Approval {
    app.store.read(scope).await.unwrap().approval(&request.row.id).await.unwrap().unwrap()
}

pub async fn entries(app: &App, scope: &Scope, action: &str) -> Vec<AuditView> {
    let query = AuditQuery { action: Some(action.to_owned()), ..Default::default() };
    app.audit_entries(scope, query, None, 50).await.unwrap().items
}

pub async fn execution_jobs(app: &App, scope: &Scope) -> Vec<JobView> {
    let filter = JobFilter { kind: Some("approval.execute".to_owned()), state: None };
    app.jobs(scope, &filter, &PageRequest::first(50)).await.unwrap().items
}

/// A raise that the marketer asked for and the approver approved; its job waits.
async fn approved(test: &TestApp, workspace: &Workspace) -> ApprovalView {
    let approver = enter(test, &workspace.approver).await.scope;
    let request = ask(&test.app, &workspace.marketer.scope, MUCH).await;
    decide(&test.app, &approver, &request, approval()).await.unwrap();
    request
}

/// Takes the one due job as a worker does, and dies.
async fn claim(test: &TestApp) -> mf_stores::relational::ClaimedJob {
    let now = test.app.now_ms();
    let tx = test.app.store.system_write().await.unwrap();
    let mut claimed = tx.claim_jobs(1, now, now + 30_000, || "a dead worker's".to_owned()).await.unwrap();
    tx.commit().await.unwrap();
    claimed.remove(0)
}

async fn assert_happened_once(test: &TestApp, workspace: &Workspace, request: &ApprovalView) {
    let scope = &workspace.admin.scope;
    assert_eq!(state(&test.app, scope, request).await, State::Done);
    let spending = test.app.spending(scope).await.unwrap();
    assert_eq!((spending.limit, spending.version), (euros(MUCH), 1), "written once");
    assert_eq!(entries(&test.app, scope, "spending.changed").await.len(), 1);
    assert!(test.app.verify_audit_of(&workspace.id).await.unwrap().is_ok());
}

async fn assert_failed_and_free(test: &TestApp, workspace: &Workspace, request: &ApprovalView) {
    let scope = &workspace.admin.scope;
    assert_eq!(state(&test.app, scope, request).await, State::Failed);
    assert_eq!(entries(&test.app, scope, "approval.failed").await.len(), 1);
    let spending = test.app.spending(scope).await.unwrap();
    assert_eq!((spending.limit, spending.pending_approval_id), (euros(0), None));
    let marketer = &workspace.marketer.scope;
    let another = ask(&test.app, marketer, MUCH).await;
    test.app.withdraw_approval(marketer, &another.row.id).await.unwrap();
}
