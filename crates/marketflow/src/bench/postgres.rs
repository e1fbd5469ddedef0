//! A database of its own on the PostgreSQL server that tests use, if there is one.

use sqlx::{Connection, Executor, PgConnection};

use super::BenchError;

/// The superuser's address of a PostgreSQL server to try things on.
const VARIABLE: &str = "MARKETFLOW_TEST_POSTGRES";

pub(super) struct Database {
    server: String,
    name: String,
    url: String,
}

impl Database {
    pub(super) async fn fresh() -> Result<Option<Self>, BenchError> {
        let Ok(server) = std::env::var(VARIABLE) else { return Ok(None) };
        let name = format!("marketflow_bench_{}", std::process::id());
        let (root, _) = server.rsplit_once('/').unwrap_or((&server, ""));
        let url = format!("{root}/{name}");
        PgConnection::connect(&server)
            .await?
            .execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .await?;
        Ok(Some(Self { url, server, name }))
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) async fn remove(self) -> Result<(), BenchError> {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        PgConnection::connect(&self.server).await?.execute(sqlx::AssertSqlSafe(drop)).await?;
        Ok(())
    }
}
