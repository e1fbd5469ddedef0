//! A key may never do more than its kind and its maker allow, and a personal token ends with its
//! owner's trust in their password.

use jiff::SignedDuration;
use mf_app::{AppError, Identity, KeyKind, NewKey, PageRequest};
use mf_domain::{Permission, Role};
use mf_testkit::{PASSWORD, TestApp, on_each_engine};

use crate::sign_in::{after_hash, bearer, enter, fields, reset};

on_each_engine! {
    async fn a_key_holds_what_its_kind_and_its_maker_may_and_no_more(test: TestApp) {
        let workspace = test.workspace().await;
        let admin = enter(&test, &workspace.admin).await;
        let marketer = enter(&test, &workspace.marketer).await;

        let write = test.app.create_key(&admin.scope, new(KeyKind::Write, None)).await.unwrap();
        assert_eq!(write.key.permissions, ["signals.write"]);
        let server = test.app.create_key(&admin.scope, new(KeyKind::Server, None)).await.unwrap();
        let inside = bearer(&test, server.secret.expose()).await.unwrap().scope;
        for permission in Permission::ALL {
            assert_eq!(inside.may(*permission), !permission.needs_person(), "{permission}");
            let only = Some(vec![permission.id().to_owned()]);
            let server = test.app.create_key(&admin.scope, new(KeyKind::Server, only.clone())).await;
            assert_eq!(server.is_ok(), !permission.needs_person(), "server {permission}");
            let write = test.app.create_key(&admin.scope, new(KeyKind::Write, only.clone())).await;
            assert_eq!(write.is_ok(), *permission == Permission::SignalsWrite, "write {permission}");
            let personal = test.app.create_key(&marketer.scope, new(KeyKind::Personal, only)).await;
            assert_eq!(personal.is_ok(), marketer.scope.may(*permission), "personal {permission}");
            for refused in [server.err(), write.err(), personal.err()].into_iter().flatten() {
                assert_eq!(fields(&Err::<(), _>(refused)), ["permissions"]);
            }
        }
        // Somebody who may make keys and little else cannot hand out more than that.
        let mut narrow = admin.scope.clone();
        narrow.permissions = [Permission::KeysManage, Permission::ProjectsRead].into_iter().collect();
        let key = test.app.create_key(&narrow, new(KeyKind::Server, None)).await.unwrap().key;
        assert_eq!(key.permissions, ["projects.read"]);

        for kind in [KeyKind::Write, KeyKind::Server] {
            let refused = test.app.create_key(&marketer.scope, new(kind, None)).await;
            assert!(matches!(refused, Err(AppError::Forbidden(Permission::KeysManage))));
        }
    }

    async fn a_new_key_is_checked_field_by_field(test: TestApp) {
        let workspace = test.workspace().await;
        let admin = enter(&test, &workspace.admin).await;
        let wrong = NewKey {
            name: " ".to_owned(),
            kind: KeyKind::Server,
            permissions: Some(Vec::new()),
            expires_in_days: Some(0),
            allowed_origins: vec!["https://shop.example".to_owned()],
        };
        let refused = test.app.create_key(&admin.scope, wrong).await;
        let mut found = fields(&refused);
        found.sort_unstable();
        assert_eq!(found, ["allowed_origins", "expires_in_days", "name", "permissions"]);
        for origin in ["shop.example", "https://", "https://shop.example/path", "javascript:alert(1)"] {
            let mut write = new(KeyKind::Write, None);
            write.allowed_origins = vec![origin.to_owned()];
            assert_eq!(fields(&test.app.create_key(&admin.scope, write).await), ["allowed_origins"], "{origin}");
        }
        assert!(test.app.keys(&admin.scope, &PageRequest::first(5)).await.unwrap().items.is_empty());
    }

    async fn only_somebody_who_signed_in_makes_keys(test: TestApp) {
        let workspace = test.workspace().await;
        let admin = enter(&test, &workspace.admin).await;
        let server = make(&test, &admin, KeyKind::Server).await;
        let personal = make(&test, &admin, KeyKind::Personal).await;
        for secret in [&server, &personal] {
            let mut scope = bearer(&test, secret).await.unwrap().scope;
            scope.permissions = Role::Admin.permissions();
            for kind in KeyKind::ALL {
                let refused = test.app.create_key(&scope, new(kind, None)).await;
                assert!(matches!(refused, Err(AppError::Refused { .. })));
            }
        }
    }

    async fn a_revoked_or_expired_key_is_refused(test: TestApp) {
        let (workspace, other) = (test.workspace().await, test.workspace().await);
        let (admin, marketer) = (enter(&test, &workspace.admin).await, enter(&test, &workspace.marketer).await);
        let token = test.app.create_key(&marketer.scope, new(KeyKind::Personal, None)).await.unwrap();
        let (id, secret) = (token.key.id.as_str(), token.secret.expose());
        assert_eq!(bearer(&test, secret).await.unwrap().scope.user(), Some(&workspace.marketer.id));

        // Whose it is not, and who does not manage keys, is not even told that it exists.
        for stranger in [&workspace.analyst.scope, &other.admin.scope] {
            assert!(matches!(test.app.revoke_key(stranger, id).await, Err(AppError::NotFound("key"))));
        }
        assert!(bearer(&test, secret).await.is_ok());
        test.app.revoke_key(&marketer.scope, id).await.unwrap();
        assert!(matches!(bearer(&test, secret).await, Err(AppError::Unauthenticated(_))));
        assert!(matches!(test.app.revoke_key(&admin.scope, id).await, Err(AppError::Conflict { .. })));

        let mut brief = new(KeyKind::Server, None);
        brief.expires_in_days = Some(1);
        let brief = test.app.create_key(&admin.scope, brief).await.unwrap();
        test.clock.advance(SignedDuration::from_hours(24) - SignedDuration::from_millis(1));
        assert!(bearer(&test, brief.secret.expose()).await.is_ok());
        test.clock.advance(SignedDuration::from_millis(1));
        assert!(matches!(bearer(&test, brief.secret.expose()).await, Err(AppError::Unauthenticated(_))));
        for invented in ["mfs_0", "mfp_", "mfw_x"] {
            assert!(matches!(bearer(&test, invented).await, Err(AppError::Unauthenticated(_))));
        }
    }

    async fn everybody_sees_their_own_tokens_and_managers_see_all(test: TestApp) {
        let workspace = test.workspace().await;
        let (admin, marketer) = (enter(&test, &workspace.admin).await, enter(&test, &workspace.marketer).await);
        make(&test, &admin, KeyKind::Server).await;
        make(&test, &marketer, KeyKind::Personal).await;
        let seen = async |scope| test.app.keys(scope, &PageRequest::first(9)).await.unwrap().items.len();
        assert_eq!(seen(&admin.scope).await, 2);
        assert_eq!(seen(&marketer.scope).await, 1);
        assert_eq!(seen(&workspace.analyst.scope).await, 0);
        assert_eq!(seen(&test.workspace().await.admin.scope).await, 0);
    }

    async fn a_personal_token_ends_with_the_password_or_all_sign_ins(test: TestApp) {
        for ending in ["password change", "reset", "sign-out everywhere"] {
            let workspace = test.workspace().await;
            let admin = enter(&test, &workspace.admin).await;
            let colleague = enter(&test, &workspace.marketer).await;
            let mine = make(&test, &admin, KeyKind::Personal).await;
            let stays = [make(&test, &admin, KeyKind::Server).await, make(&test, &colleague, KeyKind::Personal).await];
            match ending {
                "password change" => {
                    test.app.change_password(&admin, PASSWORD, "a fourth horse and its battery").await.unwrap();
                }
                "reset" => {
                    let link = test.app.reset_link_for_email(&workspace.admin.email).await.unwrap();
                    reset(&test, &after_hash(&link.url)).await.unwrap();
                }
                _ => test.app.sign_out_everywhere(&admin.scope).await.unwrap(),
            }
            assert!(matches!(bearer(&test, &mine).await, Err(AppError::Unauthenticated(_))), "{ending}");
            for other in stays {
                assert!(bearer(&test, &other).await.is_ok(), "{ending}");
            }
        }
    }

    async fn a_personal_token_follows_its_owners_role(test: TestApp) {
        let workspace = test.workspace().await;
        let second = test.member(&workspace.id, Role::Admin).await;
        let all = make(&test, &enter(&test, &second).await, KeyKind::Personal).await;
        let few = new(KeyKind::Personal, Some(vec!["projects.read".to_owned()]));
        let few = test.app.create_key(&enter(&test, &second).await.scope, few).await.unwrap();
        let change = async |role, suspended| {
            let scope = &workspace.admin.scope;
            let version = test.app.member(scope, second.id.as_str()).await.unwrap().version;
            test.app.change_member(scope, second.id.as_str(), version, role, suspended).await.unwrap();
        };
        assert_eq!(bearer(&test, &all).await.unwrap().scope.permissions, Role::Admin.permissions());
        for role in [Role::Analyst, Role::Marketer, Role::Admin] {
            change(Some(role), None).await;
            assert_eq!(bearer(&test, &all).await.unwrap().scope.permissions, role.permissions());
            let few = bearer(&test, few.secret.expose()).await.unwrap().scope;
            assert_eq!(few.permissions.ids(), ["projects.read"], "it grows no further than it was made");
        }
        change(None, Some(true)).await;
        assert!(matches!(bearer(&test, &all).await, Err(AppError::Unauthenticated(_))));
        change(None, Some(false)).await;
        assert!(bearer(&test, &all).await.is_ok());
    }
}

pub fn new(kind: KeyKind, permissions: Option<Vec<String>>) -> NewKey {
    NewKey { name: "a key".to_owned(), kind, permissions, expires_in_days: None, allowed_origins: Vec::new() }
}

/// A key with all it can have; answers its secret.
pub async fn make(test: &TestApp, maker: &Identity, kind: KeyKind) -> String {
    let made = test.app.create_key(&maker.scope, new(kind, None)).await.unwrap();
    made.secret.expose().to_owned()
}
