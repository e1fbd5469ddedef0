//! Backup and restore: everything an installation holds, in one file that any version since can read,
//! whatever the engine. Written while the server runs; read back only into an empty installation.
//!
//! The file is a gzipped tar: `tables/NAME.ndjson` with one row a line, `blobs/WORKSPACE/KIND/NAME`,
//! `keys` when asked for, and last `manifest.json`, which says what must be in it.

mod create;
mod manifest;
mod pack;
mod restore;
mod unpack;

use std::io;
use std::path::{Path, PathBuf};

use mf_stores::blobs::BlobError;
use mf_stores::relational::StoreError;
use mf_stores::vault::{KeyError, VaultError};

use crate::commands::{CommandError, Out};
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::installation::{Installation, OpenError};

pub use manifest::{FORMAT, Manifest};

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("The backup {} could not be written: {source}. Nothing was left behind; name another place.", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{} exists already. Name another file, or move that one away.", path.display())]
    Exists { path: PathBuf },
    #[error("The backup {} could not be read: {source}.", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("The backup {} is damaged: {why}. Nothing was changed; use another backup.", path.display())]
    Damaged { path: PathBuf, why: String },
    #[error(
        "The backup {} was made by a newer Marketflow (format {found}, this version reads up to {FORMAT}). Restore it \
         with that version.",
        path.display()
    )]
    TooNew { path: PathBuf, found: u32 },
    #[error(
        "There is an installation already: {why}. A restore never mixes two. Name an empty data directory with --data, \
         or an empty database."
    )]
    NotEmpty { why: String },
    #[error("The backup's secrets cannot be opened: {why} Nothing was changed.")]
    Keys { why: String },
    #[error(
        "The audit log in the backup is broken: {why}. Nothing was changed. Use an older backup, or, if there is none, \
         restore it as it is with --accept-broken-audit."
    )]
    BrokenAudit { why: String },
    #[error("What was restored is not what the backup holds: {why}. The database was left as it was before.")]
    Differs { why: String },
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Blobs(#[from] BlobError),
    #[error(transparent)]
    KeyFile(#[from] KeyError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// `marketflow backup FILE`
pub(crate) async fn run(
    config: &Config,
    file: &Path,
    with_keys: bool,
    out: Out<'_>,
) -> Result<(), CommandError> {
    DataDir::existing(&config.data_dir)?;
    let installation = Installation::open(config).await?;
    let written = create::create(&installation, file, with_keys).await;
    installation.close().await;
    let manifest = written?;
    writeln!(
        out,
        "Wrote {}: {} rows in {} tables, {} blobs.",
        file.display(),
        manifest.rows(),
        manifest.tables.len(),
        manifest.blobs.len()
    )?;
    if with_keys {
        writeln!(
            out,
            "It holds the master keys: whoever has it can read every secret. Keep it as safe as the keys."
        )?;
    } else {
        writeln!(out, "It does not hold the master keys. Keep a copy of {} apart from it.", config.vault)?;
    }
    Ok(())
}

/// `marketflow restore FILE`
pub(crate) async fn run_restore(
    config: &Config,
    file: &Path,
    accept_broken_audit: bool,
    out: Out<'_>,
) -> Result<(), CommandError> {
    let dir = DataDir::prepare(&config.data_dir)?;
    let _lock = dir.lock()?;
    let manifest = restore::restore(config, file, accept_broken_audit).await?;
    writeln!(
        out,
        "Restored {} rows in {} tables and {} blobs, written {} by Marketflow {}.",
        manifest.rows(),
        manifest.tables.len(),
        manifest.blobs.len(),
        manifest.created_at.strftime("%Y-%m-%d %H:%M UTC"),
        manifest.marketflow
    )?;
    let installation = Installation::open(config).await?;
    let logs = crate::commands::audit::check_all(&installation.app).await;
    installation.close().await;
    let broken: Vec<String> = logs?.iter().filter(|log| !log.ok).map(crate::commands::audit::line).collect();
    if broken.is_empty() {
        writeln!(out, "Every row and blob was checked, and the audit logs hold.")?;
    }
    broken.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    Ok(())
}
