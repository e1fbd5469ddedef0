//! What each command does, and how it can fail. Commands write to the output they are given; the log
//! goes elsewhere.

pub(crate) mod audit;
mod keys;
mod user;

use std::io::{self, Write};

use mf_app::AppError;
use mf_stores::relational::StoreError;
use mf_stores::vault::{KeyError, VaultError};

use crate::backup::BackupError;
use crate::bench::BenchError;
use crate::cli::{AuditCommand, Command, Place};
use crate::config::{Config, ConfigErrors};
use crate::data_dir::{DataDir, DataDirError};
use crate::installation::{Installation, OpenError};
use crate::serve::ServeError;
use crate::{backup, bench, demo, doctor, serve};

pub(crate) type Out<'a> = &'a mut (dyn Write + Send);

/// How a command ended that could be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Fine,
    /// It found something that needs mending.
    Trouble,
}

impl Verdict {
    pub(crate) fn fine_if(fine: bool) -> Self {
        if fine { Verdict::Fine } else { Verdict::Trouble }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Bench(#[from] BenchError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("It could not be done: {0}.")]
    App(AppError),
    #[error("Nobody here has the address {email}. Look at the team page for the right one.")]
    Nobody { email: String },
    #[error("{0}")]
    Refused(String),
    #[error("What was to be printed could not be: {0}.")]
    Output(#[from] io::Error),
}

impl From<AppError> for CommandError {
    fn from(error: AppError) -> Self {
        CommandError::App(error)
    }
}

impl CommandError {
    /// The asker can mend it by asking differently.
    pub fn is_misuse(&self) -> bool {
        matches!(self, CommandError::Config(_))
    }

    /// Whoever read our output has seen enough, as `head` does.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, CommandError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

pub async fn run(command: Command, out: Out<'_>) -> Result<Verdict, CommandError> {
    match command {
        Command::Serve(place) => serve::run(load(&place)?, serve::Mode::Real, out).await?,
        Command::Demo(place) => serve::run(load_demo(&place)?, serve::Mode::Demo, out).await?,
        Command::Config { effective: true, place } => write!(out, "{}", load(&place)?.effective())?,
        Command::Config { effective: false, .. } => write!(out, "{}", Config::default_text())?,
        Command::Doctor { json, place } => return doctor::run(&load(&place)?, json, out).await,
        Command::Backup { file, with_keys, place } => {
            backup::run(&load(&place)?, &file, with_keys, out).await?;
        }
        Command::Restore { file, accept_broken_audit, place } => {
            backup::run_restore(&load(&place)?, &file, accept_broken_audit, out).await?;
        }
        Command::Audit { action: AuditCommand::Verify { json, place } } => {
            return audit::verify(&load(&place)?, json, out).await;
        }
        Command::Keys { action } => keys::run(action, out).await?,
        Command::User { action } => user::run(action, out).await?,
        Command::Openapi => write!(out, "{}", mf_api::openapi_json())?,
        Command::Bench(args) => return Ok(bench::run(&args, out).await?),
        Command::Version => writeln!(out, "marketflow {}", env!("CARGO_PKG_VERSION"))?,
    }
    Ok(Verdict::Fine)
}

fn load(place: &Place) -> Result<Config, CommandError> {
    Ok(Config::load(&place.overrides())?)
}

/// The demo has a directory of its own, unless somebody chose one.
fn load_demo(place: &Place) -> Result<Config, CommandError> {
    let config = load(place)?;
    if !config.is_default("data.dir") {
        return Ok(config);
    }
    load(&Place { data: Some(demo::DATA_DIR.into()), ..place.clone() })
}

/// Opens an installation that must be there, for a command that works beside a running server.
async fn open_existing(config: &Config) -> Result<Installation, CommandError> {
    DataDir::existing(&config.data_dir)?;
    Ok(Installation::open(config).await?)
}
