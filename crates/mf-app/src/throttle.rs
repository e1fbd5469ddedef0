//! Slowing down whoever guesses passwords, without locking the owner out.
//!
//! Failures are counted per account *and* network together, per network, and per account. The first
//! two slow down one guesser. The third slows down many guessers of one account, but not a network
//! from which that person has signed in before: strangers cannot keep the owner out of their own home.

use mf_stores::relational::SystemTx;
use sha2::{Digest, Sha256};

use crate::app::MINUTE_MS;
use crate::sign_in::Client;
use crate::{App, AppError};

/// After this long without a failure, counting starts anew.
const WINDOW_MS: i64 = 15 * MINUTE_MS;
const LONGEST_WAIT_MS: i64 = 15 * MINUTE_MS;
/// A network may fail this many times as often as a single account from it: offices share one.
const NETWORK_FACTOR: i64 = 10;
const ACCOUNT_FACTOR: i64 = 10;

/// What is counted for one attempt.
pub(crate) struct Attempt {
    pair: String,
    network: String,
    account: String,
}

impl Attempt {
    pub(crate) fn new(email: &str, client: &Client) -> Self {
        let hash = |text: &str| hex::encode(&Sha256::digest(text.as_bytes())[..16]);
        Self {
            pair: format!("pair:{}", hash(&format!("{email}\n{}", client.network))),
            network: format!("network:{}", hash(&client.network)),
            account: format!("account:{}", hash(email)),
        }
    }
}

impl App {
    /// May this attempt go on to check the password? `known_network`: the person has signed in from it.
    pub(crate) async fn admit_attempt(
        &self,
        tx: &SystemTx,
        attempt: &Attempt,
        known_network: bool,
    ) -> Result<(), AppError> {
        let limit = self.settings.login_failures;
        let mut checks = vec![(&attempt.pair, limit), (&attempt.network, limit * NETWORK_FACTOR)];
        if !known_network {
            checks.push((&attempt.account, limit * ACCOUNT_FACTOR));
        }
        let now = self.now_ms();
        let mut wait = 0;
        for (subject, limit) in checks {
            let (failures, last) = tx.login_failures(subject).await?;
            wait = wait.max(last + delay_ms(failures, limit) - now);
        }
        if wait > 0 {
            return Err(AppError::Throttled {
                retry_after_seconds: u64::try_from(wait / 1000 + 1).unwrap_or(1),
            });
        }
        Ok(())
    }

    pub(crate) async fn count_failure(&self, tx: &SystemTx, attempt: &Attempt) -> Result<(), AppError> {
        let now = self.now_ms();
        for subject in [&attempt.pair, &attempt.network, &attempt.account] {
            let (failures, last) = tx.login_failures(subject).await?;
            let so_far = if now - last > WINDOW_MS { 0 } else { failures };
            tx.set_login_failures(subject, so_far + 1, now).await?;
        }
        Ok(())
    }

    pub(crate) async fn forget_failures(&self, tx: &SystemTx, attempt: &Attempt) -> Result<(), AppError> {
        tx.clear_login_failures(&attempt.pair).await?;
        Ok(())
    }
}

/// Nothing up to the limit, then 1 s, 2 s, 4 s … up to a quarter of an hour.
fn delay_ms(failures: i64, limit: i64) -> i64 {
    let beyond = failures - limit;
    if beyond < 0 {
        return 0;
    }
    1000i64
        .checked_shl(u32::try_from(beyond.min(20)).unwrap_or(20))
        .unwrap_or(LONGEST_WAIT_MS)
        .min(LONGEST_WAIT_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_grows_and_is_bounded() {
        assert_eq!(delay_ms(9, 10), 0);
        assert_eq!(delay_ms(10, 10), 1_000);
        assert_eq!(delay_ms(13, 10), 8_000);
        assert_eq!(delay_ms(i64::MAX, 10), LONGEST_WAIT_MS);
    }
}
