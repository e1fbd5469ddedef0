//! Bringing the schema up to date at start: under a lock, in order, once. SQLite is copied aside
//! before anything changes; PostgreSQL gets its roles and row-level security with every table.

use std::path::Path;

use mf_domain::Clock;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use sea_orm_migration::prelude::*;

use super::entities::{GLOBAL_TABLES, TENANT_TABLES};
use super::{Engine, StoreError};

/// Any 64-bit number will do, as long as every node takes the same one.
const LOCK: i64 = 0x6d66_6c6f_7701;

struct Migrations;

#[async_trait::async_trait]
impl MigratorTrait for Migrations {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Step {
            name: "m0001_house",
            sql: include_str!("migrations/m0001_house.sql"),
            sqlite: include_str!("migrations/m0001_house_sqlite.sql"),
        })]
    }
}

/// One migration: a text for both engines, and what SQLite needs beside it. Migrations are never
/// edited once released; a change is a new one.
struct Step {
    name: &'static str,
    sql: &'static str,
    sqlite: &'static str,
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        connection.execute_unprepared(self.sql).await?;
        if manager.get_database_backend() == sea_orm::DbBackend::Sqlite {
            connection.execute_unprepared(self.sqlite).await?;
            return Ok(());
        }
        create_roles(connection).await?;
        connection.execute_unprepared(&security()).await?;
        Ok(())
    }

    /// Tables, roles and policies together or not at all.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

pub(super) async fn sqlite(
    writer: &DatabaseConnection,
    file: Option<&Path>,
    clock: &dyn Clock,
) -> Result<(), StoreError> {
    // In this order: were it new and another process filled it in between, nothing is pending.
    let applied = Migrations::get_applied_migrations(writer).await.map_err(|e| too_new(e, Engine::Sqlite))?;
    let pending = Migrations::get_pending_migrations(writer).await.map_err(|e| too_new(e, Engine::Sqlite))?;
    if pending.is_empty() {
        return Ok(());
    }
    if let (Some(file), false) = (file, applied.is_empty()) {
        copy_aside(writer, file, clock).await?;
    }
    // The file's own write lock: of several processes one migrates, and the others then find nothing
    // left to do.
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    let tx = writer.begin_with_options(immediate).await?;
    Migrations::up(&tx, None).await?;
    tx.commit().await?;
    Ok(())
}

/// `marketflow.db` → `marketflow.db.before-migration-<time>`.
async fn copy_aside(writer: &DatabaseConnection, file: &Path, clock: &dyn Clock) -> Result<(), StoreError> {
    let copy = format!("{}.before-migration-{}", file.display(), clock.now().strftime("%Y%m%dT%H%M%SZ"));
    writer.execute_unprepared(&format!("VACUUM INTO '{}'", copy.replace('\'', "''"))).await?;
    tracing::info!(%copy, "copied the database aside before migrating it");
    Ok(())
}

pub(super) async fn postgres(owner_url: &str) -> Result<(), StoreError> {
    let mut options = ConnectOptions::new(owner_url);
    // One connection, so that the advisory lock and the work share a session.
    options.max_connections(1).sqlx_logging(false);
    let owner = Database::connect(options).await?;
    owner.execute_unprepared(&format!("SELECT pg_advisory_lock({LOCK})")).await?;
    let outcome = upgrade_postgres(&owner).await;
    owner.close().await?;
    outcome
}

async fn upgrade_postgres(owner: &DatabaseConnection) -> Result<(), StoreError> {
    let pending =
        Migrations::get_pending_migrations(owner).await.map_err(|e| too_new(e, Engine::Postgres))?;
    if pending.is_empty() {
        return Ok(());
    }
    Migrations::up(owner, None).await?;
    Ok(())
}

/// Two roles that own nothing and cannot sign in: `marketflow_app` sees one workspace at a time,
/// `marketflow_system` sees all. Each transaction puts one of them on with `SET LOCAL ROLE`.
///
/// Written for every table on each migration, so that none is ever left out.
fn security() -> String {
    let mut sql = String::from(
        "GRANT USAGE ON SCHEMA public TO marketflow_app, marketflow_system;\n\
         ALTER TABLE users ENABLE ROW LEVEL SECURITY; ALTER TABLE users FORCE ROW LEVEL SECURITY;\n\
         DROP POLICY IF EXISTS colleagues ON users;\n\
         CREATE POLICY colleagues ON users TO marketflow_app USING (EXISTS (SELECT 1 FROM memberships m \
           WHERE m.user_id = users.id AND m.tenant_id = current_setting('app.tenant_id', true)));\n\
         GRANT SELECT ON users TO marketflow_app;\n\
         DROP POLICY IF EXISTS everywhere ON users;\n\
         CREATE POLICY everywhere ON users TO marketflow_system USING (true) WITH CHECK (true);\n",
    );
    for table in TENANT_TABLES {
        let app_may = if *table == "audit_log" { "SELECT, INSERT" } else { "SELECT, INSERT, UPDATE, DELETE" };
        sql.push_str(&format!(
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n\
             DROP POLICY IF EXISTS one_workspace ON {table}; DROP POLICY IF EXISTS everywhere ON {table};\n\
             CREATE POLICY one_workspace ON {table} TO marketflow_app \
               USING (tenant_id = current_setting('app.tenant_id', true)) \
               WITH CHECK (tenant_id = current_setting('app.tenant_id', true));\n\
             CREATE POLICY everywhere ON {table} TO marketflow_system USING (true) WITH CHECK (true);\n\
             GRANT {app_may} ON {table} TO marketflow_app, marketflow_system;\n",
        ));
    }
    for table in GLOBAL_TABLES {
        sql.push_str(&format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO marketflow_system;\n"));
    }
    sql
}

/// Roles belong to the whole server, so another database's migration may be making them right now.
async fn create_roles(owner: &impl ConnectionTrait) -> Result<(), DbErr> {
    for role in ["marketflow_app", "marketflow_system"] {
        let make = format!(
            "DO $$ BEGIN \
               IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN \
                 CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE; END IF; \
               IF NOT pg_has_role(current_user, '{role}', 'MEMBER') THEN GRANT {role} TO CURRENT_USER; END IF; \
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        );
        owner.execute_unprepared(&make).await.map_err(|error| {
            DbErr::Custom(format!(
                "cannot make the role {role} ({error}); let database.admin_url name a user who may create roles, \
                 or create it by hand: CREATE ROLE {role} NOLOGIN; GRANT {role} TO the user of database.url"
            ))
        })?;
    }
    Ok(())
}

fn too_new(error: DbErr, engine: Engine) -> StoreError {
    match &error {
        DbErr::Custom(text) if text.contains("missing") || text.contains("Migration file") => {
            StoreError::Other(format!(
                "this {} database was written by a newer Marketflow ({text}); start that version",
                engine.name()
            ))
        }
        _ => error.into(),
    }
}
