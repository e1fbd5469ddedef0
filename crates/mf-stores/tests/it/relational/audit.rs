//! The audit log: append-only, one unbroken chain per workspace however many write at once.

use futures::future::join_all;
use mf_domain::audit::Verifier;
use mf_stores::relational::{AuditFilter, Engine};
use mf_testkit::on_each_engine;
use sea_orm::{ConnectionTrait, TransactionTrait};

use super::samples::{NOW, entry};
use super::{Fixture, Scope};

on_each_engine! {
    async fn entries_written_at_once_form_one_chain(fixture: Fixture) {
        // Nothing is there yet: they also race for the first place.
        join_all((0..40).map(|n| append(&fixture, &fixture.ours, format!("aud_{n}")))).await;
        append(&fixture, &fixture.theirs, "aud_theirs".into()).await;
        let tx = fixture.read(&fixture.ours).await;
        let (end, head) = tx.audit_end().await.unwrap();
        assert_eq!(end, 40);
        let mut verifier = Verifier::default();
        let mut after = 0;
        while after < 40 {
            let page = tx.audit_chain(after, 7).await.unwrap();
            after = page.last().unwrap().0.seq;
            page.iter().for_each(|(entry, hash)| verifier.check(entry, hash).unwrap());
        }
        verifier.finish(end, &head).unwrap();
        let tx = fixture.read(&fixture.theirs).await;
        assert_eq!(tx.audit_end().await.unwrap().0, 1);
    }

    async fn an_entry_falls_with_its_change(fixture: Fixture) {
        append(&fixture, &fixture.ours, "aud_1".into()).await;
        let mut tx = fixture.write(&fixture.ours).await;
        tx.append_audit(entry("aud_2")).await.unwrap();
        drop(tx);
        append(&fixture, &fixture.ours, "aud_3".into()).await;
        let tx = fixture.read(&fixture.ours).await;
        let ids: Vec<String> = tx.audit_chain(0, 10).await.unwrap().into_iter().map(|(entry, _)| entry.id).collect();
        assert_eq!(ids, ["aud_1", "aud_3"]);
    }

    async fn the_log_cannot_be_changed(fixture: Fixture) {
        append(&fixture, &fixture.ours, "aud_1".into()).await;
        for sql in ["UPDATE audit_log SET after = '{}'", "DELETE FROM audit_log"] {
            let raw = fixture.database.raw().await;
            let tx = raw.begin().await.unwrap();
            if fixture.store.engine() == Engine::Postgres {
                tx.execute_unprepared("SET LOCAL ROLE marketflow_system").await.unwrap();
            }
            let error = tx.execute_unprepared(sql).await.unwrap_err().to_string();
            assert!(error.contains("append-only") || error.contains("permission denied"), "{error}");
        }
    }

    async fn the_log_can_be_searched(fixture: Fixture) {
        for n in 0..5 {
            let mut tx = fixture.write(&fixture.ours).await;
            let mut one = entry(&format!("aud_{n}"));
            one.at_ms = NOW + n;
            one.actor_id = Some(format!("usr_{n}"));
            one.subject_label = Some(format!("Campaign {n}"));
            tx.append_audit(one).await.unwrap();
            tx.commit().await.unwrap();
        }
        let tx = fixture.read(&fixture.ours).await;
        let ids = |filter: AuditFilter, before| {
            let tx = &tx;
            async move {
                let page = tx.audit_entries(&filter, before, 2).await.unwrap();
                (page.items.into_iter().map(|row| row.id).collect::<Vec<_>>(), page.next)
            }
        };
        let all = AuditFilter::default();
        assert_eq!(ids(all.clone(), None).await, (vec!["aud_4".into(), "aud_3".into()], Some("4".into())));
        assert_eq!(ids(all.clone(), Some(2)).await, (vec!["aud_0".into()], None));
        let search = AuditFilter { search: Some("CAMPAIGN 3".into()), ..all.clone() };
        assert_eq!(ids(search, None).await.0, ["aud_3"]);
        let actor = AuditFilter { actor: Some("usr_1".into()), ..all.clone() };
        assert_eq!(ids(actor, None).await.0, ["aud_1"]);
        let time = AuditFilter { from: Some(NOW + 1), to: Some(NOW + 2), ..all };
        assert_eq!(ids(time, None).await.0, ["aud_1"]);
    }
}

async fn append(fixture: &Fixture, scope: &Scope, id: String) {
    let mut tx = fixture.write(scope).await;
    tx.append_audit(entry(&id)).await.unwrap();
    tx.commit().await.unwrap();
}
