//! A mail is sent once, or not at all and somebody is told; never twice.

use std::time::Duration;

use jiff::SignedDuration;
use mf_app::{JobView, MailError, Worker};
use mf_domain::jobs::State;
use mf_domain::{Role, Scope};
use mf_stores::relational::{JobFilter, PageRequest};
use mf_testkit::{TestApp, on_each_engine};

use crate::handlers::until;

const GUEST: &str = "guest@example.com";
const LATER: SignedDuration = SignedDuration::from_mins(31);

on_each_engine! {
    async fn an_invitation_is_mailed_and_sealed_while_it_waits(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        let invited = test.app.invite(&scope, GUEST, Role::Analyst).await.unwrap();
        let tx = test.app.store.read(&scope).await.unwrap();
        let waiting = tx.jobs(&JobFilter::default(), &PageRequest::first(1)).await.unwrap().items.remove(0);
        drop(tx);
        for secret in [GUEST, "accept-invitation"] {
            assert!(!waiting.payload.contains(secret), "{}", waiting.payload);
        }
        test.run_jobs_until_idle().await;
        let mail = test.outbox.last_to(GUEST).unwrap();
        assert!(mail.text.contains(&invited.url));
        assert_eq!(test.outbox.message_ids(), [format!("{}@localhost", waiting.id)]);
        assert_eq!(the_job(&test, &scope).await.state, State::Done);
    }

    async fn a_mail_the_server_did_not_take_is_tried_again(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        test.outbox.fail_next(MailError::Transient("greylisted".into()));
        test.app.invite(&scope, GUEST, Role::Analyst).await.unwrap();
        test.run_jobs_until_idle().await;
        assert_eq!(the_job(&test, &scope).await.state, State::Retrying);
        test.clock.advance(LATER);
        test.run_jobs_until_idle().await;
        assert_eq!(test.outbox.sent().len(), 1);

        test.outbox.fail_next(MailError::Permanent("no such mailbox".into()));
        test.app.invite(&scope, "other@example.com", Role::Analyst).await.unwrap();
        test.run_jobs_until_idle().await;
        let dead = the_job(&test, &scope).await;
        assert_eq!((dead.state, dead.error.unwrap().message), (State::Dead, "no such mailbox".to_owned()));
    }

    async fn a_crash_while_sending_never_sends_twice(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        // An earlier try that is known to have failed is not mistaken for the one that crashed.
        test.outbox.fail_next(MailError::Transient("busy".into()));
        test.app.invite(&scope, GUEST, Role::Analyst).await.unwrap();
        test.run_jobs_until_idle().await;
        test.clock.advance(LATER);
        test.outbox.never_answer();
        let worker = tokio::spawn(Worker::new(test.app.clone()).run(std::future::pending()));
        until("the mail left", || async { test.outbox.sent().len() == 1 }).await;
        worker.abort();
        let _ = worker.await;
        test.outbox.answer_again();

        for _ in 0..5 {
            test.clock.advance(LATER);
            test.run_jobs_until_idle().await;
        }
        assert_eq!(test.outbox.sent().len(), 1);
        let dead = the_job(&test, &scope).await;
        assert_eq!(dead.state, State::Dead);
        let why = dead.error.unwrap().message;
        assert!(why.contains("may have been sent"), "{why}");

        // A person who has asked may send it again.
        test.app.retry_job(&scope, &dead.id).await.unwrap();
        test.run_jobs_until_idle().await;
        assert_eq!(test.outbox.sent().len(), 2);
        assert_eq!(the_job(&test, &scope).await.state, State::Done);
    }

    async fn a_shutdown_while_sending_never_sends_twice(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        test.outbox.never_answer();
        test.app.invite(&scope, GUEST, Role::Analyst).await.unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let worker = Worker::new(test.app.clone()).with_patience(Duration::ZERO);
        let worker = tokio::spawn(worker.run(async { stopped.await.unwrap_or(()) }));
        until("the mail left", || async { test.outbox.sent().len() == 1 }).await;
        stop.send(()).unwrap();
        worker.await.unwrap();
        test.outbox.answer_again();
        assert_eq!(the_job(&test, &scope).await.state, State::Dead);
    }

    async fn an_unknown_outcome_is_not_tried_again(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        test.outbox.fail_next(MailError::Unknown("the connection broke after the last line".into()));
        test.app.invite(&scope, GUEST, Role::Analyst).await.unwrap();
        test.run_jobs_until_idle().await;
        assert_eq!(the_job(&test, &scope).await.state, State::Dead);
    }

    async fn without_a_mail_server_the_job_says_so(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        test.app.invite(&scope, GUEST, Role::Analyst).await.unwrap();
        let mute = test.another_with(|parts| parts.mailer = None).await;
        Worker::new(mute).run_until_idle().await.unwrap();
        let dead = the_job(&test, &scope).await;
        assert!(dead.state == State::Dead && dead.error.unwrap().message.contains("[mail]"));
    }
}

/// The newest one.
async fn the_job(test: &TestApp, scope: &Scope) -> JobView {
    test.app.jobs(scope, &JobFilter::default(), &PageRequest::first(1)).await.unwrap().items.remove(0)
}
