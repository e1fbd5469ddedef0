//! Opening a database: once, again, by many at the same time, and one from the future.

use std::sync::Arc;

use futures::future::join_all;
use mf_stores::relational::Store;
use mf_testkit::{TestDatabase, VirtualClock, on_each_engine};

use super::Fixture;
use super::archive::dump;

on_each_engine! {
    async fn opening_again_changes_nothing(fixture: Fixture) {
        fixture.fill(&fixture.ours).await;
        let before = dump(&fixture.store).await;
        let again = fixture.database.open(Arc::new(fixture.clock.clone())).await;
        assert_eq!(dump(&again).await, before);
    }

    async fn many_may_open_a_new_database_at_once(database: TestDatabase) {
        let opened = join_all((0..6).map(|_| {
            let options = database.options().clone();
            tokio::spawn(async move { Store::open(&options, Arc::new(VirtualClock::default())).await })
        }))
        .await;
        for store in opened {
            let store = store.unwrap().unwrap();
            assert!(store.system_read().await.unwrap().is_untouched().await.unwrap());
        }
    }

    async fn a_database_of_a_newer_version_is_left_alone(fixture: Fixture) {
        let future = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)";
        fixture.database.run(future).await;
        let error = Store::open(fixture.database.options(), Arc::new(fixture.clock.clone())).await;
        let error = error.err().unwrap().to_string();
        assert!(error.contains("newer Marketflow") && error.contains("m9999_future"), "{error}");
    }

    async fn what_is_acknowledged_is_on_disk(fixture: Fixture) {
        // What a PostgreSQL server does with its disk is its operator's to say, and tests run one in haste.
        if fixture.store.engine() == mf_stores::relational::Engine::Sqlite {
            assert_eq!(fixture.store.durability().await.unwrap(), "journal_mode=wal, synchronous=2");
        }
    }
}
