//! Many at once, asking for the same thing: one gets it, the others are told, nobody fails.

use std::time::Duration;

use futures::future::join_all;
use mf_domain::Scope;
use mf_domain::approvals::State;
use mf_domain::scope::Once;
use mf_stores::relational::{Change, PageRequest, Reservation, StoreError, Topic};
use mf_testkit::on_each_engine;

use super::Fixture;
use super::samples::{self, NOW, id};

on_each_engine! {
    async fn of_many_deciders_one_decides(fixture: Fixture) {
        fixture.fill(&fixture.ours).await;
        let outcomes = join_all((0..20).map(|n| {
            let fixture = &fixture;
            async move {
                let tx = fixture.write(&fixture.ours).await;
                let mut row = tx.approval(&id(&fixture.ours, "apr")).await.unwrap().unwrap();
                row.state = State::Executing.id().into();
                row.decided_by = Some(format!("usr_{n}"));
                row.version += 1;
                tx.move_approval(State::Waiting, row).await?;
                tx.commit().await
            }
        }))
        .await;
        let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        assert!(lost.iter().all(|outcome| matches!(outcome, Err(StoreError::Stale))));
    }

    async fn of_many_who_change_the_same_version_one_does(fixture: Fixture) {
        fixture.fill(&fixture.ours).await;
        let outcomes = join_all((0..10).map(|n| {
            let fixture = &fixture;
            async move {
                let mut row = samples::project(&fixture.ours);
                row.name = format!("Name {n}");
                row.version += 1;
                let tx = fixture.write(&fixture.ours).await;
                tx.save_project(row).await?;
                tx.commit().await
            }
        }))
        .await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(StoreError::Stale))));
    }

    async fn of_fifty_equal_requests_one_does_the_work(fixture: Fixture) {
        let reserve = |fingerprint: &'static str, now: i64| {
            let fixture = &fixture;
            async move {
                let tx = fixture.write(&fixture.ours).await;
                let found = tx.reserve_answer("usr", "key", fingerprint, now, now - 60_000).await.unwrap();
                tx.commit().await.unwrap();
                found
            }
        };
        let found = join_all((0..50).map(|_| reserve("print", NOW))).await;
        assert_eq!(found.iter().filter(|one| **one == Reservation::Reserved).count(), 1);
        assert_eq!(found.iter().filter(|one| **one == Reservation::InFlight).count(), 49);
        assert_eq!(reserve("other", NOW).await, Reservation::Mismatch);

        // Whoever held it died: one of many takes over.
        let found = join_all((0..20).map(|_| reserve("print", NOW + 60_001))).await;
        assert_eq!(found.iter().filter(|one| **one == Reservation::Reserved).count(), 1);

        // The work notes in its own transaction that it is done; the first holder's would be void.
        let once = |stamp| Once { actor: "usr".into(), key_hash: "key".into(), stamp };
        let late = Scope { once: Some(once(NOW)), ..fixture.ours.clone() };
        assert!(matches!(fixture.store.write(&late).await, Err(StoreError::Stale)));
        let holder = Scope { once: Some(once(NOW + 60_001)), ..fixture.ours.clone() };
        fixture.write(&holder).await.commit().await.unwrap();
        assert_eq!(reserve("print", NOW + 200_000).await, Reservation::Done);

        let tx = fixture.write(&fixture.ours).await;
        tx.keep_answer("usr", "key", 201, "sealed").await.unwrap();
        tx.commit().await.unwrap();
        let answered = Reservation::Answered { status: 201, answer: "sealed".into() };
        assert_eq!(reserve("print", NOW + 200_000).await, answered);
        assert_eq!(reserve("other", NOW + 200_000).await, Reservation::Mismatch);
    }

    async fn a_hundred_writers_wait_their_turn(fixture: Fixture) {
        let writers = (0..100).map(|n| {
            let store = fixture.store.clone();
            let scope = fixture.ours.clone();
            tokio::spawn(async move {
                let mut row = samples::project(&scope);
                row.id = format!("prj_{n:03}");
                let mut tx = store.write(&scope).await?;
                tx.add_project(row).await?;
                tx.append_audit(samples::entry(&format!("aud_{n}"))).await?;
                tx.commit().await
            })
        });
        for outcome in join_all(writers).await {
            outcome.unwrap().unwrap();
        }
        let tx = fixture.read(&fixture.ours).await;
        assert_eq!(tx.projects(None, false, &PageRequest::first(200)).await.unwrap().items.len(), 100);
    }

    async fn a_first_fact_is_written_once(fixture: Fixture) {
        let outcomes = join_all((0..10).map(|n| {
            let fixture = &fixture;
            async move {
                let tx = fixture.system().await;
                tx.add_fact("set_up", &n.to_string()).await?;
                tx.commit().await
            }
        }))
        .await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(StoreError::Duplicate))));
    }

    async fn a_change_is_heard_after_its_commit_and_only_then(fixture: Fixture) {
        let mut changes = fixture.store.changes();
        // On PostgreSQL listening begins in the background: announce until something is heard.
        let heard = loop {
            let mut tx = fixture.write(&fixture.theirs).await;
            tx.announce(Topic::Projects, Some("first"));
            tx.commit().await.unwrap();
            if let Ok(change) = tokio::time::timeout(Duration::from_millis(200), changes.recv()).await {
                break change.unwrap();
            }
        };
        assert_eq!(heard.tenant.as_ref(), Some(&fixture.theirs.tenant));

        let mut dropped = fixture.write(&fixture.ours).await;
        dropped.announce(Topic::Projects, Some("dropped"));
        drop(dropped);
        let mut tx = fixture.write(&fixture.ours).await;
        tx.announce(Topic::Jobs, Some("last"));
        tx.commit().await.unwrap();
        let next = loop {
            let change = changes.recv().await.unwrap();
            if change.id.as_deref() != Some("first") {
                break change;
            }
        };
        let expected = Change { tenant: Some(fixture.ours.tenant.clone()), topic: Topic::Jobs, id: Some("last".into()) };
        assert_eq!(next, expected);
    }
}
