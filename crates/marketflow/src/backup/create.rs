//! Making a backup beside a running server: the tables as they are at one moment, then the blobs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use futures::TryStreamExt;
use mf_domain::TenantId;
use mf_stores::blobs::{BlobError, BlobKey, BlobPrefix};
use mf_stores::relational::TableDump;

use super::BackupError;
use super::manifest::{FORMAT, FileEntry, Manifest, RowSum, TableEntry, digest};
use super::pack::{self, Pack};
use crate::installation::Installation;

pub(super) async fn create(
    installation: &Installation,
    file: &Path,
    with_keys: bool,
) -> Result<Manifest, BackupError> {
    if pack::is_there(file) {
        return Err(BackupError::Exists { path: file.to_owned() });
    }
    let app = &installation.app;
    let write = |source| BackupError::Write { path: file.to_owned(), source };
    let now = app.now();
    let modified = u64::try_from(now.as_second()).unwrap_or(0);
    let mut pack = Pack::begin(file, modified).map_err(write)?;
    let mut tables = Vec::new();
    for (name, table) in dump(installation, file).await? {
        tables.push(table.pack(name, &mut pack).map_err(write)?);
    }
    let blobs = pack_blobs(installation, file, &mut pack).await?;
    let keys = match with_keys {
        true => Some(pack_keys(installation, &mut pack).map_err(write)?),
        false => None,
    };
    let manifest = Manifest {
        format: FORMAT,
        marketflow: env!("CARGO_PKG_VERSION").to_owned(),
        engine: app.store.engine().name().to_owned(),
        created_at: now,
        tables,
        blobs,
        keys,
    };
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| write(error.into()))?;
    pack.add("manifest.json", text.len() as u64, text.as_slice()).map_err(write)?;
    pack.finish().map_err(write)?;
    Ok(manifest)
}

/// Every table, each in a file of its own: a tar wants to know lengths beforehand, and memory is not
/// the place for a large table.
async fn dump(
    installation: &Installation,
    beside: &Path,
) -> Result<BTreeMap<&'static str, Spooled>, BackupError> {
    let tx = installation.app.store.system_read().await?;
    let mut spool = Spool { beside, tables: BTreeMap::new() };
    for count in tx.dump(&mut spool).await? {
        // An empty table is part of the backup too.
        let spooled = spool
            .table(count.table)
            .map_err(|source| BackupError::Write { path: beside.to_owned(), source })?;
        debug_assert_eq!(spooled.sum.rows, count.rows);
    }
    Ok(spool.tables)
}

struct Spool<'a> {
    beside: &'a Path,
    tables: BTreeMap<&'static str, Spooled>,
}

struct Spooled {
    file: BufWriter<File>,
    sum: RowSum,
}

impl Spool<'_> {
    fn table(&mut self, name: &'static str) -> io::Result<&mut Spooled> {
        use std::collections::btree_map::Entry;
        Ok(match self.tables.entry(name) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(free) => {
                let file = BufWriter::new(pack::spool(self.beside)?);
                free.insert(Spooled { file, sum: RowSum::default() })
            }
        })
    }
}

impl TableDump for Spool<'_> {
    fn lines(&mut self, table: &'static str, lines: &[String]) -> io::Result<()> {
        let spooled = self.table(table)?;
        for line in lines {
            spooled.sum.add(line);
            writeln!(spooled.file, "{line}")?;
        }
        Ok(())
    }
}

impl Spooled {
    fn pack(self, table: &str, pack: &mut Pack) -> io::Result<TableEntry> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let file = pack::rewound(file)?;
        let (bytes, sha256) = digest(&file)?;
        pack.add(&format!("tables/{table}.ndjson"), bytes, pack::rewound(file)?)?;
        Ok(TableEntry { table: table.to_owned(), rows: self.sum.rows, sha256, content: self.sum.content() })
    }
}

async fn pack_blobs(
    installation: &Installation,
    beside: &Path,
    pack: &mut Pack,
) -> Result<Vec<FileEntry>, BackupError> {
    let app = &installation.app;
    let write = |source| BackupError::Write { path: beside.to_owned(), source };
    let tenants = app.store.system_read().await?.tenants().await?;
    let mut places: Vec<TenantId> =
        tenants.iter().filter_map(|tenant| tenant.tenant_id.parse().ok()).collect();
    places.push(TenantId::installation());
    let mut entries = Vec::new();
    for tenant in places {
        let mut found: Vec<BlobKey> =
            app.blobs.list(&BlobPrefix::workspace(&tenant)).map_ok(|info| info.key).try_collect().await?;
        found.sort();
        for key in found {
            let Some(file) = fetch(installation, &key, beside).await? else { continue };
            let (bytes, sha256) = digest(&file).map_err(write)?;
            pack.add(&format!("blobs/{key}"), bytes, pack::rewound(file).map_err(write)?).map_err(write)?;
            entries.push(FileEntry { name: key.to_string(), bytes, sha256 });
        }
    }
    Ok(entries)
}

/// A blob that was deleted since it was listed is none.
async fn fetch(
    installation: &Installation,
    key: &BlobKey,
    beside: &Path,
) -> Result<Option<File>, BackupError> {
    let write = |source| BackupError::Write { path: beside.to_owned(), source };
    let mut content = match installation.app.blobs.get_pieces(key).await {
        Err(BlobError::Missing { .. }) => return Ok(None),
        content => content?,
    };
    let mut file = pack::spool(beside).map_err(write)?;
    while let Some(piece) = content.pieces.try_next().await? {
        file.write_all(&piece).map_err(write)?;
    }
    Ok(Some(pack::rewound(file).map_err(write)?))
}

fn pack_keys(installation: &Installation, pack: &mut Pack) -> io::Result<FileEntry> {
    let text = installation.keyring.to_text();
    let (bytes, sha256) = digest(text.as_bytes())?;
    pack.add("keys", bytes, text.as_bytes())?;
    Ok(FileEntry { name: "keys".to_owned(), bytes, sha256 })
}
