//! From a presented secret to a [`Scope`].

use mf_domain::secret::Token;
use mf_domain::{Actor, KeyId, Permissions, RequestId, Role, Scope};
use mf_stores::relational::{KeyIdentity, SessionIdentity, rows};

use super::{SessionKind, choose_tenant};
use crate::app::HOUR_MS;
use crate::{App, AppError};

/// A secret as it came with a request.
pub enum Presented {
    Cookie(String),
    /// An access token or an API key.
    Bearer(String),
}

/// Who a request comes from.
#[derive(Debug, Clone)]
pub struct Identity {
    pub scope: Scope,
    pub session: Option<rows::Session>,
    /// Cookie sessions must repeat this with everything that changes something.
    pub csrf_token: Option<String>,
    pub key: Option<rows::ApiKey>,
}

const SIGN_IN_AGAIN: &str = "you are not signed in, or your sign-in has ended";

impl App {
    pub async fn identify(&self, presented: Presented, request: RequestId) -> Result<Identity, AppError> {
        let now = self.now_ms();
        let tx = self.store.system_read().await?;
        let found = match presented {
            Presented::Cookie(secret) => {
                let hash = Token::from_presented(secret).hash();
                tx.session_by_token(&hash, now).await?.filter(|s| s.session.kind == SessionKind::Cookie.id())
            }
            Presented::Bearer(secret) if is_api_key(&secret) => {
                let hash = Token::from_presented(secret).hash();
                let key = tx.key_by_secret(&hash, now).await?;
                let key = key.ok_or(AppError::Unauthenticated("this key is unknown, revoked or expired"))?;
                return self.as_key(key, request);
            }
            Presented::Bearer(token) => {
                let session = self.session_of_access_token(&token)?;
                tx.session_by_id(&session, now).await?.filter(|s| s.session.kind == SessionKind::Token.id())
            }
        };
        let idle = self.settings.session_idle_hours * HOUR_MS;
        let found = found
            .filter(|s| s.session.kind == SessionKind::Token.id() || s.session.last_seen_at + idle > now)
            .ok_or(AppError::Unauthenticated(SIGN_IN_AGAIN))?;
        drop(tx);
        self.as_person(found, request).await
    }

    async fn as_person(&self, found: SessionIdentity, request: RequestId) -> Result<Identity, AppError> {
        let SessionIdentity { mut session, user, place } = found;
        let place = match place {
            Some(place) => place,
            None => self.move_to_another_tenant(&mut session, &user.id).await?,
        };
        let role: Role = place.role.parse().map_err(AppError::Internal)?;
        let scope = person(&place.tenant_id, &user.id, Some(&session.id), role, request)?;
        let csrf_token = (session.kind == SessionKind::Cookie.id()).then(|| self.csrf_token(&session));
        self.note_session(&session);
        Ok(Identity { scope, session: Some(session), csrf_token, key: None })
    }

    /// They left the workspace this session was in: it goes on in another of theirs.
    async fn move_to_another_tenant(
        &self,
        session: &mut rows::Session,
        user: &str,
    ) -> Result<rows::Membership, AppError> {
        let tx = self.store.system_write().await?;
        let (tenant, place) = choose_tenant(&tx, user, None).await?;
        session.active_tenant = tenant.tenant_id;
        if !tx.move_session(&session.id, &session.active_tenant).await? {
            return Err(AppError::Unauthenticated(SIGN_IN_AGAIN));
        }
        tx.commit().await?;
        Ok(place)
    }

    fn as_key(&self, found: KeyIdentity, request: RequestId) -> Result<Identity, AppError> {
        let KeyIdentity { key, owner_place } = found;
        let mut granted = Permissions::default();
        for id in serde_json::from_str::<Vec<String>>(&key.permissions).map_err(AppError::internal)? {
            // A permission that no longer exists grants nothing.
            granted = id.parse().ok().into_iter().chain(granted.iter()).collect();
        }
        let scope = match &key.owner_id {
            None => Scope {
                tenant: key.tenant_id.parse().map_err(AppError::internal)?,
                actor: Actor::Key { id: key.id.parse::<KeyId>().map_err(AppError::internal)? },
                role: None,
                permissions: granted,
                request,
                once: None,
            },
            Some(owner) => {
                let place = owner_place.ok_or(AppError::Unauthenticated(
                    "the owner of this token is no longer in the workspace",
                ))?;
                let role: Role = place.role.parse().map_err(AppError::Internal)?;
                let mut scope = person(&key.tenant_id, owner, None, role, request)?;
                scope.permissions = scope.permissions.intersect(&granted);
                scope
            }
        };
        self.note_key(&key);
        Ok(Identity { scope, session: None, csrf_token: None, key: Some(key) })
    }

    fn note_session(&self, session: &rows::Session) {
        let now = self.now_ms();
        if self.seen.due(&session.id, now) {
            let (app, id) = (self.clone(), session.id.clone());
            tokio::spawn(async move {
                let noted = async {
                    let tx = app.store.system_write().await?;
                    tx.touch_session(&id, now).await?;
                    tx.commit().await
                };
                if let Err(error) = noted.await {
                    tracing::warn!(%error, "noting when a session was last used");
                }
            });
        }
    }

    fn note_key(&self, key: &rows::ApiKey) {
        let now = self.now_ms();
        if self.seen.due(&key.id, now) {
            let (app, id) = (self.clone(), key.id.clone());
            tokio::spawn(async move {
                let noted = async {
                    let tx = app.store.system_write().await?;
                    tx.touch_key(&id, now).await?;
                    tx.commit().await
                };
                if let Err(error) = noted.await {
                    tracing::warn!(%error, "noting when a key was last used");
                }
            });
        }
    }
}

fn is_api_key(secret: &str) -> bool {
    crate::KeyKind::ALL
        .iter()
        .any(|kind| secret.strip_prefix(kind.prefix()).is_some_and(|rest| rest.starts_with('_')))
}

pub(crate) fn person(
    tenant: &str,
    user: &str,
    session: Option<&str>,
    role: Role,
    request: RequestId,
) -> Result<Scope, AppError> {
    Ok(Scope {
        tenant: tenant.parse().map_err(AppError::internal)?,
        actor: Actor::User {
            id: user.parse().map_err(AppError::internal)?,
            session: session.map(str::parse).transpose().map_err(AppError::internal)?,
        },
        role: Some(role),
        permissions: role.permissions(),
        request,
        once: None,
    })
}
