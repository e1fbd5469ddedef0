//! When a person is asked: each threshold's default, and what the workspace made of it.

use std::collections::BTreeMap;

use mf_domain::approvals::{THRESHOLDS, Threshold, Unit};
use mf_domain::text::Checks;
use mf_domain::{Permission, Scope};
use mf_stores::relational::{Topic, Tx, rows};

use crate::app::require;
use crate::audit::{Action, Subject};
use crate::{App, AppError};

const DEFAULT_EXPIRY_HOURS: i64 = 72;

#[derive(Debug, Clone)]
pub struct ThresholdView {
    pub threshold: &'static Threshold,
    /// None: never ask.
    pub value: Option<i64>,
    /// For amounts.
    pub currency: Option<String>,
}

#[derive(Debug, Clone)]
pub struct ApprovalSettingsView {
    pub thresholds: Vec<ThresholdView>,
    pub expiry_hours: i64,
    pub version: i64,
}

/// The stored form: only what differs from the defaults.
pub(super) struct Stored {
    changed: BTreeMap<String, Option<i64>>,
    pub expiry_hours: i64,
    version: i64,
}

impl Stored {
    pub(super) fn value(&self, threshold: &Threshold) -> Option<i64> {
        self.changed.get(threshold.id).copied().unwrap_or(Some(threshold.default))
    }
}

pub(super) async fn load(tx: &Tx) -> Result<Stored, AppError> {
    let Some(row) = tx.approval_settings().await? else {
        return Ok(Stored { changed: BTreeMap::new(), expiry_hours: DEFAULT_EXPIRY_HOURS, version: 0 });
    };
    Ok(Stored {
        changed: serde_json::from_str(&row.thresholds).map_err(AppError::internal)?,
        expiry_hours: row.expiry_hours,
        version: row.version,
    })
}

impl App {
    pub async fn approval_settings(&self, scope: &Scope) -> Result<ApprovalSettingsView, AppError> {
        require(scope, Permission::WorkspaceRead)?;
        let tx = self.store.read(scope).await?;
        let currency = tx.tenant_row().await?.currency;
        Ok(view(&load(&tx).await?, &currency))
    }

    /// Changes some thresholds; those not named stay as they are.
    pub async fn change_approval_settings(
        &self,
        scope: &Scope,
        version: i64,
        thresholds: BTreeMap<String, Option<i64>>,
        expiry_hours: Option<i64>,
    ) -> Result<ApprovalSettingsView, AppError> {
        require(scope, Permission::WorkspaceManage)?;
        check(&thresholds, expiry_hours)?;
        let mut tx = self.store.write(scope).await?;
        let mut stored = load(&tx).await?;
        if stored.version != version {
            return Err(AppError::Stale);
        }
        let before = serde_json::json!({ "thresholds": stored.changed, "expiry_hours": stored.expiry_hours });
        for (id, value) in thresholds {
            stored.changed.insert(id, value);
        }
        stored.changed.retain(|id, value| Threshold::find(id).is_some_and(|t| *value != Some(t.default)));
        stored.expiry_hours = expiry_hours.unwrap_or(stored.expiry_hours);
        stored.version += 1;
        tx.save_approval_settings(rows::ApprovalSettings {
            tenant_id: scope.tenant.to_string(),
            thresholds: serde_json::to_string(&stored.changed).map_err(AppError::internal)?,
            expiry_hours: stored.expiry_hours,
            version: stored.version,
        })
        .await?;
        tx.announce(Topic::Settings, None);
        let after = serde_json::json!({ "thresholds": stored.changed, "expiry_hours": stored.expiry_hours });
        let subject = Subject::of_kind("approval_settings");
        self.audit(&mut tx, scope, Action::ApprovalSettingsChanged, subject, Some(before), Some(after))
            .await?;
        let currency = tx.tenant_row().await?.currency;
        tx.commit().await?;
        Ok(view(&stored, &currency))
    }
}

fn check(thresholds: &BTreeMap<String, Option<i64>>, expiry_hours: Option<i64>) -> Result<(), AppError> {
    let mut checks = Checks::new();
    for (id, value) in thresholds {
        let field = format!("thresholds.{}", mf_domain::text::shorten(id));
        match (Threshold::find(id), value) {
            (None, _) => checks.fail(
                &field,
                "There is no such threshold.",
                "GET /api/v1/settings/approvals lists them.",
            ),
            (Some(t), Some(value)) if !t.range().contains(value) => checks.fail(
                &field,
                "It is out of range.",
                format!("Use {} to {}, or null to never ask.", t.range().start(), t.range().end()),
            ),
            _ => {}
        }
    }
    if expiry_hours.is_some_and(|hours| !(1..=8760).contains(&hours)) {
        checks.fail("expiry_hours", "It is out of range.", "Use 1 to 8760 hours (a year).");
    }
    Ok(checks.done()?)
}

fn view(stored: &Stored, currency: &str) -> ApprovalSettingsView {
    ApprovalSettingsView {
        thresholds: THRESHOLDS
            .iter()
            .map(|&threshold| ThresholdView {
                threshold,
                value: stored.value(threshold),
                currency: (threshold.unit == Unit::Money).then(|| currency.to_owned()),
            })
            .collect(),
        expiry_hours: stored.expiry_hours,
        version: stored.version,
    }
}
