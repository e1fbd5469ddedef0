//! The spending limit rises past the threshold only with a second person, in however many steps.

use std::collections::BTreeMap;

use mf_app::{AppError, SpendingChange, TenantChange};
use mf_domain::approvals::{BUDGET_CHANGE, State};
use mf_domain::{Currency, Money, Scope};
use mf_testkit::{TestApp, Workspace, on_each_engine};

use crate::approvals::{approval, ask, decide, entries, state};
use crate::sign_in::{enter, fields};

const THRESHOLD: i64 = BUDGET_CHANGE.default;

on_each_engine! {
    async fn small_raises_are_immediate_and_together_no_larger_than_the_threshold(test: TestApp) {
        let workspace = test.workspace().await;
        let scope = &workspace.marketer.scope;
        for step in 1..=5 {
            assert!(is_immediate(&test, scope, THRESHOLD / 5 * step).await);
        }
        assert!(!is_immediate(&test, scope, THRESHOLD + 1).await, "five small raises are one large one");
        assert_eq!(limit(&test, scope).await, THRESHOLD);

        // From what was agreed to, the counting begins anew; taking it down first gains nothing.
        let agreed = 10 * THRESHOLD;
        raise_with_approval(&test, &workspace, agreed).await;
        assert!(is_immediate(&test, scope, agreed + THRESHOLD).await);
        assert!(!is_immediate(&test, scope, agreed + THRESHOLD + 1).await);
        assert!(is_immediate(&test, scope, agreed - 1).await);
        assert!(is_immediate(&test, scope, agreed - 1 + THRESHOLD).await);
        assert!(!is_immediate(&test, scope, agreed + THRESHOLD).await);
    }

    async fn lowering_is_immediate_and_so_is_changing_nothing(test: TestApp) {
        let workspace = test.workspace().await;
        let scope = &workspace.marketer.scope;
        raise_with_approval(&test, &workspace, 10 * THRESHOLD).await;
        let (spending, before) = (test.app.spending(scope).await.unwrap(), changes(&test, &workspace).await);
        let same = change(&test, scope, euros(10 * THRESHOLD)).await.unwrap();
        assert!(same.approval.is_none() && same.spending.version == spending.version);
        assert_eq!(changes(&test, &workspace).await, before);
        assert!(is_immediate(&test, scope, 0).await);
        assert_eq!(limit(&test, scope).await, 0);
        assert_eq!(changes(&test, &workspace).await, before + 1);
    }

    async fn a_raise_is_carried_out_only_from_where_it_was_asked(test: TestApp) {
        let workspace = test.workspace().await;
        let scope = &workspace.marketer.scope;
        let request = ask(&test.app, scope, 10 * THRESHOLD).await;
        assert!(is_immediate(&test, scope, 100).await);
        let approver = enter(&test, &workspace.approver).await.scope;
        decide(&test.app, &approver, &request, approval()).await.unwrap();
        test.run_jobs_until_idle().await;
        let closed = test.app.approval(scope, &request.row.id).await.unwrap();
        assert_eq!(closed.state, State::Failed);
        let why = closed.row.outcome.unwrap();
        assert!(why.contains("The limit is not 0.00 EUR any more"), "{why}");
        assert_eq!(limit(&test, scope).await, 100);
    }

    async fn one_raise_waits_at_a_time(test: TestApp) {
        let workspace = test.workspace().await;
        let scope = &workspace.marketer.scope;
        let request = ask(&test.app, scope, 10 * THRESHOLD).await;
        let pending = test.app.spending(scope).await.unwrap().pending_approval_id;
        assert_eq!(pending.as_deref(), Some(&*request.row.id));
        let second = change(&test, scope, euros(20 * THRESHOLD)).await;
        assert!(matches!(second, Err(AppError::Conflict { .. })));
        let stale = test.app.change_spending(scope, 7, euros(1), None).await;
        assert!(matches!(stale, Err(AppError::Stale)));
        test.app.withdraw_approval(scope, &request.row.id).await.unwrap();

        for _ in 0..5 {
            let (a, b) = tokio::join!(
                test.app.change_spending(scope, 0, euros(10 * THRESHOLD), None),
                test.app.change_spending(&workspace.admin.scope, 0, euros(20 * THRESHOLD), None)
            );
            assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1, "also of two at once");
            let (asked, by) = match (a, b) {
                (Ok(asked), _) => (asked, scope),
                (_, asked) => (asked.unwrap(), &workspace.admin.scope),
            };
            test.app.withdraw_approval(by, &asked.approval.unwrap().row.id).await.unwrap();
        }
    }

    async fn the_currency_stays_while_amounts_hang_on_it(test: TestApp) {
        let workspace = test.workspace().await;
        let scope = &workspace.admin.scope;
        let open = ask(&test.app, &workspace.marketer.scope, 10 * THRESHOLD).await;
        assert!(matches!(to_dollars(&test, &workspace).await, Err(AppError::Conflict { .. })), "a raise waits");
        let approver = enter(&test, &workspace.approver).await.scope;
        decide(&test.app, &approver, &open, approval()).await.unwrap();
        assert_eq!(state(&test.app, scope, &open).await, State::Executing);
        assert!(matches!(to_dollars(&test, &workspace).await, Err(AppError::Conflict { .. })), "a raise is on its way");
        test.run_jobs_until_idle().await;
        assert!(matches!(to_dollars(&test, &workspace).await, Err(AppError::Conflict { .. })), "there is a limit");
        assert_eq!(test.app.spending(scope).await.unwrap().limit.currency, Currency::EUR);
        assert!(is_immediate(&test, scope, 0).await);
        to_dollars(&test, &workspace).await.unwrap();
        assert_eq!(fields(&change(&test, scope, euros(5)).await), ["limit.currency"]);
    }

    async fn a_limit_and_another_currency_at_once_do_not_meet(test: TestApp) {
        for _ in 0..6 {
            let workspace = test.workspace().await;
            let scope = &workspace.admin.scope;
            let (currency, limit) = tokio::join!(to_dollars(&test, &workspace), change(&test, scope, euros(100)));
            assert!(!(currency.is_ok() && limit.is_ok()), "100 euros became 100 dollars");
        }
    }

    async fn without_a_threshold_nobody_is_asked(test: TestApp) {
        let workspace = test.workspace().await;
        let scope = &workspace.marketer.scope;
        set_threshold(&test, &workspace, None).await;
        assert!(is_immediate(&test, scope, 1_000 * THRESHOLD).await);
        set_threshold(&test, &workspace, Some(0)).await;
        assert!(!is_immediate(&test, scope, 1_000 * THRESHOLD + 1).await, "switched on again, it asks again");
        let refused = test.app.change_approval_settings(scope, 2, BTreeMap::new(), None).await;
        assert!(matches!(refused, Err(AppError::Forbidden(_))), "who spends does not say when to be asked");
    }

    async fn a_limit_that_is_none_is_refused_by_field(test: TestApp) {
        let workspace = test.workspace().await;
        let scope = &workspace.marketer.scope;
        let dollars = |minor| Money::new(minor, "USD".parse().unwrap());
        for (limit, wrong) in [
            (euros(-1), &["limit.minor"][..]),
            (euros(i64::MIN), &["limit.minor"]),
            (euros(i64::MAX), &["limit.minor"]),
            (dollars(1), &["limit.currency"]),
            (dollars(-1), &["limit.currency", "limit.minor"]),
        ] {
            assert_eq!(fields(&change(&test, scope, limit).await), wrong, "{limit}");
        }
        let wordy = test.app.change_spending(scope, 0, euros(1), Some(&"x".repeat(501))).await;
        assert_eq!(fields(&wordy), ["reason"]);
        for role in [&workspace.analyst, &workspace.approver] {
            assert!(matches!(change(&test, &role.scope, euros(1)).await, Err(AppError::Forbidden(_))));
        }
        assert_eq!((limit(&test, scope).await, changes(&test, &workspace).await), (0, 0));
    }
}

pub fn euros(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

async fn change(test: &TestApp, scope: &Scope, limit: Money) -> Result<SpendingChange, AppError> {
    let version = test.app.spending(scope).await.unwrap().version;
    test.app.change_spending(scope, version, limit, None).await
}

/// Sets the limit. Where a person would be asked, the wish is taken back.
async fn is_immediate(test: &TestApp, scope: &Scope, to: i64) -> bool {
    let changed = change(test, scope, euros(to)).await.unwrap();
    assert_eq!(changed.approval.is_none(), changed.spending.limit == euros(to));
    let Some(request) = changed.approval else { return true };
    test.app.withdraw_approval(scope, &request.row.id).await.unwrap();
    false
}

async fn limit(test: &TestApp, scope: &Scope) -> i64 {
    test.app.spending(scope).await.unwrap().limit.minor
}

async fn changes(test: &TestApp, workspace: &Workspace) -> usize {
    entries(&test.app, &workspace.admin.scope, "spending.changed").await.len()
}

async fn raise_with_approval(test: &TestApp, workspace: &Workspace, to: i64) {
    let request = ask(&test.app, &workspace.marketer.scope, to).await;
    let approver = enter(test, &workspace.approver).await.scope;
    decide(&test.app, &approver, &request, approval()).await.unwrap();
    test.run_jobs_until_idle().await;
    assert_eq!(limit(test, &workspace.admin.scope).await, to);
}

async fn set_threshold(test: &TestApp, workspace: &Workspace, value: Option<i64>) {
    let scope = &workspace.admin.scope;
    let version = test.app.approval_settings(scope).await.unwrap().version;
    let thresholds = BTreeMap::from([(BUDGET_CHANGE.id.to_owned(), value)]);
    test.app.change_approval_settings(scope, version, thresholds, None).await.unwrap();
}

async fn to_dollars(test: &TestApp, workspace: &Workspace) -> Result<(), AppError> {
    let scope = &workspace.admin.scope;
    let version = test.app.tenant(scope, &workspace.id).await.unwrap().version;
    let change = TenantChange { currency: Some("USD".to_owned()), ..Default::default() };
    test.app.change_tenant(scope, &workspace.id, version, change).await.map(drop)
}
