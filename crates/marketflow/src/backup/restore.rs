//! Reading a backup into an empty installation. Nothing is changed before everything was proven, and
//! the database takes all of it or none.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use mf_domain::TenantId;
use mf_stores::blobs::{BlobKey, Blobs};
use mf_stores::relational::{Store, SystemTx, TableDump};
use mf_stores::vault::{KeySource, KeyTable, KeyTableError, Keyring, Vault, WrappedKey};
use serde::Deserialize;

use super::BackupError;
use super::manifest::{Manifest, RowSum};
use super::unpack::Unpacked;
use crate::config::Config;
use crate::installation::{self, OpenError};
use crate::machine;

/// Rows handed to the database at a time.
const CHUNK: usize = 1_000;

pub(super) async fn restore(
    config: &Config,
    file: &Path,
    accept_broken_audit: bool,
) -> Result<Manifest, BackupError> {
    let backup = Unpacked::read(file, &config.data_dir)?;
    if !accept_broken_audit {
        backup.check_audit()?;
    }
    let clock = machine::clock();
    let store = installation::open_store(config, clock.clone()).await?;
    let outcome = async {
        refuse_unless_empty(&store).await?;
        let keyring = prove_keys(config, &backup).await?;
        let blobs = Blobs::open(&config.blobs, keyring.derive("blob links"), clock.now()).await?;
        put_blobs(&backup, &blobs).await?;
        put_keys(config, &backup, &keyring)?;
        fill(&store, &backup).await
    }
    .await;
    store.close().await;
    outcome?;
    Ok(backup.manifest)
}

async fn refuse_unless_empty(store: &Store) -> Result<(), BackupError> {
    if store.system_read().await?.is_untouched().await? {
        return Ok(());
    }
    Err(BackupError::NotEmpty {
        why: format!("the {} database has workspaces and people", store.engine().name()),
    })
}

/// The keys that will open what is restored: those in the backup, or those that are here already.
async fn prove_keys(config: &Config, backup: &Unpacked) -> Result<Keyring, BackupError> {
    let wrapped = backup.wrapped_keys()?;
    let keyring = match backup.keys()? {
        Some(keyring) => {
            refuse_other_keys(config, &keyring).await?;
            keyring
        }
        None if wrapped.is_empty() => installation_keys(config).await?,
        None => Keyring::load_existing(&config.vault).await.map_err(|error| BackupError::Keys {
            why: format!(
                "The backup does not hold the master keys, and they are not at {} either ({error}) Put the key file of \
                 the backed-up installation there first.",
                config.vault
            ),
        })?,
    };
    let rng = machine::rng().map_err(OpenError::Randomness)?;
    let vault = Vault::new(config.vault.clone(), keyring.clone(), Arc::new(Memory(wrapped)), rng);
    vault.verify().await.map_err(|error| BackupError::Keys { why: error.to_string() })?;
    Ok(keyring)
}

/// No secret was ever stored: any keys will do.
async fn installation_keys(config: &Config) -> Result<Keyring, BackupError> {
    let mut rng = machine::rng().map_err(OpenError::Randomness)?;
    Ok(Keyring::load(&config.vault, true, &mut *rng).await?)
}

async fn refuse_other_keys(config: &Config, backed_up: &Keyring) -> Result<(), BackupError> {
    match &config.vault {
        KeySource::File(file) if !file.path().exists() => Ok(()),
        source => {
            let here = Keyring::load_existing(source).await?;
            if *here.to_text() == *backed_up.to_text() {
                return Ok(());
            }
            Err(BackupError::Keys {
                why: format!(
                    "There are other master keys at {source}. Move them away, or restore elsewhere."
                ),
            })
        }
    }
}

async fn put_blobs(backup: &Unpacked, blobs: &Blobs) -> Result<(), BackupError> {
    for entry in &backup.manifest.blobs {
        let key: BlobKey = entry.name.parse().map_err(|error| backup.damaged(format!("{error}")))?;
        let file = tokio::fs::File::open(backup.blob(&entry.name))
            .await
            .map_err(|source| backup.unreadable(source))?;
        blobs.put_from(&key, file).await?;
    }
    Ok(())
}

/// Only a file is ever written; keys from elsewhere were compared before.
fn put_keys(config: &Config, backup: &Unpacked, keyring: &Keyring) -> Result<(), BackupError> {
    match &config.vault {
        KeySource::File(file) if backup.manifest.keys.is_some() && !file.path().exists() => {
            let mut rng = machine::rng().map_err(OpenError::Randomness)?;
            Ok(file.replace(keyring, &mut *rng)?)
        }
        _ => Ok(()),
    }
}

async fn fill(store: &Store, backup: &Unpacked) -> Result<(), BackupError> {
    let tx = store.system_write().await?;
    // Somebody may have set it up since we looked.
    if !tx.is_untouched().await? {
        return Err(BackupError::NotEmpty { why: "somebody has just set it up".to_owned() });
    }
    tx.clear_for_restore().await?;
    for entry in &backup.manifest.tables {
        load_table(&tx, backup, &entry.table).await?;
    }
    compare(&tx, &backup.manifest).await?;
    Ok(tx.commit().await?)
}

async fn load_table(tx: &SystemTx, backup: &Unpacked, table: &str) -> Result<(), BackupError> {
    let mut lines = Vec::with_capacity(CHUNK);
    for line in backup.lines(table)? {
        lines.push(line.map_err(|source| backup.unreadable(source))?);
        if lines.len() == CHUNK {
            tx.load(table, &lines).await?;
            lines.clear();
        }
    }
    tx.load(table, &lines).await?;
    Ok(())
}

/// What the database holds now, before it is committed, against what the backup says.
async fn compare(tx: &SystemTx, manifest: &Manifest) -> Result<(), BackupError> {
    let mut sums = Sums::default();
    let counts = tx.dump(&mut sums).await?;
    for count in counts {
        let wanted = manifest.tables.iter().find(|entry| entry.table == count.table);
        let (rows, content) =
            wanted.map_or((0, RowSum::default().content()), |it| (it.rows, it.content.clone()));
        let found = sums.0.remove(count.table).unwrap_or_default();
        if found.rows != rows || found.content() != content {
            let table = count.table;
            let why = format!(
                "the table {table} has {} rows, the backup {rows}, or their content differs",
                found.rows
            );
            return Err(BackupError::Differs { why });
        }
    }
    Ok(())
}

#[derive(Default)]
struct Sums(HashMap<&'static str, RowSum>);

impl TableDump for Sums {
    fn lines(&mut self, table: &'static str, lines: &[String]) -> std::io::Result<()> {
        let sum = self.0.entry(table).or_default();
        lines.iter().for_each(|line| sum.add(line));
        Ok(())
    }
}

/// The data keys of a backup, before they are in any database.
struct Memory(Vec<WrappedKey>);

#[async_trait]
impl KeyTable for Memory {
    async fn current(&self, tenant: &TenantId) -> Result<Option<WrappedKey>, KeyTableError> {
        Ok(self.0.iter().filter(|key| key.tenant == *tenant).max_by_key(|key| key.version).cloned())
    }

    async fn get(&self, tenant: &TenantId, version: u32) -> Result<Option<WrappedKey>, KeyTableError> {
        Ok(self.0.iter().find(|key| key.tenant == *tenant && key.version == version).cloned())
    }

    async fn insert_or_existing(&self, _: WrappedKey) -> Result<WrappedKey, KeyTableError> {
        Err(KeyTableError("a backup is only read".into()))
    }

    async fn list_all(&self) -> Result<Vec<WrappedKey>, KeyTableError> {
        Ok(self.0.clone())
    }

    async fn rewrap(&self, _: &WrappedKey, _: &WrappedKey) -> Result<bool, KeyTableError> {
        Err(KeyTableError("a backup is only read".into()))
    }
}

#[derive(Deserialize)]
struct KeyRow {
    tenant_id: TenantId,
    version: u32,
    wrapped: String,
    master_key_id: String,
}

impl Unpacked {
    fn wrapped_keys(&self) -> Result<Vec<WrappedKey>, BackupError> {
        let mut keys = Vec::new();
        for line in self.lines("vault_keys")? {
            let line = line.map_err(|source| self.unreadable(source))?;
            let row: KeyRow =
                serde_json::from_str(&line).map_err(|error| self.damaged(format!("a data key: {error}")))?;
            keys.push(WrappedKey {
                tenant: row.tenant_id,
                version: row.version,
                wrapped: row.wrapped,
                master_key_id: row.master_key_id,
            });
        }
        Ok(keys)
    }

    /// The rows of a table, as they were written; none when the backup does not have the table.
    pub(super) fn lines(
        &self,
        table: &str,
    ) -> Result<impl Iterator<Item = std::io::Result<String>> + use<>, BackupError> {
        let path = self.table(table);
        let file =
            path.exists().then(|| File::open(&path)).transpose().map_err(|source| self.unreadable(source))?;
        Ok(file.into_iter().flat_map(|file| BufReader::new(file).lines()))
    }
}
