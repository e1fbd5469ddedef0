//! Opening the store: SQLite with one writer and a pool of readers, or PostgreSQL with roles that own
//! nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mf_domain::{Clock, Scope};
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnection, SqliteJournalMode, SqliteSynchronous};

use super::changes::ChangeBus;
use super::tx::Mode;
use super::{Change, StoreError, SystemTx, Tx, idempotency, migrate};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
        }
    }
}

/// Where the database is.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// `sqlite:///path/to/file` or `postgres://…`.
    pub url: String,
    /// PostgreSQL only: the owner's address, used for migrations alone.
    pub admin_url: Option<String>,
    pub max_connections: u32,
}

impl ConnectOptions {
    pub fn sqlite(path: &Path) -> Self {
        Self { url: format!("sqlite://{}", path.display()), admin_url: None, max_connections: 8 }
    }

    pub fn engine(&self) -> Result<Engine, StoreError> {
        match self.url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Ok(Engine::Sqlite),
            Some("postgres" | "postgresql") => Ok(Engine::Postgres),
            _ => Err(StoreError::Other("database.url must start with sqlite:// or postgres://".into())),
        }
    }

    /// The SQLite file, when there is one.
    pub fn file(&self) -> Option<PathBuf> {
        self.url.strip_prefix("sqlite://").map(PathBuf::from)
    }
}

/// The relational store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(super) engine: Engine,
    /// SQLite: one connection. PostgreSQL: the pool.
    pub(super) writer: DatabaseConnection,
    pub(super) reader: DatabaseConnection,
    pub(super) changes: Arc<ChangeBus>,
    pub(super) clock: Arc<dyn Clock>,
    file: Option<PathBuf>,
}

impl Store {
    /// Connects, brings the schema up to date (under a lock; SQLite is copied aside first) and starts
    /// listening for changes of other nodes.
    pub async fn open(options: &ConnectOptions, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        match options.engine()? {
            Engine::Sqlite => Self::open_sqlite(options, clock).await,
            Engine::Postgres => Self::open_postgres(options, clock).await,
        }
    }

    async fn open_sqlite(options: &ConnectOptions, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let writer = connect_sqlite(sqlite_options(options, 1)).await?;
        migrate::sqlite(&writer, options.file().as_deref(), clock.as_ref()).await?;
        let reader = connect_sqlite(sqlite_options(options, options.max_connections.max(2))).await?;
        Ok(Self {
            engine: Engine::Sqlite,
            writer,
            reader,
            changes: Arc::new(ChangeBus::local()),
            clock,
            file: options.file(),
        })
    }

    async fn open_postgres(options: &ConnectOptions, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        migrate::postgres(options.admin_url.as_deref().unwrap_or(&options.url)).await?;
        let mut connect = sea_orm::ConnectOptions::new(&options.url);
        connect
            .max_connections(options.max_connections.max(2))
            .acquire_timeout(Duration::from_secs(10))
            .connect_timeout(Duration::from_secs(10))
            .test_before_acquire(false)
            .sqlx_logging(false);
        let pool = Database::connect(connect).await?;
        let changes = ChangeBus::listening(pool.get_postgres_connection_pool().clone());
        Ok(Self {
            engine: Engine::Postgres,
            writer: pool.clone(),
            reader: pool,
            changes: Arc::new(changes),
            clock,
            file: None,
        })
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The SQLite file, when that is the engine.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads inside one workspace, all from one moment.
    pub async fn read(&self, scope: &Scope) -> Result<Tx, StoreError> {
        let tx = self.begin(Mode::Read).await?;
        Tx::open(tx, self, scope.tenant.clone(), Mode::Read).await
    }

    /// Changes inside one workspace, all or nothing.
    pub async fn write(&self, scope: &Scope) -> Result<Tx, StoreError> {
        let tx = self.begin(Mode::Write).await?;
        let tx = Tx::open(tx, self, scope.tenant.clone(), Mode::Write).await?;
        if let Some(once) = &scope.once {
            idempotency::mark_done(tx.connection(), scope.tenant.as_str(), once).await?;
        }
        Ok(tx)
    }

    pub async fn system_read(&self) -> Result<SystemTx, StoreError> {
        let tx = self.begin(Mode::Read).await?;
        SystemTx::open(tx, self, Mode::Read).await
    }

    pub async fn system_write(&self) -> Result<SystemTx, StoreError> {
        let tx = self.begin(Mode::Write).await?;
        SystemTx::open(tx, self, Mode::Write).await
    }

    async fn begin(&self, mode: Mode) -> Result<DatabaseTransaction, StoreError> {
        let (connection, sqlite) = match mode {
            Mode::Read => (&self.reader, SqliteTransactionMode::Deferred),
            Mode::Write => (&self.writer, SqliteTransactionMode::Immediate),
        };
        let options = match self.engine {
            Engine::Sqlite => {
                TransactionOptions { sqlite_transaction_mode: Some(sqlite), ..Default::default() }
            }
            Engine::Postgres => TransactionOptions::default(),
        };
        Ok(connection.begin_with_options(options).await?)
    }

    /// After an erasure: what was overwritten leaves the write-ahead log as well. PostgreSQL recycles
    /// its own.
    pub async fn forget_history(&self) -> Result<(), StoreError> {
        if self.engine == Engine::Sqlite {
            self.writer.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        }
        Ok(())
    }

    /// Follows what changes, in every workspace; the caller picks its own.
    pub fn changes(&self) -> tokio::sync::broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// Can it be read and written right now?
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.reader.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// How firmly a commit is kept, as the engine itself says.
    pub async fn durability(&self) -> Result<String, StoreError> {
        match self.engine {
            Engine::Sqlite => {
                let sql = "SELECT 'journal_mode=' || j.journal_mode || ', synchronous=' || s.synchronous \
                           FROM pragma_journal_mode j, pragma_synchronous s";
                Ok(sqlx::query_scalar(sql).fetch_one(self.writer.get_sqlite_connection_pool()).await?)
            }
            Engine::Postgres => {
                let sql = "SELECT 'fsync=' || current_setting('fsync') || \
                           ', synchronous_commit=' || current_setting('synchronous_commit')";
                Ok(sqlx::query_scalar(sql).fetch_one(self.writer.get_postgres_connection_pool()).await?)
            }
        }
    }

    /// Checks the file or server itself, as `doctor` does.
    pub async fn check(&self) -> Result<String, StoreError> {
        match self.engine {
            Engine::Sqlite => {
                let pool = self.reader.get_sqlite_connection_pool();
                let verdict: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(pool).await?;
                if verdict == "ok" { Ok(verdict) } else { Err(StoreError::Corrupt(verdict)) }
            }
            Engine::Postgres => {
                let pool = self.reader.get_postgres_connection_pool();
                Ok(sqlx::query_scalar("SELECT version()").fetch_one(pool).await?)
            }
        }
    }

    pub async fn close(self) {
        for connection in [self.reader, self.writer] {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "closing the database");
            }
        }
    }
}

/// Switching a new file to WAL does not wait for another process that is doing the same, so this does.
async fn connect_sqlite(connect: sea_orm::ConnectOptions) -> Result<DatabaseConnection, StoreError> {
    const TRIES: u32 = 100;
    let mut tried = 0;
    loop {
        tried += 1;
        match Database::connect(connect.clone()).await.map_err(StoreError::from) {
            Err(StoreError::Busy(_)) if tried < TRIES => tokio::time::sleep(Duration::from_millis(50)).await,
            other => return other,
        }
    }
}

fn sqlite_options(options: &ConnectOptions, connections: u32) -> sea_orm::ConnectOptions {
    let mut connect = sea_orm::ConnectOptions::new(format!("{}?mode=rwc", options.url));
    connect
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(15))
        // An idle reader costs little; reconnecting would cost a schema read.
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_before_acquire(|connection, _| Box::pin(is_clean(connection)))
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                // FULL: what was acknowledged survives a power cut, not only a crash of this process.
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(10))
                .foreign_keys(true)
                .pragma("temp_store", "memory")
                // What is erased leaves the file, not only the index.
                .pragma("secure_delete", "on")
        });
    connect
}

/// A connection whose last transaction could not be ended (a full disk can do that) would make the next
/// one a part of it, acknowledged and never committed. Such a connection is thrown away.
async fn is_clean(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // Waits until a rollback that was only asked for has been carried out.
    connection.ping().await?;
    let clean = !connection.is_in_transaction();
    if !clean {
        tracing::warn!("threw away a database connection that was stuck in a transaction");
    }
    Ok(clean)
}
