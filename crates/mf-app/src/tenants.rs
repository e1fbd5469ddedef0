//! Workspaces: seeing one's own, making another, changing this one.

use jiff::Timestamp;
use mf_domain::text::Checks;
use mf_domain::{Permission, Role, Scope, TenantId};
use mf_stores::relational::{SystemTx, Topic, Tx, rows};

use crate::app::{instant, require};
use crate::audit::{Action, Subject};
use crate::sign_in::signed_in;
use crate::{App, AppError};

#[derive(Debug, Clone)]
pub struct TenantView {
    pub id: String,
    pub name: String,
    pub time_zone: String,
    pub currency: String,
    pub created_at: Timestamp,
    pub my_role: Option<Role>,
    pub version: i64,
}

/// What may be changed about a workspace; `None` leaves a thing as it is.
#[derive(Debug, Clone, Default)]
pub struct TenantChange {
    pub name: Option<String>,
    pub time_zone: Option<String>,
    pub currency: Option<String>,
}

impl App {
    /// The workspaces the asker may enter; a key's is the one it belongs to.
    pub async fn my_tenants(&self, scope: &Scope) -> Result<Vec<TenantView>, AppError> {
        let tx = self.store.system_read().await?;
        match scope.user() {
            Some(user) => {
                let places = tx.tenants_of(user.as_str()).await?;
                Ok(places.into_iter().map(|(tenant, place)| view(tenant, place.role.parse().ok())).collect())
            }
            None => {
                require(scope, Permission::WorkspaceRead)?;
                let tenant = tx.tenant_by_id(&scope.tenant).await?.ok_or(AppError::NotFound("workspace"))?;
                Ok(vec![view(tenant, None)])
            }
        }
    }

    pub async fn tenant(&self, scope: &Scope, id: &TenantId) -> Result<TenantView, AppError> {
        let mine = self.my_tenants(scope).await?;
        mine.into_iter().find(|tenant| tenant.id == id.as_str()).ok_or(AppError::NotFound("workspace"))
    }

    /// Makes another workspace, with whoever asks as its admin.
    pub async fn create_tenant(
        &self,
        scope: &Scope,
        name: &str,
        time_zone: &str,
        currency: Option<&str>,
    ) -> Result<TenantView, AppError> {
        let user = signed_in(scope)?;
        let mut checks = Checks::new();
        let name = checks.line("name", name, 1, 80);
        let time_zone = checks.time_zone("time_zone", time_zone);
        let currency = checks.currency("currency", currency.unwrap_or("EUR"));
        checks.done()?;
        let tenant = self.new_tenant(&name, &time_zone, currency.code());
        let mut tx = self.store.system_write().await?;
        tx.mark_done(scope).await?;
        tx.insert_tenant(tenant.clone()).await?;
        tx.add_membership(self.new_place(&tenant.tenant_id, user.as_str(), Role::Admin)).await?;
        self.put_tenant_schedules(&tx, &tenant).await?;
        let id: TenantId = tenant.tenant_id.parse().map_err(AppError::internal)?;
        // Whoever watches the workspace they came from sees its switcher grow.
        tx.announce(Some(&scope.tenant), Topic::Tenants, Some(id.as_str()));
        let mut tx = tx.enter(&id).await?;
        let mut inside = scope.clone();
        inside.tenant = id;
        let after = Some(describe(&tenant));
        let subject = Subject::new("tenant", &tenant.tenant_id, Some(&tenant.name));
        self.audit(&mut tx, &inside, Action::TenantCreated, subject, None, after).await?;
        tx.commit().await?;
        Ok(view(tenant, Some(Role::Admin)))
    }

    pub async fn change_tenant(
        &self,
        scope: &Scope,
        id: &TenantId,
        version: i64,
        change: TenantChange,
    ) -> Result<TenantView, AppError> {
        if *id != scope.tenant {
            return Err(self.not_this_tenant(scope, id).await);
        }
        require(scope, Permission::WorkspaceManage)?;
        let mut checks = Checks::new();
        let name = change.name.map(|name| checks.line("name", &name, 1, 80));
        let time_zone = change.time_zone.map(|zone| checks.time_zone("time_zone", &zone));
        let currency = change.currency.map(|code| checks.currency("currency", &code).code().to_owned());
        checks.done()?;
        let tx = self.store.system_write().await?;
        let before = current(&tx, id, version).await?;
        let mut after = before.clone();
        after.name = name.unwrap_or(after.name);
        after.time_zone = time_zone.unwrap_or(after.time_zone);
        after.currency = currency.unwrap_or(after.currency);
        after.version += 1;
        if after.time_zone != before.time_zone {
            self.put_tenant_schedules(&tx, &after).await?;
        }
        let mut tx = tx.enter(id).await?;
        tx.lock_tenant().await?;
        if after.currency != before.currency {
            refuse_conversion(&tx).await?;
        }
        tx.save_tenant(after.clone()).await?;
        tx.announce(Topic::Tenants, Some(id.as_str()));
        let subject = Subject::new("tenant", id, Some(&after.name));
        self.audit(
            &mut tx,
            scope,
            Action::TenantChanged,
            subject,
            Some(describe(&before)),
            Some(describe(&after)),
        )
        .await?;
        tx.commit().await?;
        Ok(view(after, scope.role))
    }

    /// One of mine that I am not in right now, or one I know nothing of.
    async fn not_this_tenant(&self, scope: &Scope, id: &TenantId) -> AppError {
        match self.tenant(scope, id).await {
            Ok(_) => AppError::refused("You are in another workspace.", "Switch to it first."),
            Err(error) => error,
        }
    }
}

async fn current(tx: &SystemTx, id: &TenantId, version: i64) -> Result<rows::Tenant, AppError> {
    let row = tx.tenant_by_id(id).await?.ok_or(AppError::NotFound("workspace"))?;
    if row.version == version { Ok(row) } else { Err(AppError::Stale) }
}

/// Amounts are not converted, so the currency may change only while there are none.
async fn refuse_conversion(tx: &Tx) -> Result<(), AppError> {
    if tx.spending().await?.limit_minor == 0 && !crate::spending::raise_is_open(tx).await? {
        return Ok(());
    }
    Err(AppError::conflict(
        "The workspace has a spending limit, or a request for one, in its present currency; amounts are not converted.",
        "Set the limit to 0 and let the request be decided or withdrawn; then change the currency.",
    ))
}

fn describe(tenant: &rows::Tenant) -> serde_json::Value {
    serde_json::json!({ "name": tenant.name, "time_zone": tenant.time_zone, "currency": tenant.currency })
}

fn view(row: rows::Tenant, my_role: Option<Role>) -> TenantView {
    TenantView {
        id: row.tenant_id,
        name: row.name,
        time_zone: row.time_zone,
        currency: row.currency,
        created_at: instant(row.created_at),
        my_role,
        version: row.version,
    }
}
