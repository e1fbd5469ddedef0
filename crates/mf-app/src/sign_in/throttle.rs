//! Slowing down whoever guesses passwords, without locking the owner out.
//!
//! Failures are counted per account *and* network together, per network, and per account. The first
//! two slow down one guesser. The third slows down many guessers of one account, but not a network
//! from which that person has signed in before: strangers cannot keep the owner out of their own home.

use mf_stores::relational::SystemTx;
use sha2::{Digest, Sha256};

use super::Client;
use crate::app::MINUTE_MS;
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
    /// The network, as it is remembered for a person.
    place: String,
}

impl Attempt {
    pub(crate) fn new(email: &str, client: &Client) -> Self {
        let hash = |text: &str| hex::encode(&Sha256::digest(text.as_bytes())[..16]);
        Self {
            pair: format!("pair:{}", hash(&format!("{email}\n{}", client.network))),
            network: format!("network:{}", hash(&client.network)),
            account: format!("account:{}", hash(email)),
            place: hash(&client.network),
        }
    }
}

impl App {
    /// May this attempt go on to check the password? It is counted as a failure at once, before the
    /// slow check, so that a burst of guesses counts as one; [`forgive`](Self::forgive) takes it back.
    pub(crate) async fn admit_attempt(&self, attempt: &Attempt, user: Option<&str>) -> Result<(), AppError> {
        let tx = self.store.system_write().await?;
        let known = match user {
            Some(user) => tx.knows_network(user, &attempt.place).await?,
            None => false,
        };
        let wait = self.wait_for(&tx, attempt, known).await?;
        if wait > 0 {
            return Err(AppError::Throttled {
                retry_after_seconds: u64::try_from(wait / 1000 + 1).unwrap_or(1),
            });
        }
        let now = self.now_ms();
        for subject in [&attempt.pair, &attempt.network, &attempt.account] {
            tx.count_login_failure(subject, now, WINDOW_MS).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn wait_for(&self, tx: &SystemTx, attempt: &Attempt, known: bool) -> Result<i64, AppError> {
        let limit = self.settings.login_failures;
        let mut checks = vec![(&attempt.pair, limit), (&attempt.network, limit * NETWORK_FACTOR)];
        if !known {
            checks.push((&attempt.account, limit * ACCOUNT_FACTOR));
        }
        let now = self.now_ms();
        let mut wait = 0;
        for (subject, limit) in checks {
            let (failures, last) = tx.login_failures(subject).await?;
            // A failure from the future was noted by a clock that has been put back: it counts no more.
            if last <= now {
                wait = wait.max(last + delay_ms(failures, limit) - now);
            }
        }
        Ok(wait)
    }

    /// The password was right: this attempt was none, and its network is one of theirs from now on.
    pub(crate) async fn forgive(&self, tx: &SystemTx, attempt: &Attempt, user: &str) -> Result<(), AppError> {
        tx.clear_login_failures(&attempt.pair).await?;
        tx.uncount_login_failure(&attempt.network).await?;
        tx.uncount_login_failure(&attempt.account).await?;
        Ok(tx.remember_network(user, &attempt.place, self.now_ms()).await?)
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
