//! Work that comes back on a wall clock.

use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::entities::schedules;
use super::{StoreError, SystemTx, Tx, rows};

impl Tx {
    pub async fn schedules(&self) -> Result<Vec<rows::Schedule>, StoreError> {
        self.all(self.find::<schedules::Entity>().order_by_asc(schedules::Column::Kind)).await
    }

    pub async fn put_schedule(&self, row: rows::Schedule) -> Result<(), StoreError> {
        self.delete::<schedules::Entity>(schedules::Column::Kind.eq(row.kind.as_str())).await?;
        self.insert::<schedules::Entity>(row).await
    }
}

impl SystemTx {
    pub async fn schedule(&self, tenant: &str, kind: &str) -> Result<Option<rows::Schedule>, StoreError> {
        let key = (tenant.to_owned(), kind.to_owned());
        Ok(schedules::Entity::find_by_id(key).one(self.connection()).await?)
    }

    pub async fn put_schedule(&self, row: rows::Schedule) -> Result<(), StoreError> {
        schedules::Entity::delete_by_id((row.tenant_id.clone(), row.kind.clone()))
            .exec(self.connection())
            .await?;
        // Another node may put the same one there at the same moment.
        self.insert_if_absent::<schedules::Entity>(row).await?;
        Ok(())
    }

    /// When the next schedule falls due, so that nobody has to look before.
    pub async fn next_schedule(&self) -> Result<Option<i64>, StoreError> {
        let select = schedules::Entity::find().order_by_asc(schedules::Column::NextAt).limit(1);
        Ok(select.one(self.connection()).await?.map(|row| row.next_at))
    }

    /// What is due now. Locked on PostgreSQL, so that two nodes never fire the same one.
    pub async fn due_schedules(&self, now: i64) -> Result<Vec<rows::Schedule>, StoreError> {
        let mut select = schedules::Entity::find()
            .filter(schedules::Column::NextAt.lte(now))
            .order_by_asc(schedules::Column::NextAt)
            .limit(100);
        if self.engine == super::Engine::Postgres {
            select = select.lock_with_behavior(
                sea_orm::sea_query::LockType::Update,
                sea_orm::sea_query::LockBehavior::SkipLocked,
            );
        }
        Ok(select.all(self.connection()).await?)
    }

    pub async fn save_schedule(&self, row: rows::Schedule) -> Result<(), StoreError> {
        let row = sea_orm::ActiveModelTrait::reset_all(row.into_active_model());
        schedules::Entity::update(row).exec(self.connection()).await?;
        Ok(())
    }
}
