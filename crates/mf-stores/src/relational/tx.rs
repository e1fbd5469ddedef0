//! The two transactions and the few operations everything else is said with.

use std::sync::Arc;

use mf_domain::TenantId;
use sea_orm::sea_query::{Expr, IntoCondition, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    ModelTrait, PaginatorTrait, QueryFilter, Select, Statement,
};

use super::changes::{CHANNEL, ChangeBus};
use super::entities::{TenantTable, Versioned};
use super::{Change, Engine, Store, StoreError, Topic};

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    Write,
}

impl Mode {
    /// PostgreSQL would show each statement of a reader another moment; SQLite never does.
    fn begin(self) -> &'static str {
        match self {
            Mode::Read => "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; ",
            Mode::Write => "",
        }
    }
}

/// A transaction inside one workspace. Dropped without `commit`, nothing happened.
pub struct Tx {
    tx: DatabaseTransaction,
    tenant: TenantId,
    engine: Engine,
    bus: Arc<ChangeBus>,
    changes: Vec<Change>,
}

impl Tx {
    pub(super) async fn open(
        tx: DatabaseTransaction,
        store: &Store,
        tenant: TenantId,
        mode: Mode,
    ) -> Result<Self, StoreError> {
        if store.engine == Engine::Postgres {
            // An id is a fixed prefix and hexadecimal digits, so it can stand in the text.
            let put_on = format!(
                "{}SET LOCAL ROLE marketflow_app; SET LOCAL app.tenant_id = '{tenant}'",
                mode.begin()
            );
            tx.execute_unprepared(&put_on).await?;
        }
        Ok(Self { tx, tenant, engine: store.engine, bus: store.changes.clone(), changes: Vec::new() })
    }

    pub(super) fn engine(&self) -> Engine {
        self.engine
    }

    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Tells watchers about a change once it is committed.
    pub fn announce(&mut self, topic: Topic, id: Option<&str>) {
        self.changes.push(Change { tenant: Some(self.tenant.clone()), topic, id: id.map(ToOwned::to_owned) });
    }

    pub async fn commit(self) -> Result<(), StoreError> {
        commit(self.tx, self.engine, &self.bus, self.changes).await
    }

    /// Rows of this workspace, and of no other.
    pub(super) fn find<E: TenantTable>(&self) -> Select<E> {
        E::find().filter(E::TENANT.eq(self.tenant.as_str()))
    }

    pub(super) async fn all<E: EntityTrait>(&self, select: Select<E>) -> Result<Vec<E::Model>, StoreError> {
        Ok(select.all(&self.tx).await?)
    }

    pub(super) async fn one<E: EntityTrait>(
        &self,
        select: Select<E>,
    ) -> Result<Option<E::Model>, StoreError> {
        Ok(select.one(&self.tx).await?)
    }

    pub(super) async fn count<'a, E>(&'a self, select: Select<E>) -> Result<u64, StoreError>
    where
        E: EntityTrait,
        E::Model: Sync,
        Select<E>: PaginatorTrait<'a, DatabaseTransaction>,
    {
        Ok(select.count(&self.tx).await?)
    }

    /// A new row; one of another workspace is refused.
    pub(super) async fn insert<E>(&self, row: E::Model) -> Result<(), StoreError>
    where
        E: TenantTable,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        self.own::<E>(&row)?;
        E::insert(row.into_active_model()).exec_without_returning(&self.tx).await?;
        Ok(())
    }

    /// A new row, unless one with the same key is there; says whether it was written. Unlike a
    /// refused insert, it leaves the transaction usable on PostgreSQL.
    pub(super) async fn insert_if_absent<E>(&self, row: E::Model) -> Result<bool, StoreError>
    where
        E: TenantTable,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        self.own::<E>(&row)?;
        insert_if_absent::<E>(&self.tx, row).await
    }

    /// Writes a whole row back, found by its key. `Stale`: it is gone.
    pub(super) async fn save<E>(&self, row: E::Model) -> Result<(), StoreError>
    where
        E: TenantTable,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
    {
        self.save_where::<E>(row, sea_orm::Condition::all()).await
    }

    /// Writes the next version of a row. `Stale`: somebody else wrote that version first. The check is
    /// part of the statement, so it holds whatever was read before.
    pub(super) async fn save_next<E>(&self, row: E::Model) -> Result<(), StoreError>
    where
        E: Versioned,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
    {
        let version: Option<i64> = row.get(E::VERSION).unwrap();
        let before = version.unwrap_or_default() - 1;
        self.save_where::<E>(row, E::VERSION.eq(before).into_condition()).await
    }

    async fn save_where<E>(&self, row: E::Model, only_if: sea_orm::Condition) -> Result<(), StoreError>
    where
        E: TenantTable,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
    {
        self.own::<E>(&row)?;
        let written = E::update_many()
            .set(row.clone().into_active_model().reset_all())
            .filter(E::TENANT.eq(self.tenant.as_str()))
            .filter(key_of::<E>(&row))
            .filter(only_if)
            .exec(&self.tx)
            .await?;
        if written.rows_affected == 1 { Ok(()) } else { Err(StoreError::Stale) }
    }

    /// Changes columns of the rows that match; says how many.
    pub(super) async fn update<E: TenantTable>(
        &self,
        values: impl IntoIterator<Item = (E::Column, Expr)>,
        matching: impl IntoCondition,
    ) -> Result<u64, StoreError> {
        let mut update =
            E::update_many().filter(E::TENANT.eq(self.tenant.as_str())).filter(matching.into_condition());
        for (column, value) in values {
            update = update.col_expr(column, value);
        }
        Ok(update.exec(&self.tx).await?.rows_affected)
    }

    pub(super) async fn delete<E: TenantTable>(
        &self,
        matching: impl IntoCondition,
    ) -> Result<u64, StoreError> {
        let delete =
            E::delete_many().filter(E::TENANT.eq(self.tenant.as_str())).filter(matching.into_condition());
        Ok(delete.exec(&self.tx).await?.rows_affected)
    }

    pub(super) fn connection(&self) -> &DatabaseTransaction {
        &self.tx
    }

    fn own<E: TenantTable>(&self, row: &E::Model) -> Result<(), StoreError> {
        let owner: Option<String> = row.get(E::TENANT).unwrap();
        if owner.as_deref() == Some(self.tenant.as_str()) {
            return Ok(());
        }
        Err(StoreError::Other("a row of another workspace was about to be written".into()))
    }
}

/// A transaction that sees every workspace.
pub struct SystemTx {
    tx: DatabaseTransaction,
    pub(super) engine: Engine,
    bus: Arc<ChangeBus>,
    changes: Vec<Change>,
}

impl SystemTx {
    pub(super) async fn open(tx: DatabaseTransaction, store: &Store, mode: Mode) -> Result<Self, StoreError> {
        if store.engine == Engine::Postgres {
            tx.execute_unprepared(&format!("{}SET LOCAL ROLE marketflow_system", mode.begin())).await?;
        }
        Ok(Self { tx, engine: store.engine, bus: store.changes.clone(), changes: Vec::new() })
    }

    /// Goes on inside one workspace, in the same transaction.
    pub async fn enter(self, tenant: &TenantId) -> Result<Tx, StoreError> {
        if self.engine == Engine::Postgres {
            let put_on = format!("SET LOCAL ROLE marketflow_app; SET LOCAL app.tenant_id = '{tenant}'");
            self.tx.execute_unprepared(&put_on).await?;
        }
        Ok(Tx {
            tx: self.tx,
            tenant: tenant.clone(),
            engine: self.engine,
            bus: self.bus,
            changes: self.changes,
        })
    }

    pub fn announce(&mut self, tenant: Option<&TenantId>, topic: Topic, id: Option<&str>) {
        self.changes.push(Change { tenant: tenant.cloned(), topic, id: id.map(ToOwned::to_owned) });
    }

    pub async fn commit(self) -> Result<(), StoreError> {
        commit(self.tx, self.engine, &self.bus, self.changes).await
    }

    pub(super) fn connection(&self) -> &DatabaseTransaction {
        &self.tx
    }

    pub(super) async fn insert<E>(&self, row: E::Model) -> Result<(), StoreError>
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        E::insert(row.into_active_model()).exec_without_returning(&self.tx).await?;
        Ok(())
    }

    pub(super) async fn insert_if_absent<E>(&self, row: E::Model) -> Result<bool, StoreError>
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        insert_if_absent::<E>(&self.tx, row).await
    }
}

async fn insert_if_absent<E>(tx: &DatabaseTransaction, row: E::Model) -> Result<bool, StoreError>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: Send,
{
    let insert = E::insert(row.into_active_model()).on_conflict(OnConflict::new().do_nothing().to_owned());
    Ok(insert.exec_without_returning(tx).await? == 1)
}

async fn commit(
    tx: DatabaseTransaction,
    engine: Engine,
    bus: &ChangeBus,
    changes: Vec<Change>,
) -> Result<(), StoreError> {
    if engine == Engine::Postgres {
        for change in &changes {
            let payload = serde_json::to_string(change).map_err(|e| StoreError::Other(e.to_string()))?;
            let notify = Statement::from_sql_and_values(
                sea_orm::DbBackend::Postgres,
                "SELECT pg_notify($1, $2)",
                [CHANNEL.into(), payload.into()],
            );
            tx.execute_raw(notify).await?;
        }
        tx.commit().await?;
        return Ok(());
    }
    tx.commit().await?;
    changes.into_iter().for_each(|change| bus.publish(change));
    Ok(())
}

/// "This very row", by its primary key.
fn key_of<E: EntityTrait>(row: &E::Model) -> sea_orm::Condition {
    use sea_orm::{Iterable, PrimaryKeyToColumn};
    E::PrimaryKey::iter().fold(sea_orm::Condition::all(), |condition, key| {
        let column = key.into_column();
        condition.add(column.eq(row.get(column)))
    })
}
