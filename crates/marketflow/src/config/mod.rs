//! The configuration: embedded defaults, under a file, under the environment, under the command
//! line; checked as a whole, so that a server either starts with what was meant or says everything
//! that is wrong at once.
//!
//! The one list of settings is `default.toml`; what a setting means is written there and only there.
//! Not here: acting on the settings.

mod layers;
mod problem;
mod reader;
mod rules;
mod show;
#[cfg(test)]
mod tests;
mod values;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use mf_stores::blobs::BlobLocation;
use mf_stores::vault::KeySource;
use secrecy::SecretString;

pub use layers::Source;
pub use problem::{ConfigErrors, Problem};
pub use values::{DatabaseUrl, LogFormat, Network, PublicUrl};

use layers::Layers;
use reader::Reader;

const DEFAULT_TEXT: &str = include_str!("../../default.toml");

/// What the command line says about the configuration.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--config FILE`
    pub config: Option<PathBuf>,
    /// `--data DIR`
    pub data: Option<PathBuf>,
    /// `--listen ADDRESS:PORT`
    pub listen: Option<String>,
}

/// Everything that was set, understood and found to fit together.
#[derive(Debug, Clone)]
pub struct Config {
    pub server: Server,
    pub data_dir: PathBuf,
    pub database: Database,
    pub blobs: BlobLocation,
    pub vault: KeySource,
    /// None: no mail is sent.
    pub mail: Option<Mail>,
    pub auth: Auth,
    pub jobs: Jobs,
    pub limits: Limits,
    pub log: Log,
    /// None: traces go nowhere.
    pub otlp_endpoint: Option<String>,
    /// What works but was probably not meant; to be logged at start.
    pub warnings: Vec<String>,
    layers: Layers,
}

#[derive(Debug, Clone)]
pub struct Server {
    pub listen: SocketAddr,
    pub public_url: PublicUrl,
    pub trusted_proxies: Vec<Network>,
    pub shutdown: Duration,
    pub request_timeout: Duration,
    pub max_body_bytes: usize,
}

#[derive(Debug, Clone)]
pub struct Database {
    pub url: DatabaseUrl,
    /// PostgreSQL's owner of the tables, for migrations only.
    pub admin_url: Option<SecretString>,
    pub max_connections: u32,
}

#[derive(Debug, Clone)]
pub struct Mail {
    pub smtp_url: SecretString,
    pub from: String,
}

#[derive(Debug, Clone)]
pub struct Auth {
    pub session: Duration,
    pub session_idle: Duration,
    pub access_token: Duration,
    pub refresh_token: Duration,
    pub invitation: Duration,
    pub reset: Duration,
    pub password_min_length: usize,
}

#[derive(Debug, Clone)]
pub struct Jobs {
    pub workers: usize,
    pub lease: Duration,
    pub poll: Duration,
}

#[derive(Debug, Clone)]
pub struct Limits {
    pub anonymous_per_minute: u32,
    pub session_per_minute: u32,
    pub key_per_minute: u32,
    pub login_per_account: u32,
}

#[derive(Debug, Clone)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

impl Config {
    /// The configuration of this process.
    pub fn load(overrides: &Overrides) -> Result<Self, ConfigErrors> {
        Self::from_parts(overrides, std::env::vars_os())
    }

    /// The same with an environment of the caller's choice.
    pub fn from_parts(
        overrides: &Overrides,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigErrors> {
        let (layers, problems) = Layers::gather(DEFAULT_TEXT, overrides, environment);
        let mut reader = Reader::new(&layers, problems);
        let mut config = Self::read(&mut reader, layers.clone());
        config.warnings = rules::check(&config, &mut reader);
        match reader.into_problems() {
            problems if problems.is_empty() => Ok(config),
            problems => Err(ConfigErrors::new(problems)),
        }
    }

    /// The commented default file, as `marketflow config` prints it.
    pub fn default_text() -> &'static str {
        DEFAULT_TEXT
    }

    /// What is in force and where each value came from, secrets hidden, as `marketflow config
    /// --effective` prints it.
    pub fn effective(&self) -> String {
        show::effective(&self.layers)
    }

    /// Did nobody set this? `name` is `section.key`.
    pub fn is_default(&self, name: &str) -> bool {
        self.layers.get(name).source == Source::Default
    }

    /// The same with the address the server really got, where it was left to the system (port 0).
    pub fn listening_at(mut self, address: SocketAddr) -> Self {
        self.server.listen = address;
        if self.is_default("server.public_url") {
            self.server.public_url = PublicUrl::local(address);
        }
        self
    }

    fn read(read: &mut Reader<'_>, layers: Layers) -> Self {
        let data_dir = read.path("data.dir");
        let listen = read.parsed("server.listen", values::listen);
        Self {
            server: Server {
                listen,
                public_url: read
                    .optional("server.public_url", values::public_url)
                    .unwrap_or_else(|| PublicUrl::local(listen)),
                trusted_proxies: read.list("server.trusted_proxies", values::network),
                shutdown: read.seconds("server.shutdown_seconds", 1..=600),
                request_timeout: read.seconds("server.request_timeout_seconds", 1..=600),
                max_body_bytes: read.number("server.max_body_bytes", 1_024..=104_857_600),
            },
            database: Database {
                url: read
                    .optional("database.url", values::database_url)
                    .unwrap_or_else(|| DatabaseUrl::Sqlite(data_dir.join("marketflow.db"))),
                admin_url: read.optional("database.admin_url", values::postgres_url),
                max_connections: read.number("database.max_connections", 1..=1_000),
            },
            blobs: read.blobs(&data_dir),
            vault: read
                .optional("vault.master_key", values::key_source)
                .unwrap_or_else(|| KeySource::file(data_dir.join("keys/master.keys"))),
            mail: read.mail(),
            auth: Auth {
                session: read.days("auth.session_days", 1..=3_650),
                session_idle: read.hours("auth.session_idle_hours", 1..=87_600),
                access_token: read.minutes("auth.access_token_minutes", 1..=1_440),
                refresh_token: read.days("auth.refresh_token_days", 1..=3_650),
                invitation: read.days("auth.invitation_days", 1..=365),
                reset: read.minutes("auth.reset_minutes", 5..=10_080),
                password_min_length: read.number("auth.password_min_length", 8..=128),
            },
            jobs: Jobs {
                workers: read.number("jobs.workers", 1..=256),
                lease: read.seconds("jobs.lease_seconds", 5..=3_600),
                poll: read.milliseconds("jobs.poll_milliseconds", 10..=60_000),
            },
            limits: Limits {
                anonymous_per_minute: read.number("limits.anonymous_per_minute", 1..=1_000_000),
                session_per_minute: read.number("limits.session_per_minute", 1..=1_000_000),
                key_per_minute: read.number("limits.key_per_minute", 1..=1_000_000),
                login_per_account: read.number("limits.login_per_account", 1..=1_000),
            },
            log: Log {
                format: read.parsed("log.format", values::log_format),
                level: read.parsed("log.level", values::log_level),
            },
            otlp_endpoint: read.optional("telemetry.otlp_endpoint", values::http_address),
            warnings: Vec::new(),
            data_dir,
            layers,
        }
    }
}
