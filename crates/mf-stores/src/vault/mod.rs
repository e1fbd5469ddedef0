//! The vault: seals secrets so that the database, its backups and its logs never hold them readable.
//!
//! Envelope encryption. Every workspace has its own *data key*; data keys are kept in the database,
//! each wrapped by a *master key* that lives outside it ([`Keyring`]). What is sealed is bound to
//! its workspace, its purpose and its row ([`Place`]): moved anywhere else, it does not open.
//!
//! Not here: where wrapped keys are kept ([`KeyTable`] is implemented on the relational store), and
//! who may see a secret.

mod cipher;
mod error;
mod installation;
mod keyfile;
mod keyring;
mod sealed;
mod source;
mod table;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use mf_domain::TenantId;
use rand::CryptoRng;

pub use error::{KeyError, VaultError};
pub use keyfile::KeyFile;
pub use keyring::Keyring;
pub use sealed::Sealed;
pub use source::KeySource;
pub use table::{KeyTable, KeyTableError, WrappedKey};
pub use zeroize::Zeroizing;

use cipher::{Context, Key};

/// Opened data keys kept at hand. Far more than a busy server needs; a bound, not a tuning knob.
const MAX_OPENED_KEYS: usize = 4_096;

/// Where a sealed value belongs. All three are authenticated, none is secret.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub tenant: &'a TenantId,
    /// What it is for, such as `connector.token`.
    pub purpose: &'a str,
    /// The row that holds it, usually an id.
    pub row: &'a str,
}

type OpenedKeys = HashMap<(TenantId, u32), Arc<Key>>;

/// Seals and opens the secrets of all workspaces.
///
/// [`Vault::seal`] may write a workspace's first data key in a transaction of its own, so seal
/// *before* opening a transaction: with a single writer, sealing inside one would wait for itself.
pub struct Vault {
    source: KeySource,
    keyring: RwLock<Arc<Keyring>>,
    table: Arc<dyn KeyTable>,
    rng: Mutex<Box<dyn CryptoRng + Send>>,
    opened: Mutex<OpenedKeys>,
}

impl Vault {
    /// `source` is where `keyring` came from; it is read again when a key turns up that was wrapped
    /// by a master key added since.
    pub fn new(
        source: KeySource,
        keyring: Keyring,
        table: Arc<dyn KeyTable>,
        rng: Box<dyn CryptoRng + Send>,
    ) -> Self {
        Self {
            source,
            keyring: RwLock::new(Arc::new(keyring)),
            table,
            rng: Mutex::new(rng),
            opened: Mutex::default(),
        }
    }

    /// Proves that the master keys at hand open the data keys in the database: one for each master
    /// key in use. A server must not start without it, or it would seal what it cannot open later.
    pub async fn verify(&self) -> Result<(), VaultError> {
        let mut proven = Vec::new();
        for key in self.table.list_all().await? {
            if !proven.contains(&key.master_key_id) {
                self.unwrap(&key).await?;
                proven.push(key.master_key_id);
            }
        }
        Ok(())
    }

    pub async fn seal(&self, place: Place<'_>, plaintext: &[u8]) -> Result<Sealed, VaultError> {
        // The table is asked each time, so that a rotation on another node counts at once.
        let wrapped = match self.table.current(place.tenant).await? {
            Some(wrapped) => wrapped,
            None => self.add_data_key(place.tenant, 1).await?,
        };
        let key = self.open_data_key(&wrapped).await?;
        let context = secret_context(place, wrapped.version);
        let body = cipher::encrypt(&key, &context, plaintext, &mut *self.rng());
        Ok(Sealed::new(wrapped.version, body))
    }

    pub async fn open(&self, place: Place<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let version = sealed.key_version();
        let key = self.data_key(place.tenant, version).await?;
        cipher::decrypt(&key, &secret_context(place, version), sealed.body()).ok_or_else(|| {
            VaultError::Unreadable {
                tenant: place.tenant.to_string(),
                purpose: place.purpose.to_owned(),
                row: place.row.to_owned(),
            }
        })
    }

    /// Gives a workspace a new data key for what is sealed from now on; what was sealed before stays
    /// readable. Answers the version now in force.
    pub async fn rotate_data_key(&self, tenant: &TenantId) -> Result<u32, VaultError> {
        let next = match self.table.current(tenant).await? {
            Some(current) => current.version.checked_add(1).ok_or(VaultError::OutOfVersions)?,
            None => 1,
        };
        Ok(self.add_data_key(tenant, next).await?.version)
    }

    /// Wraps every data key with the current master key, after which the older master keys can be
    /// removed from the key file. Answers how many keys changed hands; safe to run again at any time.
    pub async fn rewrap_all(&self) -> Result<usize, VaultError> {
        self.reload_keyring().await?;
        let mut changed = 0;
        for old in self.table.list_all().await? {
            if old.master_key_id == self.keyring().current_id() {
                continue;
            }
            let key = self.unwrap(&old).await?;
            let new = self.keyring().wrap(&key, &old.tenant, old.version, &mut *self.rng());
            // False: somebody else re-wrapped it meanwhile, which is as good.
            changed += usize::from(self.table.rewrap(&old, &new).await?);
        }
        Ok(changed)
    }

    /// The names of the master keys that data keys are still locked with; all others can go.
    pub async fn master_keys_in_use(&self) -> Result<BTreeSet<String>, VaultError> {
        let keys = self.table.list_all().await?;
        Ok(keys.into_iter().map(|key| key.master_key_id).collect())
    }

    /// Reads the master keys again, for when they were rotated under a running server.
    pub async fn reload_keyring(&self) -> Result<(), VaultError> {
        let fresh = Arc::new(Keyring::load_existing(&self.source).await?);
        *self.keyring.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    async fn data_key(&self, tenant: &TenantId, version: u32) -> Result<Arc<Key>, VaultError> {
        if let Some(key) = self.opened().get(&(tenant.clone(), version)) {
            return Ok(key.clone());
        }
        let wrapped = self.table.get(tenant, version).await?;
        let wrapped =
            wrapped.ok_or_else(|| VaultError::NoSuchDataKey { tenant: tenant.to_string(), version })?;
        self.open_data_key(&wrapped).await
    }

    async fn open_data_key(&self, wrapped: &WrappedKey) -> Result<Arc<Key>, VaultError> {
        let name = (wrapped.tenant.clone(), wrapped.version);
        if let Some(key) = self.opened().get(&name) {
            return Ok(key.clone());
        }
        let key = Arc::new(self.unwrap(wrapped).await?);
        let mut opened = self.opened();
        if opened.len() >= MAX_OPENED_KEYS {
            opened.clear();
        }
        opened.insert(name, key.clone());
        Ok(key)
    }

    /// Adds a data key unless that version is there already, and answers the one that counts: of
    /// several callers at once, all get the same.
    async fn add_data_key(&self, tenant: &TenantId, version: u32) -> Result<WrappedKey, VaultError> {
        let wrapped = {
            let mut rng = self.rng();
            let key = Key::fresh(&mut *rng);
            self.keyring().wrap(&key, tenant, version, &mut *rng)
        };
        Ok(self.table.insert_or_existing(wrapped).await?)
    }

    async fn unwrap(&self, wrapped: &WrappedKey) -> Result<Key, VaultError> {
        match self.keyring().unwrap(wrapped) {
            Err(VaultError::MasterKeyMissing { .. }) => {
                self.reload_keyring().await?;
                self.keyring().unwrap(wrapped)
            }
            answer => answer,
        }
    }

    fn keyring(&self) -> Arc<Keyring> {
        let keyring = self.keyring.read().unwrap_or_else(PoisonError::into_inner);
        keyring.clone()
    }

    fn rng(&self) -> std::sync::MutexGuard<'_, Box<dyn CryptoRng + Send>> {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, OpenedKeys> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault([redacted])")
    }
}

fn secret_context(place: Place<'_>, version: u32) -> Context {
    Context::new("secret")
        .and(place.tenant.as_str())
        .and(place.purpose)
        .and(place.row)
        .and(&version.to_string())
}
