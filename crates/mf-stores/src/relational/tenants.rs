//! Workspaces and what is set per workspace.

use mf_domain::TenantId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entities::{approval_settings, memberships, spending, tenants};
use super::{Engine, StoreError, SystemTx, Tx, rows};

impl Tx {
    pub async fn tenant_row(&self) -> Result<rows::Tenant, StoreError> {
        self.one(self.find::<tenants::Entity>())
            .await?
            .ok_or_else(|| StoreError::Other(format!("the workspace {} is gone", self.tenant())))
    }

    /// Takes the workspace for this transaction alone, for rules that look at several of its rows.
    pub async fn lock_tenant(&self) -> Result<(), StoreError> {
        if self.engine() == Engine::Postgres {
            self.one(self.find::<tenants::Entity>().lock_exclusive()).await?;
        }
        Ok(())
    }

    pub async fn save_tenant(&self, row: rows::Tenant) -> Result<(), StoreError> {
        self.save_next::<tenants::Entity>(row).await
    }

    pub async fn spending(&self) -> Result<rows::Spending, StoreError> {
        let row = self.one(self.find::<spending::Entity>()).await?;
        Ok(row.unwrap_or(rows::Spending {
            tenant_id: self.tenant().to_string(),
            limit_minor: 0,
            approved_minor: 0,
            updated_at: None,
            version: 0,
        }))
    }

    /// Version 0 means: not written yet.
    pub async fn save_spending(&self, row: rows::Spending) -> Result<(), StoreError> {
        if row.version > 1 {
            return self.save_next::<spending::Entity>(row).await;
        }
        if self.insert_if_absent::<spending::Entity>(row).await? { Ok(()) } else { Err(StoreError::Stale) }
    }

    pub async fn approval_settings(&self) -> Result<Option<rows::ApprovalSettings>, StoreError> {
        self.one(self.find::<approval_settings::Entity>()).await
    }

    pub async fn save_approval_settings(&self, row: rows::ApprovalSettings) -> Result<(), StoreError> {
        if row.version > 1 {
            return self.save_next::<approval_settings::Entity>(row).await;
        }
        if self.insert_if_absent::<approval_settings::Entity>(row).await? {
            Ok(())
        } else {
            Err(StoreError::Stale)
        }
    }
}

impl SystemTx {
    pub async fn insert_tenant(&self, row: rows::Tenant) -> Result<(), StoreError> {
        self.insert::<tenants::Entity>(row).await
    }

    pub async fn tenant_by_id(&self, id: &TenantId) -> Result<Option<rows::Tenant>, StoreError> {
        Ok(tenants::Entity::find_by_id(id.as_str()).one(self.connection()).await?)
    }

    pub async fn tenants(&self) -> Result<Vec<rows::Tenant>, StoreError> {
        Ok(tenants::Entity::find().order_by_asc(tenants::Column::TenantId).all(self.connection()).await?)
    }

    /// The workspaces a person may enter, with their place in each, oldest first.
    pub async fn tenants_of(&self, user: &str) -> Result<Vec<(rows::Tenant, rows::Membership)>, StoreError> {
        let places = memberships::Entity::find()
            .filter(memberships::Column::UserId.eq(user))
            .filter(memberships::Column::Status.eq("active"))
            .order_by_asc(memberships::Column::TenantId)
            .all(self.connection())
            .await?;
        let ids = places.iter().map(|place| place.tenant_id.as_str());
        let workspaces = tenants::Entity::find()
            .filter(tenants::Column::TenantId.is_in(ids))
            .all(self.connection())
            .await?;
        Ok(places
            .into_iter()
            .filter_map(|place| {
                let workspace = workspaces.iter().find(|w| w.tenant_id == place.tenant_id)?;
                Some((workspace.clone(), place))
            })
            .collect())
    }
}
