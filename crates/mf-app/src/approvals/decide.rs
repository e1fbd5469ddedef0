//! Deciding: approve, send back with a note, withdraw; and letting requests expire.

use mf_domain::approvals::State;
use mf_domain::text::Checks;
use mf_domain::{RequestId, Scope, secret};
use mf_stores::relational::{Topic, Tx, rows};

use super::view::{ApprovalView, why_not};
use super::{EXECUTE, ExecutePayload, find, person_behind, subject};
use crate::app::{fresh, require};
use crate::audit::Action;
use crate::{App, AppError};

#[derive(Debug, Clone)]
pub enum Decision {
    Approve { note: Option<String> },
    SendBack { note: String },
}

impl App {
    /// Decides on exactly the content whose hash is given: had it changed since it was read, nothing
    /// happens.
    pub async fn decide(
        &self,
        scope: &Scope,
        id: &str,
        seen_hash: &str,
        decision: Decision,
    ) -> Result<ApprovalView, AppError> {
        require(scope, mf_domain::Permission::ApprovalsDecide)?;
        let note = checked_note(&decision)?;
        let decided = self.try_decide(scope, id, seen_hash, decision, note).await;
        if matches!(decided, Err(AppError::Conflict { .. } | AppError::Stale)) {
            // Of two who decide at once, the second leaves a trace too.
            self.audit_denied(scope, "decide", id).await?;
        }
        decided
    }

    async fn try_decide(
        &self,
        scope: &Scope,
        id: &str,
        seen_hash: &str,
        decision: Decision,
        note: Option<String>,
    ) -> Result<ApprovalView, AppError> {
        let mut tx = self.store.write(scope).await?;
        let mut row = find(&tx, id).await?;
        let state =
            State::parse(&row.state).ok_or_else(|| AppError::internal("a request in an unknown state"))?;
        if let Some(why) = why_not(&row, state, scope, self.now_ms()) {
            return Err(not_yours(state, why));
        }
        if !secret::same(seen_hash, &row.content_hash) {
            return Err(AppError::conflict(
                "The request is not what you were shown.",
                "Load it again and decide anew.",
            ));
        }
        row.decided_by = scope.actor.id().map(ToOwned::to_owned);
        row.decided_at = Some(self.now_ms());
        row.note = note;
        row.version += 1;
        let action = match decision {
            Decision::Approve { .. } => {
                row.state = State::Executing.id().to_owned();
                row.job_id = Some(self.enqueue_execution(&mut tx, scope, &row).await?);
                Action::ApprovalApproved
            }
            Decision::SendBack { .. } => {
                row.state = State::SentBack.id().to_owned();
                self.close_subject(&mut tx, &row).await?;
                Action::ApprovalSentBack
            }
        };
        self.settle(tx, scope, row, action).await
    }

    /// Takes one's own request back.
    pub async fn withdraw_approval(&self, scope: &Scope, id: &str) -> Result<ApprovalView, AppError> {
        require(scope, mf_domain::Permission::ApprovalsRead)?;
        let mut tx = self.store.write(scope).await?;
        let mut row = find(&tx, id).await?;
        if person_behind(&tx, scope).await? != row.requested_by {
            return Err(AppError::refused(
                "Only the person who asked can withdraw this.",
                "Send it back instead.",
            ));
        }
        if row.state != State::Waiting.id() {
            return Err(AppError::conflict("It does not wait any more.", "There is nothing to withdraw."));
        }
        row.state = State::Withdrawn.id().to_owned();
        row.version += 1;
        self.close_subject(&mut tx, &row).await?;
        self.settle(tx, scope, row, Action::ApprovalWithdrawn).await
    }

    /// Lets requests expire whose time has run out. Run by a schedule.
    pub async fn expire_approvals(&self) -> Result<usize, AppError> {
        let lapsed = self.store.system_read().await?.lapsed_approvals(self.now_ms(), 200).await?;
        let mut expired = 0;
        for row in lapsed {
            let tenant = row.tenant_id.parse().map_err(AppError::internal)?;
            let request = fresh!(self, RequestId);
            let scope = Scope::system(tenant, "approvals", request);
            let mut tx = self.store.write(&scope).await?;
            let mut row = find(&tx, &row.id).await?;
            if row.state != State::Waiting.id() {
                continue;
            }
            row.state = State::Expired.id().to_owned();
            row.version += 1;
            self.close_subject(&mut tx, &row).await?;
            self.settle(tx, &scope, row, Action::ApprovalExpired).await?;
            expired += 1;
        }
        Ok(expired)
    }

    async fn enqueue_execution(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        row: &rows::Approval,
    ) -> Result<String, AppError> {
        let payload = ExecutePayload { approval_id: row.id.clone() };
        let payload = serde_json::to_value(&payload).map_err(AppError::internal)?;
        let key = format!("{EXECUTE}:{}", row.id);
        Ok(self.enqueue(tx, scope, EXECUTE, payload, Some(key)).await?.to_string())
    }

    async fn settle(
        &self,
        mut tx: Tx,
        scope: &Scope,
        row: rows::Approval,
        action: Action,
    ) -> Result<ApprovalView, AppError> {
        tx.move_approval(State::Waiting, row.clone()).await.map_err(|error| {
            crate::error::duplicate_means(error, "Somebody else decided it first.", "Load it again.")
        })?;
        tx.announce(Topic::Approvals, Some(&row.id));
        let (before, after) = (state_json(State::Waiting.id()), state_json(&row.state));
        self.audit(&mut tx, scope, action, subject(&row), Some(before), Some(after)).await?;
        tx.commit().await?;
        self.wake_workers();
        self.approval_view(scope, row).await
    }
}

/// Too late is a conflict; not one's own to decide is a refusal.
fn not_yours(state: State, why: String) -> AppError {
    if state == State::Waiting && !why.contains("expired") {
        return AppError::refused(why, "Ask a colleague who may decide it; the team page shows who.");
    }
    AppError::conflict(why, "Load it again to see where it stands.")
}

fn checked_note(decision: &Decision) -> Result<Option<String>, AppError> {
    let mut checks = Checks::new();
    let note = match decision {
        Decision::Approve { note } => note.as_deref().map(|note| checks.paragraph("note", note, 2000)),
        Decision::SendBack { note } => {
            let note = checks.paragraph("note", note, 2000);
            if note.is_empty() {
                checks.fail("note", "It is empty.", "Say what must change, so that it can be mended.");
            }
            Some(note)
        }
    };
    checks.done()?;
    Ok(note.filter(|note| !note.is_empty()))
}

fn state_json(state: &str) -> serde_json::Value {
    serde_json::json!({ "state": state })
}
