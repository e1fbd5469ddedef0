//! Reading and writing whole tables, for backup and restore: one row a line of JSON, the same on both
//! engines, so that a backup of one can be restored into the other.

use sea_orm::{EntityTrait, IntoActiveModel, Iterable, PrimaryKeyToColumn, QueryOrder, QuerySelect};
use serde::{Serialize, de::DeserializeOwned};

use super::entities::{self, each_table};
use super::{StoreError, SystemTx};

/// Rows read or written at a time. Well under SQLite's limit of bound values.
const CHUNK: u64 = 200;

/// How many rows a table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableCount {
    pub table: &'static str,
    pub rows: u64,
}

/// Where a dump goes: a table's lines, piece by piece.
pub trait TableDump {
    fn lines(&mut self, table: &'static str, lines: &[String]) -> std::io::Result<()>;
}

impl SystemTx {
    /// Writes out every table as it is in this transaction: take a reading one, which sees one moment.
    pub async fn dump(&self, out: &mut (dyn TableDump + Send)) -> Result<Vec<TableCount>, StoreError> {
        let mut counts = Vec::new();
        macro_rules! dump {
            ($table:ident) => {
                let rows = self.dump_table::<entities::$table::Entity>(stringify!($table), out).await?;
                counts.push(TableCount { table: stringify!($table), rows });
            };
        }
        each_table!(dump);
        Ok(counts)
    }

    /// Reads the lines of one table back. The table must be empty.
    pub async fn load(&self, table: &str, lines: &[String]) -> Result<u64, StoreError> {
        macro_rules! load {
            ($table:ident) => {
                if table == stringify!($table) {
                    return self.load_table::<entities::$table::Entity>(table, lines).await;
                }
            };
        }
        each_table!(load);
        Err(StoreError::Other(format!("the backup holds a table {table:?} that this version does not know")))
    }

    /// Is there nothing here yet? A restore never mixes two installations.
    pub async fn is_untouched(&self) -> Result<bool, StoreError> {
        Ok(self.count_users().await? == 0 && self.count_tenants().await? == 0)
    }

    /// Empties what the start of a new installation writes by itself, before a restore.
    pub async fn clear_for_restore(&self) -> Result<(), StoreError> {
        let db = self.connection();
        entities::schedules::Entity::delete_many().exec(db).await?;
        entities::jobs::Entity::delete_many().exec(db).await?;
        entities::instance::Entity::delete_many().exec(db).await?;
        Ok(())
    }

    async fn dump_table<E>(
        &self,
        table: &'static str,
        out: &mut (dyn TableDump + Send),
    ) -> Result<u64, StoreError>
    where
        E: EntityTrait,
        E::Model: Serialize,
    {
        let mut total = 0;
        loop {
            let mut page = E::find().offset(total).limit(CHUNK);
            for key in E::PrimaryKey::iter() {
                page = page.order_by_asc(key.into_column());
            }
            let rows = page.all(self.connection()).await?;
            let lines = rows
                .iter()
                .map(|row| serde_json::to_string(row).map_err(|e| StoreError::Other(e.to_string())))
                .collect::<Result<Vec<_>, _>>()?;
            out.lines(table, &lines).map_err(|e| StoreError::Other(format!("writing the backup: {e}")))?;
            total += lines.len() as u64;
            if (lines.len() as u64) < CHUNK {
                return Ok(total);
            }
        }
    }

    async fn load_table<E>(&self, table: &str, lines: &[String]) -> Result<u64, StoreError>
    where
        E: EntityTrait,
        E::Model: DeserializeOwned + IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        for chunk in lines.chunks(usize::try_from(CHUNK).unwrap_or(200)) {
            let rows = chunk
                .iter()
                .map(|line| serde_json::from_str::<E::Model>(line).map(IntoActiveModel::into_active_model))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|e| StoreError::Other(format!("the backup's table {table} cannot be read: {e}")))?;
            if !rows.is_empty() {
                E::insert_many(rows).exec_without_returning(self.connection()).await?;
            }
        }
        Ok(lines.len() as u64)
    }
}
