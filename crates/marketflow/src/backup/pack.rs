//! Writing the archive: first beside its place, then moved there whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::NamedTempFile;

/// Readable by this user only: it holds everything.
const MODE: u32 = 0o600;

pub(super) struct Pack {
    tar: tar::Builder<GzEncoder<BufWriter<NamedTempFile>>>,
    target: PathBuf,
    modified: u64,
}

impl Pack {
    /// `modified` is the time the files in it carry.
    pub(super) fn begin(target: &Path, modified: u64) -> io::Result<Self> {
        // tempfile makes its files with mode 0600.
        let file = tempfile::Builder::new().prefix(".backup-").tempfile_in(folder_of(target))?;
        let tar = tar::Builder::new(GzEncoder::new(BufWriter::new(file), Compression::default()));
        Ok(Self { tar, target: target.to_owned(), modified })
    }

    pub(super) fn add(&mut self, name: &str, bytes: u64, content: impl Read) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes);
        header.set_mode(MODE);
        header.set_mtime(self.modified);
        self.tar.append_data(&mut header, name, content)
    }

    /// Moves the archive to its place, once it is safely on disk.
    pub(super) fn finish(self) -> io::Result<()> {
        let mut writer = self.tar.into_inner()?.finish()?;
        writer.flush()?;
        let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(&self.target).map_err(|error| error.error)?;
        File::open(folder_of(&self.target))?.sync_all()
    }
}

/// Where something of unknown length waits until it can be packed.
pub(super) fn spool(beside: &Path) -> io::Result<File> {
    tempfile::tempfile_in(folder_of(beside))
}

pub(super) fn rewound(mut file: File) -> io::Result<File> {
    file.rewind()?;
    Ok(file)
}

pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

pub(super) fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}
