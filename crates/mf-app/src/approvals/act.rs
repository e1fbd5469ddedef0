//! Carrying out what was approved: one job, whose effects, outcome and audit entries are one
//! transaction.

use async_trait::async_trait;
use mf_domain::Scope;
use mf_domain::approvals::{State, content_hash};
use mf_stores::relational::{StoreError, Topic, Tx, rows};

use super::{EXECUTE, ExecutePayload, Guarded, find, subject};
use crate::audit::Action;
use crate::worker::{JobError, JobHandler, JobRun};
use crate::{App, AppError};

pub(crate) struct ExecuteApproval;

#[async_trait]
impl JobHandler for ExecuteApproval {
    fn kind(&self) -> &'static str {
        EXECUTE
    }

    fn title(&self) -> &'static str {
        "Carry out an approved action"
    }

    async fn run(&self, app: &App, run: &mut JobRun) -> Result<(), JobError> {
        let payload: ExecutePayload = run.payload()?;
        let scope = run.scope().clone();
        let approval =
            find(&app.store.read(&scope).await.map_err(AppError::from)?, &payload.approval_id).await?;
        if approval.state != State::Executing.id() {
            return Err(JobError::permanent("this request is closed; ask again"));
        }
        match app.carry_out(&scope, approval, run).await {
            Err(error) if !is_passing(&error) => Err(JobError::permanent(error.to_string())),
            other => Ok(other?),
        }
    }

    /// It will not happen: the request says so, and whoever asked can ask again.
    async fn given_up(
        &self,
        app: &App,
        tx: &mut Tx,
        scope: &Scope,
        job: &rows::Job,
        why: &str,
    ) -> Result<(), AppError> {
        let payload: ExecutePayload = serde_json::from_str(&job.payload).map_err(AppError::internal)?;
        app.fail_approval(tx, scope, &payload.approval_id, why).await
    }
}

impl App {
    async fn carry_out(
        &self,
        scope: &Scope,
        approval: rows::Approval,
        run: &mut JobRun,
    ) -> Result<(), AppError> {
        check_unaltered(&approval)?;
        let erases = approval.kind == crate::privacy::ERASE;
        let (mut tx, outcome) = match serde_json::from_str(&approval.action).map_err(AppError::internal)? {
            Guarded::Erase { erasure_id } => self.erase(scope, &erasure_id, Some(&approval)).await?,
            Guarded::RaiseSpendingLimit { from, to } => {
                let mut tx = self.store.write(scope).await?;
                let outcome = self.raise_spending_limit(&mut tx, scope, from, to, &approval.id).await?;
                (tx, outcome)
            }
        };
        self.conclude(&mut tx, &approval.id, State::Done, &outcome).await?;
        run.finish(tx, Some(serde_json::json!({ "outcome": outcome }))).await?;
        if erases {
            self.clear_after_erasure(scope).await;
        }
        Ok(())
    }

    async fn conclude(&self, tx: &mut Tx, id: &str, state: State, outcome: &str) -> Result<(), AppError> {
        let mut row = find(tx, id).await?;
        row.state = state.id().to_owned();
        row.outcome = Some(outcome.to_owned());
        row.version += 1;
        tx.move_approval(State::Executing, row).await?;
        tx.announce(Topic::Approvals, Some(id));
        Ok(())
    }

    async fn fail_approval(&self, tx: &mut Tx, scope: &Scope, id: &str, why: &str) -> Result<(), AppError> {
        if find(tx, id).await?.state != State::Executing.id() {
            return Ok(());
        }
        self.conclude(tx, id, State::Failed, why).await?;
        let row = find(tx, id).await?;
        self.close_subject(tx, &row).await?;
        let after = serde_json::json!({ "state": State::Failed.id(), "error": why });
        Ok(self.audit(tx, scope, Action::ApprovalFailed, subject(&row), None, Some(after)).await?)
    }

    /// What waited for a request must know that it will not happen. It is found by the request and
    /// not by its action: that may be the very thing somebody altered.
    pub(super) async fn close_subject(&self, tx: &mut Tx, row: &rows::Approval) -> Result<(), AppError> {
        if let Some(erasure) = tx.erasure_of_approval(&row.id).await? {
            return self.close_erasure(tx, &erasure.id, &row.state).await;
        }
        tx.announce(Topic::Settings, None);
        Ok(())
    }
}

/// Is this, to the letter, what was shown and approved?
fn check_unaltered(row: &rows::Approval) -> Result<(), AppError> {
    let action = serde_json::from_str(&row.action).map_err(AppError::internal)?;
    let diff = serde_json::from_str(&row.diff).map_err(AppError::internal)?;
    if content_hash(&row.kind, &row.subject_id, &action, &diff) == row.content_hash {
        return Ok(());
    }
    Err(altered())
}

pub(crate) fn altered() -> AppError {
    AppError::refused(
        "The request was altered after it was approved.",
        "Ask again, and verify the audit log.",
    )
}

fn is_passing(error: &AppError) -> bool {
    match error {
        AppError::Store(error) => error.is_passing() || matches!(error, StoreError::Stale),
        AppError::Stale | AppError::Blob(_) | AppError::Vault(_) => true,
        _ => false,
    }
}
