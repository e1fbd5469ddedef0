//! Carrying out what was approved: one job, whose effects, outcome and audit entries are one
//! transaction.

use async_trait::async_trait;
use mf_domain::Scope;
use mf_domain::approvals::State;
use mf_stores::relational::{StoreError, Topic, Tx, rows};
use serde::{Deserialize, Serialize};

use super::decide::find;
use super::{Guarded, subject};
use crate::audit::Action;
use crate::worker::{JobError, JobHandler, JobRun};
use crate::{App, AppError};

pub(super) const EXECUTE: &str = "approval.execute";

#[derive(Serialize, Deserialize)]
pub(super) struct ExecutePayload {
    pub approval_id: String,
}

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
        match app.carry_out(&scope, &payload.approval_id, run).await {
            Err(error) if !is_passing(&error) => {
                // It will not succeed by itself: the request says so, and the job is done with it.
                let mut tx = app.store.write(&scope).await.map_err(AppError::from)?;
                app.fail_approval(&mut tx, &scope, &payload.approval_id, &error).await?;
                Ok(run.finish(tx, Some(serde_json::json!({ "failed": error.to_string() }))).await?)
            }
            other => Ok(other?),
        }
    }
}

impl App {
    async fn carry_out(&self, scope: &Scope, id: &str, run: &mut JobRun) -> Result<(), AppError> {
        let approval = find(&self.store.read(scope).await?, id).await?;
        let (mut tx, outcome) = match serde_json::from_str(&approval.action).map_err(AppError::internal)? {
            Guarded::Erase { erasure_id } => self.erase(scope, &erasure_id).await?,
            Guarded::RaiseSpendingLimit { limit_minor } => {
                let mut tx = self.store.write(scope).await?;
                let outcome =
                    self.set_spending_limit(&mut tx, scope, limit_minor, Some(&approval.id)).await?;
                (tx, outcome)
            }
        };
        self.conclude(&mut tx, &approval.id, State::Done, &outcome).await?;
        run.finish(tx, Some(serde_json::json!({ "outcome": outcome }))).await
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

    async fn fail_approval(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        id: &str,
        error: &AppError,
    ) -> Result<(), AppError> {
        self.conclude(tx, id, State::Failed, &error.to_string()).await?;
        let row = find(tx, id).await?;
        self.close_subject(tx, &row).await?;
        let after = serde_json::json!({ "state": State::Failed.id(), "error": error.to_string() });
        Ok(self.audit(tx, scope, Action::ApprovalFailed, subject(&row), None, Some(after)).await?)
    }

    /// What waited for a request must know that it will not happen.
    pub(super) async fn close_subject(&self, tx: &mut Tx, row: &rows::Approval) -> Result<(), AppError> {
        match serde_json::from_str(&row.action).map_err(AppError::internal)? {
            Guarded::Erase { erasure_id } => self.close_erasure(tx, &erasure_id, &row.state).await,
            Guarded::RaiseSpendingLimit { .. } => {
                tx.announce(Topic::Settings, None);
                Ok(())
            }
        }
    }
}

fn is_passing(error: &AppError) -> bool {
    match error {
        AppError::Store(error) => error.is_passing() || matches!(error, StoreError::Stale),
        AppError::Stale | AppError::Blob(_) | AppError::Vault(_) => true,
        _ => false,
    }
}
