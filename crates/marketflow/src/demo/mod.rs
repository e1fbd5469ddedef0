//! The demo: an installation with a workspace that looks as if people had worked in it for some days.
//! Filled once, through the product's own use cases, so that everything in it is real.

mod logins;
mod past;
mod story;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use mf_app::AppError;

use crate::config::Config;
use crate::installation::{Installation, OpenError};
use crate::machine;

pub use logins::Login;

use logins::Logins;
use past::PastClock;

/// Where the demo lives unless somebody says otherwise.
pub const DATA_DIR: &str = ".marketflow-demo";

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(
        "{} holds an installation that is not a demo. Start it with `marketflow serve`, or name another directory \
         with --data.",
        path.display()
    )]
    NotADemo { path: PathBuf },
    #[error(
        "The demo in {} was interrupted while it was being filled. Remove that directory and start again.",
        path.display()
    )]
    Unfinished { path: PathBuf },
    #[error("The demo's sign-ins in {} cannot be used: {why}. Remove the data directory and start again.", path.display())]
    Logins { path: PathBuf, why: String },
    #[error("The demo workspace could not be filled: {0}.")]
    Fill(#[from] AppError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("The system gives no random numbers: {0}.")]
    Randomness(#[source] io::Error),
}

/// Fills the installation if nobody has been here, and answers how to sign in.
///
/// Call it before the installation is opened for work: filling opens it with a clock of its own.
pub async fn prepare(config: &Config) -> Result<Vec<Login>, DemoError> {
    let path = logins::path(&config.data_dir);
    match Logins::read(&path)? {
        Some(logins) if logins.complete => Ok(logins.people),
        Some(_) => Err(DemoError::Unfinished { path: config.data_dir.clone() }),
        None => fill(config, &path).await,
    }
}

/// The sign-ins are for whoever sits at this machine; they are shown in the browser only there.
pub fn may_show(listen: SocketAddr) -> bool {
    listen.ip().is_loopback()
}

async fn fill(config: &Config, path: &Path) -> Result<Vec<Login>, DemoError> {
    let clock = PastClock::starting(machine::clock().as_ref());
    let installation = Installation::open_at(config, clock.clone()).await?;
    if !installation.app.setup_needed().await? {
        installation.close().await;
        return Err(DemoError::NotADemo { path: config.data_dir.clone() });
    }
    let mut rng = machine::rng().map_err(DemoError::Randomness)?;
    let mut logins = Logins::fresh(&mut *rng);
    // First the passwords, then the accounts that have them: whatever happens in between is noticed.
    logins.write(path)?;
    let told = story::tell(&installation.app, &clock, &logins.people).await;
    installation.close().await;
    told?;
    logins.complete = true;
    logins.write(path)?;
    Ok(logins.people)
}
