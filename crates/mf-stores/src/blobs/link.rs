//! Signed links to blobs in a directory: `/blobs/<key>?expires=<unix seconds>&signature=<hex>`. The
//! signature covers key and expiry, and is compared in constant time.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::BlobKey;

/// Why a link does not open anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    #[error("This link was changed or copied in part. Ask for a new one.")]
    NotOurs,
    #[error("This link has expired. Ask for a new one.")]
    Expired,
}

pub struct LinkSigner {
    secret: Zeroizing<[u8; 32]>,
}

impl LinkSigner {
    pub fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        Self { secret }
    }

    pub fn sign(&self, key: &BlobKey, expires_at: Timestamp) -> String {
        let expires = expires_at.as_second();
        let signature = hex::encode(self.mac(key, expires).finalize().into_bytes());
        format!("/blobs/{key}?expires={expires}&signature={signature}")
    }

    /// Expiry is only told to those whose signature is right.
    pub fn verify(
        &self,
        key: &str,
        expires: &str,
        signature: &str,
        now: Timestamp,
    ) -> Result<BlobKey, BadLink> {
        let key: BlobKey = key.parse().map_err(|_| BadLink::NotOurs)?;
        let expires: i64 = expires.parse().map_err(|_| BadLink::NotOurs)?;
        let signature = hex::decode(signature).map_err(|_| BadLink::NotOurs)?;
        self.mac(&key, expires).verify_slice(&signature).map_err(|_| BadLink::NotOurs)?;
        if now.as_second() >= expires {
            return Err(BadLink::Expired);
        }
        Ok(key)
    }

    fn mac(&self, key: &BlobKey, expires: i64) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.secret.as_ref()).expect("HMAC takes keys of any length");
        mac.update(format!("marketflow.blob-link.v1\n{key}\n{expires}").as_bytes());
        mac
    }
}

impl std::fmt::Debug for LinkSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkSigner([redacted])")
    }
}
