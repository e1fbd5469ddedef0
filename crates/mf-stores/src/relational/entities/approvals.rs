//! A request that a person must decide.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "approvals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub kind: String,
    pub subject_kind: String,
    pub subject_id: String,
    pub subject_label: String,
    pub title: String,
    pub action: String,
    pub diff: String,
    pub reasons: String,
    pub required_permission: String,
    pub state: String,
    pub requested_by: String,
    pub requested_at: i64,
    pub expires_at: i64,
    pub decided_by: Option<String>,
    pub decided_at: Option<i64>,
    pub note: Option<String>,
    pub outcome: Option<String>,
    pub job_id: Option<String>,
    pub content_hash: String,
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
