//! A workspace's spending limit, in minor units of its currency.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "spending")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    pub limit_minor: i64,
    /// Up to here a person agreed, or the workspace went down to it: raises are measured from here.
    pub approved_minor: i64,
    pub updated_at: Option<i64>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl super::TenantTable for Entity {
    const TENANT: Column = Column::TenantId;
}

impl super::Versioned for Entity {
    const VERSION: Column = Column::Version;
}
