//! The vault's key table, kept here: wrapped data keys, worthless without a master key.

use async_trait::async_trait;
use mf_domain::TenantId;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entities::vault_keys::{self, Column};
use super::{Store, StoreError, SystemTx};
use crate::vault::{KeyTable, KeyTableError, WrappedKey};

#[async_trait]
impl KeyTable for Store {
    async fn current(&self, tenant: &TenantId) -> Result<Option<WrappedKey>, KeyTableError> {
        let tx = self.system_read().await.map_err(boxed)?;
        newest(&tx, tenant).await.map_err(boxed)
    }

    async fn get(&self, tenant: &TenantId, version: u32) -> Result<Option<WrappedKey>, KeyTableError> {
        let tx = self.system_read().await.map_err(boxed)?;
        find(&tx, tenant, version).await.map_err(boxed)
    }

    async fn insert_or_existing(&self, key: WrappedKey) -> Result<WrappedKey, KeyTableError> {
        match self.add_key(&key).await {
            Ok(()) => Ok(key),
            Err(StoreError::Duplicate) => {
                let there = self.get(&key.tenant, key.version).await?;
                there.ok_or_else(|| boxed(StoreError::Other("a key vanished while it was read".into())))
            }
            Err(error) => Err(boxed(error)),
        }
    }

    async fn list_all(&self) -> Result<Vec<WrappedKey>, KeyTableError> {
        let tx = self.system_read().await.map_err(boxed)?;
        let rows = vault_keys::Entity::find()
            .order_by_asc(Column::TenantId)
            .order_by_asc(Column::Version)
            .all(tx.connection())
            .await
            .map_err(|error| boxed(error.into()))?;
        rows.into_iter().map(|row| from_row(row).map_err(boxed)).collect()
    }

    async fn rewrap(&self, old: &WrappedKey, new: &WrappedKey) -> Result<bool, KeyTableError> {
        self.replace_key(old, new).await.map_err(boxed)
    }
}

impl Store {
    async fn add_key(&self, key: &WrappedKey) -> Result<(), StoreError> {
        let tx = self.system_write().await?;
        let at = self.clock.now_ms();
        tx.insert::<vault_keys::Entity>(vault_keys::Model {
            tenant_id: key.tenant.to_string(),
            version: i64::from(key.version),
            wrapped: key.wrapped.clone(),
            master_key_id: key.master_key_id.clone(),
            created_at: at,
            retired_at: None,
        })
        .await?;
        vault_keys::Entity::update_many()
            .col_expr(Column::RetiredAt, Expr::value(at))
            .filter(Column::TenantId.eq(key.tenant.as_str()))
            .filter(Column::Version.lt(i64::from(key.version)))
            .filter(Column::RetiredAt.is_null())
            .exec(tx.connection())
            .await?;
        tx.commit().await
    }

    async fn replace_key(&self, old: &WrappedKey, new: &WrappedKey) -> Result<bool, StoreError> {
        let tx = self.system_write().await?;
        let replaced = vault_keys::Entity::update_many()
            .col_expr(Column::Wrapped, Expr::value(new.wrapped.as_str()))
            .col_expr(Column::MasterKeyId, Expr::value(new.master_key_id.as_str()))
            .filter(Column::TenantId.eq(old.tenant.as_str()))
            .filter(Column::Version.eq(i64::from(old.version)))
            .filter(Column::Wrapped.eq(old.wrapped.as_str()))
            .exec(tx.connection())
            .await?
            .rows_affected;
        tx.commit().await?;
        Ok(replaced == 1)
    }
}

async fn newest(tx: &SystemTx, tenant: &TenantId) -> Result<Option<WrappedKey>, StoreError> {
    let row = vault_keys::Entity::find()
        .filter(Column::TenantId.eq(tenant.as_str()))
        .order_by_desc(Column::Version)
        .one(tx.connection())
        .await?;
    row.map(from_row).transpose()
}

async fn find(tx: &SystemTx, tenant: &TenantId, version: u32) -> Result<Option<WrappedKey>, StoreError> {
    let key = (tenant.to_string(), i64::from(version));
    let row = vault_keys::Entity::find_by_id(key).one(tx.connection()).await?;
    row.map(from_row).transpose()
}

fn from_row(row: vault_keys::Model) -> Result<WrappedKey, StoreError> {
    let damaged = |what: &str| StoreError::Corrupt(format!("a row of vault_keys has a bad {what}"));
    Ok(WrappedKey {
        tenant: row.tenant_id.parse().map_err(|_| damaged("tenant_id"))?,
        version: u32::try_from(row.version).map_err(|_| damaged("version"))?,
        wrapped: row.wrapped,
        master_key_id: row.master_key_id,
    })
}

fn boxed(error: StoreError) -> KeyTableError {
    KeyTableError(Box::new(error))
}
