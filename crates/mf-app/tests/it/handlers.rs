//! Work for tests: an effect that can be counted, and runs that pause, fail or panic on demand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use mf_app::{App, JobError, JobHandler, JobRun, JobView, Worker, rows};
use mf_domain::jobs::State;
use mf_domain::{JobId, Scope};
use tokio::sync::Semaphore;

/// What the next run does.
#[derive(Debug, Clone, PartialEq)]
pub enum Script {
    /// Waits for [`Steered::open`] before its effect.
    Wait,
    Fail(JobError),
    Panic,
    /// Goes on until somebody cancels it.
    UntilCancelled,
    /// Says it is done without having finished.
    Forget,
}

/// Leaves a project behind for every time it ran to completion.
pub struct Steered {
    script: std::sync::Mutex<Vec<Script>>,
    gate: Semaphore,
    pub started: AtomicUsize,
}

pub const KIND: &str = "test.steered";

impl Steered {
    /// Runs follow the script one by one; after it, they just work.
    pub fn new(script: impl IntoIterator<Item = Script>) -> Arc<Self> {
        let mut script: Vec<Script> = script.into_iter().collect();
        script.reverse();
        Arc::new(Self { script: script.into(), gate: Semaphore::new(0), started: AtomicUsize::new(0) })
    }

    pub fn worker(self: &Arc<Self>, app: &App) -> Worker {
        Worker::with_handlers(app.clone(), vec![self.clone()])
    }

    /// Lets one waiting run go on.
    pub fn open(&self) {
        self.gate.add_permits(1);
    }

    pub fn starts(&self) -> usize {
        self.started.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl JobHandler for Steered {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "Test work"
    }

    async fn run(&self, app: &App, run: &mut JobRun) -> Result<(), JobError> {
        let step = self.script.lock().unwrap().pop();
        self.started.fetch_add(1, Ordering::SeqCst);
        match step {
            Some(Script::Wait) => self.gate.acquire().await.unwrap().forget(),
            Some(Script::Fail(error)) => return Err(error),
            Some(Script::Panic) => panic!("on purpose"),
            Some(Script::UntilCancelled) => loop {
                run.check()?;
                tokio::task::yield_now().await;
            },
            Some(Script::Forget) => return Ok(()),
            None => {}
        }
        let tx = app.store.write(run.scope()).await?;
        tx.add_project(effect(run)).await?;
        Ok(run.finish(tx, Some(serde_json::json!({ "done": true }))).await?)
    }
}

fn effect(run: &JobRun) -> rows::Project {
    let now = run.job().created_at;
    rows::Project {
        tenant_id: run.scope().tenant.to_string(),
        // Named by the run: a second run would leave a second one.
        id: format!("{}-{}", run.job().id, run.job().attempts),
        name: "effect".to_owned(),
        description: String::new(),
        created_by: None,
        created_at: now,
        updated_at: now,
        archived_at: None,
        version: 1,
    }
}

pub async fn enqueue(app: &App, scope: &Scope) -> JobId {
    let mut tx = app.store.write(scope).await.unwrap();
    let id = app.enqueue(&mut tx, scope, KIND, serde_json::json!({}), None).await.unwrap();
    tx.commit().await.unwrap();
    app.wake_workers();
    id
}

/// How often test work ran to completion.
pub async fn effects(app: &App, scope: &Scope) -> usize {
    let page = app.projects(scope, None, false, &mf_app::PageRequest::first(200)).await.unwrap();
    page.items.len()
}

pub async fn state(app: &App, scope: &Scope, id: &JobId) -> State {
    job(app, scope, id).await.state
}

pub async fn job(app: &App, scope: &Scope, id: &JobId) -> JobView {
    app.job(scope, id.as_str()).await.unwrap()
}

/// Waits until something is so; a test that waits for ever fails.
pub async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let patience = tokio::time::Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(tokio::time::Instant::now() < patience, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
