//! "Me": who I am here, what I may do, and where else I can go.

use mf_domain::text::Checks;
use mf_domain::{Scope, UserId};
use mf_stores::relational::{Topic, rows};

use crate::audit::{Action, Subject};
use crate::sign_in::{Attempt, Identity, signed_in};
use crate::{App, AppError, Client};

#[derive(Debug, Clone)]
pub struct Me {
    /// None when a workspace's key asks.
    pub user: Option<rows::User>,
    pub tenant: rows::Tenant,
    pub role: Option<mf_domain::Role>,
    pub permissions: Vec<String>,
    /// Where this person may go, with their role there.
    pub tenants: Vec<(rows::Tenant, String)>,
    pub csrf_token: Option<String>,
    pub session_id: Option<String>,
}

impl App {
    pub async fn me(&self, identity: &Identity) -> Result<Me, AppError> {
        self.describe(&identity.scope, identity.csrf_token.clone()).await
    }

    pub(crate) async fn me_of_session(&self, session: &rows::Session, scope: &Scope) -> Result<Me, AppError> {
        let csrf = (session.kind == crate::SessionKind::Cookie.id()).then(|| self.csrf_token(session));
        self.describe(scope, csrf).await
    }

    async fn describe(&self, scope: &Scope, csrf_token: Option<String>) -> Result<Me, AppError> {
        let tx = self.store.system_read().await?;
        let (user, places) = match scope.user() {
            Some(id) => (tx.user(id.as_str()).await?, tx.tenants_of(id.as_str()).await?),
            None => (None, Vec::new()),
        };
        let here = places.iter().find(|(tenant, _)| tenant.tenant_id == scope.tenant.as_str());
        let tenant = match here {
            Some((tenant, _)) => tenant.clone(),
            None => tx.tenant_by_id(&scope.tenant).await?.ok_or(AppError::NotFound("workspace"))?,
        };
        Ok(Me {
            user,
            tenant,
            role: scope.role,
            permissions: scope.permissions.ids(),
            tenants: places.into_iter().map(|(tenant, place)| (tenant, place.role)).collect(),
            csrf_token,
            session_id: scope.session().map(ToString::to_string),
        })
    }

    pub async fn change_profile(
        &self,
        identity: &Identity,
        name: Option<&str>,
        time_zone: Option<&str>,
    ) -> Result<Me, AppError> {
        let scope = &identity.scope;
        let user = signed_in(scope)?;
        let mut checks = Checks::new();
        let name = name.map(|name| checks.line("name", name, 1, 80));
        let time_zone = time_zone.map(|zone| checks.time_zone("time_zone", zone));
        checks.done()?;
        let mut tx = self.store.system_write().await?;
        let mut row = tx.user(user.as_str()).await?.ok_or(AppError::NotFound("person"))?;
        // Which fields, not their values: the log cannot be erased, a name must be.
        let changed: Vec<_> = [name.is_some().then_some("name"), time_zone.is_some().then_some("time_zone")]
            .into_iter()
            .flatten()
            .collect();
        row.name = name.unwrap_or(row.name);
        row.time_zone = time_zone.unwrap_or(row.time_zone);
        tx.save_user(row).await?;
        tx.announce(Some(&scope.tenant), Topic::Users, Some(user.as_str()));
        let mut tx = tx.enter(&scope.tenant).await?;
        let after = Some(serde_json::json!({ "changed": changed }));
        self.audit(&mut tx, scope, Action::ProfileChanged, Subject::new("user", user, None), None, after)
            .await?;
        tx.commit().await?;
        self.me(identity).await
    }

    /// Changes one's own password, ends all other sign-ins and every token that acts as this person.
    pub async fn change_password(
        &self,
        identity: &Identity,
        current: &str,
        new: &str,
    ) -> Result<(), AppError> {
        let scope = &identity.scope;
        let user: &UserId = signed_in(scope)?;
        let tx = self.store.system_read().await?;
        let row = tx.user(user.as_str()).await?.ok_or(AppError::NotFound("person"))?;
        drop(tx);
        let mut checks = Checks::new();
        self.check_password(&mut checks, "new_password", new, &[&row.email, &row.name]);
        checks.done()?;
        let client = Client { network: session_network(identity), user_agent: String::new() };
        let attempt = Attempt::new(&row.email, &client);
        let Some((row, present)) = self.prove(&row.email, current, &attempt).await? else {
            return Err(AppError::invalid(
                "current_password",
                "It is not your present password.",
                "Type the password you signed in with.",
            ));
        };
        let hash = self.hash_password(new).await?;
        let mut tx = self.store.system_write().await?;
        self.still_proven(&tx, &row, &present).await?;
        self.forgive(&tx, &attempt, &row.id).await?;
        tx.set_password_hash(user, hash, self.now_ms()).await?;
        tx.revoke_personal_keys_of(user.as_str(), self.now_ms()).await?;
        tx.forget_user_tokens(user).await?;
        tx.end_sessions_of(user, scope.session().map(mf_domain::SessionId::as_str)).await?;
        tx.announce(None, Topic::Sessions, Some(user.as_str()));
        let mut tx = tx.enter(&scope.tenant).await?;
        self.audit(&mut tx, scope, Action::PasswordChanged, Subject::new("user", user, None), None, None)
            .await?;
        Ok(tx.commit().await?)
    }
}

fn session_network(identity: &Identity) -> String {
    identity.session.as_ref().map(|session| session.network.clone()).unwrap_or_default()
}
