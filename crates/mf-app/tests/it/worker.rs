//! Background work happens once, whatever happens to the worker.

use std::time::Duration;

use jiff::SignedDuration;
use mf_app::{AppError, JobError, Worker};
use mf_domain::jobs::{ErrorClass, State};
use mf_stores::relational::{Engine, JobFilter, PageRequest};
use mf_testkit::{TestApp, on_each_engine};

use crate::handlers::{Script, Steered, effects, enqueue, job, state, until};

const PAST_THE_LEASE: SignedDuration = SignedDuration::from_secs(31);
const PAST_ANY_BACKOFF: SignedDuration = SignedDuration::from_mins(31);

on_each_engine! {
    async fn a_crash_in_the_middle_loses_nothing_and_repeats_nothing(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        let work = Steered::new([Script::Wait]);
        let id = enqueue(&test.app, &scope).await;
        let worker = tokio::spawn(work.worker(&test.app).run(std::future::pending()));
        until("the work began", || async { work.starts() == 1 }).await;
        // The whole process is gone: nothing of it runs on, nothing is given back.
        worker.abort();
        assert!(worker.await.unwrap_err().is_cancelled());
        assert_eq!(state(&test.app, &scope, &id).await, State::Running);

        let node = test.another().await;
        work.worker(&node).run_until_idle().await.unwrap();
        assert_eq!(work.starts(), 1, "the lease has not run out yet");
        test.clock.advance(PAST_THE_LEASE);
        work.worker(&node).run_until_idle().await.unwrap();
        test.clock.advance(PAST_ANY_BACKOFF);
        work.worker(&node).run_until_idle().await.unwrap();
        let done = job(&test.app, &scope, &id).await;
        assert_eq!((done.state, done.attempts), (State::Done, 2));
        assert_eq!(effects(&test.app, &scope).await, 1);
    }

    async fn a_worker_thought_dead_changes_nothing_when_it_comes_back(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        let work = Steered::new([Script::Wait]);
        let id = enqueue(&test.app, &scope).await;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let late = tokio::spawn(work.worker(&test.app).run(async { stopped.await.unwrap_or(()) }));
        until("the work began", || async { work.starts() == 1 }).await;
        let node = test.another().await;
        // A last heartbeat may have come just before, so it can take more than one lease.
        until("somebody else did the work", || async {
            test.clock.advance(PAST_THE_LEASE);
            work.worker(&node).run_until_idle().await.unwrap();
            state(&test.app, &scope, &id).await == State::Done
        })
        .await;
        work.open();
        stop.send(()).unwrap();
        late.await.unwrap();
        assert_eq!(job(&test.app, &scope, &id).await.attempts, 2);
        assert_eq!(effects(&test.app, &scope).await, 1);
    }

    async fn failures_are_tried_again_or_not_by_their_class(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        let transient = Script::Fail(JobError::transient("the network"));
        let work = Steered::new([transient, Script::Panic]);
        let id = enqueue(&test.app, &scope).await;
        let mut worker = work.worker(&test.app);

        worker.run_until_idle().await.unwrap();
        let failed = job(&test.app, &scope, &id).await;
        let error = failed.error.unwrap();
        assert_eq!((failed.state, &*error.class, &*error.message), (State::Retrying, "transient", "the network"));

        test.clock.advance(PAST_ANY_BACKOFF);
        worker.run_until_idle().await.unwrap();
        let error = job(&test.app, &scope, &id).await.error.unwrap();
        assert!(error.message.contains("on purpose"), "{}", error.message);

        test.clock.advance(PAST_ANY_BACKOFF);
        worker.run_until_idle().await.unwrap();
        let done = job(&test.app, &scope, &id).await;
        assert_eq!((done.state, done.attempts, done.error.is_none()), (State::Done, 3, true));
        assert_eq!(done.result.unwrap()["done"], true);
    }

    async fn what_cannot_succeed_is_given_up_and_a_person_can_retry_it(test: TestApp) {
        let workspace = test.workspace().await;
        let scope = &workspace.admin.scope;
        let work = Steered::new([Script::Fail(JobError::permanent("it is gone")), Script::Forget]);
        let id = enqueue(&test.app, scope).await;
        let mut worker = work.worker(&test.app);
        worker.run_until_idle().await.unwrap();
        assert_eq!(state(&test.app, scope, &id).await, State::Dead);

        let refused = test.app.retry_job(&workspace.marketer.scope, id.as_str()).await;
        assert!(matches!(refused, Err(AppError::Forbidden(_))));
        let retried = test.app.retry_job(scope, id.as_str()).await.unwrap();
        assert_eq!((retried.state, retried.attempts), (State::Queued, 0));
        assert!(matches!(test.app.retry_job(scope, id.as_str()).await, Err(AppError::Conflict { .. })));
        let entries = test.app.audit_entries(scope, Default::default(), None, 5).await.unwrap().items;
        assert_eq!((&*entries[0].action, &*entries[0].actor_name), ("job.retried", &*workspace.admin.name));

        // Ending without finishing is a fault that no further try mends.
        worker.run_until_idle().await.unwrap();
        assert_eq!(state(&test.app, scope, &id).await, State::Dead);
        assert_eq!(effects(&test.app, scope).await, 0);
    }

    async fn tries_come_to_an_end(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        let transient = Script::Fail(JobError::new(ErrorClass::Throttled, "slow down"));
        let work = Steered::new(vec![transient; 20]);
        let id = enqueue(&test.app, &scope).await;
        let mut worker = work.worker(&test.app);
        for _ in 0..10 {
            worker.run_until_idle().await.unwrap();
            test.clock.advance(PAST_ANY_BACKOFF);
        }
        let dead = job(&test.app, &scope, &id).await;
        assert_eq!((dead.state, dead.attempts), (State::Dead, dead.max_attempts));
    }

    async fn a_running_job_stops_when_it_is_cancelled(test: TestApp) {
        let workspace = test.workspace().await;
        let scope = &workspace.admin.scope;
        let work = Steered::new([Script::UntilCancelled]);
        let id = enqueue(&test.app, scope).await;
        let worker = tokio::spawn(work.worker(&test.app).run(std::future::pending()));
        until("the work began", || async { work.starts() == 1 }).await;
        // On PostgreSQL listening begins in the background, so the first word may go unheard.
        until("it stopped", || async {
            let _ = test.app.cancel_job(scope, id.as_str()).await;
            state(&test.app, scope, &id).await == State::Cancelled
        })
        .await;
        worker.abort();
        assert_eq!(effects(&test.app, scope).await, 0);
        assert!(matches!(test.app.cancel_job(scope, id.as_str()).await, Err(AppError::Conflict { .. })));
    }

    async fn a_shutdown_finishes_what_runs(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        let work = Steered::new([Script::Wait]);
        let id = enqueue(&test.app, &scope).await;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let worker = tokio::spawn(work.worker(&test.app).run(async { stopped.await.unwrap_or(()) }));
        until("the work began", || async { work.starts() == 1 }).await;
        stop.send(()).unwrap();
        let late = enqueue(&test.app, &scope).await;
        work.open();
        worker.await.unwrap();
        assert_eq!(state(&test.app, &scope, &id).await, State::Done);
        // Claimed before the shutdown was noticed, or not at all: never half.
        assert!(matches!(state(&test.app, &scope, &late).await, State::Queued | State::Done));
    }

    async fn a_shutdown_gives_back_what_takes_too_long(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        let work = Steered::new([Script::Wait]);
        let id = enqueue(&test.app, &scope).await;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let worker = work.worker(&test.app).with_patience(Duration::ZERO);
        let worker = tokio::spawn(worker.run(async { stopped.await.unwrap_or(()) }));
        until("the work began", || async { work.starts() == 1 }).await;
        stop.send(()).unwrap();
        worker.await.unwrap();
        let back = job(&test.app, &scope, &id).await;
        assert_eq!((back.state, back.attempts), (State::Queued, 0));
        work.worker(&test.app).run_until_idle().await.unwrap();
        assert_eq!(effects(&test.app, &scope).await, 1);
    }

    async fn work_of_another_version_waits_for_it(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        let id = enqueue(&test.app, &scope).await;
        test.run_jobs_until_idle().await;
        let waiting = job(&test.app, &scope, &id).await;
        assert_eq!((waiting.state, &*waiting.error.unwrap().class), (State::Retrying, "throttled"));
        test.clock.advance(PAST_ANY_BACKOFF);
        Steered::new([]).worker(&test.app).run_until_idle().await.unwrap();
        assert_eq!(effects(&test.app, &scope).await, 1);
    }

    async fn jobs_of_another_workspace_are_not_there(test: TestApp) {
        let (ours, theirs) = (test.workspace().await.admin.scope, test.workspace().await.admin.scope);
        let id = enqueue(&test.app, &theirs).await;
        for outcome in [
            test.app.job(&ours, id.as_str()).await,
            test.app.retry_job(&ours, id.as_str()).await,
            test.app.cancel_job(&ours, id.as_str()).await,
        ] {
            assert!(matches!(outcome, Err(AppError::NotFound("job"))));
        }
        let page = test.app.jobs(&ours, &JobFilter::default(), &PageRequest::first(10)).await.unwrap();
        assert!(page.items.is_empty());
    }

    async fn many_workers_share_the_work(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        for _ in 0..40 {
            enqueue(&test.app, &scope).await;
        }
        let work = Steered::new([]);
        let nodes = [test.another().await, test.another().await];
        let [mut one, mut two] = nodes.each_ref().map(|node| work.worker(node));
        let (a, b) = tokio::join!(one.run_until_idle(), two.run_until_idle());
        assert_eq!(a.unwrap() + b.unwrap(), 40);
        assert_eq!(effects(&test.app, &scope).await, 40);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_a_restart_need_not_wait_for_the_lease() {
    let test = TestApp::sqlite().await;
    assert_eq!(test.engine(), Engine::Sqlite);
    let scope = test.workspace().await.admin.scope;
    let work = Steered::new([Script::Wait]);
    let id = enqueue(&test.app, &scope).await;
    let worker = tokio::spawn(work.worker(&test.app).run(std::future::pending()));
    until("the work began", || async { work.starts() == 1 }).await;
    worker.abort();
    let _ = worker.await;

    let node = test.another().await;
    let worker: Worker = work.worker(&node);
    let worker = tokio::spawn(worker.run(std::future::pending()));
    until("it is recovered", || async { state(&test.app, &scope, &id).await == State::Retrying }).await;
    assert_eq!(&*job(&test.app, &scope, &id).await.error.unwrap().class, "lost");
    test.clock.advance(PAST_ANY_BACKOFF);
    until("it is done", || async { state(&test.app, &scope, &id).await == State::Done }).await;
    worker.abort();
    assert_eq!(effects(&test.app, &scope).await, 1);
}
