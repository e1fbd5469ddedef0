//! The queue by itself: jobs that do nothing, enqueued one transaction each, then worked off.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use mf_app::{App, AppError, Client, FirstAdmin, JobError, JobHandler, JobRun, Worker};
use mf_domain::{RequestId, Scope};
use tokio::sync::Notify;

use super::BenchError;
use super::measured::Measured;
use super::postgres::Database;
use crate::config::{Config, Overrides};
use crate::installation::Installation;

const KIND: &str = "bench.nothing";
const JOBS: usize = 1_000;

pub(super) async fn sqlite() -> Result<Measured, BenchError> {
    let data = tempfile::tempdir()?;
    measure("jobs", data.path(), None).await
}

/// None where there is no PostgreSQL to try.
pub(super) async fn postgres() -> Result<Option<Measured>, BenchError> {
    let Some(database) = Database::fresh().await? else { return Ok(None) };
    let data = tempfile::tempdir()?;
    let measured = measure("jobs_postgres", data.path(), Some(database.url())).await;
    database.remove().await?;
    Ok(Some(measured?))
}

async fn measure(case: &'static str, data: &Path, database: Option<&str>) -> Result<Measured, BenchError> {
    let overrides = Overrides { data: Some(data.to_owned()), ..Overrides::default() };
    let environment = database.map(|url| ("MARKETFLOW_DATABASE__URL".into(), url.into()));
    let config =
        Config::from_parts(&overrides, environment).map_err(|error| BenchError::Server(error.to_string()))?;
    let installation = Installation::open(&config).await?;
    let app = &installation.app;
    let scope = set_up(app).await?;

    let began = Instant::now();
    for _ in 0..JOBS {
        let mut tx = app.store.write(&scope).await.map_err(AppError::from)?;
        app.enqueue(&mut tx, &scope, KIND, serde_json::json!({}), None).await?;
        tx.commit().await.map_err(AppError::from)?;
    }
    let enqueued = JOBS as f64 / began.elapsed().as_secs_f64();

    let done = Arc::new(Done { left: AtomicUsize::new(JOBS), all: Notify::new() });
    let began = Instant::now();
    let worker = Worker::with_handlers(app.clone(), vec![Arc::new(Nothing(done.clone()))]);
    worker.run(async { done.all.notified().await }).await;
    let finished = JOBS as f64 / began.elapsed().as_secs_f64();
    installation.close().await;
    Ok(Measured::new(case, 1000.0 / finished).with("enqueued_rate", enqueued).with("finished_rate", finished))
}

async fn set_up(app: &App) -> Result<Scope, BenchError> {
    let request = || RequestId::fresh(app.now(), &mut **app.rng());
    let first = FirstAdmin {
        workspace_name: "Bench".to_owned(),
        name: "Bench".to_owned(),
        email: super::server::EMAIL.to_owned(),
        password: super::server::PASSWORD.to_owned(),
        time_zone: "UTC".to_owned(),
    };
    let signed_in = app.set_up(first, &Client::default(), request()).await?;
    let tenant = signed_in.me.tenant.tenant_id.parse();
    let tenant = tenant.map_err(|error: mf_domain::BadId| BenchError::Server(error.to_string()))?;
    Ok(Scope::system(tenant, "bench", request()))
}

struct Done {
    left: AtomicUsize,
    all: Notify,
}

struct Nothing(Arc<Done>);

#[async_trait]
impl JobHandler for Nothing {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "Do nothing"
    }

    async fn run(&self, app: &App, run: &mut JobRun) -> Result<(), JobError> {
        let tx = app.store.write(run.scope()).await?;
        run.finish(tx, None).await?;
        if self.0.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.all.notify_one();
        }
        Ok(())
    }
}
