//! Writing to a directory so that a blob is there whole or not at all, also after a power cut: into
//! a file aside, onto the disk, then renamed, then the folder onto the disk. (The object store
//! crate's own writer does not sync.) Reading is the object store crate's work.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use tokio::fs::{self, File};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

use super::{BlobAction, BlobError, BlobKey};

/// No workspace's id begins with a dot, so nothing here is ever listed or read as a blob.
const UNFINISHED: &str = ".unfinished";
const UNFINISHED_KEPT: SignedDuration = SignedDuration::from_hours(24);
const PIECE_BYTES: usize = 256 * 1024;

pub(super) struct Directory {
    root: PathBuf,
}

impl Directory {
    pub(super) async fn open(root: &Path, now: Timestamp) -> Result<Self, BlobError> {
        let failed = |error| BlobError::from_io(BlobAction::Open, &describe(root), error);
        let aside = root.join(UNFINISHED);
        fs::create_dir_all(&aside).await.map_err(failed)?;
        remove_abandoned(&aside, now).await.map_err(failed)?;
        Ok(Self { root: root.to_owned() })
    }

    pub(super) async fn write(
        &self,
        key: &BlobKey,
        content: impl AsyncRead + Send + Unpin,
    ) -> Result<(), BlobError> {
        let failed = |error| BlobError::from_io(BlobAction::Store, key, error);
        let target = self.file_of(key);
        let (mut file, aside) = create_aside(self.root.join(UNFINISHED)).await.map_err(failed)?;
        copy(content, &mut file).await.map_err(|error| match error {
            CopyError::Reading(source) => BlobError::Input { what: key.to_string(), source },
            CopyError::Writing(error) => failed(error),
        })?;
        file.sync_all().await.map_err(failed)?;
        drop(file);
        self.create_folder_of(key).await.map_err(failed)?;
        fs::rename(&aside.0, &target).await.map_err(failed)?;
        sync_folder(folder_of(&target)).await.map_err(failed)
    }

    pub(super) async fn remove(&self, key: &BlobKey) -> Result<(), BlobError> {
        let failed = |error| BlobError::from_io(BlobAction::Delete, key, error);
        let target = self.file_of(key);
        match fs::remove_file(&target).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            removed => removed.map_err(failed)?,
        }
        sync_folder(folder_of(&target)).await.map_err(failed)
    }

    fn file_of(&self, key: &BlobKey) -> PathBuf {
        let workspace = self.root.join(key.tenant().as_str());
        workspace.join(key.kind()).join(key.name())
    }

    /// Workspace and kind, each made sure of on disk before anything in it counts as stored.
    async fn create_folder_of(&self, key: &BlobKey) -> io::Result<()> {
        let workspace = self.root.join(key.tenant().as_str());
        let kind = workspace.join(key.kind());
        for (folder, above) in [(&workspace, &self.root), (&kind, &workspace)] {
            match fs::create_dir(folder).await {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => {
                    created?;
                    sync_folder(above).await?;
                }
            }
        }
        Ok(())
    }
}

/// An unfinished file; gone when dropped, unless it was renamed. Dropping happens also when the
/// caller gives up in the middle, so it must not wait for anything.
struct Aside(PathBuf);

impl Drop for Aside {
    fn drop(&mut self) {
        // After the rename there is nothing to remove; otherwise the next start does it.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The file and its guard are made in one go off this task: if the caller gives up meanwhile, the
/// guard comes back to nobody and is dropped, and the file with it.
async fn create_aside(folder: PathBuf) -> io::Result<(File, Aside)> {
    let created = tokio::task::spawn_blocking(move || create_aside_now(&folder));
    let (file, aside) = created.await.map_err(io::Error::other)??;
    Ok((File::from_std(file), aside))
}

/// A new name each time; another process's are skipped.
fn create_aside_now(folder: &Path) -> io::Result<(std::fs::File, Aside)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{}-{number}", std::process::id()));
        match std::fs::File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return Ok((opened?, Aside(path))),
        }
    }
}

enum CopyError {
    Reading(io::Error),
    Writing(io::Error),
}

async fn copy(mut content: impl AsyncRead + Send + Unpin, file: &mut File) -> Result<(), CopyError> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let length = content.read(&mut piece).await.map_err(CopyError::Reading)?;
        if length == 0 {
            return file.flush().await.map_err(CopyError::Writing);
        }
        file.write_all(&piece[..length]).await.map_err(CopyError::Writing)?;
    }
}

async fn remove_abandoned(aside: &Path, now: Timestamp) -> io::Result<()> {
    let mut entries = fs::read_dir(aside).await?;
    while let Some(entry) = entries.next_entry().await? {
        let Ok(modified) = entry.metadata().await.and_then(|data| data.modified()) else {
            continue;
        };
        let old = Timestamp::try_from(modified)
            .is_ok_and(|modified| now.duration_since(modified) > UNFINISHED_KEPT);
        if old {
            fs::remove_file(entry.path()).await?;
        }
    }
    Ok(())
}

async fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder).await?.sync_all().await
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(file)
}

fn describe(root: &Path) -> String {
    format!("The blob directory {}", root.display())
}
