//! Invitations: a link that lets one person in, once, in one role.

use jiff::Timestamp;
use mf_domain::secret::Token;
use mf_domain::text::Checks;
use mf_domain::{InvitationId, Permission, RequestId, Role, Scope};
use mf_stores::relational::{Page, PageRequest, StoreError, SystemTx, Topic, Tx, rows};

use crate::app::{DAY_MS, fresh, instant, require};
use crate::audit::{Action, Subject};
use crate::sign_in::{Attempt, scope_of};
use crate::{App, AppError, Client, Mail, SessionKind, SignedIn};

#[derive(Debug, Clone)]
pub struct InvitationView {
    pub id: String,
    pub email: String,
    pub role: Role,
    pub invited_by: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub state: &'static str,
    pub mailed: bool,
}

/// An invitation and its link, which is shown this once.
pub struct InvitationCreated {
    pub invitation: InvitationView,
    pub url: String,
}

#[derive(Debug, Clone)]
pub struct InvitationPreview {
    pub workspace_name: String,
    pub email: String,
    pub role: Role,
    pub invited_by: String,
    /// They have an account already and join with its password.
    pub has_account: bool,
    pub expires_at: Timestamp,
}

const LINK: &str = "invitation";

impl App {
    pub async fn invitations(
        &self,
        scope: &Scope,
        page: &PageRequest,
    ) -> Result<Page<InvitationView>, AppError> {
        require(scope, Permission::TeamManage)?;
        let tx = self.store.read(scope).await?;
        let rows = tx.invitations(page).await?;
        drop(tx);
        let inviters: Vec<String> = rows.items.iter().map(|row| row.invited_by.clone()).collect();
        let names = self.store.system_read().await?.names_of(&inviters).await?;
        let now = self.now_ms();
        rows.map(|row| {
            let by = names.get(&row.invited_by).cloned().unwrap_or_default();
            view(row, by, now)
        })
        .transpose()
    }

    pub async fn invite(
        &self,
        scope: &Scope,
        email: &str,
        role: Role,
    ) -> Result<InvitationCreated, AppError> {
        require(scope, Permission::TeamManage)?;
        let mut checks = Checks::new();
        let email = checks.email("email", email);
        checks.done()?;
        let now = self.now_ms();
        let token = Token::fresh("mfi", &mut **self.rng());
        let row = rows::Invitation {
            tenant_id: scope.tenant.to_string(),
            id: fresh!(self, InvitationId).to_string(),
            email,
            role: role.id().to_owned(),
            token_hash: token.hash(),
            invited_by: scope.actor.id().unwrap_or_default().to_owned(),
            created_at: now,
            expires_at: now + self.settings.invitation_days * DAY_MS,
            accepted_at: None,
            revoked_at: None,
            mailed: self.mail_configured(),
        };
        let mail = self.invitation_mail(scope, &row, &token).await?;
        let tx = self.store.write(scope).await?;
        self.refuse_needless(&tx, &row).await?;
        tx.add_invitation(row.clone()).await?;
        self.send_invitation(tx, scope, row, token, mail, Action::InvitationCreated).await
    }

    /// A new link for an invitation that was lost or has lapsed; the old link stops working.
    pub async fn renew_invitation(&self, scope: &Scope, id: &str) -> Result<InvitationCreated, AppError> {
        require(scope, Permission::TeamManage)?;
        let token = Token::fresh("mfi", &mut **self.rng());
        let tx = self.store.read(scope).await?;
        let mut row = open(&tx, id).await?;
        drop(tx);
        row.token_hash = token.hash();
        row.expires_at = self.now_ms() + self.settings.invitation_days * DAY_MS;
        let mail = self.invitation_mail(scope, &row, &token).await?;
        let tx = self.store.write(scope).await?;
        tx.renew_invitation(id, &row.token_hash, row.expires_at).await?;
        self.send_invitation(tx, scope, row, token, mail, Action::InvitationRenewed).await
    }

    pub async fn revoke_invitation(&self, scope: &Scope, id: &str) -> Result<(), AppError> {
        require(scope, Permission::TeamManage)?;
        let mut tx = self.store.write(scope).await?;
        open(&tx, id).await?;
        tx.revoke_invitation(id, self.now_ms()).await?;
        tx.announce(Topic::Invitations, Some(id));
        self.audit(
            &mut tx,
            scope,
            Action::InvitationRevoked,
            Subject::new("invitation", id, None),
            None,
            None,
        )
        .await?;
        Ok(tx.commit().await?)
    }

    async fn refuse_needless(&self, tx: &Tx, row: &rows::Invitation) -> Result<(), AppError> {
        let page = PageRequest::first(5);
        let members = tx.members(Some(&row.email), &page).await?;
        if members.items.iter().any(|member| member.user.email == row.email) {
            return Err(AppError::conflict(
                "They are in the team already.",
                "Change their role on the team page.",
            ));
        }
        if tx.open_invitation_for(&row.email, self.now_ms()).await?.is_some() {
            return Err(AppError::conflict("They have an open invitation.", "Renew it to get a new link."));
        }
        Ok(())
    }

    async fn invitation_mail(
        &self,
        scope: &Scope,
        row: &rows::Invitation,
        token: &Token,
    ) -> Result<Option<crate::mail::SealedMail>, AppError> {
        if !self.mail_configured() {
            return Ok(None);
        }
        let tenant = self.store.read(scope).await?.tenant_row().await?;
        let mail = Mail {
            to: row.email.clone(),
            subject: format!("Join {} on Marketflow", tenant.name),
            text: format!(
                "Hello,\n\nyou are invited to join the workspace {} on Marketflow.\n\
                 This link works once, for the next {} days:\n\n{}\n",
                tenant.name,
                self.settings.invitation_days,
                self.invitation_url(token)
            ),
        };
        Ok(Some(self.prepare_mail(&scope.tenant, &mail).await?))
    }

    async fn send_invitation(
        &self,
        mut tx: Tx,
        scope: &Scope,
        row: rows::Invitation,
        token: Token,
        mail: Option<crate::mail::SealedMail>,
        action: Action,
    ) -> Result<InvitationCreated, AppError> {
        if let Some(mail) = mail {
            self.enqueue_mail(&mut tx, scope, mail).await?;
        }
        tx.announce(Topic::Invitations, Some(&row.id));
        // The address stays out of the log: it can be erased, the log cannot.
        let after = Some(serde_json::json!({ "role": row.role }));
        self.audit(&mut tx, scope, action, Subject::new("invitation", &row.id, None), None, after).await?;
        tx.commit().await?;
        self.wake_workers();
        let names = self.store.system_read().await?.names_of(std::slice::from_ref(&row.invited_by)).await?;
        let by = names.get(&row.invited_by).cloned().unwrap_or_default();
        Ok(InvitationCreated { invitation: view(row, by, self.now_ms())?, url: self.invitation_url(&token) })
    }

    fn invitation_url(&self, token: &Token) -> String {
        format!("{}/accept-invitation#{}", self.settings.public_url, token.expose())
    }

    pub async fn preview_invitation(&self, token: &str) -> Result<InvitationPreview, AppError> {
        let tx = self.store.system_read().await?;
        let row = self.usable(&tx, token).await?;
        let tenant = row.tenant_id.parse().map_err(AppError::internal)?;
        let tenant = tx.tenant_by_id(&tenant).await?.ok_or(AppError::Gone(LINK))?;
        let inviter = tx.names_of(std::slice::from_ref(&row.invited_by)).await?;
        Ok(InvitationPreview {
            workspace_name: tenant.name,
            role: row.role.parse().map_err(AppError::Internal)?,
            invited_by: inviter.get(&row.invited_by).cloned().unwrap_or_default(),
            has_account: tx.user_by_email(&row.email).await?.is_some(),
            expires_at: instant(row.expires_at),
            email: row.email,
        })
    }

    /// Joins by the link: with a new account, or with the password of the account they have.
    pub async fn accept_invitation(
        &self,
        token: &str,
        name: Option<&str>,
        password: &str,
        kind: SessionKind,
        client: &Client,
        request: RequestId,
    ) -> Result<SignedIn, AppError> {
        let tx = self.store.system_read().await?;
        let invitation = self.usable(&tx, token).await?;
        let existing_account = tx.user_by_email(&invitation.email).await?.is_some();
        drop(tx);
        let attempt = Attempt::new(&invitation.email, client);
        let (user, hash) = match existing_account {
            true => {
                self.prove(&invitation.email, password, &attempt).await?.ok_or_else(not_their_password)?
            }
            false => self.joiner(&invitation, name, password).await?,
        };
        let tx = self.store.system_write().await?;
        let invitation = self.usable(&tx, token).await?;
        if existing_account {
            self.still_proven(&tx, &user, &hash).await?;
            self.forgive(&tx, &attempt, &user.id).await?;
        } else {
            tx.insert_user(user.clone(), Some(hash)).await.map_err(|error| {
                let why = "There is an account with this address by now.";
                crate::error::duplicate_means(error, why, "Use its password.")
            })?;
        }
        // A reset link made before they joined was made by somebody who does not run this workspace.
        tx.forget_user_tokens(&user.id.parse().map_err(AppError::internal)?).await?;
        let role: Role = invitation.role.parse().map_err(AppError::Internal)?;
        let place = self.new_place(&invitation.tenant_id, &user.id, role);
        tx.add_membership(place.clone()).await.map_err(|error| {
            crate::error::duplicate_means(error, "You are in this workspace already.", "Sign in.")
        })?;
        let session = self.new_session(&user, &invitation.tenant_id, kind, client);
        tx.add_session(session.row.clone()).await?;
        let scope = scope_of(&session.row, &place, request)?;
        let mut tx = tx.enter(&scope.tenant).await?;
        let id = invitation.id;
        tx.take_invitation(&id, &invitation.token_hash, self.now_ms()).await.map_err(
            |error| match error {
                StoreError::Stale => AppError::Gone(LINK),
                other => other.into(),
            },
        )?;
        tx.announce(Topic::Invitations, Some(&id));
        tx.announce(Topic::Users, Some(&user.id));
        let after = Some(serde_json::json!({ "role": role.id() }));
        self.audit(
            &mut tx,
            &scope,
            Action::InvitationAccepted,
            Subject::new("invitation", &id, None),
            None,
            after,
        )
        .await?;
        tx.commit().await?;
        self.signed_in(session, &scope).await
    }

    async fn usable(&self, tx: &SystemTx, token: &str) -> Result<rows::Invitation, AppError> {
        let hash = Token::from_presented(token).hash();
        tx.invitation_by_token(&hash)
            .await?
            .filter(|row| state(row, self.now_ms()) == "pending")
            .ok_or(AppError::Gone(LINK))
    }

    async fn joiner(
        &self,
        invitation: &rows::Invitation,
        name: Option<&str>,
        password: &str,
    ) -> Result<(rows::User, String), AppError> {
        let mut checks = Checks::new();
        let name = checks.line("name", name.unwrap_or_default(), 1, 80);
        self.check_password(&mut checks, "password", password, &[&invitation.email, &name]);
        checks.done()?;
        let hash = self.hash_password(password).await?;
        let tenant = invitation.tenant_id.parse().map_err(AppError::internal)?;
        let zone = self
            .store
            .system_read()
            .await?
            .tenant_by_id(&tenant)
            .await?
            .map_or("UTC".to_owned(), |t| t.time_zone);
        Ok((self.new_user(&invitation.email, &name, &zone), hash))
    }
}

fn not_their_password() -> AppError {
    AppError::invalid(
        "password",
        "It is not the password of your account.",
        "Use the password you sign in with.",
    )
}

/// An invitation that can still be renewed or revoked.
async fn open(tx: &Tx, id: &str) -> Result<rows::Invitation, AppError> {
    let row = tx.invitation(id).await?.ok_or(AppError::NotFound("invitation"))?;
    if row.accepted_at.is_some() || row.revoked_at.is_some() {
        return Err(AppError::conflict("This invitation is closed.", "Invite them again."));
    }
    Ok(row)
}

fn state(row: &rows::Invitation, now: i64) -> &'static str {
    match row {
        _ if row.accepted_at.is_some() => "accepted",
        _ if row.revoked_at.is_some() => "revoked",
        _ if row.expires_at <= now => "expired",
        _ => "pending",
    }
}

fn view(row: rows::Invitation, invited_by: String, now: i64) -> Result<InvitationView, AppError> {
    Ok(InvitationView {
        state: state(&row, now),
        role: row.role.parse().map_err(AppError::Internal)?,
        created_at: instant(row.created_at),
        expires_at: instant(row.expires_at),
        id: row.id,
        email: row.email,
        invited_by,
        mailed: row.mailed,
    })
}
