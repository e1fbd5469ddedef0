//! Facts about the installation as a whole.

use sea_orm::EntityTrait;

use super::entities::instance;
use super::{StoreError, SystemTx};

impl SystemTx {
    pub async fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(instance::Entity::find_by_id(name).one(self.connection()).await?.map(|row| row.value))
    }

    pub async fn set_fact(&self, name: &str, value: &str) -> Result<(), StoreError> {
        instance::Entity::delete_by_id(name).exec(self.connection()).await?;
        self.add_fact(name, value).await
    }

    /// Writes a fact for the first time; a second writer gets `Duplicate`.
    pub async fn add_fact(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.insert::<instance::Entity>(instance::Model { name: name.to_owned(), value: value.to_owned() })
            .await
    }
}
