//! A database for one test: an SQLite file in a folder of its own, or a fresh PostgreSQL database.
//! It is gone when the test is.

use std::sync::Arc;

use mf_domain::Clock;
use mf_stores::relational::{ConnectOptions, Engine, Store};
use rand::RngExt;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;

/// The address of a PostgreSQL superuser.
const POSTGRES: &str = "MARKETFLOW_TEST_POSTGRES";

pub struct TestDatabase {
    options: ConnectOptions,
    engine: Engine,
    _home: Home,
}

enum Home {
    Folder { _folder: TempDir },
    Server { _database: ServerDatabase },
}

impl TestDatabase {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a test needs a folder");
        let options = ConnectOptions::sqlite(&folder.path().join("marketflow.db"));
        Self { options, engine: Engine::Sqlite, _home: Home::Folder { _folder: folder } }
    }

    /// Nothing where no server is named: a person reads that the test was skipped, CI fails.
    pub async fn postgres() -> Option<Self> {
        let Ok(server) = std::env::var(POSTGRES) else {
            skip("PostgreSQL", POSTGRES);
            return None;
        };
        let database = ServerDatabase::create(&server).await;
        let options = ConnectOptions { url: database.url(), admin_url: None, max_connections: 8 };
        Some(Self { options, engine: Engine::Postgres, _home: Home::Server { _database: database } })
    }

    /// One on every engine that is there.
    pub async fn engines() -> Vec<Self> {
        [Some(Self::sqlite().await), Self::postgres().await].into_iter().flatten().collect()
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    pub fn options(&self) -> &ConnectOptions {
        &self.options
    }

    pub async fn open(&self, clock: Arc<dyn Clock>) -> Store {
        Store::open(&self.options, clock).await.expect("the test database opens")
    }

    /// A connection around the store, as whoever owns the database has it.
    pub async fn raw(&self) -> DatabaseConnection {
        Database::connect(&self.options.url).await.expect("the test database accepts connections")
    }

    /// Runs SQL around the store, such as an intruder's.
    pub async fn run(&self, sql: &str) {
        let raw = self.raw().await;
        raw.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        raw.close().await.expect("a connection closes");
    }
}

struct ServerDatabase {
    server: String,
    name: String,
}

impl ServerDatabase {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests run side by side: their databases need names of their own"
    )]
    async fn create(server: &str) -> Self {
        let noise: [u8; 8] = rand::rng().random();
        let name = format!("mf_test_{}", hex::encode(noise));
        run_on(server, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
        Self { server: server.to_owned(), name }
    }

    fn url(&self) -> String {
        let (base, query) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let base = match base.split_once("://").and_then(|(_, rest)| rest.rfind('/')) {
            Some(_) => base.rsplit_once('/').map_or(base, |(base, _)| base),
            None => base,
        };
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        format!("{base}/{}{query}", self.name)
    }
}

impl Drop for ServerDatabase {
    /// Dropping cannot wait, so another thread does; also after a panic nothing stays behind.
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime starts");
            runtime.block_on(run_on(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        });
        // Its own panic has been printed; a second one here would hide the test's.
        let _ = dropping.join();
    }
}

async fn run_on(server: &str, sql: &str) {
    let mut options = sea_orm::ConnectOptions::new(server);
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await.unwrap_or_else(|error| panic!("{POSTGRES}: {error}"));
    connection.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    connection.close().await.expect("a connection closes");
}

#[expect(clippy::print_stderr, reason = "whoever runs the tests must see what was not tested")]
fn skip(engine: &str, variable: &str) {
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "{engine} must be tested in CI: set {variable}");
    eprintln!("skipped: {engine} ({variable} is not set)");
}
