//! "This needs a person": any use case can hold an action back until somebody else has agreed to it.
//!
//! The use case describes the action as data ([`Guarded`]), what would change, and why a person is
//! asked. A colleague decides on exactly what was shown (bound by a hash), never the one who asked.
//! Once approved, a job carries the action out, in the same transaction as the request's outcome: it
//! happens exactly once. `mf-domain::approvals` holds the thresholds.

mod act;
mod decide;
mod settings;
mod view;

use mf_domain::approvals::{State, Threshold, content_hash};
use mf_domain::{Actor, ApprovalId, Money, Permission, Scope};
use mf_stores::relational::{Topic, Tx, rows};
use serde::{Deserialize, Serialize};

use crate::app::{HOUR_MS, fresh};
use crate::audit::{Action, Subject};
use crate::{App, AppError};

pub(crate) use act::{ExecuteApproval, altered};
pub use decide::Decision;
pub use settings::{ApprovalSettingsView, ThresholdView};
pub use view::{ApprovalCount, ApprovalView};

/// The kind of request that raises the spending limit.
pub(crate) const RAISE: &str = "spending.raise_limit";

/// The job that carries out what was approved.
const EXECUTE: &str = "approval.execute";

#[derive(Serialize, Deserialize)]
struct ExecutePayload {
    approval_id: String,
}

/// An action held back, as it will be carried out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Guarded {
    RaiseSpendingLimit { from: Money, to: Money },
    Erase { erasure_id: String },
}

impl Guarded {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Guarded::RaiseSpendingLimit { .. } => RAISE,
            Guarded::Erase { .. } => "privacy.erase",
        }
    }
}

/// One line of what would change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DiffLine {
    pub field: String,
    pub label: String,
    pub before: serde_json::Value,
    pub after: serde_json::Value,
    /// How to show the values: `money`, `text`, `number`, `percent`.
    pub unit: Option<String>,
}

/// One reason why a person is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reason {
    pub threshold: String,
    pub title: String,
    pub limit: String,
    pub actual: String,
}

impl Reason {
    pub(crate) fn crossed(threshold: &Threshold, limit: impl ToString, actual: impl ToString) -> Self {
        Self {
            threshold: threshold.id.to_owned(),
            title: threshold.title.to_owned(),
            limit: limit.to_string(),
            actual: actual.to_string(),
        }
    }
}

/// What a use case hands over when it holds an action back.
pub(crate) struct Ask {
    pub action: Guarded,
    pub title: String,
    pub subject: Subject,
    pub diff: Vec<DiffLine>,
    pub reasons: Vec<Reason>,
    /// Who may agree to this.
    pub needs: Permission,
}

impl App {
    /// Writes a request in the caller's transaction.
    pub(crate) async fn ask_approval(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        ask: Ask,
    ) -> Result<rows::Approval, AppError> {
        let now = self.now_ms();
        let hours = settings::load(tx).await?.expiry_hours;
        let action = serde_json::to_value(&ask.action).map_err(AppError::internal)?;
        let diff = serde_json::to_value(&ask.diff).map_err(AppError::internal)?;
        let subject_id = ask.subject.id.clone().unwrap_or_default();
        let row = rows::Approval {
            tenant_id: scope.tenant.to_string(),
            id: fresh!(self, ApprovalId).to_string(),
            kind: ask.action.kind().to_owned(),
            subject_kind: ask.subject.kind.to_owned(),
            content_hash: content_hash(ask.action.kind(), &subject_id, &action, &diff),
            subject_id,
            subject_label: ask.subject.label.clone().unwrap_or_default(),
            title: ask.title,
            action: action.to_string(),
            diff: diff.to_string(),
            reasons: serde_json::to_string(&ask.reasons).map_err(AppError::internal)?,
            required_permission: ask.needs.id().to_owned(),
            state: State::Waiting.id().to_owned(),
            requested_by: person_behind(tx, scope).await?,
            requested_at: now,
            expires_at: now + hours * HOUR_MS,
            decided_by: None,
            decided_at: None,
            note: None,
            outcome: None,
            job_id: None,
            version: 1,
        };
        tx.add_approval(row.clone()).await?;
        tx.announce(Topic::Approvals, Some(&row.id));
        let after =
            serde_json::json!({ "kind": row.kind, "action": action, "content_hash": row.content_hash });
        self.audit(tx, scope, Action::ApprovalAsked, subject(&row), None, Some(after)).await?;
        Ok(row)
    }

    /// The workspace's value for a threshold; `None` means never ask.
    pub(crate) async fn threshold(&self, tx: &Tx, threshold: &Threshold) -> Result<Option<i64>, AppError> {
        Ok(settings::load(tx).await?.value(threshold))
    }
}

/// Who asks, in person. A key asks for whoever made it, so that nobody can approve their own wish by
/// letting a key make it.
async fn person_behind(tx: &Tx, scope: &Scope) -> Result<String, AppError> {
    match &scope.actor {
        Actor::User { id, .. } => Ok(id.to_string()),
        Actor::Key { id } => {
            Ok(tx.api_key(id.as_str()).await?.map_or_else(|| id.to_string(), |key| key.created_by))
        }
        Actor::System { name } => Ok((*name).to_owned()),
    }
}

pub(crate) fn subject(row: &rows::Approval) -> Subject {
    Subject::new("approval", &row.id, Some(&row.title))
}

async fn find(tx: &Tx, id: &str) -> Result<rows::Approval, AppError> {
    tx.approval(id).await?.ok_or(AppError::NotFound("request"))
}
