//! Passwords: what a good one is, and Argon2id. Hashing happens on a thread of its own and only a
//! few at once, so that a burst of sign-ins cannot starve the server.

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use mf_domain::text::Checks;

use crate::{App, AppError};

/// OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane.
fn hasher() -> Result<Argon2<'static>, AppError> {
    let params = Params::new(19_456, 2, 1, None).map_err(AppError::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Longer than anybody types, short enough not to be an attack.
const MAX_BYTES: usize = 1024;

impl App {
    /// Says what is wrong with a new password, if anything. Length counts, not odd characters.
    pub(crate) fn check_password(&self, checks: &mut Checks, field: &str, password: &str, about: &[&str]) {
        let least = self.settings.password_min_length;
        if password.chars().count() < least {
            checks.fail(
                field,
                "It is too short.",
                format!("Use at least {least} characters; a few words do well."),
            );
        } else if password.len() > MAX_BYTES {
            checks.fail(field, "It is too long.", format!("Use at most {MAX_BYTES} bytes."));
        } else if is_guessable(password, about) {
            checks.fail(field, "It is easy to guess.", "Use several words that have nothing to do with you.");
        }
    }

    pub(crate) async fn hash_password(&self, password: &str) -> Result<String, AppError> {
        let _one_of_few = self.hashing.acquire().await.map_err(AppError::internal)?;
        let password = password.to_owned();
        let mut salt = [0u8; 16];
        rand::Rng::fill_bytes(&mut **self.rng(), &mut salt);
        tokio::task::spawn_blocking(move || {
            let hash =
                hasher()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(AppError::internal)?;
            Ok(hash.to_string())
        })
        .await
        .map_err(AppError::internal)?
    }

    /// Compares a password with its hash. Without a hash it works just as long, so that the time
    /// taken does not tell whether an account exists.
    pub(crate) async fn password_fits(&self, password: &str, hash: Option<String>) -> Result<bool, AppError> {
        if password.len() > MAX_BYTES {
            return Ok(false);
        }
        let Some(hash) = hash else {
            self.hash_password(password).await?;
            return Ok(false);
        };
        let _one_of_few = self.hashing.acquire().await.map_err(AppError::internal)?;
        let password = password.to_owned();
        tokio::task::spawn_blocking(move || {
            let hash = PasswordHash::new(&hash).map_err(AppError::internal)?;
            Ok(hasher()?.verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await
        .map_err(AppError::internal)?
    }
}

/// One character repeated, a run such as "abcdefgh" or "12345678", one of the passwords everybody
/// tries first, or the person's own name or address.
fn is_guessable(password: &str, about: &[&str]) -> bool {
    let lower = password.to_lowercase();
    let letters: Vec<u32> = lower.chars().map(u32::from).collect();
    let steps = |step: i64| letters.windows(2).all(|w| i64::from(w[1]) - i64::from(w[0]) == step);
    let core: String = lower.chars().filter(|c| c.is_alphabetic()).collect();
    const COMMON: &[&str] = &[
        "password",
        "passwort",
        "passwordpassword",
        "qwerty",
        "qwertyuiop",
        "qwertz",
        "letmein",
        "welcome",
        "administrator",
        "admin",
        "iloveyou",
        "marketflow",
        "changeme",
        "secret",
        "monkey",
        "dragon",
        "football",
    ];
    steps(0)
        || steps(1)
        || steps(-1)
        || core.is_empty() && letters.len() < 12
        || COMMON.contains(&core.as_str())
        || about.iter().any(|text| text.chars().count() > 3 && lower == text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::is_guessable;

    #[test]
    fn first_guesses_are_refused_and_phrases_are_not() {
        for bad in [
            "aaaaaaaaaa",
            "abcdefghij",
            "9876543210",
            "Password123!",
            "marketflow2026",
            "admin@example.com",
            "1234512345",
        ] {
            assert!(is_guessable(bad, &["admin@example.com"]), "{bad}");
        }
        for good in ["correct horse battery", "mein-hund-frisst-gras", "x7Kq2mPz9L", "481516234210815"] {
            assert!(!is_guessable(good, &["admin@example.com"]), "{good}");
        }
    }
}
