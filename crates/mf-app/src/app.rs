//! The application: the stores, the clock and the settings every use case works with.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use mf_domain::{Clock, Permission, Scope};
use mf_stores::blobs::Blobs;
use mf_stores::relational::Store;
use mf_stores::vault::{Keyring, Vault};
use rand::CryptoRng;
use tokio::sync::{Notify, Semaphore};
use zeroize::Zeroizing;

use crate::last_seen::LastSeen;
use crate::{AppError, Mailer};

/// What the hosting engineer decides about behaviour. Every value has a documented default in the
/// configuration file.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How people reach the product; links in mails begin with it.
    pub public_url: String,
    pub session_days: i64,
    pub session_idle_hours: i64,
    pub access_token_minutes: i64,
    pub refresh_token_days: i64,
    pub invitation_days: i64,
    pub reset_minutes: i64,
    pub password_min_length: usize,
    /// Failed sign-ins per account and network in a quarter of an hour before they are slowed down.
    pub login_failures: i64,
    pub job_workers: usize,
    pub job_lease_seconds: i64,
    pub job_poll_milliseconds: u64,
}

/// What an [`App`] is made of.
pub struct Parts {
    pub store: Store,
    pub vault: Vault,
    pub blobs: Blobs,
    pub clock: Arc<dyn Clock>,
    pub rng: Box<dyn CryptoRng + Send>,
    pub mailer: Option<Arc<dyn Mailer>>,
    pub settings: Settings,
    /// Signs access tokens.
    pub token_key: Zeroizing<[u8; 32]>,
    /// Binds CSRF tokens to sessions.
    pub csrf_key: Zeroizing<[u8; 32]>,
}

impl Parts {
    /// The keys of the application, derived from the installation's keyring.
    pub fn token_key(keyring: &Keyring) -> Zeroizing<[u8; 32]> {
        keyring.derive("access-tokens")
    }

    pub fn csrf_key(keyring: &Keyring) -> Zeroizing<[u8; 32]> {
        keyring.derive("csrf")
    }
}

/// Cheap to clone; every clone is the same application.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    pub store: Store,
    pub vault: Vault,
    pub blobs: Blobs,
    pub clock: Arc<dyn Clock>,
    pub settings: Settings,
    pub(crate) mailer: Option<Arc<dyn Mailer>>,
    pub(crate) token_key: Zeroizing<[u8; 32]>,
    pub(crate) csrf_key: Zeroizing<[u8; 32]>,
    /// Woken when a job was enqueued, so that it need not wait for the next look.
    pub(crate) jobs_waiting: Notify,
    /// Hashing a password takes a core and 19 MiB for a moment: only so many at once.
    pub(crate) hashing: Semaphore,
    pub(crate) seen: LastSeen,
    rng: Mutex<Box<dyn CryptoRng + Send>>,
}

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            store: parts.store,
            vault: parts.vault,
            blobs: parts.blobs,
            clock: parts.clock,
            settings: parts.settings,
            mailer: parts.mailer,
            token_key: parts.token_key,
            csrf_key: parts.csrf_key,
            jobs_waiting: Notify::new(),
            hashing: Semaphore::new(2),
            seen: LastSeen::default(),
            rng: Mutex::new(parts.rng),
        }))
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    pub fn rng(&self) -> MutexGuard<'_, Box<dyn CryptoRng + Send>> {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn mail_configured(&self) -> bool {
        self.mailer.is_some()
    }
}

/// Stops a use case that its caller may not use.
pub(crate) fn require(scope: &Scope, permission: Permission) -> Result<(), AppError> {
    if scope.may(permission) { Ok(()) } else { Err(AppError::Forbidden(permission)) }
}

/// Milliseconds since 1970 as an instant; the stores keep them so.
pub(crate) fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

/// A new identifier of any kind, from the application's clock and randomness.
macro_rules! fresh {
    ($app:expr, $kind:ty) => {{
        let now = $app.now();
        <$kind>::fresh(now, &mut **$app.rng())
    }};
}
pub(crate) use fresh;
