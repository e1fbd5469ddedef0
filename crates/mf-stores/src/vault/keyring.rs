//! The keys that live outside the database: master keys, which lock the data keys, and the root
//! secret of the installation. Their text form is one key a line:
//!
//! ```text
//! # a comment
//! mk_2f9c01ab <base64 of 32 bytes>    the first one is current, the others still open what they locked
//! root <base64 of 32 bytes>
//! ```
//!
//! Where the text is kept is [`super::source`]'s and [`super::keyfile`]'s affair.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mf_domain::TenantId;
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::cipher::{self, Context, KEY_BYTES, Key};
use super::{KeyError, VaultError, WrappedKey};

const HEADER: &str = "\
# The keys of this Marketflow installation. Whoever has them can read every stored secret, and
# without them nobody can. Keep a copy in a safe place, apart from the database and its backups.
# The first master key (mk_...) is in use; the others still open what was locked with them.
";

#[derive(Debug, Clone, PartialEq, Eq)]
struct Master {
    id: String,
    key: Key,
}

/// Master keys and root secret. Printing it for debugging shows names only.
#[derive(Clone, PartialEq, Eq)]
pub struct Keyring {
    current: Master,
    older: Vec<Master>,
    root: Key,
    /// Where it came from, for messages.
    origin: String,
}

impl Keyring {
    /// New keys, nowhere stored yet.
    pub fn fresh(origin: &str, rng: &mut dyn CryptoRng) -> Self {
        Self {
            current: Master::fresh(rng),
            older: Vec::new(),
            root: Key::fresh(rng),
            origin: origin.to_owned(),
        }
    }

    /// Reads the text form. `origin` says in messages where the text was found.
    pub fn parse(text: &str, origin: &str) -> Result<Self, KeyError> {
        read_lines(text, origin).map_err(|why| KeyError::Corrupt { origin: origin.to_owned(), why })
    }

    /// The text form, readable: to be written where only the server can read it.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(1024));
        text.push_str(HEADER);
        for master in self.masters() {
            write_line(&mut text, &master.id, &master.key);
        }
        write_line(&mut text, "root", &self.root);
        text
    }

    pub fn current_id(&self) -> &str {
        &self.current.id
    }

    /// The names of all master keys, the current one first.
    pub fn ids(&self) -> Vec<&str> {
        self.masters().map(|master| master.id.as_str()).collect()
    }

    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The same keyring with a new current master key; those before stay readable.
    pub fn with_new_master(&self, rng: &mut dyn CryptoRng) -> Self {
        let fresh = std::iter::repeat_with(|| Master::fresh(rng))
            .find(|fresh| !self.ids().contains(&fresh.id.as_str()))
            .expect("the iterator never ends");
        Self { current: fresh, older: self.masters().cloned().collect(), ..self.clone() }
    }

    /// The same keyring with a new root secret: everyone is signed out, every signed link is void.
    pub fn with_new_root(&self, rng: &mut dyn CryptoRng) -> Self {
        Self { root: Key::fresh(rng), ..self.clone() }
    }

    /// The same keyring without an older master key. The caller makes sure that nothing is locked
    /// with it any more ([`super::Vault::master_keys_in_use`]).
    pub fn without_master(&self, id: &str) -> Result<Self, KeyError> {
        if id == self.current.id {
            return Err(KeyError::MasterInUse { id: id.to_owned() });
        }
        let mut smaller = self.clone();
        smaller.older.retain(|master| master.id != id);
        if smaller.older.len() == self.older.len() {
            return Err(KeyError::NoSuchMaster {
                id: id.to_owned(),
                origin: self.origin.clone(),
                known: self.ids().join(", "),
            });
        }
        Ok(smaller)
    }

    pub(super) fn root(&self) -> &Key {
        &self.root
    }

    pub(super) fn wrap(
        &self,
        key: &Key,
        tenant: &TenantId,
        version: u32,
        rng: &mut dyn CryptoRng,
    ) -> WrappedKey {
        let context = wrapping_context(tenant, version, &self.current.id);
        let body = cipher::encrypt(&self.current.key, &context, key.expose(), rng);
        WrappedKey {
            tenant: tenant.clone(),
            version,
            wrapped: STANDARD.encode(body),
            master_key_id: self.current.id.clone(),
        }
    }

    pub(super) fn unwrap(&self, wrapped: &WrappedKey) -> Result<Key, VaultError> {
        let needed = &wrapped.master_key_id;
        let master = self.masters().find(|master| master.id == *needed);
        let master = master.ok_or_else(|| VaultError::MasterKeyMissing {
            tenant: wrapped.tenant.to_string(),
            needed: needed.clone(),
            origin: self.origin.clone(),
            known: self.ids().join(", "),
        })?;
        let context = wrapping_context(&wrapped.tenant, wrapped.version, needed);
        STANDARD
            .decode(&wrapped.wrapped)
            .ok()
            .and_then(|body| cipher::decrypt(&master.key, &context, &body))
            .and_then(|bytes| Key::from_slice(&bytes))
            .ok_or_else(|| VaultError::WrongMasterKey {
                tenant: wrapped.tenant.to_string(),
                master: needed.clone(),
                origin: self.origin.clone(),
            })
    }

    fn masters(&self) -> impl Iterator<Item = &Master> {
        std::iter::once(&self.current).chain(&self.older)
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keyring({}: [redacted])", self.ids().join(", "))
    }
}

impl Master {
    fn fresh(rng: &mut dyn CryptoRng) -> Self {
        Self { id: format!("mk_{:08x}", rng.next_u32()), key: Key::fresh(rng) }
    }
}

fn wrapping_context(tenant: &TenantId, version: u32, master: &str) -> Context {
    Context::new("data-key").and(tenant.as_str()).and(&version.to_string()).and(master)
}

fn write_line(text: &mut Zeroizing<String>, name: &str, key: &Key) {
    let encoded = Zeroizing::new(STANDARD.encode(key.expose()));
    writeln!(text, "{name} {}", encoded.as_str()).expect("writing to a String cannot fail");
}

/// Commas part entries too, because an environment variable is awkward to fill with lines.
fn read_lines(text: &str, origin: &str) -> Result<Keyring, String> {
    let mut masters: Vec<Master> = Vec::new();
    let mut root = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        for entry in line.split(',').map(str::trim).filter(|e| !e.is_empty()) {
            let (name, key) = read_entry(entry).map_err(|why| format!("line {}: {why}", index + 1))?;
            if name == "root" {
                if root.replace(key).is_some() {
                    return Err("there is more than one root line".to_owned());
                }
            } else if masters.iter().any(|master| master.id == name) {
                return Err(format!("the master key {name} is there twice"));
            } else {
                masters.push(Master { id: name, key });
            }
        }
    }
    if masters.is_empty() {
        return Err("there is no master key (a line beginning with mk_)".to_owned());
    }
    Ok(Keyring {
        current: masters.remove(0),
        older: masters,
        root: root.ok_or("the root line is missing")?,
        origin: origin.to_owned(),
    })
}

/// Messages never repeat the entry: it may be a key with its name cut off.
fn read_entry(entry: &str) -> Result<(String, Key), String> {
    let (name, encoded) =
        entry.split_once(char::is_whitespace).ok_or("expected a name, a space and a key")?;
    if name != "root" && !is_master_id(name) {
        return Err("the name must be root, or mk_ and lower-case letters or digits".to_owned());
    }
    let bytes = STANDARD.decode(encoded.trim()).map(Zeroizing::new);
    let bytes = bytes.map_err(|_| format!("the key {name} is not Base64"))?;
    let key = Key::from_slice(&bytes).ok_or_else(|| {
        let length = bytes.len();
        format!("the key {name} has {length} bytes instead of {KEY_BYTES}")
    })?;
    Ok((name.to_owned(), key))
}

fn is_master_id(name: &str) -> bool {
    name.strip_prefix("mk_").is_some_and(|rest| {
        (1..=32).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}
