//! Names of blobs: `<workspace>/<kind>/<name>`, three plain words. Because the workspace is part of
//! the name and comes from a typed id, no name can reach into another workspace or out of the store.

use std::fmt;
use std::str::FromStr;

use mf_domain::TenantId;
use object_store::path::Path;

const MAX_WORD: usize = 128;

/// The text was not the name of a blob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{given:?} is not the name of a blob: expected WORKSPACE/KIND/NAME, each of letters, digits, \
     '.', '-' and '_', not beginning with '.', at most {MAX_WORD} long"
)]
pub struct BadBlobKey {
    pub given: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobKey {
    tenant: TenantId,
    kind: String,
    name: String,
}

impl BlobKey {
    pub fn new(tenant: &TenantId, kind: &str, name: &str) -> Result<Self, BadBlobKey> {
        if !is_word(kind) || !is_word(name) {
            return Err(BadBlobKey { given: format!("{tenant}/{kind}/{name}") });
        }
        Ok(Self { tenant: tenant.clone(), kind: kind.to_owned(), name: name.to_owned() })
    }

    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    pub fn kind(&self) -> &str {
        &self.kind
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn path(&self) -> Path {
        Path::from_iter([self.tenant.as_str(), &self.kind, &self.name])
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.tenant, self.kind, self.name)
    }
}

impl FromStr for BlobKey {
    type Err = BadBlobKey;

    fn from_str(text: &str) -> Result<Self, BadBlobKey> {
        let bad = || BadBlobKey { given: text.chars().take(4 * MAX_WORD).collect() };
        let words: Vec<&str> = text.split('/').collect();
        let [tenant, kind, name] = words[..] else {
            return Err(bad());
        };
        Self::new(&tenant.parse().map_err(|_| bad())?, kind, name)
    }
}

/// All blobs of a workspace, or those of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobPrefix {
    tenant: TenantId,
    kind: Option<String>,
}

impl BlobPrefix {
    pub fn workspace(tenant: &TenantId) -> Self {
        Self { tenant: tenant.clone(), kind: None }
    }

    pub fn kind(tenant: &TenantId, kind: &str) -> Result<Self, BadBlobKey> {
        if !is_word(kind) {
            return Err(BadBlobKey { given: format!("{tenant}/{kind}") });
        }
        Ok(Self { tenant: tenant.clone(), kind: Some(kind.to_owned()) })
    }

    pub(super) fn path(&self) -> Path {
        Path::from_iter([Some(self.tenant.as_str()), self.kind.as_deref()].into_iter().flatten())
    }
}

impl fmt::Display for BlobPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.kind.as_deref().unwrap_or("*"))
    }
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len())
        && !text.starts_with('.')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}
