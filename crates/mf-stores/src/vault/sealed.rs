//! The stored form of a sealed value: one line of text that says which format and which data key it
//! was made with: `mfv1.<key version>.<base64url of nonce, ciphertext and tag>`.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::VaultError;

const FORMAT: &str = "mfv1";

/// A secret nobody can read without the vault. Safe to store and to copy; still not printed by
/// `Debug`, to keep logs short and searchable.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sealed {
    key_version: u32,
    body: Vec<u8>,
}

impl Sealed {
    pub(super) fn new(key_version: u32, body: Vec<u8>) -> Self {
        Self { key_version, body }
    }

    /// The version of the workspace's data key it was sealed with.
    pub fn key_version(&self) -> u32 {
        self.key_version
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = URL_SAFE_NO_PAD.encode(&self.body);
        write!(f, "{FORMAT}.{}.{body}", self.key_version)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({FORMAT}.{}.[redacted])", self.key_version)
    }
}

impl FromStr for Sealed {
    type Err = VaultError;

    fn from_str(text: &str) -> Result<Self, VaultError> {
        let sealed = parse(text).ok_or(VaultError::NotSealed)?;
        // One value, one spelling: `mfv1.01.…` is not taken for `mfv1.1.…`.
        if sealed.to_string() == text { Ok(sealed) } else { Err(VaultError::NotSealed) }
    }
}

impl TryFrom<String> for Sealed {
    type Error = VaultError;

    fn try_from(text: String) -> Result<Self, VaultError> {
        text.parse()
    }
}

impl From<Sealed> for String {
    fn from(sealed: Sealed) -> String {
        sealed.to_string()
    }
}

fn parse(text: &str) -> Option<Sealed> {
    let rest = text.strip_prefix(FORMAT)?.strip_prefix('.')?;
    let (version, body) = rest.split_once('.')?;
    Some(Sealed { key_version: version.parse().ok()?, body: URL_SAFE_NO_PAD.decode(body).ok()? })
}
