//! Opening an installation: database, keys, vault, blobs, application, in the order in which each
//! needs the one before. The only place where engines meet configuration.

use std::path::Path;
use std::sync::Arc;

use mf_app::{App, Mailer, Parts, Settings};
use mf_domain::Clock;
use mf_stores::blobs::{BlobError, Blobs};
use mf_stores::relational::{ConnectOptions, Store, StoreError};
use mf_stores::vault::{KeyError, KeyTable, KeyTableError, Keyring, Vault, VaultError};
use secrecy::ExposeSecret;

use crate::config::{self, Config, DatabaseUrl};
use crate::machine;
use crate::mail::{MailSetupError, Smtp};

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("The database cannot be opened. {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    KeyTable(#[from] KeyTableError),
    #[error(transparent)]
    Blobs(#[from] BlobError),
    #[error(transparent)]
    Mail(#[from] MailSetupError),
    #[error("The system gives no random numbers: {0}. Marketflow cannot make keys without them.")]
    Randomness(std::io::Error),
    #[error("The folder of the database, {}, cannot be made: {source}. Make it by hand.", path.display())]
    Folder { path: std::path::PathBuf, source: std::io::Error },
}

/// An installation, open for work.
pub struct Installation {
    pub app: App,
    pub keyring: Keyring,
}

impl Installation {
    pub async fn open(config: &Config) -> Result<Self, OpenError> {
        Self::open_at(config, machine::clock()).await
    }

    /// The same with a clock of the caller's choice.
    pub async fn open_at(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let store = open_store(config, clock.clone()).await?;
        let keyring = load_keys(config, &store).await?;
        let rng = || machine::rng().map_err(OpenError::Randomness);
        let vault = Vault::new(config.vault.clone(), keyring.clone(), Arc::new(store.clone()), rng()?);
        vault.verify().await?;
        let blobs = Blobs::open(&config.blobs, keyring.derive("blob links"), clock.now()).await?;
        let mailer = config.mail.as_ref().map(Smtp::new).transpose()?;
        let app = App::new(Parts {
            store,
            vault,
            blobs,
            clock,
            rng: rng()?,
            mailer: mailer.map(|smtp| Arc::new(smtp) as Arc<dyn Mailer>),
            settings: settings(config),
            token_key: Parts::token_key(&keyring),
            csrf_key: Parts::csrf_key(&keyring),
        });
        Ok(Self { app, keyring })
    }

    pub async fn close(self) {
        self.app.store.clone().close().await;
    }
}

/// The database alone, brought up to date.
pub async fn open_store(config: &Config, clock: Arc<dyn Clock>) -> Result<Store, OpenError> {
    if let DatabaseUrl::Sqlite(file) = &config.database.url
        && let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty())
    {
        let failed = |source| OpenError::Folder { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    Ok(Store::open(&connect_options(&config.database), clock).await?)
}

/// The keys. New ones are made only while no secret exists that they could not open.
pub async fn load_keys(config: &Config, store: &Store) -> Result<Keyring, OpenError> {
    let nothing_locked_yet = KeyTable::list_all(store).await?.is_empty();
    let mut rng = machine::rng().map_err(OpenError::Randomness)?;
    Ok(Keyring::load(&config.vault, nothing_locked_yet, &mut *rng).await?)
}

fn connect_options(database: &config::Database) -> ConnectOptions {
    let expose = |url: &secrecy::SecretString| url.expose_secret().to_owned();
    match &database.url {
        DatabaseUrl::Sqlite(file) => {
            ConnectOptions { max_connections: database.max_connections, ..ConnectOptions::sqlite(file) }
        }
        DatabaseUrl::Postgres(url) => ConnectOptions {
            url: expose(url),
            admin_url: database.admin_url.as_ref().map(expose),
            max_connections: database.max_connections,
        },
    }
}

/// The SQLite file of a configuration, when that is the engine.
pub fn database_file(config: &Config) -> Option<&Path> {
    match &config.database.url {
        DatabaseUrl::Sqlite(file) => Some(file),
        DatabaseUrl::Postgres(_) => None,
    }
}

fn settings(config: &Config) -> Settings {
    const HOUR: u64 = 3_600;
    let whole = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
    let auth = &config.auth;
    Settings {
        public_url: config.server.public_url.to_string(),
        session_days: whole(auth.session.as_secs() / (24 * HOUR)),
        session_idle_hours: whole(auth.session_idle.as_secs() / HOUR),
        access_token_minutes: whole(auth.access_token.as_secs() / 60),
        refresh_token_days: whole(auth.refresh_token.as_secs() / (24 * HOUR)),
        invitation_days: whole(auth.invitation.as_secs() / (24 * HOUR)),
        reset_minutes: whole(auth.reset.as_secs() / 60),
        password_min_length: auth.password_min_length,
        login_failures: i64::from(config.limits.login_per_account),
        job_workers: config.jobs.workers,
        job_lease_seconds: whole(config.jobs.lease.as_secs()),
        job_poll_milliseconds: u64::try_from(config.jobs.poll.as_millis()).unwrap_or(u64::MAX),
    }
}
