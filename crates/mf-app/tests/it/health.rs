//! Readiness turns red when work stops moving, and says why.

use jiff::SignedDuration;
use mf_app::Worker;
use mf_testkit::{TestApp, on_each_engine};

use crate::handlers::{Steered, enqueue};

on_each_engine! {
    async fn all_is_well_until_work_stops_moving(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        let mut worker: Worker = Steered::new([]).worker(&test.app);
        let pulse = worker.pulse();
        let troubles = async || {
            let troubles = test.app.readiness(Some(&pulse), None).await;
            troubles.into_iter().map(|trouble| trouble.what).collect::<Vec<_>>()
        };
        worker.run_until_idle().await.unwrap();
        assert!(troubles().await.is_empty());

        enqueue(&test.app, &scope).await;
        test.clock.advance(SignedDuration::from_secs(59));
        assert!(troubles().await.is_empty());
        test.clock.advance(SignedDuration::from_secs(62));
        assert_eq!(troubles().await, ["worker", "jobs"]);
        worker.run_until_idle().await.unwrap();
        assert!(troubles().await.is_empty());

        test.clock.advance(-SignedDuration::from_hours(1));
        assert_eq!(troubles().await, ["worker"], "a dead worker does not look alive after the clock went back");

        let full = test.app.readiness(None, Some("2 MB left in the data folder".into())).await;
        assert_eq!((full.len(), full[0].what), (1, "disk"));
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_named() {
    let test = TestApp::sqlite().await;
    let closed = test.app.store.clone();
    closed.close().await;
    let troubles = test.app.readiness(None, None).await;
    assert_eq!((troubles.len(), troubles[0].what), (1, "database"));
}
