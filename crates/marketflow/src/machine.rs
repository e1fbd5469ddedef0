//! What only the machine knows: its clock, its randomness, its disks. The rest of the product takes
//! these as arguments; here is where the real ones come from.

use std::io;
use std::path::Path;
use std::sync::Arc;

use mf_domain::{Clock, SystemClock};
use rand::rngs::{StdRng, SysRng};
use rand::{CryptoRng, SeedableRng};

/// Below this much free space the server says it is not ready: better than failing half-way.
pub const LEAST_FREE_BYTES: u64 = 200 * 1024 * 1024;

pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// A generator of unpredictable numbers, seeded by the operating system.
pub fn rng() -> io::Result<Box<dyn CryptoRng + Send>> {
    let rng = StdRng::try_from_rng(&mut SysRng).map_err(io::Error::other)?;
    Ok(Box::new(rng))
}

/// Bytes that this user may still write to the disk which holds `path`.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Room and permission to write in a directory. The words are for people: `None` when all is well.
pub fn disk_trouble(dir: &Path) -> Option<String> {
    match free_bytes(dir) {
        Ok(free) if free < LEAST_FREE_BYTES => Some(format!(
            "only {} MB are free where {} lies; free some space, at least {} MB",
            free / 1_000_000,
            dir.display(),
            LEAST_FREE_BYTES / 1_000_000
        )),
        Ok(_) => writable(dir).err().map(|error| {
            format!("{} cannot be written ({error}); make it writable for this user", dir.display())
        }),
        Err(error) => {
            Some(format!("{} cannot be looked at ({error}); check that it is mounted", dir.display()))
        }
    }
}

/// Proves it by writing: permissions alone do not tell of a full or read-only disk.
pub fn writable(dir: &Path) -> io::Result<()> {
    let mut probe = tempfile::Builder::new().prefix(".probe-").tempfile_in(dir)?;
    io::Write::write_all(&mut probe, b"probe")
}

/// Writes a file as a whole, readable by this user only: after a crash it is the old or the new one.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // tempfile makes its files with mode 0600.
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
    io::Write::write_all(&mut file, content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_private_file_is_replaced_as_a_whole_and_only_ours() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.json");
        write_private(&path, b"a longer first version").unwrap();
        write_private(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_folder_that_is_not_there_is_trouble_in_plain_words() {
        let dir = tempfile::tempdir().unwrap();
        let gone = dir.path().join("gone");
        assert!(disk_trouble(&gone).unwrap().contains("cannot be looked at"));
    }
}
