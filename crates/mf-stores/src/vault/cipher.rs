//! XChaCha20-Poly1305 with a fresh random nonce each time, and the context a ciphertext is bound to.
//! Nothing here knows about tenants or files.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand::CryptoRng;
use zeroize::Zeroizing;

pub(super) const KEY_BYTES: usize = 32;
/// 192 bits: random nonces never meet, however much is sealed under one key.
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// A secret key; wiped when dropped, silent when printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    pub(super) fn fresh(rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        rng.fill_bytes(bytes.as_mut());
        Self(bytes)
    }

    pub(super) fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(super) fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What a ciphertext is bound to. Each part is written with its length, so that no two lists of
/// parts read the same.
pub(super) struct Context(Vec<u8>);

impl Context {
    pub(super) fn new(kind: &str) -> Self {
        Self(Vec::new()).and("marketflow.vault.v1").and(kind)
    }

    pub(super) fn and(mut self, part: &str) -> Self {
        self.0.extend((part.len() as u64).to_be_bytes());
        self.0.extend(part.as_bytes());
        self
    }
}

/// Answers nonce, ciphertext and tag, one after the other.
pub(super) fn encrypt(key: &Key, context: &Context, plaintext: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
    let mut nonce = [0; NONCE_BYTES];
    rng.fill_bytes(&mut nonce);
    let payload = Payload { msg: plaintext, aad: &context.0 };
    let ciphertext = XChaCha20Poly1305::new(key.expose().into())
        .encrypt(XNonce::from_slice(&nonce), payload)
        .expect("only fails beyond 256 GB, which no slice in memory reaches here");
    [nonce.as_slice(), &ciphertext].concat()
}

/// Nothing if a single bit of key, context or body differs. Why is deliberately not told.
pub(super) fn decrypt(key: &Key, context: &Context, body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if body.len() < NONCE_BYTES + TAG_BYTES {
        return None;
    }
    let (nonce, ciphertext) = body.split_at(NONCE_BYTES);
    let payload = Payload { msg: ciphertext, aad: &context.0 };
    XChaCha20Poly1305::new(key.expose().into())
        .decrypt(XNonce::from_slice(nonce), payload)
        .ok()
        .map(Zeroizing::new)
}
