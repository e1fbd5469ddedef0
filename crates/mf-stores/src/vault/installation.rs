//! Secrets of the installation as a whole: signing sign-in tokens, blob links and forms. They come
//! from the `root` secret of the key file, not from a master key, so that rotating master keys signs
//! nobody out. Replacing `root` does: every signature made before stops being valid.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Keyring;

impl Keyring {
    /// A secret of 32 bytes for one purpose. The same label gives the same secret for as long as the
    /// root secret stays; knowing one says nothing about another.
    pub fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.root().expose()).expect("HMAC takes keys of any length");
        mac.update(b"marketflow.installation.v1\0");
        mac.update(label.as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}
