//! Who can sign in to the demo, kept in a file that only this user can read. The passwords are random:
//! a demo that somebody puts on a network must not have one the whole world knows.

use std::path::{Path, PathBuf};

use mf_domain::Role;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use super::DemoError;
use crate::machine;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub role: Role,
    pub name: String,
    pub email: String,
    pub password: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Logins {
    /// The workspace was filled to the end.
    pub(super) complete: bool,
    pub(super) people: Vec<Login>,
}

/// Without letters and digits that look alike.
const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";

pub(super) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("demo-logins.json")
}

impl Logins {
    pub(super) fn fresh(rng: &mut dyn Rng) -> Self {
        let people = Role::ALL.into_iter().map(|role| Login {
            role,
            name: format!("Demo {}", role.title()),
            email: format!("{}@demo.localhost", role.id()),
            password: password(rng),
        });
        Self { complete: false, people: people.collect() }
    }

    pub(super) fn read(path: &Path) -> Result<Option<Self>, DemoError> {
        let failed = |why: String| DemoError::Logins { path: path.to_owned(), why };
        match std::fs::read(path) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), DemoError> {
        let failed = |why: String| DemoError::Logins { path: path.to_owned(), why };
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.to_string()))?;
        machine::write_private(path, &text).map_err(|error| failed(error.to_string()))
    }
}

/// Three groups of five, easy to type off a screen: 75 bits.
fn password(rng: &mut dyn Rng) -> String {
    let mut group =
        || -> String { (0..5).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect() };
    [group(), group(), group()].join("-")
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn everybody_has_a_password_of_their_own_and_the_file_keeps_it() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(5);
        let dir = tempfile::tempdir().unwrap();
        let path = path(dir.path());
        assert!(Logins::read(&path).unwrap().is_none());
        let fresh = Logins::fresh(&mut rng);
        fresh.write(&path).unwrap();
        let read = Logins::read(&path).unwrap().unwrap();
        assert_eq!(read.people, fresh.people);
        assert!(!read.complete);
        let mut passwords: Vec<_> = read.people.iter().map(|login| &login.password).collect();
        passwords.dedup();
        assert_eq!(passwords.len(), 4);
        assert!(passwords.iter().all(|password| password.len() == 17));
        std::fs::write(&path, "{").unwrap();
        assert!(Logins::read(&path).is_err());
    }
}
