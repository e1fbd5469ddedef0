//! Access tokens (JWT, minutes) and refresh tokens (days, new with every use).

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use mf_domain::secret::{self, Token};
use mf_domain::{RequestId, Scope};
use mf_stores::relational::{SystemTx, Topic, rows};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::{SessionKind, SignedIn, person_scope, scope_of};
use crate::app::MINUTE_MS;
use crate::audit::Action;
use crate::{App, AppError};

pub(super) const REFRESH_PREFIX: &str = "mfr";
const ISSUER: &str = "marketflow";

/// What an API client goes on with.
pub struct Tokens {
    pub access: Token,
    pub refresh: Token,
    pub expires_in_seconds: i64,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    /// The person.
    sub: String,
    /// The session: it is looked up with every request, so ending it ends the token.
    sid: String,
    iat: i64,
    exp: i64,
}

impl App {
    pub(crate) fn tokens_for(&self, session: &rows::Session, refresh: Token) -> Result<Tokens, AppError> {
        let minutes = self.settings.access_token_minutes;
        let now = self.now().as_second();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: session.user_id.clone(),
            sid: session.id.clone(),
            iat: now,
            exp: now + minutes * 60,
        };
        let key = EncodingKey::from_secret(self.token_key.as_slice());
        let text = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
            .map_err(AppError::internal)?;
        Ok(Tokens { access: Token::from_presented(text), refresh, expires_in_seconds: minutes * 60 })
    }

    pub(super) fn session_of_access_token(&self, token: &str) -> Result<String, AppError> {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[ISSUER]);
        // Held against our own clock below.
        rules.validate_exp = false;
        rules.set_required_spec_claims(&["exp", "iss", "sub"]);
        let key = DecodingKey::from_secret(self.token_key.as_slice());
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &rules)
            .map_err(|_| AppError::Unauthenticated("this access token is not one of ours"))?
            .claims;
        if claims.exp <= self.now().as_second() {
            return Err(AppError::Unauthenticated("this access token has expired; refresh it"));
        }
        Ok(claims.sid)
    }

    /// `mfr_<session>_<random>_<proof>`: the proof tells a token we once issued from an invented one,
    /// so that any used token, however old, is recognised as used.
    pub(super) fn refresh_token(&self, session: &str) -> Token {
        let random = Token::fresh(session.trim_start_matches("ses_"), &mut **self.rng());
        let body = format!("{REFRESH_PREFIX}_{}", random.expose());
        let proof = self.proof_of(&body);
        Token::from_presented(format!("{body}_{proof}"))
    }

    fn proof_of(&self, body: &str) -> String {
        hex::encode(&keyed_hash(self.token_key.as_slice(), &[b"refresh", body.as_bytes()])[..16])
    }

    /// The session a refresh token was issued for, if it was.
    fn session_of_refresh_token(&self, token: &str) -> Option<String> {
        let (body, proof) = token.rsplit_once('_')?;
        if !secret::same(proof, &self.proof_of(body)) {
            return None;
        }
        let session = body.strip_prefix(REFRESH_PREFIX)?.strip_prefix('_')?.split('_').next()?;
        Some(format!("ses_{session}"))
    }

    /// A new pair for a refresh token. A token that was used before ends the session: somebody else
    /// holds a copy, and nobody can tell which of the two is the thief.
    pub async fn refresh(&self, refresh: &str, request: RequestId) -> Result<SignedIn, AppError> {
        let unknown =
            AppError::Unauthenticated("this refresh token is unknown, used or expired; sign in again");
        let Some(id) = self.session_of_refresh_token(refresh) else { return Err(unknown) };
        let tx = self.store.system_write().await?;
        let found = tx.session_by_id(&id, self.now_ms()).await?;
        let Some(found) = found.filter(|s| s.session.kind == SessionKind::Token.id()) else {
            return Err(unknown);
        };
        let next = self.refresh_token(&id);
        let used = Token::from_presented(refresh).hash();
        if !tx.rotate_token(&id, &used, &next.hash(), self.now_ms()).await? {
            self.end_reused(tx, found.session, request).await?;
            return Err(unknown);
        }
        let Some(place) = found.place else {
            return Err(AppError::Unauthenticated("you are no longer in this workspace; sign in again"));
        };
        let session = rows::Session { token_hash: next.hash(), ..found.session };
        let scope = scope_of(&session, &place, request)?;
        let mut tx = tx.enter(&scope.tenant).await?;
        self.audit_session(&mut tx, &scope, Action::SessionRefreshed, &session).await?;
        tx.commit().await?;
        let me = self.me_of_session(&session, &scope).await?;
        Ok(SignedIn { me, cookie: None, tokens: Some(self.tokens_for(&session, next)?) })
    }

    async fn end_reused(
        &self,
        mut tx: SystemTx,
        session: rows::Session,
        request: RequestId,
    ) -> Result<(), AppError> {
        tx.end_session(&session.id).await?;
        tx.announce(None, Topic::Sessions, Some(&session.user_id));
        let user = session.user_id.parse().map_err(AppError::internal)?;
        let scope: Scope = person_scope(&session.active_tenant, &user, request)?;
        let mut tx = tx.enter(&scope.tenant).await?;
        self.audit_session(&mut tx, &scope, Action::SessionReused, &session).await?;
        Ok(tx.commit().await?)
    }

    /// What a cookie session must repeat in a header: bound to the session, useless for another.
    pub(crate) fn csrf_token(&self, session: &rows::Session) -> String {
        let parts = [session.id.as_bytes(), session.token_hash.as_bytes()];
        hex::encode(&keyed_hash(self.csrf_key.as_slice(), &parts)[..20])
    }

    pub(crate) fn reset_expiry(&self) -> i64 {
        self.now_ms() + self.settings.reset_minutes * MINUTE_MS
    }
}

fn keyed_hash(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
