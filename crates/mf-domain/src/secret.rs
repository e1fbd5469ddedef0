//! Bearer secrets: random, shown once, kept only as a hash. They carry 256 bits of randomness, so a
//! plain SHA-256 is enough to keep them; passwords are another matter and use Argon2id (`mf-app`).

use std::fmt;

use rand::Rng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A secret on its way to its owner. Printing it for debugging shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// `<prefix>_<64 hex digits>`.
    pub fn fresh(prefix: &str, rng: &mut dyn Rng) -> Self {
        let mut bytes = [0u8; 32];
        rng.fill_bytes(&mut bytes);
        Self(format!("{prefix}_{}", hex::encode(bytes)))
    }

    pub fn from_presented(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, to be handed to its owner and to nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }

    /// Enough to recognise a key in a list: `mfs_…9f3a`.
    pub fn hint(&self) -> String {
        let prefix = self.0.split('_').next().unwrap_or_default();
        let tail = &self.0[self.0.len().saturating_sub(4)..];
        format!("{prefix}_…{tail}")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

/// Compares without telling by its duration where two texts first differ.
pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_token_is_kept_only_as_its_hash() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(1);
        let token = Token::fresh("mfs", &mut rng);
        assert_eq!(token.expose().len(), 4 + 64);
        assert_ne!(token.hash(), token.expose());
        assert!(!format!("{token:?}").contains(&token.expose()[4..]));
        assert!(token.hint().starts_with("mfs_…") && token.hint().chars().count() == 9);
        assert!(same("a", "a") && !same("a", "b") && !same("a", "aa"));
    }
}
