//! A person's sign-ins: seeing them, ending them, moving one to another workspace.

use jiff::Timestamp;
use mf_domain::{Scope, TenantId, UserId};
use mf_stores::relational::{Topic, rows};

use super::{Identity, scope_of};
use crate::app::instant;
use crate::audit::{Action, Subject};
use crate::{App, AppError, Me};

#[derive(Debug, Clone)]
pub struct SessionView {
    pub id: String,
    pub kind: String,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub user_agent: String,
    pub network: String,
    pub current: bool,
}

impl App {
    pub async fn my_sessions(&self, scope: &Scope) -> Result<Vec<SessionView>, AppError> {
        let user = signed_in(scope)?;
        let tx = self.store.system_read().await?;
        let sessions = tx.sessions_of(user, self.now_ms()).await?;
        Ok(sessions.into_iter().map(|row| view(row, scope)).collect())
    }

    /// Ends one of one's own sign-ins.
    pub async fn end_my_session(&self, scope: &Scope, id: &str) -> Result<(), AppError> {
        let user = signed_in(scope)?;
        let mut tx = self.store.system_write().await?;
        let mine = tx.sessions_of(user, self.now_ms()).await?;
        let session = mine.into_iter().find(|s| s.id == id).ok_or(AppError::NotFound("sign-in"))?;
        tx.end_session(&session.id).await?;
        tx.announce(None, Topic::Sessions, Some(user.as_str()));
        let mut tx = tx.enter(&scope.tenant).await?;
        self.audit_session(&mut tx, scope, Action::SessionEnded, &session).await?;
        Ok(tx.commit().await?)
    }

    pub async fn sign_out(&self, identity: &Identity) -> Result<(), AppError> {
        let session = identity.session.as_ref().ok_or_else(not_a_session)?;
        self.end_my_session(&identity.scope, &session.id).await
    }

    /// Ends every sign-in of this person, this one included, and every token that acts as them.
    pub async fn sign_out_everywhere(&self, scope: &Scope) -> Result<(), AppError> {
        let user = signed_in(scope)?;
        let mut tx = self.store.system_write().await?;
        let ended = tx.end_sessions_of(user, None).await?;
        let revoked = tx.revoke_personal_keys_of(user.as_str(), self.now_ms()).await?;
        tx.announce(None, Topic::Sessions, Some(user.as_str()));
        let mut tx = tx.enter(&scope.tenant).await?;
        let after = Some(serde_json::json!({ "ended": ended, "revoked_tokens": revoked }));
        self.audit(&mut tx, scope, Action::SessionsEnded, Subject::new("user", user, None), None, after)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Goes on in another of one's workspaces, in the same sign-in.
    pub async fn switch_tenant(&self, identity: &Identity, to: &TenantId) -> Result<Me, AppError> {
        let mut session = identity.session.clone().ok_or_else(not_a_session)?;
        let tx = self.store.system_write().await?;
        let places = tx.tenants_of(&session.user_id).await?;
        let place = places.into_iter().find(|(tenant, _)| tenant.tenant_id == to.as_str());
        let (_, place) = place.ok_or(AppError::NotFound("workspace"))?;
        let from = std::mem::replace(&mut session.active_tenant, to.to_string());
        if !tx.move_session(&session.id, to.as_str()).await? {
            return Err(AppError::Unauthenticated("your sign-in has ended"));
        }
        let scope = scope_of(&session, &place, identity.scope.request.clone())?;
        let mut tx = tx.enter(to).await?;
        let (before, after) =
            (serde_json::json!({ "tenant": from }), serde_json::json!({ "tenant": to.as_str() }));
        let subject = Subject::new("session", &session.id, None);
        self.audit(&mut tx, &scope, Action::SessionMoved, subject, Some(before), Some(after)).await?;
        tx.commit().await?;
        self.me_of_session(&session, &scope).await
    }
}

pub(crate) fn me(scope: &Scope) -> Result<&UserId, AppError> {
    scope.user().ok_or_else(|| {
        AppError::refused(
            "This belongs to a person, and a key is not one.",
            "Sign in, or use a personal token.",
        )
    })
}

/// For what only somebody who signed in may do: not a key, and not a token that acts as them.
pub(crate) fn signed_in(scope: &Scope) -> Result<&UserId, AppError> {
    let user = me(scope)?;
    if scope.session().is_some() { Ok(user) } else { Err(not_a_session()) }
}

fn not_a_session() -> AppError {
    AppError::refused(
        "This needs somebody who has signed in; a key or token will not do.",
        "Sign in with e-mail and password.",
    )
}

fn view(row: rows::Session, scope: &Scope) -> SessionView {
    SessionView {
        current: scope.session().is_some_and(|id| id.as_str() == row.id),
        id: row.id,
        kind: row.kind,
        created_at: instant(row.created_at),
        last_seen_at: instant(row.last_seen_at),
        user_agent: row.user_agent,
        network: row.network,
    }
}
