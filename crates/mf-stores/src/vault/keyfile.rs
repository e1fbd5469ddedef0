//! The key file on disk: made on the first start, readable by the server's user only, replaced as a
//! whole or not at all, and never lost to a power cut once a key in it is used.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rand::CryptoRng;
use zeroize::Zeroizing;

use super::{KeyError, Keyring};

/// Thousands of keys fit; what is larger is not a key file.
const MAX_BYTES: u64 = 64 * 1024;

/// A key file at a path, there or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn read(&self) -> Result<Keyring, KeyError> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(KeyError::FileMissing { path: self.path.clone() });
            }
            opened => opened.map_err(|error| self.failed("opened", error))?,
        };
        self.refuse_exposed(&file)?;
        let mut bytes = Zeroizing::new(Vec::new());
        Read::by_ref(&mut file)
            .take(MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| self.failed("read", error))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(self.corrupt("it is far too large for a key file"));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| self.corrupt("it is not text"))?;
        Keyring::parse(text, &self.origin())
    }

    /// Reads the file, or makes it with new keys if there is none. Of several processes starting at
    /// once, one makes it and all use the same.
    pub fn read_or_create(&self, rng: &mut dyn CryptoRng) -> Result<Keyring, KeyError> {
        match self.read() {
            Err(KeyError::FileMissing { .. }) => {}
            answer => return answer,
        }
        let written = self.write_aside(&Keyring::fresh(&self.origin(), rng), rng)?;
        // A hard link appears whole, and fails if somebody else was faster.
        let linked = fs::hard_link(written.path(), &self.path);
        match linked {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            linked => linked.map_err(|error| self.failed("created", error))?,
        }
        drop(written);
        self.sync_folder()?;
        self.read()
    }

    /// Replaces the file's keys, such as after [`Keyring::with_new_master`].
    pub fn replace(&self, keyring: &Keyring, rng: &mut dyn CryptoRng) -> Result<(), KeyError> {
        let written = self.write_aside(keyring, rng)?;
        fs::rename(written.path(), &self.path).map_err(|error| self.failed("replaced", error))?;
        self.sync_folder()
    }

    fn write_aside(&self, keyring: &Keyring, rng: &mut dyn CryptoRng) -> Result<Aside, KeyError> {
        self.create_folder()?;
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".new-{:016x}", rng.next_u64()));
        let path = PathBuf::from(name);
        let mut file = private(OpenOptions::new().write(true).create_new(true))
            .open(&path)
            .map_err(|error| self.failed("created", error))?;
        let aside = Aside(path);
        file.write_all(keyring.to_text().as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|error| self.failed("written", error))?;
        Ok(aside)
    }

    fn create_folder(&self) -> Result<(), KeyError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(self.folder()).map_err(|error| self.failed("created", error))
    }

    /// A file is only sure to be there after a power cut when its folder is on disk too.
    fn sync_folder(&self) -> Result<(), KeyError> {
        let folder = self.folder();
        let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
        for folder in [Some(folder), above].into_iter().flatten() {
            File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(|error| self.failed("secured on disk", error))?;
        }
        Ok(())
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    #[cfg(unix)]
    fn refuse_exposed(&self, file: &File) -> Result<(), KeyError> {
        use std::os::unix::fs::PermissionsExt;
        let metadata = file.metadata().map_err(|e| self.failed("read", e))?;
        if !metadata.is_file() {
            return Err(self.corrupt("it is not a file"));
        }
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 == 0 {
            return Ok(());
        }
        Err(KeyError::FileExposed { path: self.path.clone(), mode })
    }

    /// Elsewhere, access is a matter of the folder's access list, which the operator sets.
    #[cfg(not(unix))]
    fn refuse_exposed(&self, _file: &File) -> Result<(), KeyError> {
        Ok(())
    }

    fn origin(&self) -> String {
        format!("the key file {}", self.path.display())
    }

    fn corrupt(&self, why: &str) -> KeyError {
        KeyError::Corrupt { origin: self.origin(), why: why.to_owned() }
    }

    fn failed(&self, doing: &'static str, source: io::Error) -> KeyError {
        let remedy = match source.kind() {
            io::ErrorKind::PermissionDenied => "Make sure the server's user owns it and its folder.",
            io::ErrorKind::StorageFull => "Free some space on that disk and start again.",
            io::ErrorKind::ReadOnlyFilesystem => {
                "Keep it on a disk that can be written, or name an existing key file."
            }
            _ => "Check the path in vault.master_key and the disk it is on.",
        };
        KeyError::File { path: self.path.clone(), doing, source, remedy }
    }
}

/// A file written beside its final place; gone when dropped, unless it was renamed.
struct Aside(PathBuf);

impl Aside {
    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove, and a leftover does no harm but exist.
        let _ = fs::remove_file(&self.0);
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
