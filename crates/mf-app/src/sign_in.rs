//! Signing in and out, and finding out who a request comes from.
//!
//! A browser holds a session cookie; an API client a short-lived access token (JWT) and a refresh
//! token that changes with every use; a program an API key. Every request is held against the
//! database, so that ending a session, suspending a member or revoking a key counts at once.

mod identify;
mod sessions;
mod tokens;

use mf_domain::secret::Token;
use mf_domain::text::Checks;
use mf_domain::{RequestId, Scope, SessionId, TenantId, UserId};
use mf_stores::relational::{SystemTx, Tx, rows};

use crate::app::{DAY_MS, fresh};
use crate::audit::{Action, Subject, as_json};
use crate::throttle::Attempt;
use crate::{App, AppError, Me};

pub(crate) use identify::LastSeen;
pub use identify::{Identity, Presented};
pub use sessions::SessionView;
pub(crate) use sessions::me as sessions_me;
pub use tokens::Tokens;

/// Where a request comes from, as far as it is kept.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The address, cut to its network (/24 or /48).
    pub network: String,
    pub user_agent: String,
}

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
        let (user, hash) = self.admit(&email, &attempt, client).await?;
        let fits = self.password_fits(password, hash).await?;
        let Some(user) = user.filter(|_| fits) else {
            let tx = self.store.system_write().await?;
            self.count_failure(&tx, &attempt).await?;
            tx.commit().await?;
            return Err(AppError::Unauthenticated(WRONG));
        };
        let tx = self.store.system_write().await?;
        self.forget_failures(&tx, &attempt).await?;
        let (tenant, place) = choose_tenant(&tx, &user.id, wanted).await?;
        let session = self.new_session(&user, &tenant.tenant_id, kind, client);
        let scope = scope_of(&session.row, &place, request)?;
        self.start_session(tx, session, &scope).await
    }

    async fn admit(
        &self,
        email: &str,
        attempt: &Attempt,
        client: &Client,
    ) -> Result<(Option<rows::User>, Option<String>), AppError> {
        let tx = self.store.system_read().await?;
        let user = tx.user_by_email(email).await?;
        let (mut hash, mut known) = (None, false);
        if let Some(user) = &user {
            let id: UserId = user.id.parse().map_err(AppError::internal)?;
            hash = tx.password_hash(&id).await?;
            known = tx.sessions_of(&id, self.now_ms()).await?.iter().any(|s| s.network == client.network);
        }
        self.admit_attempt(&tx, attempt, known).await?;
        Ok((user, hash))
    }

    pub(crate) fn new_session(
        &self,
        user: &rows::User,
        tenant: &str,
        kind: SessionKind,
        client: &Client,
    ) -> NewSession {
        let prefix = match kind {
            SessionKind::Cookie => "mfc",
            SessionKind::Token => tokens::REFRESH_PREFIX,
        };
        let secret = Token::fresh(prefix, &mut **self.rng());
        let now = self.now_ms();
        let days = match kind {
            SessionKind::Cookie => self.settings.session_days,
            SessionKind::Token => self.settings.refresh_token_days,
        };
        let row = rows::Session {
            id: fresh!(self, SessionId).to_string(),
            user_id: user.id.clone(),
            active_tenant: tenant.to_owned(),
            kind: kind.id().to_owned(),
            token_hash: secret.hash(),
            previous_hash: None,
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
        let tx = self.store.system_write().await?;
        self.admit_attempt(&tx, &attempt, false).await?;
        self.count_failure(&tx, &attempt).await?;
        let user = tx.user_by_email(&email).await?;
        tx.commit().await?;
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
    })
}
