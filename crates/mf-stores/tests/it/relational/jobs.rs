//! The queue: nothing lost, nothing claimed twice, nobody starved, and no late worker finishes what
//! another has taken over.

use std::collections::HashSet;

use futures::future::join_all;
use mf_domain::jobs::{ErrorClass, State};
use mf_stores::relational::{ClaimedJob, Heartbeat, JobFilter, PageRequest, Store, StoreError, rows};
use mf_testkit::on_each_engine;

use super::samples::{NOW, job, project, schedule};
use super::{Fixture, Scope, scope};

const LEASE: i64 = 30_000;

on_each_engine! {
    async fn many_claimers_share_out_the_jobs(fixture: Fixture) {
        add(&fixture, &fixture.ours, 60).await;
        let claimers = (0..6).map(|claimer| {
            let store = fixture.store.clone();
            async move {
                let mut mine = Vec::new();
                loop {
                    let claimed = claim(&store, 5, NOW, &format!("c{claimer}")).await;
                    if claimed.is_empty() {
                        return mine;
                    }
                    mine.extend(claimed.into_iter().map(|job| job.row.id));
                }
            }
        });
        let claimed: Vec<String> = join_all(claimers).await.into_iter().flatten().collect();
        assert_eq!(claimed.len(), 60);
        assert_eq!(claimed.iter().collect::<HashSet<_>>().len(), 60, "a job was claimed twice");
    }

    async fn a_busy_workspace_does_not_make_another_wait(fixture: Fixture) {
        add(&fixture, &fixture.ours, 50).await;
        add(&fixture, &fixture.theirs, 2).await;
        let claimed = claim(&fixture.store, 4, NOW, "c").await;
        let of_theirs = claimed.iter().filter(|job| job.row.tenant_id == fixture.theirs.tenant.as_str()).count();
        assert_eq!(of_theirs, 2);
        // What already runs counts as well.
        let third = scope(&fixture.clock, 3);
        add(&fixture, &third, 1).await;
        let next = claim(&fixture.store, 1, NOW, "d").await;
        assert_eq!(next[0].row.tenant_id, third.tenant.as_str());
    }

    async fn a_job_is_claimed_when_it_is_due_and_not_before(fixture: Fixture) {
        let tx = fixture.write(&fixture.ours).await;
        let mut later = job("job_later");
        later.run_at = NOW + 1_000;
        tx.enqueue(later).await.unwrap();
        tx.commit().await.unwrap();
        assert!(claim(&fixture.store, 1, NOW + 999, "c").await.is_empty());
        assert!(!fixture.system().await.any_due(NOW + 999).await.unwrap());
        assert!(fixture.system().await.any_due(NOW + 1_000).await.unwrap());
        assert_eq!(claim(&fixture.store, 1, NOW + 1_000, "c").await.len(), 1);
    }

    async fn a_job_meant_for_at_once_does_not_wait_for_a_clock_that_was_put_back(fixture: Fixture) {
        let tx = fixture.write(&fixture.ours).await;
        tx.enqueue(job("job_now")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(claim(&fixture.store, 1, NOW - 3_600_000, "c").await.len(), 1);
    }

    async fn only_the_holder_of_the_lease_finishes(fixture: Fixture) {
        add(&fixture, &fixture.ours, 1).await;
        let late = claim(&fixture.store, 1, NOW, "late").await.remove(0);
        assert!(fixture.system().await.lost_jobs(NOW + LEASE).await.unwrap().is_empty());
        let lost = fixture.system().await.lost_jobs(NOW + LEASE + 1).await.unwrap();
        assert_eq!(lost.len(), 1);
        fail(&fixture, &lost[0], ErrorClass::Lost, Some(NOW + LEASE + 1)).await;
        let holder = claim(&fixture.store, 1, NOW + LEASE + 1, "holder").await.remove(0);
        assert_eq!(holder.row.attempts, 2);

        // The one thought dead comes back: it changes nothing, not even beside the job.
        let tx = fixture.write(&fixture.ours).await;
        tx.add_project(project(&fixture.ours)).await.unwrap();
        assert!(matches!(tx.finish_job(&late, None, NOW).await, Err(StoreError::Stale)));
        drop(tx);
        assert!(!fail(&fixture, &late, ErrorClass::Transient, None).await);
        let tx = fixture.system().await;
        assert_eq!(tx.heartbeat_job(&late, NOW + 90_000, None).await.unwrap(), Heartbeat::Lost);
        assert!(!tx.release_job(&late, NOW).await.unwrap());
        assert!(!tx.stop_cancelled_job(&late, NOW).await.unwrap());
        drop(tx);

        let tx = fixture.write(&fixture.ours).await;
        tx.finish_job(&holder, Some("{\"n\":1}".into()), NOW + 2).await.unwrap();
        tx.commit().await.unwrap();
        let row = read(&fixture, &holder.row.id).await;
        assert_eq!((row.state.as_str(), row.result.as_deref(), row.progress), ("done", Some("{\"n\":1}"), Some(1.0)));
        assert!(fixture.read(&fixture.ours).await.projects(None, false, &PageRequest::first(1)).await.unwrap().items.is_empty());
    }

    async fn two_that_finish_at_once_finish_once(fixture: Fixture) {
        add(&fixture, &fixture.ours, 1).await;
        let held = claim(&fixture.store, 1, NOW, "one").await.remove(0);
        let outcomes = join_all((0..8).map(|_| async {
            let tx = fixture.write(&fixture.ours).await;
            tx.finish_job(&held, None, NOW).await?;
            tx.commit().await
        }))
        .await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    }

    async fn a_heartbeat_keeps_the_lease_and_shows_progress(fixture: Fixture) {
        add(&fixture, &fixture.ours, 1).await;
        let held = claim(&fixture.store, 1, NOW, "c").await.remove(0);
        let tx = fixture.system().await;
        let beat = tx.heartbeat_job(&held, NOW + 2 * LEASE, Some((0.25, "a quarter"))).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(beat, Heartbeat::Held);
        assert!(fixture.system().await.lost_jobs(NOW + LEASE + 1).await.unwrap().is_empty());
        let row = read(&fixture, &held.row.id).await;
        assert_eq!((row.progress, row.progress_note.as_deref()), (Some(0.25), Some("a quarter")));
    }

    async fn cancelling_stops_what_waits_and_asks_what_runs(fixture: Fixture) {
        add(&fixture, &fixture.ours, 2).await;
        let running = claim(&fixture.store, 1, NOW, "c").await.remove(0);
        let waiting = if running.row.id.ends_with('0') { "1" } else { "0" };
        let waiting = format!("{}{waiting}", &running.row.id[..running.row.id.len() - 1]);
        let tx = fixture.write(&fixture.ours).await;
        assert!(tx.cancel_job(&waiting, NOW).await.unwrap());
        assert!(!tx.cancel_job(&waiting, NOW).await.unwrap(), "it is cancelled already");
        assert!(tx.cancel_job(&running.row.id, NOW).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(read(&fixture, &waiting).await.state, "cancelled");
        assert_eq!(read(&fixture, &running.row.id).await.state, "running");

        let tx = fixture.system().await;
        assert_eq!(tx.heartbeat_job(&running, NOW + LEASE, None).await.unwrap(), Heartbeat::Cancelled);
        assert!(tx.stop_cancelled_job(&running, NOW).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(read(&fixture, &running.row.id).await.state, "cancelled");
        assert!(claim(&fixture.store, 5, NOW, "d").await.is_empty());
    }

    async fn a_failed_job_comes_back_or_goes_to_the_dead_letters(fixture: Fixture) {
        add(&fixture, &fixture.ours, 1).await;
        let held = claim(&fixture.store, 1, NOW, "c").await.remove(0);
        fail(&fixture, &held, ErrorClass::Transient, Some(NOW + 5_000)).await;
        assert!(claim(&fixture.store, 1, NOW + 4_999, "d").await.is_empty());
        let held = claim(&fixture.store, 1, NOW + 5_000, "d").await.remove(0);
        fail(&fixture, &held, ErrorClass::Permanent, None).await;
        let row = read(&fixture, &held.row.id).await;
        assert_eq!((row.state.as_str(), row.error_class.as_deref()), ("dead", Some("permanent")));

        let tx = fixture.write(&fixture.ours).await;
        assert!(tx.requeue_job(&held.row.id, NOW + 6_000).await.unwrap());
        assert!(!tx.requeue_job(&held.row.id, NOW + 6_000).await.unwrap(), "it waits already");
        tx.commit().await.unwrap();
        let again = claim(&fixture.store, 1, NOW + 6_000, "e").await.remove(0);
        assert_eq!((again.row.attempts, again.row.error_class), (1, None));
    }

    async fn a_released_job_loses_no_attempt(fixture: Fixture) {
        add(&fixture, &fixture.ours, 1).await;
        let held = claim(&fixture.store, 1, NOW, "c").await.remove(0);
        let tx = fixture.system().await;
        assert!(tx.release_job(&held, NOW).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(claim(&fixture.store, 1, NOW, "d").await.remove(0).row.attempts, 1);
    }

    async fn a_unique_job_is_queued_once_until_it_is_finished(fixture: Fixture) {
        let ids = join_all((0..10).map(|n| {
            let fixture = &fixture;
            async move {
                let tx = fixture.write(&fixture.ours).await;
                let mut one = job(&format!("job_{n}"));
                one.unique_key = Some("only".into());
                let id = tx.enqueue(one).await.unwrap();
                tx.commit().await.unwrap();
                id
            }
        }))
        .await;
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 1, "all are told of the same job");
        let held = claim(&fixture.store, 5, NOW, "c").await;
        assert_eq!(held.len(), 1);
        let mut again = job("job_again");
        again.unique_key = Some("only".into());
        let tx = fixture.write(&fixture.ours).await;
        assert_eq!(tx.enqueue(again.clone()).await.unwrap(), ids[0], "it still runs");
        tx.finish_job(&held[0], None, NOW).await.unwrap();
        assert_eq!(tx.enqueue(again.clone()).await.unwrap(), "job_again");
        tx.commit().await.unwrap();
        // Another workspace may use the same key.
        let tx = fixture.system().await;
        assert!(tx.enqueue_for(fixture.theirs.tenant.as_str(), again.clone()).await.unwrap());
        assert!(!tx.enqueue_for(fixture.theirs.tenant.as_str(), again).await.unwrap());
    }

    async fn lists_and_sums_tell_what_is_there(fixture: Fixture) {
        add(&fixture, &fixture.ours, 3).await;
        claim(&fixture.store, 1, NOW, "c").await;
        let tx = fixture.read(&fixture.ours).await;
        let summary = tx.jobs_summary(NOW + 5).await.unwrap();
        assert_eq!((summary.queued, summary.running, summary.oldest_due_at), (2, 1, Some(NOW)));
        let filter = JobFilter { state: Some(State::Running), kind: Some("test".into()) };
        assert_eq!(tx.jobs(&filter, &PageRequest::first(10)).await.unwrap().items.len(), 1);
        let page = tx.jobs(&JobFilter::default(), &PageRequest::first(2)).await.unwrap();
        assert_eq!(page.items.len(), 2);
        let rest = PageRequest { after: page.next, limit: 2 };
        let rest = tx.jobs(&JobFilter::default(), &rest).await.unwrap();
        assert_eq!((rest.items.len(), rest.next), (1, None));
    }

    async fn only_old_finished_jobs_are_purged(fixture: Fixture) {
        add(&fixture, &fixture.ours, 3).await;
        let held = claim(&fixture.store, 2, NOW, "c").await;
        let tx = fixture.write(&fixture.ours).await;
        tx.finish_job(&held[0], None, NOW + 1).await.unwrap();
        tx.commit().await.unwrap();
        let tx = fixture.system().await;
        assert_eq!(tx.purge_finished_jobs(NOW + 1).await.unwrap(), 0);
        assert_eq!(tx.purge_finished_jobs(NOW + 2).await.unwrap(), 1);
    }

    async fn a_due_schedule_is_taken_by_one_of_two(fixture: Fixture) {
        let tx = fixture.system().await;
        tx.put_schedule(schedule(&fixture.ours)).await.unwrap();
        tx.commit().await.unwrap();
        let fired = join_all((0..5).map(|_| async {
            let tx = fixture.system().await;
            let mut due = tx.due_schedules(NOW).await.unwrap();
            for row in &mut due {
                row.next_at += 1;
                tx.save_schedule(row.clone()).await.unwrap();
            }
            tx.commit().await.unwrap();
            due.len()
        }))
        .await;
        assert_eq!(fired.into_iter().sum::<usize>(), 1);
        assert_eq!(fixture.system().await.next_schedule().await.unwrap(), Some(NOW + 1));
    }
}

async fn add(fixture: &Fixture, scope: &Scope, count: usize) {
    let tx = fixture.write(scope).await;
    for n in 0..count {
        tx.enqueue(job(&format!("job_{}{n}", &scope.tenant.as_str()[4..]))).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn claim(store: &Store, limit: usize, now: i64, claimer: &str) -> Vec<ClaimedJob> {
    let tx = store.system_write().await.unwrap();
    let mut n = 0;
    let token = || {
        n += 1;
        format!("{claimer}-{now}-{n}")
    };
    let claimed = tx.claim_jobs(limit, now, now + LEASE, token).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

async fn fail(fixture: &Fixture, job: &ClaimedJob, class: ErrorClass, retry_at: Option<i64>) -> bool {
    let tx = fixture.system().await;
    let failed = tx.fail_job(job, class, "why", retry_at, NOW).await.unwrap();
    tx.commit().await.unwrap();
    failed
}

async fn read(fixture: &Fixture, id: &str) -> rows::Job {
    fixture.read(&fixture.ours).await.job(id).await.unwrap().unwrap()
}
