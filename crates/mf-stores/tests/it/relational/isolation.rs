//! One workspace neither sees nor touches another's rows, whatever it asks for.

use mf_domain::approvals::State;
use mf_stores::relational::{AuditFilter, JobFilter, JobsSummary, PageRequest, Reservation, StoreError, Tx};
use mf_testkit::on_each_engine;

use super::archive::dump;
use super::samples::{self, NOW, id};
use super::{Fixture, Scope};

on_each_engine! {
    async fn nothing_of_another_workspace_is_visible(fixture: Fixture) {
        fixture.fill(&fixture.theirs).await;
        let tx = fixture.read(&fixture.ours).await;
        let of = |what| id(&fixture.theirs, what);
        let page = PageRequest::first(10);

        assert!(tx.tenant_row().await.is_err());
        assert_eq!(tx.spending().await.unwrap().version, 0);
        assert!(tx.approval_settings().await.unwrap().is_none());
        assert!(tx.members(None, &page).await.unwrap().items.is_empty());
        assert!(tx.member(&of("usr")).await.unwrap().is_none());
        assert_eq!(tx.count_active_admins().await.unwrap(), 0);
        assert!(tx.invitations(&page).await.unwrap().items.is_empty());
        assert!(tx.invitation(&of("inv")).await.unwrap().is_none());
        assert!(tx.open_invitation_for("guest@example.com", NOW).await.unwrap().is_none());
        assert!(tx.api_keys(None, &page).await.unwrap().items.is_empty());
        assert!(tx.api_key(&of("key")).await.unwrap().is_none());
        assert!(tx.projects(None, false, &page).await.unwrap().items.is_empty());
        assert!(tx.project(&of("prj")).await.unwrap().is_none());
        assert!(tx.approvals(&State::ALL, &page).await.unwrap().items.is_empty());
        assert!(tx.approval(&of("apr")).await.unwrap().is_none());
        assert!(tx.waiting_approvals().await.unwrap().is_empty());
        assert!(tx.erasures(&page).await.unwrap().items.is_empty());
        assert!(tx.erasure(&of("era")).await.unwrap().is_none());
        assert!(tx.open_erasure_of(&of("prj")).await.unwrap().is_none());
        assert!(tx.jobs(&JobFilter::default(), &page).await.unwrap().items.is_empty());
        assert!(tx.job(&of("job")).await.unwrap().is_none());
        assert_eq!(tx.jobs_summary(NOW).await.unwrap(), JobsSummary::default());
        assert!(tx.schedules().await.unwrap().is_empty());
        assert!(tx.audit_entries(&AuditFilter::default(), None, 10).await.unwrap().items.is_empty());
        assert!(tx.audit_chain(0, 10).await.unwrap().is_empty());
        assert!(tx.audit_entry(&of("aud")).await.unwrap().is_none());
        assert_eq!(tx.audit_end().await.unwrap().0, 0);
    }

    async fn nothing_of_another_workspace_can_be_changed(fixture: Fixture) {
        fixture.fill(&fixture.theirs).await;
        let before = dump(&fixture.store).await;
        let tx = fixture.write(&fixture.ours).await;
        touch_everything(&tx, &fixture.theirs).await;
        tx.commit().await.unwrap();
        // The same key means another answer here; it is ours, so it goes again.
        let tx = fixture.write(&fixture.ours).await;
        let hash = id(&fixture.theirs, "hash");
        assert_eq!(tx.reserve_answer("actor", &hash, "other", NOW, NOW).await.unwrap(), Reservation::Reserved);
        tx.release_answer("actor", &hash).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(dump(&fixture.store).await, before);
    }

    async fn a_row_of_another_workspace_is_refused(fixture: Fixture) {
        let theirs = &fixture.theirs;
        let tx = fixture.write(&fixture.ours).await;
        let refused = [
            tx.save_tenant(samples::tenant(theirs)).await,
            tx.save_spending(samples::spending(theirs)).await,
            tx.save_approval_settings(samples::approval_settings(theirs)).await,
            tx.add_membership(samples::membership(theirs)).await,
            tx.save_membership(samples::membership(theirs)).await,
            tx.add_invitation(samples::invitation(theirs)).await,
            tx.add_api_key(samples::api_key(theirs)).await,
            tx.add_project(samples::project(theirs)).await,
            tx.save_project(samples::project(theirs)).await,
            tx.add_approval(samples::approval(theirs)).await,
            tx.add_erasure(samples::erasure(theirs)).await,
            tx.save_erasure(samples::erasure(theirs)).await,
            tx.put_schedule(samples::schedule(theirs)).await,
        ];
        for (n, outcome) in refused.into_iter().enumerate() {
            let error = outcome.unwrap_err();
            assert!(matches!(&error, StoreError::Other(why) if why.contains("another workspace")), "{n}: {error}");
        }
    }

    async fn what_is_not_committed_did_not_happen(fixture: Fixture) {
        let tx = fixture.write(&fixture.ours).await;
        tx.add_project(samples::project(&fixture.ours)).await.unwrap();
        drop(tx);
        let tx = fixture.read(&fixture.ours).await;
        assert!(tx.project(&id(&fixture.ours, "prj")).await.unwrap().is_none());
    }

    async fn a_reader_sees_one_moment(fixture: Fixture) {
        fixture.fill(&fixture.ours).await;
        let reader = fixture.read(&fixture.ours).await;
        assert!(reader.project(&id(&fixture.ours, "prj")).await.unwrap().is_some());
        let writer = fixture.write(&fixture.ours).await;
        writer.delete_project(&id(&fixture.ours, "prj")).await.unwrap();
        writer.commit().await.unwrap();
        assert!(reader.project(&id(&fixture.ours, "prj")).await.unwrap().is_some());
    }

    async fn a_search_takes_percent_signs_for_themselves(fixture: Fixture) {
        fixture.fill(&fixture.ours).await;
        let tx = fixture.read(&fixture.ours).await;
        let page = PageRequest::first(10);
        for (text, found) in [("100%", 1), ("SPRING", 1), ("1%0", 0), ("S_ring", 0), ("'", 0)] {
            assert_eq!(tx.projects(Some(text), false, &page).await.unwrap().items.len(), found, "{text}");
        }
    }
}

/// Every change that names a row by its id, aimed at somebody else's.
async fn touch_everything(tx: &Tx, theirs: &Scope) {
    let of = |what| id(theirs, what);
    assert_eq!(tx.delete_project(&of("prj")).await.unwrap(), 0);
    assert_eq!(tx.remove_membership(&of("usr")).await.unwrap(), 0);
    assert!(!tx.revoke_api_key(&of("key"), NOW).await.unwrap());
    assert_eq!(tx.revoke_api_keys_of(&of("usr"), NOW).await.unwrap(), 0);
    assert!(!tx.cancel_job(&of("job"), NOW).await.unwrap());
    assert!(!tx.requeue_job(&of("job"), NOW).await.unwrap());
    assert_eq!(tx.delete_finished_jobs_of(&of("usr")).await.unwrap(), 0);
    assert_eq!(tx.forget_label_in_approvals(&of("prj"), "gone").await.unwrap(), 0);
    assert_eq!(tx.forget_answers().await.unwrap(), 0);
    tx.keep_answer("actor", &of("hash"), 200, "answer").await.unwrap();
    tx.release_answer("actor", &of("hash")).await.unwrap();
    for outcome in [
        tx.renew_invitation(&of("inv"), "new", NOW).await,
        tx.revoke_invitation(&of("inv"), NOW).await,
        tx.take_invitation(&of("inv"), &of("token"), NOW).await,
    ] {
        assert!(matches!(outcome, Err(StoreError::Stale)));
    }
    assert_eq!(tx.revoke_invitations_by(&of("usr"), NOW).await.unwrap(), 0);
    assert_eq!(tx.forget_key_names_of(&of("usr"), "gone").await.unwrap(), 0);
    assert_eq!(tx.forget_label_in_erasures(&of("prj"), "gone").await.unwrap(), 0);
    let mut decided = samples::approval(theirs);
    decided.version = 2;
    assert!(matches!(tx.move_approval(State::Waiting, decided).await, Err(StoreError::Stale)));
}
