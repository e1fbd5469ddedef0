//! The whole application on a database of its own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use mf_app::{App, Parts, Settings, Worker};
use mf_stores::blobs::{BlobLocation, Blobs};
use mf_stores::relational::Engine;
use mf_stores::vault::{KeySource, Keyring, Vault};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tempfile::TempDir;

use crate::{Outbox, TestDatabase, VirtualClock};

/// An application, and everything a test turns about it. Fields drop in this order.
pub struct TestApp {
    pub app: App,
    pub clock: VirtualClock,
    pub outbox: Outbox,
    rng: Mutex<StdRng>,
    seeds: AtomicU64,
    pub database: TestDatabase,
    folder: TempDir,
}

impl TestApp {
    pub async fn sqlite() -> Self {
        Self::on(TestDatabase::sqlite().await).await
    }

    /// Nothing where no PostgreSQL is named.
    pub async fn postgres() -> Option<Self> {
        match TestDatabase::postgres().await {
            Some(database) => Some(Self::on(database).await),
            None => None,
        }
    }

    /// One on every engine that is there.
    pub async fn engines() -> Vec<Self> {
        let mut apps = Vec::new();
        for database in TestDatabase::engines().await {
            apps.push(Self::on(database).await);
        }
        apps
    }

    pub async fn on(database: TestDatabase) -> Self {
        let folder = tempfile::tempdir().expect("a test needs a folder");
        let (clock, outbox, seeds) = (VirtualClock::default(), Outbox::default(), AtomicU64::new(2));
        let app = start(&database, &folder, &clock, &outbox, 1, |_| {}).await;
        Self { app, clock, outbox, rng: Mutex::new(StdRng::seed_from_u64(0)), seeds, database, folder }
    }

    /// Another process on the same database, blobs and keys; on PostgreSQL, another node.
    pub async fn another(&self) -> App {
        self.another_with(|_| {}).await
    }

    pub async fn another_with(&self, change: impl FnOnce(&mut Parts)) -> App {
        // A seed of its own: two processes do not make the same ids.
        let seed = self.seeds.fetch_add(1, Ordering::Relaxed);
        start(&self.database, &self.folder, &self.clock, &self.outbox, seed, change).await
    }

    pub fn engine(&self) -> Engine {
        self.database.engine()
    }

    /// Runs background work until nothing is due at the clock's time. Says how many jobs ran.
    pub async fn run_jobs_until_idle(&self) -> usize {
        Worker::new(self.app.clone()).run_until_idle().await.expect("the queue can be worked through")
    }

    /// A new identifier: `app.fresh(ProjectId::fresh)`.
    pub fn fresh<Id>(&self, make: fn(Timestamp, &mut dyn Rng) -> Id) -> Id {
        make(self.app.now(), &mut *self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn start(
    database: &TestDatabase,
    folder: &TempDir,
    clock: &VirtualClock,
    outbox: &Outbox,
    seed: u64,
    change: impl FnOnce(&mut Parts),
) -> App {
    let shared = Arc::new(clock.clone());
    let store = database.open(shared.clone()).await;
    let mut rng = StdRng::seed_from_u64(seed);
    let source = KeySource::file(folder.path().join("keys"));
    let keyring = Keyring::load(&source, true, &mut rng).await.expect("keys can be made");
    let blobs = BlobLocation::Directory(folder.path().join("blobs"));
    let blobs = Blobs::open(&blobs, keyring.derive("blob-links"), Timestamp::UNIX_EPOCH).await;
    let mut parts = Parts {
        blobs: blobs.expect("a folder for blobs can be made"),
        token_key: Parts::token_key(&keyring),
        csrf_key: Parts::csrf_key(&keyring),
        vault: Vault::new(
            source,
            keyring,
            Arc::new(store.clone()),
            Box::new(StdRng::seed_from_u64(seed + 1_000)),
        ),
        store,
        clock: shared,
        rng: Box::new(rng),
        mailer: Some(Arc::new(outbox.clone())),
        settings: settings(),
    };
    change(&mut parts);
    App::new(parts)
}

fn settings() -> Settings {
    Settings {
        public_url: "http://localhost:8080".to_owned(),
        session_days: 30,
        session_idle_hours: 72,
        access_token_minutes: 15,
        refresh_token_days: 30,
        invitation_days: 7,
        reset_minutes: 60,
        password_min_length: 10,
        login_failures: 5,
        job_workers: 4,
        job_lease_seconds: 30,
        job_poll_milliseconds: 20,
    }
}
