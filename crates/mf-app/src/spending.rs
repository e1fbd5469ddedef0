//! The spending limit: what the workspace may spend in all. Lowering it is immediate; raising it by
//! more than the threshold waits for a person.

use jiff::Timestamp;
use mf_domain::approvals::BUDGET_CHANGE;
use mf_domain::text::Checks;
use mf_domain::{Currency, Money, Permission, Scope};
use mf_stores::relational::{Topic, Tx, rows};

use crate::app::{instant, require};
use crate::approvals::{Ask, Guarded, RAISE};
use crate::audit::{Action, Subject};
use crate::{App, AppError, ApprovalView, DiffLine, Reason};

#[derive(Debug, Clone)]
pub struct SpendingView {
    pub limit: Money,
    pub updated_at: Option<Timestamp>,
    pub version: i64,
    pub pending_approval_id: Option<String>,
}

/// What asking for another limit led to.
pub struct SpendingChange {
    pub spending: SpendingView,
    /// Set when a person must agree first.
    pub approval: Option<ApprovalView>,
}

const MOST: i64 = 1_000_000_000_000;

impl App {
    pub async fn spending(&self, scope: &Scope) -> Result<SpendingView, AppError> {
        require(scope, Permission::WorkspaceRead)?;
        let tx = self.store.read(scope).await?;
        view(&tx).await
    }

    pub async fn change_spending(
        &self,
        scope: &Scope,
        version: i64,
        limit: Money,
        reason: Option<&str>,
    ) -> Result<SpendingChange, AppError> {
        require(scope, Permission::SpendingChange)?;
        let mut tx = self.store.write(scope).await?;
        // One at a time: what follows looks at the limit, the open requests and the currency together.
        tx.lock_tenant().await?;
        let now = view(&tx).await?;
        let reason = check(&limit, &now, reason)?;
        if now.version != version {
            return Err(AppError::Stale);
        }
        if now.limit == limit {
            return Ok(SpendingChange { spending: now, approval: None });
        }
        // Measured from what was last agreed to, so that many small raises are not smaller than one.
        let raise = limit.minor.saturating_sub(tx.spending().await?.approved_minor.min(now.limit.minor));
        let raises = limit.minor > now.limit.minor;
        let threshold = self.threshold(&tx, &BUDGET_CHANGE).await?;
        if !raises || !BUDGET_CHANGE.crossed(threshold, raise) {
            self.set_spending_limit(&mut tx, scope, limit.minor, None).await?;
            let spending = view(&tx).await?;
            tx.commit().await?;
            return Ok(SpendingChange { spending, approval: None });
        }
        if now.pending_approval_id.is_some() {
            return Err(AppError::conflict(
                "Another raise is waiting for approval.",
                "Wait for the decision, or withdraw that request first.",
            ));
        }
        let allowed = Money::new(threshold.unwrap_or_default(), limit.currency);
        let approval = self
            .ask_approval(&mut tx, scope, raise_request(scope, &now, limit, raise, allowed, reason))
            .await?;
        tx.announce(Topic::Settings, None);
        let spending = view(&tx).await?;
        tx.commit().await?;
        Ok(SpendingChange { spending, approval: Some(self.approval_view(scope, approval).await?) })
    }

    /// Carries out an approved raise, if it is still the raise that was approved.
    pub(crate) async fn raise_spending_limit(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        from: Money,
        to: Money,
        approval: &str,
    ) -> Result<String, AppError> {
        if view(tx).await?.limit != from {
            return Err(AppError::conflict(
                format!("The limit is not {from} any more, as it was when this was asked."),
                "Ask again.",
            ));
        }
        self.set_spending_limit(tx, scope, to.minor, Some(approval)).await
    }

    /// Writes the limit with its audit entry. Answers what happened in plain words.
    async fn set_spending_limit(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        limit_minor: i64,
        approval: Option<&str>,
    ) -> Result<String, AppError> {
        let before = tx.spending().await?;
        let currency = currency(tx).await?;
        let row = rows::Spending {
            limit_minor,
            approved_minor: match approval {
                Some(_) => limit_minor,
                None => before.approved_minor.min(limit_minor),
            },
            updated_at: Some(self.now_ms()),
            version: before.version + 1,
            tenant_id: before.tenant_id.clone(),
        };
        tx.save_spending(row).await?;
        tx.announce(Topic::Settings, None);
        let (was, is) = (Money::new(before.limit_minor, currency), Money::new(limit_minor, currency));
        let after = serde_json::json!({ "limit": is, "approval": approval });
        let subject = Subject::new("tenant", &scope.tenant, None);
        let before = Some(serde_json::json!({ "limit": was }));
        self.audit(tx, scope, Action::SpendingChanged, subject, before, Some(after)).await?;
        Ok(format!("The spending limit went from {was} to {is}."))
    }
}

fn check(limit: &Money, now: &SpendingView, reason: Option<&str>) -> Result<Option<String>, AppError> {
    let mut checks = Checks::new();
    if limit.currency != now.limit.currency {
        checks.fail(
            "limit.currency",
            "It is not the workspace's currency.",
            format!("Use {}.", now.limit.currency),
        );
    }
    if !(0..=MOST).contains(&limit.minor) {
        checks.fail("limit.minor", "It is out of range.", format!("Use 0 to {MOST} minor units."));
    }
    let reason = reason.map(|reason| checks.paragraph("reason", reason, 500));
    checks.done()?;
    Ok(reason)
}

fn raise_request(
    scope: &Scope,
    now: &SpendingView,
    limit: Money,
    raise: i64,
    allowed: Money,
    reason: Option<String>,
) -> Ask {
    let amount = |money: &Money| serde_json::json!({ "minor": money.minor, "currency": money.currency });
    let mut diff = vec![DiffLine {
        field: "limit".to_owned(),
        label: "Spending limit".to_owned(),
        before: amount(&now.limit),
        after: amount(&limit),
        unit: Some("money".to_owned()),
    }];
    if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
        diff.push(DiffLine {
            field: "reason".to_owned(),
            label: "Reason given".to_owned(),
            before: serde_json::Value::Null,
            after: reason.into(),
            unit: Some("text".to_owned()),
        });
    }
    let raise = Money::new(raise, limit.currency);
    Ask {
        action: Guarded::RaiseSpendingLimit { from: now.limit, to: limit },
        title: format!("Raise the spending limit to {limit}"),
        subject: Subject::new("tenant", &scope.tenant, Some("Spending limit")),
        diff,
        reasons: vec![Reason::crossed(&BUDGET_CHANGE, allowed, raise)],
        needs: Permission::ApprovalsDecide,
    }
}

async fn currency(tx: &Tx) -> Result<Currency, AppError> {
    tx.tenant_row().await?.currency.parse().map_err(AppError::internal)
}

async fn view(tx: &Tx) -> Result<SpendingView, AppError> {
    let row = tx.spending().await?;
    let open = open_raise(tx).await?;
    Ok(SpendingView {
        limit: Money::new(row.limit_minor, currency(tx).await?),
        updated_at: row.updated_at.map(instant),
        version: row.version,
        pending_approval_id: open,
    })
}

async fn open_raise(tx: &Tx) -> Result<Option<String>, AppError> {
    let open = tx.open_approvals().await?;
    Ok(open.into_iter().find(|approval| approval.kind == RAISE).map(|approval| approval.id))
}

/// Is there a request that would set the limit later?
pub(crate) async fn raise_is_open(tx: &Tx) -> Result<bool, AppError> {
    Ok(open_raise(tx).await?.is_some())
}
