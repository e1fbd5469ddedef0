//! Seeing requests: what waits, what was decided, and whether it is for me to decide.

use std::collections::HashMap;

use jiff::Timestamp;
use mf_domain::approvals::State;
use mf_domain::{Permission, Role, Scope};
use mf_stores::relational::{Page, PageRequest, rows};

use super::{DiffLine, Reason};
use crate::app::{instant, require};
use crate::{App, AppError};

#[derive(Debug, Clone)]
pub struct ApprovalView {
    pub row: rows::Approval,
    pub state: State,
    pub diff: Vec<DiffLine>,
    pub reasons: Vec<Reason>,
    pub requested_by_name: String,
    pub decided_by_name: Option<String>,
    pub requested_at: Timestamp,
    pub expires_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    pub required_roles: Vec<Role>,
    /// In plain words, when it is not for the asker to decide.
    pub why_not: Option<String>,
}

/// How many wait, and how many of them for me.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovalCount {
    pub waiting: usize,
    pub mine_to_decide: usize,
}

impl App {
    pub async fn approvals(
        &self,
        scope: &Scope,
        states: &[State],
        page: &PageRequest,
    ) -> Result<Page<ApprovalView>, AppError> {
        require(scope, Permission::ApprovalsRead)?;
        let tx = self.store.read(scope).await?;
        let rows = tx.approvals(states, page).await?;
        drop(tx);
        let names = self.names_in(&rows.items).await?;
        let now = self.now_ms();
        rows.map(|row| view(row, &names, scope, now)).transpose()
    }

    pub async fn approval(&self, scope: &Scope, id: &str) -> Result<ApprovalView, AppError> {
        require(scope, Permission::ApprovalsRead)?;
        let tx = self.store.read(scope).await?;
        let row = tx.approval(id).await?.ok_or(AppError::NotFound("request"))?;
        drop(tx);
        self.approval_view(scope, row).await
    }

    pub(crate) async fn approval_view(
        &self,
        scope: &Scope,
        row: rows::Approval,
    ) -> Result<ApprovalView, AppError> {
        let names = self.names_in(std::slice::from_ref(&row)).await?;
        view(row, &names, scope, self.now_ms())
    }

    pub async fn count_approvals(&self, scope: &Scope) -> Result<ApprovalCount, AppError> {
        require(scope, Permission::ApprovalsRead)?;
        let waiting = self.store.read(scope).await?.waiting_approvals().await?;
        let now = self.now_ms();
        let open = waiting.iter().filter(|row| row.expires_at > now);
        Ok(ApprovalCount {
            waiting: open.clone().count(),
            mine_to_decide: open.filter(|row| why_not(row, State::Waiting, scope, now).is_none()).count(),
        })
    }

    async fn names_in(&self, approvals: &[rows::Approval]) -> Result<HashMap<String, String>, AppError> {
        let ids: Vec<String> = approvals
            .iter()
            .flat_map(|row| std::iter::once(row.requested_by.clone()).chain(row.decided_by.clone()))
            .collect();
        Ok(self.store.system_read().await?.names_of(&ids).await?)
    }
}

/// The one place that says whether somebody may decide a request; deciding asks it too.
pub(super) fn why_not(row: &rows::Approval, state: State, scope: &Scope, now: i64) -> Option<String> {
    let why = match state {
        State::Waiting if row.expires_at <= now => "It has expired.",
        State::Waiting => "",
        State::Expired => "It has expired.",
        State::Withdrawn => "It was withdrawn.",
        State::SentBack => "It was sent back.",
        State::Executing | State::Done | State::Failed => "It is decided already.",
    };
    if !why.is_empty() {
        return Some(why.to_owned());
    }
    let Some(me) = scope.user() else {
        return Some("A person must decide, and a key is not one.".to_owned());
    };
    if scope.session().is_none() {
        return Some("A person must decide; sign in instead of using a token.".to_owned());
    }
    if me.as_str() == row.requested_by {
        return Some("You asked for this yourself; somebody else must decide.".to_owned());
    }
    let allowed = row.required_permission.parse().is_ok_and(|permission| scope.may(permission));
    if !allowed {
        return Some("Your role does not decide requests; an Approver or an Admin does.".to_owned());
    }
    None
}

fn view(
    row: rows::Approval,
    names: &HashMap<String, String>,
    scope: &Scope,
    now: i64,
) -> Result<ApprovalView, AppError> {
    let state =
        State::parse(&row.state).ok_or_else(|| AppError::internal("a request in an unknown state"))?;
    let name = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let required = row.required_permission.parse::<Permission>().ok();
    Ok(ApprovalView {
        state,
        diff: serde_json::from_str(&row.diff).map_err(AppError::internal)?,
        reasons: serde_json::from_str(&row.reasons).map_err(AppError::internal)?,
        requested_by_name: name(&row.requested_by),
        decided_by_name: row.decided_by.as_deref().map(name),
        requested_at: instant(row.requested_at),
        expires_at: instant(row.expires_at),
        decided_at: row.decided_at.map(instant),
        required_roles: required.map(|p| p.rule().roles.to_vec()).unwrap_or_default(),
        why_not: why_not(&row, state, scope, now),
        row,
    })
}
