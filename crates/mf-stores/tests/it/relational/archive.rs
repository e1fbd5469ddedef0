//! Backup and restore: every table out and in again, also from one engine into the other.

use std::collections::BTreeMap;

use mf_stores::relational::{GLOBAL_TABLES, Store, TENANT_TABLES, TableDump};
use mf_testkit::{TestDatabase, on_each_engine};

use super::Fixture;
use super::samples::job;

/// Tables with their lines, in the order in which they came.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Dump(pub(super) BTreeMap<&'static str, Vec<String>>);

impl TableDump for Dump {
    fn lines(&mut self, table: &'static str, lines: &[String]) -> std::io::Result<()> {
        self.0.entry(table).or_default().extend_from_slice(lines);
        Ok(())
    }
}

pub(super) async fn dump(store: &Store) -> Dump {
    let mut dump = Dump::default();
    let counts = store.system_read().await.unwrap().dump(&mut dump).await.unwrap();
    for count in counts {
        let lines = dump.0.get(count.table).map_or(0, Vec::len);
        assert_eq!(count.rows, lines as u64, "{}", count.table);
    }
    dump
}

async fn load(store: &Store, dump: &Dump) {
    let tx = store.system_write().await.unwrap();
    assert!(tx.is_untouched().await.unwrap());
    tx.clear_for_restore().await.unwrap();
    for (table, lines) in &dump.0 {
        tx.load(table, lines).await.unwrap();
    }
    tx.commit().await.unwrap();
}

on_each_engine! {
    async fn a_dump_holds_every_table_and_comes_back_whole(fixture: Fixture) {
        fixture.fill(&fixture.ours).await;
        fixture.fill(&fixture.theirs).await;
        fixture.system().await.set_fact("a", "b").await.unwrap();
        let before = dump(&fixture.store).await;
        for table in TENANT_TABLES.iter().chain(GLOBAL_TABLES) {
            assert!(before.0.contains_key(table), "{table} is missing from the dump");
        }
        for table in TENANT_TABLES {
            assert!(before.0[table].len() >= 2, "the fixture left {table} empty");
        }
        // Into every engine that is there, whichever this one is.
        for database in TestDatabase::engines().await {
            let other = Fixture::on(database).await;
            load(&other.store, &before).await;
            assert_eq!(dump(&other.store).await, before);
        }
    }

    async fn more_rows_than_one_page_come_back(fixture: Fixture) {
        let tx = fixture.write(&fixture.ours).await;
        for n in 0..1_001 {
            tx.enqueue(job(&format!("job_{n:05}"))).await.unwrap();
        }
        tx.commit().await.unwrap();
        let before = dump(&fixture.store).await;
        assert_eq!(before.0["jobs"].len(), 1_001);
        let other = Fixture::sqlite().await;
        load(&other.store, &before).await;
        assert_eq!(dump(&other.store).await, before);
    }

    async fn a_damaged_dump_is_refused(fixture: Fixture) {
        let tx = fixture.system().await;
        let unknown = tx.load("planets", &[]).await.unwrap_err().to_string();
        assert!(unknown.contains("planets"), "{unknown}");
        let broken = tx.load("projects", &["{".to_owned()]).await.unwrap_err().to_string();
        assert!(broken.contains("projects"), "{broken}");
    }
}
