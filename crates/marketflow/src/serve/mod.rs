//! The server: opens the installation, works on jobs and answers requests, until it is asked to stop;
//! then it finishes what it has acknowledged.

mod api;
mod http;
mod stop;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use mf_app::{App, Worker};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::data_dir::{DataDir, DataDirError, DataLock};
use crate::demo::{self, DemoError, Login};
use crate::installation::{Installation, OpenError};
use crate::telemetry::{Telemetry, TelemetryError};

use stop::{Signals, Stop, Stopper};

/// Metrics are rendered from histograms that need emptying now and then.
const UPKEEP: Duration = Duration::from_secs(5);
/// What closing may take beyond finishing requests and jobs.
const CLOSING: Duration = Duration::from_secs(5);
/// What durations are counted by: from a lookup to a long export.
const SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(
        "Cannot listen on {address}: {source}. Another program may be using that port: stop it, or choose another \
         with --listen."
    )]
    Listen { address: SocketAddr, source: io::Error },
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    #[error("Metrics cannot be collected: {0}.")]
    Metrics(String),
    #[error("The system refused: {0}.")]
    System(#[from] io::Error),
    #[error(transparent)]
    Demo(#[from] DemoError),
}

/// With real people, or with a demo workspace that is filled on the first start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Real,
    Demo,
}

/// Runs a server until a signal stops it.
pub async fn run(config: Config, mode: Mode, out: &mut (dyn Write + Send)) -> Result<(), ServeError> {
    let mut signals = Signals::listen()?;
    let claim = Claim::take(config).await?;
    // Before there is a log: what happened in the demo's past is not news.
    let logins = claim.logins(mode).await?;
    let log = &claim.config;
    let telemetry = Telemetry::start(&log.log, log.otlp_endpoint.as_deref())?;
    log.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let (stopper, stop) = Stop::new();
    let outcome = match start(claim, logins, stop).await {
        Ok(server) => until_signal(server, &mut signals, stopper, out).await,
        Err(error) => Err(error),
    };
    // Sending the last traces blocks, and what it waits for may need this thread.
    let _ = tokio::task::spawn_blocking(|| telemetry.flush()).await;
    outcome
}

async fn until_signal(
    server: Server,
    signals: &mut Signals,
    stopper: Stopper,
    out: &mut (dyn Write + Send),
) -> Result<(), ServeError> {
    server.introduce(out)?;
    signals.next().await;
    tracing::info!("stopping: finishing what was begun");
    stopper.stop();
    let deadline = server.patience + CLOSING;
    tokio::select! {
        () = server.finished() => tracing::info!("stopped"),
        () = signals.next() => tracing::warn!("asked twice: stopping at once"),
        () = tokio::time::sleep(deadline) => tracing::warn!("stopping took too long: leaving the rest"),
    }
    Ok(())
}

/// A data directory and a port that are ours. First of all: whoever has none need not open, migrate or
/// fill anything.
struct Claim {
    config: Config,
    listener: TcpListener,
    lock: DataLock,
}

impl Claim {
    async fn take(config: Config) -> Result<Self, ServeError> {
        let mut lock = DataDir::prepare(&config.data_dir)?.lock()?;
        let wanted = config.server.listen;
        let refused = |source| ServeError::Listen { address: wanted, source };
        let listener = TcpListener::bind(wanted).await.map_err(refused)?;
        let address = listener.local_addr()?;
        lock.at(&format!("http://{address}"))?;
        Ok(Self { config: config.listening_at(address), listener, lock })
    }

    async fn logins(&self, mode: Mode) -> Result<Vec<Login>, DemoError> {
        match mode {
            Mode::Real => Ok(Vec::new()),
            Mode::Demo => demo::prepare(&self.config).await,
        }
    }
}

/// A server at work.
struct Server {
    address: SocketAddr,
    logins: Vec<Login>,
    public_url: String,
    engine: &'static str,
    patience: Duration,
    app: App,
    tasks: JoinSet<()>,
    _lock: DataLock,
}

/// Comes back once the server answers. It works until `stop`.
async fn start(claim: Claim, logins: Vec<Login>, stop: Stop) -> Result<Server, ServeError> {
    let Claim { config, listener, lock } = claim;
    let address = config.server.listen;
    let Installation { app, .. } = Installation::open(&config).await?;
    let metrics = metrics()?;
    let patience = config.server.shutdown;
    let worker = Worker::new(app.clone()).with_patience(patience);
    let shown = if demo::may_show(address) { logins.clone() } else { Vec::new() };
    let api = api::state(&config, app.clone(), worker.pulse(), metrics.clone(), shown);
    let mut tasks = JoinSet::new();
    let mut worker_stop = stop.clone();
    tasks.spawn(async move { worker.run(async move { worker_stop.asked().await }).await });
    tasks.spawn(http::serve(listener, mf_api::router(api.clone()), stop.clone(), patience));
    let mut streams_stop = stop.clone();
    tasks.spawn(async move {
        streams_stop.asked().await;
        api.close_streams();
    });
    tasks.spawn(upkeep(metrics, stop));
    Ok(Server {
        address,
        logins,
        public_url: config.server.public_url.to_string(),
        engine: app.store.engine().name(),
        patience,
        app,
        tasks,
        _lock: lock,
    })
}

impl Server {
    /// Says where it is. The first line is for programs too: tests read the address from it.
    fn introduce(&self, out: &mut (dyn Write + Send)) -> io::Result<()> {
        writeln!(out, "Marketflow is ready at http://{} ({})", shown(self.address), self.engine)?;
        if !self.public_url.ends_with(&format!(":{}", self.address.port())) {
            writeln!(out, "People reach it at {}", self.public_url)?;
        }
        if !self.logins.is_empty() {
            writeln!(out, "Sign in to the demo as:")?;
        }
        for login in &self.logins {
            writeln!(out, "  {:<9} {:<24} {}", login.role.title(), login.email, login.password)?;
        }
        out.flush()
    }

    /// Comes back when everything has ended that was begun before the stop.
    async fn finished(self) {
        let Self { mut tasks, app, _lock: lock, .. } = self;
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a part of the server broke off");
            }
        }
        app.store.clone().close().await;
        drop(lock);
    }
}

/// As somebody types it into a browser: an address that means "all of them" is none.
fn shown(address: SocketAddr) -> String {
    if address.ip().is_loopback() || address.ip().is_unspecified() {
        return format!("localhost:{}", address.port());
    }
    address.to_string()
}

/// One recorder counts for the whole process, however many servers a test starts in it.
fn metrics() -> Result<PrometheusHandle, ServeError> {
    static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    let install = || {
        let builder = PrometheusBuilder::new().set_buckets(SECONDS).map_err(|error| error.to_string())?;
        builder.install_recorder().map_err(|error| error.to_string())
    };
    RECORDER.get_or_init(install).clone().map_err(ServeError::Metrics)
}

async fn upkeep(metrics: PrometheusHandle, mut stop: Stop) {
    loop {
        tokio::select! {
            () = stop.asked() => return,
            () = tokio::time::sleep(UPKEEP) => metrics.run_upkeep(),
        }
    }
}
