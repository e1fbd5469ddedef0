//! Signing in and out, and finding out who a request comes from.
//!
//! A browser holds a session cookie; an API client a short-lived access token (JWT) and a refresh
//! token that changes with every use; a program an API key. Every request is held against the
//! database, so that ending a session, suspending a member or revoking a key counts at once.

mod client;
mod identify;
mod sessions;
mod throttle;
mod tokens;

use mf_domain::secret::Token;
use mf_domain::text::Checks;
use mf_domain::{RequestId, Scope, SessionId, TenantId, UserId};
use mf_stores::relational::{SystemTx, Tx, rows};

use crate::app::{DAY_MS, fresh};
use crate::audit::{Action, Subject, as_json};
use crate::{App, AppError, Me};

pub use client::Client;
pub use identify::{Identity, Presented};
pub use sessions::SessionView;
pub(crate) use sessions::{me as person_of, signed_in};
pub(crate) use throttle::Attempt;
pub use tokens::Tokens;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// A browser's.
    Cookie,
    /// An API client's pair of access and refresh token.
    Token,
}

impl SessionKind {
    pub fn id(self) -> &'static str {
        match self {
            SessionKind::Cookie => "cookie",
            SessionKind::Token => "token",
        }
    }
}

/// What signing in gives: who you are, and the secrets to prove it with from now on.
pub struct SignedIn {
    pub me: Me,
    /// For a cookie session, its value.
    pub cookie: Option<Token>,
    /// For a token session, the pair.
    pub tokens: Option<Tokens>,
}

/// A session about to be written, with the secret only its owner will know.
pub(crate) struct NewSession {
    pub row: rows::Session,
    secret: Token,
}

/// How many sign-ins a person may have; the longest-unused ones end first.
const MOST_SESSIONS: u64 = 50;

const WRONG: &str = "the e-mail address or the password is wrong";

impl App {
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        wanted: Option<&TenantId>,
        kind: SessionKind,
        client: &Client,
        request: RequestId,
    ) -> Result<SignedIn, AppError> {
        let email = email.trim().to_lowercase();
        let attempt = Attempt::new(&email, client);
        let proven = self.prove(&email, password, &attempt).await?;
        let (user, hash) = proven.ok_or(AppError::Unauthenticated(WRONG))?;
        let tx = self.store.system_write().await?;
        self.still_proven(&tx, &user, &hash).await?;
        self.forgive(&tx, &attempt, &user.id).await?;
        let (tenant, place) = choose_tenant(&tx, &user.id, wanted).await?;
        let session = self.new_session(&user, &tenant.tenant_id, kind, client);
        let scope = scope_of(&session.row, &place, request)?;
        self.start_session(tx, session, &scope).await
    }

    /// Whose password this is, with the hash it was held against; nothing when it is wrong.
    pub(crate) async fn prove(
        &self,
        email: &str,
        password: &str,
        attempt: &Attempt,
    ) -> Result<Option<(rows::User, String)>, AppError> {
        let tx = self.store.system_read().await?;
        let user = tx.user_by_email(email).await?;
        let hash = match &user {
            Some(user) => tx.password_hash(&user.id.parse().map_err(AppError::internal)?).await?,
            None => None,
        };
        drop(tx);
        self.admit_attempt(attempt, user.as_ref().map(|user| user.id.as_str())).await?;
        let fits = self.password_fits(password, hash.clone()).await?;
        Ok(user.zip(hash).filter(|_| fits))
    }

    /// Checking a password takes a while; if it was changed meanwhile, it was the wrong one.
    pub(crate) async fn still_proven(
        &self,
        tx: &SystemTx,
        user: &rows::User,
        hash: &str,
    ) -> Result<(), AppError> {
        let id: UserId = user.id.parse().map_err(AppError::internal)?;
        if tx.hash_still(&id, Some(hash)).await? { Ok(()) } else { Err(AppError::Unauthenticated(WRONG)) }
    }

    pub(crate) fn new_session(
        &self,
        user: &rows::User,
        tenant: &str,
        kind: SessionKind,
        client: &Client,
    ) -> NewSession {
        let id = fresh!(self, SessionId);
        let now = self.now_ms();
        let secret = match kind {
            SessionKind::Cookie => Token::fresh("mfc", &mut **self.rng()),
            SessionKind::Token => self.refresh_token(id.as_str()),
        };
        let days = match kind {
            SessionKind::Cookie => self.settings.session_days,
            SessionKind::Token => self.settings.refresh_token_days,
        };
        let row = rows::Session {
            id: id.to_string(),
            user_id: user.id.clone(),
            active_tenant: tenant.to_owned(),
            kind: kind.id().to_owned(),
            token_hash: secret.hash(),
            user_agent: client.user_agent.chars().filter(|c| !c.is_control()).take(200).collect(),
            network: client.network.clone(),
            created_at: now,
            last_seen_at: now,
            expires_at: now + days * DAY_MS,
        };
        NewSession { row, secret }
    }

    /// Writes a session with its audit entry, commits, and answers what its owner needs.
    pub(crate) async fn start_session(
        &self,
        tx: SystemTx,
        session: NewSession,
        scope: &Scope,
    ) -> Result<SignedIn, AppError> {
        tx.add_session(session.row.clone()).await?;
        tx.cap_sessions(&session.row.user_id, &session.row.id, MOST_SESSIONS).await?;
        let mut tx = tx.enter(&scope.tenant).await?;
        self.audit_session(&mut tx, scope, Action::SessionStarted, &session.row).await?;
        tx.commit().await?;
        self.signed_in(session, scope).await
    }

    /// What the owner of a session that now exists is given.
    pub(crate) async fn signed_in(&self, session: NewSession, scope: &Scope) -> Result<SignedIn, AppError> {
        let me = self.me_of_session(&session.row, scope).await?;
        let kind = session.row.kind.as_str();
        Ok(SignedIn {
            me,
            tokens: (kind == SessionKind::Token.id())
                .then(|| self.tokens_for(&session.row, session.secret.clone()))
                .transpose()?,
            cookie: (kind == SessionKind::Cookie.id()).then_some(session.secret),
        })
    }

    pub(crate) async fn audit_session(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        action: Action,
        session: &rows::Session,
    ) -> Result<(), AppError> {
        let after = as_json(&serde_json::json!({ "kind": session.kind, "network": session.network }));
        Ok(self.audit(tx, scope, action, Subject::new("session", &session.id, None), None, after).await?)
    }

    /// Sends a link to set a new password, if there is such an account. The answer never says which.
    pub async fn ask_password_reset(
        &self,
        email: &str,
        client: &Client,
        request: RequestId,
    ) -> Result<(), AppError> {
        let mut checks = Checks::new();
        let email = checks.email("email", email);
        checks.done()?;
        let attempt = Attempt::new(&format!("reset:{email}"), client);
        self.admit_attempt(&attempt, None).await?;
        let user = self.store.system_read().await?.user_by_email(&email).await?;
        match user {
            Some(user) if self.mail_configured() => self.mail_reset_link(user, request).await,
            _ => Ok(()),
        }
    }

    /// Sets a new password by a one-time link and ends every sign-in: whoever else was in is out.
    pub async fn reset_password(
        &self,
        token: &str,
        password: &str,
        request: RequestId,
    ) -> Result<(), AppError> {
        let hash = Token::from_presented(token).hash();
        let mut checks = Checks::new();
        self.check_password(&mut checks, "password", password, &[]);
        checks.done()?;
        let password_hash = self.hash_password(password).await?;
        let mut tx = self.store.system_write().await?;
        let user = tx
            .take_user_token(&hash, "password_reset", self.now_ms())
            .await?
            .ok_or(AppError::Gone("link"))?;
        let user: UserId = user.parse().map_err(AppError::internal)?;
        tx.set_password_hash(&user, password_hash, self.now_ms()).await?;
        tx.forget_user_tokens(&user).await?;
        tx.end_sessions_of(&user, None).await?;
        tx.revoke_personal_keys_of(user.as_str(), self.now_ms()).await?;
        tx.announce(None, mf_stores::relational::Topic::Sessions, Some(user.as_str()));
        let places = tx.places_of(user.as_str()).await?;
        let Some(tenant) = places.first() else { return Ok(tx.commit().await?) };
        let scope = person_scope(&tenant.tenant_id, &user, request)?;
        let mut tx = tx.enter(&scope.tenant).await?;
        self.audit(&mut tx, &scope, Action::PasswordReset, Subject::new("user", &user, None), None, None)
            .await?;
        Ok(tx.commit().await?)
    }
}

/// The workspace to start in: the one asked for, or the first one.
pub(crate) async fn choose_tenant(
    tx: &SystemTx,
    user: &str,
    wanted: Option<&TenantId>,
) -> Result<(rows::Tenant, rows::Membership), AppError> {
    let mut places = tx.tenants_of(user).await?;
    if let Some(wanted) = wanted {
        places.retain(|(tenant, _)| tenant.tenant_id == wanted.as_str());
        return places.into_iter().next().ok_or(AppError::NotFound("workspace"));
    }
    places.into_iter().next().ok_or_else(|| {
        AppError::refused(
            "You are not in any workspace any more.",
            "Ask somebody in yours to invite you again.",
        )
    })
}

pub(crate) fn scope_of(
    session: &rows::Session,
    place: &rows::Membership,
    request: RequestId,
) -> Result<Scope, AppError> {
    let role = place.role.parse().map_err(AppError::Internal)?;
    identify::person(&place.tenant_id, &place.user_id, Some(&session.id), role, request)
}

/// A person acting without a session: by a link they were sent.
pub(crate) fn person_scope(tenant: &str, user: &UserId, request: RequestId) -> Result<Scope, AppError> {
    Ok(Scope {
        tenant: tenant.parse().map_err(AppError::internal)?,
        actor: mf_domain::Actor::User { id: user.clone(), session: None },
        role: None,
        permissions: mf_domain::Permissions::default(),
        request,
        once: None,
    })
}
