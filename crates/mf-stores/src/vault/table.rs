//! The port through which the vault keeps its wrapped data keys. The relational store implements it
//! on the table `vault_keys`; nothing here touches a database.

use async_trait::async_trait;
use mf_domain::TenantId;

/// A workspace's data key, locked by a master key. Worthless without that master key.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    pub tenant: TenantId,
    /// 1, 2, 3 … within the workspace; the highest is the one in force.
    pub version: u32,
    /// Base64, safe to store.
    pub wrapped: String,
    pub master_key_id: String,
}

impl std::fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { tenant, version, master_key_id, .. } = self;
        write!(f, "WrappedKey({tenant} v{version} by {master_key_id}, [redacted])")
    }
}

/// The key table could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("The table of encryption keys could not be used: {0}")]
pub struct KeyTableError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// Where wrapped data keys are kept. Times (`created_at`, `retired_at`) are the table's own affair.
#[async_trait]
pub trait KeyTable: Send + Sync + 'static {
    /// The workspace's key with the highest version.
    async fn current(&self, tenant: &TenantId) -> Result<Option<WrappedKey>, KeyTableError>;

    async fn get(&self, tenant: &TenantId, version: u32) -> Result<Option<WrappedKey>, KeyTableError>;

    /// Adds `key` unless its workspace already has that version, and answers the row that is there
    /// afterwards: committed, never a loser's. Older versions count as retired from then on.
    async fn insert_or_existing(&self, key: WrappedKey) -> Result<WrappedKey, KeyTableError>;

    /// Every key of every workspace, retired ones too.
    async fn list_all(&self) -> Result<Vec<WrappedKey>, KeyTableError>;

    /// Replaces `wrapped` and `master_key_id` of `old`'s row, only if it still holds `old.wrapped`;
    /// answers whether it did.
    async fn rewrap(&self, old: &WrappedKey, new: &WrappedKey) -> Result<bool, KeyTableError>;
}
