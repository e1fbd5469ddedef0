//! Nobody is left without an admin, and whoever leaves leaves nothing behind to come back in by.

use mf_app::{AppError, KeyKind, MemberView};
use mf_domain::{Role, Scope};
use mf_stores::relational::rows;
use mf_testkit::{Member, TestApp, Workspace, on_each_engine};

use crate::keys::make;
use crate::sign_in::{after_hash, bearer, cookie, enter, present, reset, sessions_of};

on_each_engine! {
    async fn the_last_admin_stays(test: TestApp) {
        let workspace = test.workspace().await;
        let (scope, id) = (&workspace.admin.scope, workspace.admin.id.as_str());
        let session = cookie(&test, &workspace.admin).await;
        let suspended = test.member(&workspace.id, Role::Admin).await;
        change(&test, scope, &suspended, None, Some(true)).await.unwrap();

        let version = seen(&test, scope, &workspace.admin).await.version;
        for (role, suspended) in [(Some(Role::Marketer), None), (None, Some(true)), (Some(Role::Approver), Some(true))] {
            let refused = test.app.change_member(scope, id, version, role, suspended).await;
            assert!(matches!(refused, Err(AppError::Conflict { .. })), "{role:?} {suspended:?}");
        }
        assert!(matches!(test.app.remove_member(scope, id, version).await, Err(AppError::Conflict { .. })));
        let still = seen(&test, scope, &workspace.admin).await;
        assert_eq!((still.role, still.suspended, still.version), (Role::Admin, false, version));
        assert!(present(&test, &session).await.is_ok(), "nothing of it happened");

        change(&test, scope, &suspended, None, Some(false)).await.unwrap();
        test.app.remove_member(&suspended.scope, id, version).await.unwrap();
    }

    async fn two_admins_cannot_do_away_with_each_other_at_once(test: TestApp) {
        for round in 0..6 {
            let workspace = test.workspace().await;
            let (one, two) = (&workspace.admin, &test.member(&workspace.id, Role::Admin).await);
            let versions = (seen(&test, &one.scope, one).await.version, seen(&test, &one.scope, two).await.version);
            let oust = async |by: &Member, whom: &Member, version| match round % 3 {
                0 => test.app.change_member(&by.scope, whom.id.as_str(), version, Some(Role::Analyst), None).await.map(drop),
                1 => test.app.change_member(&by.scope, whom.id.as_str(), version, None, Some(true)).await.map(drop),
                _ => test.app.remove_member(&by.scope, whom.id.as_str(), version).await,
            };
            let (a, b) = tokio::join!(oust(one, two, versions.1), oust(two, one, versions.0));
            assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1, "round {round}: {a:?} {b:?}");
            let loser = a.err().or(b.err()).unwrap();
            assert!(matches!(loser, AppError::Conflict { .. }), "{loser:?}");
        }
    }

    async fn whoever_is_removed_cannot_come_back_in(test: TestApp) {
        let (workspace, elsewhere) = (test.workspace().await, test.workspace().await);
        let leaver = test.member(&workspace.id, Role::Admin).await;
        let theirs = enter(&test, &leaver).await;
        let colleague = enter(&test, &workspace.admin).await;
        let session = cookie(&test, &leaver).await;
        let mut keys = Vec::new();
        for kind in KeyKind::ALL {
            keys.push(make(&test, &theirs, kind).await);
        }
        let kept = make(&test, &colleague, KeyKind::Server).await;
        let invited = test.app.invite(&theirs.scope, "friend@example.com", Role::Admin).await.unwrap();
        let other = test.app.invite(&colleague.scope, "hire@example.com", Role::Analyst).await.unwrap();
        join(&test, &elsewhere, &leaver, Role::Analyst).await;
        let there = Member { scope: Scope { tenant: elsewhere.id.clone(), ..leaver.scope.clone() }, ..leaver.clone() };
        let session_there = cookie(&test, &there).await;

        let version = seen(&test, &colleague.scope, &leaver).await.version;
        test.app.remove_member(&colleague.scope, leaver.id.as_str(), version).await.unwrap();
        assert!(present(&test, &session).await.is_err());
        for key in &keys {
            assert!(matches!(bearer(&test, key).await, Err(AppError::Unauthenticated(_))));
        }
        let gone = test.app.preview_invitation(&after_hash(&invited.url)).await;
        assert!(matches!(gone, Err(AppError::Gone(_))));

        assert!(bearer(&test, &kept).await.is_ok());
        assert!(test.app.preview_invitation(&after_hash(&other.url)).await.is_ok());
        let elsewhere_still = present(&test, &session_there).await.unwrap();
        assert_eq!(elsewhere_still.scope.tenant, elsewhere.id);
        let back = test.app.switch_tenant(&elsewhere_still, &workspace.id).await;
        assert!(matches!(back, Err(AppError::NotFound("workspace"))));
    }

    async fn a_suspended_member_is_out_at_once_and_their_invitations_with_them(test: TestApp) {
        for (role, suspended) in [(None, Some(true)), (Some(Role::Marketer), None)] {
            let workspace = test.workspace().await;
            let second = test.member(&workspace.id, Role::Admin).await;
            let session = cookie(&test, &second).await;
            let invited = test.app.invite(&second.scope, "friend@example.com", Role::Admin).await.unwrap();
            change(&test, &workspace.admin.scope, &second, role, suspended).await.unwrap();
            let gone = test.app.preview_invitation(&after_hash(&invited.url)).await;
            assert!(matches!(gone, Err(AppError::Gone(_))));
            match present(&test, &session).await {
                Ok(identity) => assert_eq!((identity.scope.role, suspended), (role, None)),
                Err(_) => assert_eq!(suspended, Some(true)),
            }
        }
    }

    async fn a_reset_link_is_only_for_those_whose_every_workspace_the_admin_runs(test: TestApp) {
        let (ours, theirs) = (test.workspace().await, test.workspace().await);
        let (admin, person) = (&ours.admin, &ours.marketer);
        let ask = async || test.app.make_reset_link(&admin.scope, person.id.as_str()).await;
        reset(&test, &after_hash(&ask().await.unwrap().url)).await.unwrap();

        join(&test, &theirs, person, Role::Analyst).await;
        assert!(matches!(ask().await, Err(AppError::Refused { .. })), "one workspace's admin could walk into another");
        join(&test, &theirs, admin, Role::Marketer).await;
        assert!(matches!(ask().await, Err(AppError::Refused { .. })), "being there is not running it");
        change(&test, &theirs.admin.scope, admin, Some(Role::Admin), None).await.unwrap();
        assert!(ask().await.is_ok());
        change(&test, &theirs.admin.scope, admin, None, Some(true)).await.unwrap();
        assert!(matches!(ask().await, Err(AppError::Refused { .. })));
        let refused = test.app.make_reset_link(&ours.approver.scope, person.id.as_str()).await;
        assert!(matches!(refused, Err(AppError::Forbidden(_))));
    }

    async fn what_was_changed_since_it_was_read_is_not_changed_again(test: TestApp) {
        let workspace = test.workspace().await;
        let (scope, person) = (&workspace.admin.scope, &workspace.marketer);
        let session = cookie(&test, person).await;
        let version = seen(&test, scope, person).await.version;
        test.app.change_member(scope, person.id.as_str(), version, Some(Role::Approver), None).await.unwrap();
        let late = test.app.change_member(scope, person.id.as_str(), version, None, Some(true)).await;
        assert!(matches!(late, Err(AppError::Stale)));
        assert!(matches!(test.app.remove_member(scope, person.id.as_str(), version).await, Err(AppError::Stale)));
        let now = seen(&test, scope, person).await;
        assert_eq!((now.role, now.suspended), (Role::Approver, false));
        assert!(present(&test, &session).await.is_ok());
    }

    async fn another_workspaces_people_are_not_there(test: TestApp) {
        let (ours, theirs) = (test.workspace().await, test.workspace().await);
        let (scope, stranger) = (&ours.admin.scope, &theirs.marketer);
        let id = stranger.id.as_str();
        enter(&test, stranger).await;
        let nobody = |outcome: Result<(), AppError>| assert!(matches!(outcome, Err(AppError::NotFound("member"))));
        nobody(test.app.member(scope, id).await.map(drop));
        nobody(test.app.change_member(scope, id, 1, Some(Role::Analyst), Some(true)).await.map(drop));
        nobody(test.app.remove_member(scope, id, 1).await);
        nobody(test.app.make_reset_link(scope, id).await.map(drop));
        assert_eq!(sessions_of(&test, stranger).await, 1);
        assert_eq!(seen(&test, &theirs.admin.scope, stranger).await.version, 1);
        for role in [Role::Marketer, Role::Analyst, Role::Approver] {
            let member = ours.member(role);
            let refused = test.app.change_member(&member.scope, ours.analyst.id.as_str(), 1, Some(Role::Admin), None).await;
            assert!(matches!(refused, Err(AppError::Forbidden(_))));
        }
    }
}

/// Makes somebody a member of one more workspace.
pub async fn join(test: &TestApp, workspace: &Workspace, who: &Member, role: Role) {
    let tx = test.app.store.system_write().await.unwrap();
    let place = rows::Membership {
        tenant_id: workspace.id.to_string(),
        user_id: who.id.to_string(),
        role: role.id().to_owned(),
        status: "active".to_owned(),
        joined_at: test.app.now_ms(),
        version: 1,
    };
    tx.add_membership(place).await.unwrap();
    tx.commit().await.unwrap();
}

async fn seen(test: &TestApp, scope: &Scope, who: &Member) -> MemberView {
    test.app.member(scope, who.id.as_str()).await.unwrap()
}

async fn change(
    test: &TestApp,
    scope: &Scope,
    who: &Member,
    role: Option<Role>,
    suspended: Option<bool>,
) -> Result<MemberView, AppError> {
    let version = seen(test, scope, who).await.version;
    test.app.change_member(scope, who.id.as_str(), version, role, suspended).await
}
