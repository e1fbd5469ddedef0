//! Opening an archive: unpacked beside the data it is for, and compared with its manifest, before
//! anything else looks at it. What a manifest does not name is not there for us.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;
use mf_domain::audit::{Break, Entry, Verifier};
use mf_stores::relational::rows;
use mf_stores::vault::{Keyring, Zeroizing};
use serde::Deserialize;
use tempfile::TempDir;

use super::BackupError;
use super::manifest::{FORMAT, Manifest, RowSum, TableEntry, digest};

/// An archive on disk, proven to be what its manifest says. Removed when dropped.
pub(super) struct Unpacked {
    pub(super) manifest: Manifest,
    folder: TempDir,
    archive: PathBuf,
}

/// Read before everything else: a newer format may have another manifest.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl Unpacked {
    pub(super) fn read(archive: &Path, beside: &Path) -> Result<Self, BackupError> {
        let unreadable = |source| BackupError::Read { path: archive.to_owned(), source };
        let folder = tempfile::Builder::new().prefix(".restore-").tempdir_in(beside).map_err(unreadable)?;
        let file = File::open(archive).map_err(unreadable)?;
        let found = extract(file, folder.path()).map_err(|why| damaged(archive, why))?;
        let manifest = read_manifest(archive, folder.path())?;
        let unpacked = Self { manifest, folder, archive: archive.to_owned() };
        unpacked.check(found)?;
        Ok(unpacked)
    }

    pub(super) fn table(&self, name: &str) -> PathBuf {
        self.folder.path().join("tables").join(format!("{name}.ndjson"))
    }

    pub(super) fn blob(&self, name: &str) -> PathBuf {
        self.folder.path().join("blobs").join(name)
    }

    pub(super) fn keys(&self) -> Result<Option<Keyring>, BackupError> {
        if self.manifest.keys.is_none() {
            return Ok(None);
        }
        let text =
            fs::read_to_string(self.folder.path().join("keys")).map_err(|source| self.unreadable(source))?;
        Ok(Some(Keyring::parse(&Zeroizing::new(text), &format!("the backup {}", self.archive.display()))?))
    }

    pub(super) fn damaged(&self, why: impl Into<String>) -> BackupError {
        damaged(&self.archive, why)
    }

    pub(super) fn unreadable(&self, source: io::Error) -> BackupError {
        BackupError::Read { path: self.archive.clone(), source }
    }

    /// Walks the audit log of every workspace in the backup; a workspace's entries lie in their order.
    pub(super) fn check_audit(&self) -> Result<(), BackupError> {
        let broken = |tenant: &str, it: Break| BackupError::BrokenAudit {
            why: format!("workspace {tenant}, entry {} {}: {}", it.seq, it.id, it.why),
        };
        let mut logs: BTreeMap<String, Verifier> = BTreeMap::new();
        for line in self.lines("audit_log")? {
            let line = line.map_err(|source| self.unreadable(source))?;
            let row: rows::AuditEntry = serde_json::from_str(&line)
                .map_err(|error| self.damaged(format!("an audit entry: {error}")))?;
            let (tenant, hash) = (row.tenant_id.clone(), row.hash.clone());
            let log = logs.entry(tenant.clone()).or_default();
            log.check(&entry_of(row), &hash).map_err(|it| broken(&tenant, it))?;
        }
        for line in self.lines("audit_heads")? {
            let line = line.map_err(|source| self.unreadable(source))?;
            let head: Head = serde_json::from_str(&line)
                .map_err(|error| self.damaged(format!("an audit head: {error}")))?;
            let log = logs.remove(&head.tenant_id).unwrap_or_default();
            log.finish(head.seq, &head.hash).map_err(|it| broken(&head.tenant_id, it))?;
        }
        match logs.into_keys().next() {
            None => Ok(()),
            Some(tenant) => {
                Err(BackupError::BrokenAudit { why: format!("workspace {tenant} has entries but no end") })
            }
        }
    }

    /// Every file that must be there is there and whole, and no other.
    fn check(&self, mut found: BTreeMap<String, (u64, String)>) -> Result<(), BackupError> {
        found.remove("manifest.json");
        for table in &self.manifest.tables {
            let (_, sha256) = self.take(&mut found, &format!("tables/{}.ndjson", table.table))?;
            self.same(&table.table, &sha256, &table.sha256)?;
            self.count(table)?;
        }
        let blobs = self.manifest.blobs.iter().map(|blob| (format!("blobs/{}", blob.name), blob));
        let keys = self.manifest.keys.iter().map(|keys| ("keys".to_owned(), keys));
        for (name, entry) in blobs.chain(keys) {
            let (bytes, sha256) = self.take(&mut found, &name)?;
            self.same(&name, &sha256, &entry.sha256)?;
            if bytes != entry.bytes {
                return Err(self.damaged(format!("{name} has {bytes} bytes instead of {}", entry.bytes)));
            }
        }
        match found.into_keys().next() {
            None => Ok(()),
            Some(stranger) => {
                Err(self.damaged(format!("it holds {stranger}, which its manifest does not name")))
            }
        }
    }

    fn take(
        &self,
        found: &mut BTreeMap<String, (u64, String)>,
        name: &str,
    ) -> Result<(u64, String), BackupError> {
        found.remove(name).ok_or_else(|| self.damaged(format!("{name} is missing")))
    }

    fn same(&self, name: &str, found: &str, wanted: &str) -> Result<(), BackupError> {
        if found == wanted { Ok(()) } else { Err(self.damaged(format!("{name} is not what was written"))) }
    }

    fn count(&self, table: &TableEntry) -> Result<(), BackupError> {
        let mut sum = RowSum::default();
        for line in self.lines(&table.table)? {
            sum.add(&line.map_err(|source| self.unreadable(source))?);
        }
        if sum.rows == table.rows && sum.content() == table.content {
            return Ok(());
        }
        let name = &table.table;
        Err(self.damaged(format!(
            "the table {name} has {} rows instead of {}, or other ones",
            sum.rows, table.rows
        )))
    }
}

/// Unpacks plain files with plain names, and answers length and hash of each.
fn extract(file: File, folder: &Path) -> Result<BTreeMap<String, (u64, String)>, String> {
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(file)));
    let mut found = BTreeMap::new();
    for entry in archive.entries().map_err(|error| error.to_string())? {
        let mut entry = entry.map_err(|error| error.to_string())?;
        let name = plain_name(&entry)?;
        let target = folder.join(&name);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        }
        let mut unpacked = File::create_new(&target).map_err(|error| format!("{name}: {error}"))?;
        io::copy(&mut entry, &mut unpacked).map_err(|error| format!("{name}: {error}"))?;
        drop(unpacked);
        let sum = File::open(&target).and_then(digest).map_err(|error| format!("{name}: {error}"))?;
        found.insert(name, sum);
    }
    Ok(found)
}

/// Nothing in an archive may reach out of the folder it is unpacked into.
fn plain_name(entry: &tar::Entry<'_, impl Read>) -> Result<String, String> {
    let path = entry.path().map_err(|error| error.to_string())?;
    let name = path.to_str().ok_or("a name in it is not text")?.to_owned();
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    if !plain || entry.header().entry_type() != tar::EntryType::Regular {
        return Err(format!("it holds {name:?}, which is not a plain file"));
    }
    Ok(name)
}

fn read_manifest(archive: &Path, folder: &Path) -> Result<Manifest, BackupError> {
    let text =
        fs::read(folder.join("manifest.json")).map_err(|_| damaged(archive, "its manifest is missing"))?;
    let bad = |error: serde_json::Error| damaged(archive, format!("its manifest cannot be read: {error}"));
    let Format { format } = serde_json::from_slice(&text).map_err(bad)?;
    if format > FORMAT {
        return Err(BackupError::TooNew { path: archive.to_owned(), found: format });
    }
    serde_json::from_slice(&text).map_err(bad)
}

fn damaged(archive: &Path, why: impl Into<String>) -> BackupError {
    BackupError::Damaged { path: archive.to_owned(), why: why.into() }
}

#[derive(Deserialize)]
struct Head {
    tenant_id: String,
    seq: i64,
    hash: String,
}

fn entry_of(row: rows::AuditEntry) -> Entry {
    Entry {
        tenant: row.tenant_id,
        seq: row.seq,
        id: row.id,
        at_ms: row.at,
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        actor_name: row.actor_name,
        action: row.action,
        outcome: row.outcome,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        subject_label: row.subject_label,
        before: row.before,
        after: row.after,
        request_id: row.request_id,
        prev_hash: row.prev_hash,
    }
}
