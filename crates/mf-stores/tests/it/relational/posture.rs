//! What PostgreSQL itself enforces, looked at from outside the store: were a query to forget its
//! workspace, the database would still keep them apart.

use std::collections::BTreeSet;

use mf_stores::relational::{GLOBAL_TABLES, TENANT_TABLES};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement, TransactionTrait};

use super::{Fixture, Scope};

const ROLES: [&str; 2] = ["marketflow_app", "marketflow_system"];

#[tokio::test]
async fn the_roles_own_nothing_and_can_do_little() {
    let Some(fixture) = Fixture::postgres().await else { return };
    let raw = fixture.database.raw().await;
    for role in ROLES {
        let powers =
            "rolsuper OR rolbypassrls OR rolcanlogin OR rolcreatedb OR rolcreaterole OR rolreplication";
        assert_eq!(count(&raw, &format!("SELECT count(*) FROM pg_roles WHERE rolname = '{role}'")).await, 1);
        for (what, sql) in [
            ("has powers", format!("SELECT count(*) FROM pg_roles WHERE rolname = '{role}' AND ({powers})")),
            (
                "owns things",
                format!(
                    "SELECT count(*) FROM pg_shdepend WHERE deptype = 'o' AND refobjid = '{role}'::regrole"
                ),
            ),
            (
                "belongs to another role",
                format!("SELECT count(*) FROM pg_auth_members WHERE member = '{role}'::regrole"),
            ),
            (
                "may make tables",
                format!("SELECT has_schema_privilege('{role}', 'public', 'CREATE')::int::bigint"),
            ),
        ] {
            assert_eq!(count(&raw, &sql).await, 0, "{role} {what}");
        }
        for table in TENANT_TABLES.iter().chain(GLOBAL_TABLES) {
            for too_much in ["TRUNCATE", "REFERENCES", "TRIGGER"] {
                let sql =
                    format!("SELECT has_table_privilege('{role}', '{table}', '{too_much}')::int::bigint");
                assert_eq!(count(&raw, &sql).await, 0, "{role} has {too_much} on {table}");
            }
        }
    }
}

#[tokio::test]
async fn inside_a_workspace_the_installation_is_out_of_reach() {
    let Some(fixture) = Fixture::postgres().await else { return };
    let raw = fixture.database.raw().await;
    for table in GLOBAL_TABLES {
        for privilege in ["SELECT", "INSERT", "UPDATE", "DELETE"] {
            let sql = format!(
                "SELECT has_table_privilege('marketflow_app', '{table}', '{privilege}')::int::bigint"
            );
            // Colleagues' names are shown; a policy limits them to colleagues.
            let expected = i64::from(*table == "users" && privilege == "SELECT");
            assert_eq!(count(&raw, &sql).await, expected, "{privilege} on {table}");
        }
    }
}

#[tokio::test]
async fn every_table_of_workspaces_is_under_row_level_security() {
    let Some(fixture) = Fixture::postgres().await else { return };
    let raw = fixture.database.raw().await;
    let sql = "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
               WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attname = 'tenant_id'";
    let rows = raw.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap();
    let found: BTreeSet<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    let known: BTreeSet<String> = TENANT_TABLES.iter().map(|table| (*table).to_owned()).collect();
    assert_eq!(found, known, "a table with tenant_id belongs in TENANT_TABLES");
    let sql = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace \
               AND relname <> 'seaql_migrations'";
    let rows = raw.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap();
    for row in rows {
        let table: String = row.try_get_by_index(0).unwrap();
        let listed = TENANT_TABLES.iter().chain(GLOBAL_TABLES).any(|known| *known == table);
        assert!(listed, "{table} belongs in TENANT_TABLES or GLOBAL_TABLES");
    }
    for table in TENANT_TABLES {
        let sql = format!(
            "SELECT count(*) FROM pg_class WHERE oid = '{table}'::regclass AND relrowsecurity AND relforcerowsecurity"
        );
        assert_eq!(count(&raw, &sql).await, 1, "{table} does not force row-level security");
    }
}

#[tokio::test]
async fn a_query_that_forgets_its_workspace_gets_nothing() {
    let Some(fixture) = Fixture::postgres().await else { return };
    fixture.fill(&fixture.ours).await;
    fixture.fill(&fixture.theirs).await;
    for (inside, rows) in [(None, 0), (Some(&fixture.ours), 1)] {
        let tx = as_app(&fixture, inside).await;
        for table in TENANT_TABLES.iter().chain(&["users"]) {
            assert_eq!(
                count(&tx, &format!("SELECT count(*) FROM {table}")).await,
                rows,
                "{table}, inside {inside:?}"
            );
        }
    }
}

#[tokio::test]
async fn another_workspaces_rows_can_be_neither_written_nor_made() {
    let Some(fixture) = Fixture::postgres().await else { return };
    fixture.fill(&fixture.theirs).await;
    let raw = fixture.database.raw().await;
    for table in TENANT_TABLES {
        let sql = format!("SELECT to_jsonb(t)::text FROM {table} t LIMIT 1");
        let row = raw.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().unwrap();
        let row: String = row.try_get_by_index(0).unwrap();
        let row = row.replace('\'', "''");

        let tx = as_app(&fixture, Some(&fixture.ours)).await;
        if *table != "audit_log" {
            let taken =
                tx.execute_unprepared(&format!("UPDATE {table} SET tenant_id = tenant_id")).await.unwrap();
            assert_eq!(taken.rows_affected(), 0, "{table}");
            let gone = tx.execute_unprepared(&format!("DELETE FROM {table}")).await.unwrap();
            assert_eq!(gone.rows_affected(), 0, "{table}");
        }
        let forged =
            format!("INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, '{row}')");
        let error = tx.execute_unprepared(&forged).await.unwrap_err().to_string();
        assert!(error.contains("row-level security"), "{table}: {error}");
    }
}

async fn as_app(fixture: &Fixture, inside: Option<&Scope>) -> DatabaseTransaction {
    let tx = fixture.database.raw().await.begin().await.unwrap();
    tx.execute_unprepared("SET LOCAL ROLE marketflow_app").await.unwrap();
    if let Some(scope) = inside {
        tx.execute_unprepared(&format!("SET LOCAL app.tenant_id = '{}'", scope.tenant)).await.unwrap();
    }
    tx
}

pub(super) async fn count(connection: &impl ConnectionTrait, sql: &str) -> i64 {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    row.unwrap().try_get_by_index(0).unwrap()
}
