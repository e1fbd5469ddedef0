//! The data directory: made private on the first start, held by one server at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::machine;

const LOCK: &str = "marketflow.lock";

#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    #[error(
        "The data directory {} cannot be made: {source}. Make it by hand and let this user own it, or name \
         another one with --data.",
        path.display()
    )]
    Create { path: PathBuf, source: io::Error },
    #[error(
        "The data directory {} is not a directory. Move that file away, or name another place with --data.",
        path.display()
    )]
    NotADirectory { path: PathBuf },
    #[error(
        "The data directory {} cannot be written: {source}. Make it writable for this user (chown or chmod), free \
         some space, or name another one with --data.",
        path.display()
    )]
    NotWritable { path: PathBuf, source: io::Error },
    #[error(
        "The data directory {} is in use by another Marketflow ({holder}). Stop that one first, or name another \
         directory with --data.",
        path.display()
    )]
    InUse { path: PathBuf, holder: String },
    #[error(
        "There is no Marketflow in {}: the directory does not exist. Name the right one with --data, or start a new \
         one with `marketflow serve`.",
        path.display()
    )]
    Missing { path: PathBuf },
}

/// A data directory that exists and can be written.
#[derive(Debug, Clone)]
pub struct DataDir {
    path: PathBuf,
}

/// Says that this process runs on the data directory, for as long as it is kept.
#[derive(Debug)]
pub struct DataLock {
    file: File,
}

impl DataDir {
    /// Makes the directory if need be, readable by this user only.
    pub fn prepare(path: &Path) -> Result<Self, DataDirError> {
        if fs::metadata(path).is_ok_and(|there| !there.is_dir()) {
            return Err(DataDirError::NotADirectory { path: path.to_owned() });
        }
        let create = |source| DataDirError::Create { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(create)?;
        machine::writable(path)
            .map_err(|source| DataDirError::NotWritable { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned() })
    }

    /// The directory, which must be there.
    pub fn existing(path: &Path) -> Result<Self, DataDirError> {
        if !path.exists() {
            return Err(DataDirError::Missing { path: path.to_owned() });
        }
        Self::prepare(path)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the directory for this process. The system gives it back when the process ends, however
    /// it ends.
    pub fn lock(&self) -> Result<DataLock, DataDirError> {
        let refused = |source| DataDirError::NotWritable { path: self.path.clone(), source };
        let mut file = self.open_lock().map_err(refused)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DataDirError::InUse { path: self.path.clone(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(refused(source)),
        }
        let mut lock = DataLock { file };
        lock.say(&format!("process {}", std::process::id())).map_err(refused)?;
        Ok(lock)
    }

    /// Who holds the directory right now, if anybody.
    pub fn holder(&self) -> io::Result<Option<String>> {
        let mut file = self.open_lock()?;
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(holder(&mut file))),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn open_lock(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600).open(self.path.join(LOCK))
    }
}

impl DataLock {
    /// Adds where this server can be reached, for whoever finds the directory in use.
    pub fn at(&mut self, address: &str) -> io::Result<()> {
        self.say(&format!("process {} at {address}", std::process::id()))
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        writeln!(self.file, "{text}")
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "it does not say which".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn one_process_holds_it_and_the_next_one_hears_who() {
        let temp = tempfile::tempdir().unwrap();
        let dir = DataDir::prepare(&temp.path().join("data")).unwrap();
        assert_eq!(fs::metadata(dir.path()).unwrap().permissions().mode() & 0o777, 0o700);
        let mut lock = dir.lock().unwrap();
        lock.at("http://127.0.0.1:8080").unwrap();
        let refused = dir.lock().unwrap_err().to_string();
        assert!(
            refused.contains(&format!("process {} at http://127.0.0.1:8080", std::process::id())),
            "{refused}"
        );
        assert!(dir.holder().unwrap().unwrap().contains("8080"));
        drop(lock);
        assert_eq!(dir.holder().unwrap(), None);
        dir.lock().unwrap();
    }

    #[test]
    fn a_file_in_its_place_is_named() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("data");
        fs::write(&path, "a file").unwrap();
        assert!(matches!(DataDir::prepare(&path), Err(DataDirError::NotADirectory { .. })));
        assert!(matches!(DataDir::existing(&temp.path().join("gone")), Err(DataDirError::Missing { .. })));
    }
}
