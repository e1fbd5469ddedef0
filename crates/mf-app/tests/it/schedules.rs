//! Schedules fire once for every due time, on the days the clocks change too, whoever fires them.

use jiff::{SignedDuration, tz::TimeZone};
use mf_app::{App, Worker, rows};
use mf_domain::{Clock, Scope, TenantId};
use mf_stores::relational::{JobFilter, PageRequest};
use mf_testkit::{TestApp, VirtualClock, on_each_engine};

use crate::handlers::{KIND, Steered, effects};

on_each_engine! {
    async fn a_nightly_job_runs_once_on_every_date_also_when_clocks_change(test: TestApp) {
        for (from, first, dates) in [
            ("2026-03-27T12:00:00Z", "2026-03-28T01:30:00Z", ["2026-03-28 02:30", "2026-03-29 03:30", "2026-03-30 02:30"]),
            ("2026-10-23T12:00:00Z", "2026-10-24T00:30:00Z", ["2026-10-24 02:30", "2026-10-25 02:30", "2026-10-26 02:30"]),
        ] {
            let scope = test.workspace().await.admin.scope;
            test.clock.set(from);
            put(&test.app, &scope, "30 2 * * *", VirtualClock::at(first).now_ms()).await;
            let work = Steered::new([]);
            let nodes = [test.another().await, test.another().await];
            let [mut one, mut two] = nodes.each_ref().map(|node| work.worker(node));
            // Two nodes look at the same time, every half hour for three days.
            for _ in 0..3 * 48 {
                let (a, b) = tokio::join!(one.run_until_idle(), two.run_until_idle());
                a.unwrap();
                b.unwrap();
                test.clock.advance(SignedDuration::from_mins(30));
            }
            assert_eq!(firings(&test.app, &scope).await, dates);
        }
    }

    async fn missed_firings_happen_once_and_a_clock_set_back_repeats_nothing(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        put(&test.app, &scope, "0 * * * *", test.clock.now_ms()).await;
        let mut worker = Steered::new([]).worker(&test.app);
        worker.run_until_idle().await.unwrap();
        assert_eq!(effects(&test.app, &scope).await, 1);
        // Nobody worked for ten days.
        test.clock.advance(SignedDuration::from_hours(240));
        worker.run_until_idle().await.unwrap();
        assert_eq!(effects(&test.app, &scope).await, 2);
        test.clock.advance(-SignedDuration::from_mins(50));
        for _ in 0..5 {
            test.clock.advance(SignedDuration::from_mins(10));
            worker.run_until_idle().await.unwrap();
            test.app.ensure_schedules().await.unwrap();
        }
        assert_eq!(effects(&test.app, &scope).await, 2);
        test.clock.advance(SignedDuration::from_mins(60));
        worker.run_until_idle().await.unwrap();
        assert_eq!(effects(&test.app, &scope).await, 3);
    }

    async fn built_in_schedules_are_there_and_do_their_work(test: TestApp) {
        let workspace = test.workspace_in("America/New_York").await;
        let scope = &workspace.admin.scope;
        test.app.ensure_schedules().await.unwrap();
        let first = test.app.schedules(scope).await.unwrap();
        assert_eq!(first.len(), 1);
        assert_eq!((&*first[0].kind, &*first[0].time_zone, first[0].last_at), ("audit.verify", "America/New_York", None));
        let wall = first[0].next_at.to_zoned(TimeZone::get("America/New_York").unwrap());
        assert_eq!((wall.hour(), wall.minute()), (3, 20));
        // Again and again it is the same one, also when two nodes start at once.
        let (a, b) = tokio::join!(test.app.ensure_schedules(), test.app.ensure_schedules());
        a.unwrap();
        b.unwrap();
        assert_eq!(test.app.schedules(scope).await.unwrap()[0].next_at, first[0].next_at);

        test.clock.advance(SignedDuration::from_hours(24));
        test.run_jobs_until_idle().await;
        let of_ours = kinds(&test.app, scope).await;
        assert_eq!(of_ours, ["audit.verify done"]);
        let installation = test.system_scope(&TenantId::installation());
        let mut of_all = kinds(&test.app, &installation).await;
        of_all.sort();
        assert_eq!(of_all, ["approvals.expire done", "audit.verify done", "housekeeping done"]);
    }

    async fn a_schedule_planned_by_a_wrong_clock_is_put_right(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        test.app.ensure_schedules().await.unwrap();
        let right = test.app.schedules(&scope).await.unwrap()[0].next_at;
        test.clock.advance(SignedDuration::from_hours(24 * 365));
        test.run_jobs_until_idle().await;
        test.clock.advance(-SignedDuration::from_hours(24 * 365));
        assert!(test.app.schedules(&scope).await.unwrap()[0].next_at > right);
        test.app.ensure_schedules().await.unwrap();
        assert_eq!(test.app.schedules(&scope).await.unwrap()[0].next_at, right);
    }
}

async fn put(app: &App, scope: &Scope, cron: &str, next_at: i64) {
    let tx = app.store.system_write().await.unwrap();
    let row = rows::Schedule {
        tenant_id: scope.tenant.to_string(),
        kind: KIND.to_owned(),
        cron: cron.to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        next_at,
        last_at: None,
    };
    tx.put_schedule(row).await.unwrap();
    tx.commit().await.unwrap();
}

/// When test work was queued, in Berlin, oldest first.
async fn firings(app: &App, scope: &Scope) -> Vec<String> {
    let tx = app.store.read(scope).await.unwrap();
    let filter = JobFilter { kind: Some(KIND.to_owned()), state: None };
    let jobs = tx.jobs(&filter, &PageRequest::first(200)).await.unwrap().items;
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let at =
        |job: rows::Job| jiff::Timestamp::from_millisecond(job.created_at).unwrap().to_zoned(berlin.clone());
    jobs.into_iter().rev().map(|job| at(job).strftime("%Y-%m-%d %H:%M").to_string()).collect()
}

async fn kinds(app: &App, scope: &Scope) -> Vec<String> {
    let page = app.jobs(scope, &JobFilter::default(), &PageRequest::first(200)).await.unwrap();
    page.items.into_iter().map(|job| format!("{} {}", job.kind, job.state.id())).collect()
}

/// A worker does not need a handler of its own to keep schedules.
#[tokio::test]
async fn a_worker_puts_the_schedules_in_place_when_it_starts() {
    let test = TestApp::sqlite().await;
    let scope = test.workspace().await.admin.scope;
    let worker = tokio::spawn(Worker::new(test.app.clone()).run(std::future::pending()));
    crate::handlers::until("the schedules are there", || async {
        test.app.schedules(&scope).await.unwrap().len() == 1
    })
    .await;
    worker.abort();
}
