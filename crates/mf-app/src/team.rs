//! The team: who is here, in which role, and helping somebody back in.

use std::collections::HashMap;

use jiff::Timestamp;
use mf_domain::secret::Token;
use mf_domain::{Permission, RequestId, Role, Scope, TenantId, UserId};
use mf_stores::relational::{MemberRow, Page, PageRequest, SystemTx, Topic, Tx, rows};

use crate::app::{instant, require};
use crate::audit::{Action, Subject};
use crate::sign_in::person_scope;
use crate::{App, AppError, Mail};

#[derive(Debug, Clone)]
pub struct MemberView {
    pub id: String,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub suspended: bool,
    pub joined_at: Timestamp,
    pub last_seen_at: Option<Timestamp>,
    pub is_me: bool,
    pub version: i64,
}

/// A one-time link, to be handed to the person it is for.
pub struct ResetLink {
    pub url: String,
    pub expires_at: Timestamp,
}

impl App {
    pub async fn members(
        &self,
        scope: &Scope,
        search: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<MemberView>, AppError> {
        require(scope, Permission::TeamRead)?;
        let tx = self.store.read(scope).await?;
        let members = tx.members(search, page).await?;
        drop(tx);
        let seen = self.last_seen(&scope.tenant, &members.items).await?;
        members.map(|row| view(row, &seen, scope)).transpose()
    }

    pub async fn member(&self, scope: &Scope, id: &str) -> Result<MemberView, AppError> {
        require(scope, Permission::TeamRead)?;
        let tx = self.store.read(scope).await?;
        let row = find(&tx, id).await?;
        drop(tx);
        let seen = self.last_seen(&scope.tenant, std::slice::from_ref(&row)).await?;
        view(row, &seen, scope)
    }

    async fn last_seen(
        &self,
        tenant: &TenantId,
        members: &[MemberRow],
    ) -> Result<HashMap<String, i64>, AppError> {
        let ids: Vec<String> = members.iter().map(|m| m.user.id.clone()).collect();
        let tx = self.store.system_read().await?;
        Ok(tx.last_seen_in(tenant, &ids).await?.into_iter().collect())
    }

    /// Changes a role, suspends, or brings back. What they are signed in with here ends with their access.
    pub async fn change_member(
        &self,
        scope: &Scope,
        id: &str,
        version: i64,
        role: Option<Role>,
        suspended: Option<bool>,
    ) -> Result<MemberView, AppError> {
        require(scope, Permission::TeamManage)?;
        let mut tx = self.store.system_write().await?;
        tx.announce(Some(&scope.tenant), Topic::Users, Some(id));
        if suspended == Some(true) {
            tx.end_sessions_in(&scope.tenant, id).await?;
        }
        tx.announce(None, Topic::Sessions, Some(id));
        let mut tx = tx.enter(&scope.tenant).await?;
        tx.lock_tenant().await?;
        let before = find(&tx, id).await?;
        if before.place.version != version {
            return Err(AppError::Stale);
        }
        let mut place = before.place.clone();
        place.role = role.map_or(place.role, |role| role.id().to_owned());
        place.status = suspended.map_or(place.status, |yes| status(yes).to_owned());
        place.version += 1;
        tx.save_membership(place.clone()).await?;
        keep_an_admin(&tx).await?;
        if place.status != "active" || place.role != Role::Admin.id() {
            tx.revoke_invitations_by(id, self.now_ms()).await?;
        }
        let (was, is) = (describe(&before.place), describe(&place));
        self.audit(
            &mut tx,
            scope,
            Action::MemberChanged,
            Subject::new("user", id, None),
            Some(was),
            Some(is),
        )
        .await?;
        tx.commit().await?;
        let after = MemberRow { user: before.user, place };
        let seen = self.last_seen(&scope.tenant, std::slice::from_ref(&after)).await?;
        view(after, &seen, scope)
    }

    /// Takes somebody out of the workspace. What they could still get in by goes too: their tokens, the
    /// keys they made, the invitations they sent.
    pub async fn remove_member(&self, scope: &Scope, id: &str, version: i64) -> Result<(), AppError> {
        require(scope, Permission::TeamManage)?;
        let mut tx = self.store.system_write().await?;
        tx.end_sessions_in(&scope.tenant, id).await?;
        tx.announce(Some(&scope.tenant), Topic::Users, Some(id));
        tx.announce(None, Topic::Sessions, Some(id));
        let mut tx = tx.enter(&scope.tenant).await?;
        tx.lock_tenant().await?;
        let before = find(&tx, id).await?;
        if before.place.version != version {
            return Err(AppError::Stale);
        }
        tx.remove_membership(id).await?;
        tx.revoke_api_keys_of(id, self.now_ms()).await?;
        tx.revoke_invitations_by(id, self.now_ms()).await?;
        keep_an_admin(&tx).await?;
        let was = Some(describe(&before.place));
        self.audit(&mut tx, scope, Action::MemberRemoved, Subject::new("user", id, None), was, None).await?;
        Ok(tx.commit().await?)
    }

    /// A link with which a colleague sets a new password, for an admin to hand over.
    ///
    /// Only for people who belong to no workspace beyond those the admin runs: else one workspace's
    /// admin could walk into another.
    pub async fn make_reset_link(&self, scope: &Scope, id: &str) -> Result<ResetLink, AppError> {
        require(scope, Permission::TeamManage)?;
        let tx = self.store.read(scope).await?;
        find(&tx, id).await?;
        drop(tx);
        let tx = self.store.system_write().await?;
        self.runs_all_workspaces_of(&tx, scope, id).await?;
        let user: UserId = id.parse().map_err(AppError::internal)?;
        let link = self.add_reset_link(&tx, &user).await?;
        let mut tx = tx.enter(&scope.tenant).await?;
        self.audit(&mut tx, scope, Action::PasswordResetLink, Subject::new("user", id, None), None, None)
            .await?;
        tx.commit().await?;
        Ok(link)
    }

    async fn runs_all_workspaces_of(&self, tx: &SystemTx, scope: &Scope, id: &str) -> Result<(), AppError> {
        let admin_in: Vec<String> = match scope.user() {
            Some(me) => tx
                .places_of(me.as_str())
                .await?
                .into_iter()
                .filter(|place| place.role == Role::Admin.id() && place.status == "active")
                .map(|place| place.tenant_id)
                .collect(),
            None => vec![scope.tenant.to_string()],
        };
        if tx.places_of(id).await?.iter().all(|place| admin_in.contains(&place.tenant_id)) {
            return Ok(());
        }
        Err(AppError::refused(
            "This person also belongs to a workspace you do not run.",
            "They can ask for a reset link themselves on the sign-in page.",
        ))
    }

    async fn add_reset_link(&self, tx: &SystemTx, user: &UserId) -> Result<ResetLink, AppError> {
        let token = Token::fresh("mfl", &mut **self.rng());
        let expires_at = self.reset_expiry();
        tx.add_user_token(user.as_str(), &token.hash(), "password_reset", self.now_ms(), expires_at).await?;
        let url = format!("{}/reset-password#{}", self.settings.public_url, token.expose());
        Ok(ResetLink { url, expires_at: instant(expires_at) })
    }

    /// The link that the person asked for themselves goes to their address, and nowhere else.
    pub(crate) async fn mail_reset_link(&self, user: rows::User, request: RequestId) -> Result<(), AppError> {
        let id: UserId = user.id.parse().map_err(AppError::internal)?;
        let tx = self.store.system_read().await?;
        let places = tx.places_of(id.as_str()).await?;
        drop(tx);
        let Some(place) = places.into_iter().find(|place| place.status == "active") else { return Ok(()) };
        let scope = person_scope(&place.tenant_id, &id, request)?;
        let tx = self.store.system_write().await?;
        let link = self.add_reset_link(&tx, &id).await?;
        tx.commit().await?;
        let mail = Mail {
            to: user.email,
            subject: "Set a new password".to_owned(),
            text: format!(
                "Hello {},\n\nsomebody, hopefully you, asked to set a new password for Marketflow.\n\
                 This link works once, for the next {} minutes:\n\n{}\n\n\
                 If it was not you, you need not do anything: your password stays as it is.\n",
                user.name, self.settings.reset_minutes, link.url
            ),
        };
        let sealed = self.prepare_mail(&scope.tenant, &mail).await?;
        let mut tx = self.store.write(&scope).await?;
        self.enqueue_mail(&mut tx, &scope, sealed).await?;
        self.audit(&mut tx, &scope, Action::PasswordResetAsked, Subject::new("user", &id, None), None, None)
            .await?;
        tx.commit().await?;
        self.wake_workers();
        Ok(())
    }

    /// For the command line of whoever runs the server.
    pub async fn reset_link_for_email(&self, email: &str) -> Result<ResetLink, AppError> {
        let tx = self.store.system_write().await?;
        let user =
            tx.user_by_email(&email.trim().to_lowercase()).await?.ok_or(AppError::NotFound("person"))?;
        let id: UserId = user.id.parse().map_err(AppError::internal)?;
        let link = self.add_reset_link(&tx, &id).await?;
        let Some(place) = tx.places_of(&user.id).await?.into_iter().next() else {
            tx.commit().await?;
            return Ok(link);
        };
        let request = crate::app::fresh!(self, RequestId);
        let tenant = place.tenant_id.parse().map_err(AppError::internal)?;
        let scope = Scope::system(tenant, "command line", request);
        let mut tx = tx.enter(&scope.tenant).await?;
        self.audit(&mut tx, &scope, Action::PasswordResetLink, Subject::new("user", &id, None), None, None)
            .await?;
        tx.commit().await?;
        Ok(link)
    }
}

async fn find(tx: &Tx, id: &str) -> Result<MemberRow, AppError> {
    tx.member(id).await?.ok_or(AppError::NotFound("member"))
}

/// A workspace without an admin could never be changed again.
pub(crate) async fn keep_an_admin(tx: &Tx) -> Result<(), AppError> {
    if tx.count_active_admins().await? > 0 {
        return Ok(());
    }
    Err(AppError::conflict("This is the workspace's last admin.", "Make somebody else an admin first."))
}

fn status(suspended: bool) -> &'static str {
    if suspended { "suspended" } else { "active" }
}

fn describe(place: &rows::Membership) -> serde_json::Value {
    serde_json::json!({ "role": place.role, "status": place.status })
}

fn view(row: MemberRow, seen: &HashMap<String, i64>, scope: &Scope) -> Result<MemberView, AppError> {
    Ok(MemberView {
        is_me: scope.user().is_some_and(|me| me.as_str() == row.user.id),
        last_seen_at: seen.get(&row.user.id).copied().map(instant),
        role: row.place.role.parse().map_err(AppError::Internal)?,
        suspended: row.place.status != "active",
        joined_at: instant(row.place.joined_at),
        version: row.place.version,
        id: row.user.id,
        name: row.user.name,
        email: row.user.email,
    })
}
