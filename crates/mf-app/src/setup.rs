//! The first start: the first admin and their workspace. It happens once.

use mf_domain::text::Checks;
use mf_domain::{RequestId, Role, TenantId, UserId};
use mf_stores::relational::{StoreError, SystemTx, rows};

use crate::app::fresh;
use crate::audit::{Action, Subject};
use crate::sign_in::scope_of;
use crate::{App, AppError, Client, SessionKind, SignedIn};

#[derive(Debug, Clone)]
pub struct FirstAdmin {
    pub workspace_name: String,
    pub name: String,
    pub email: String,
    pub password: String,
    pub time_zone: String,
}

const DONE: &str = "Marketflow has been set up already.";
const DONE_REMEDY: &str = "Sign in, or ask your admin for an invitation.";
/// Written by whoever comes first; a second one finds it there.
const FACT: &str = "set_up";

impl App {
    pub async fn setup_needed(&self) -> Result<bool, AppError> {
        let tx = self.store.system_read().await?;
        Ok(tx.fact(FACT).await?.is_none())
    }

    pub async fn set_up(
        &self,
        first: FirstAdmin,
        client: &Client,
        request: RequestId,
    ) -> Result<SignedIn, AppError> {
        if !self.setup_needed().await? {
            return Err(AppError::conflict(DONE, DONE_REMEDY));
        }
        let mut checks = Checks::new();
        let workspace = checks.line("workspace_name", &first.workspace_name, 1, 80);
        let name = checks.line("name", &first.name, 1, 80);
        let email = checks.email("email", &first.email);
        let time_zone = checks.time_zone("time_zone", &first.time_zone);
        self.check_password(&mut checks, "password", &first.password, &[&email, &name, &workspace]);
        checks.done()?;
        let hash = self.hash_password(&first.password).await?;

        let tx = self.store.system_write().await?;
        tx.add_fact(FACT, &self.now().to_string()).await.map_err(|error| match error {
            StoreError::Duplicate => AppError::conflict(DONE, DONE_REMEDY),
            other => other.into(),
        })?;
        let user = self.new_user(&email, &name, &time_zone);
        tx.insert_user(user.clone(), Some(hash)).await?;
        let tenant = self.new_tenant(&workspace, &time_zone, "EUR");
        let place = self.new_place(&tenant.tenant_id, &user.id, Role::Admin);
        tx.insert_tenant(tenant.clone()).await?;
        tx.add_membership(place.clone()).await?;
        let session = self.new_session(&user, &tenant.tenant_id, SessionKind::Cookie, client);
        let scope = scope_of(&session.row, &place, request)?;
        self.begin_log(tx, session, &scope, &tenant).await
    }

    /// The workspace's first entry, its schedules, and the first session.
    async fn begin_log(
        &self,
        tx: SystemTx,
        session: crate::sign_in::NewSession,
        scope: &mf_domain::Scope,
        tenant: &rows::Tenant,
    ) -> Result<SignedIn, AppError> {
        self.put_tenant_schedules(&tx, tenant).await?;
        tx.add_session(session.row.clone()).await?;
        let mut inside = tx.enter(&scope.tenant).await?;
        let after = Some(
            serde_json::json!({ "name": tenant.name, "time_zone": tenant.time_zone, "currency": tenant.currency }),
        );
        let subject = Subject::new("tenant", &tenant.tenant_id, Some(&tenant.name));
        self.audit(&mut inside, scope, Action::InstallationSetUp, subject, None, after).await?;
        inside.commit().await?;
        self.signed_in(session, scope).await
    }

    pub(crate) fn new_user(&self, email: &str, name: &str, time_zone: &str) -> rows::User {
        rows::User {
            id: fresh!(self, UserId).to_string(),
            email: email.to_owned(),
            name: name.to_owned(),
            time_zone: time_zone.to_owned(),
            created_at: self.now_ms(),
        }
    }

    pub(crate) fn new_tenant(&self, name: &str, time_zone: &str, currency: &str) -> rows::Tenant {
        rows::Tenant {
            tenant_id: fresh!(self, TenantId).to_string(),
            name: name.to_owned(),
            time_zone: time_zone.to_owned(),
            currency: currency.to_owned(),
            created_at: self.now_ms(),
            version: 1,
        }
    }

    pub(crate) fn new_place(&self, tenant: &str, user: &str, role: Role) -> rows::Membership {
        rows::Membership {
            tenant_id: tenant.to_owned(),
            user_id: user.to_owned(),
            role: role.id().to_owned(),
            status: "active".to_owned(),
            joined_at: self.now_ms(),
            version: 1,
        }
    }
}
