//! Backup and restore: everything comes back, on either engine, or nothing is changed.

use mf_testkit::TestDatabase;
use serde_json::json;

use crate::process::{EMAIL, Home, PASSWORD, answer};

/// An installation with something in it, backed up while it runs.
async fn backed_up(home: &Home, options: &[&str]) -> std::path::PathBuf {
    let server = home.serve().await;
    let me = server.set_up().await;
    for name in ["One", "Two, with \"quotes\" and ünïcödé"] {
        let made = server.post("/api/v1/projects", &me).header("idempotency-key", name.len().to_string());
        answer(made.json(&json!({ "name": name }))).await;
    }
    let export = answer(server.post("/api/v1/audit/exports", &me).json(&json!({ "format": "ndjson" }))).await;
    let path = format!("/api/v1/jobs/{}", export["id"].as_str().unwrap());
    while server.get(&path).await["state"] != "done" {
        tokio::task::yield_now().await;
    }
    let file = home.path("backup.tar.gz");
    let mut args = vec!["backup", file.to_str().unwrap()];
    args.extend(options);
    home.run(&args).await.well();
    server.stop().await;
    file
}

async fn holds_everything(home: &Home) {
    home.run(&["audit", "verify"]).await.well();
    let server = home.serve().await;
    let login = json!({ "email": EMAIL, "password": PASSWORD });
    let login = answer(server.client.post(server.url("/api/v1/auth/login")).json(&login)).await;
    let token = login["access_token"].as_str().unwrap();
    let get = |path: String| answer(server.client.get(server.url(&path)).bearer_auth(token));
    let projects = get("/api/v1/projects".to_owned()).await;
    assert_eq!(projects["items"].as_array().unwrap().len(), 2);
    let jobs = get("/api/v1/jobs?kind=audit.export".to_owned()).await;
    let url = jobs["items"][0]["result"]["url"].as_str().unwrap().to_owned();
    let export = server.client.get(server.url(&url)).send().await.unwrap();
    assert!(export.status().is_success(), "the exported file came along: {}", export.status());
    assert!(export.text().await.unwrap().contains("project.created"));
    // The same key asks for the same answer, which was kept sealed: the vault came along too.
    let again =
        server.client.post(server.url("/api/v1/projects")).bearer_auth(token).header("idempotency-key", "3");
    assert_eq!(answer(again.json(&json!({ "name": "One" }))).await["name"], "One");
    let projects = get("/api/v1/projects".to_owned()).await;
    assert_eq!(projects["items"].as_array().unwrap().len(), 2, "nothing was made twice");
    server.stop().await;
}

async fn there_and_back(from: Home, to: Home) {
    let file = backed_up(&from, &["--with-keys"]).await;
    assert_eq!(crate::process::mode(&file), 0o600);
    to.run(&["restore", file.to_str().unwrap()]).await.well();
    holds_everything(&to).await;
    let ended = to.run(&["restore", file.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("There is an installation already"), "{}", ended.err);
}

#[tokio::test]
async fn from_sqlite_to_sqlite() {
    there_and_back(Home::sqlite(), Home::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_sqlite_to_postgres() {
    if let Some(database) = TestDatabase::postgres().await {
        there_and_back(Home::sqlite(), Home::on(database)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_postgres_to_sqlite() {
    if let Some(database) = TestDatabase::postgres().await {
        there_and_back(Home::on(database), Home::sqlite()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_postgres_to_postgres() {
    if let (Some(from), Some(to)) = (TestDatabase::postgres().await, TestDatabase::postgres().await) {
        there_and_back(Home::on(from), Home::on(to)).await;
    }
}

#[tokio::test]
async fn without_the_keys_a_restore_asks_for_them_and_changes_nothing() {
    let (from, to) = (Home::sqlite(), Home::sqlite());
    let file = backed_up(&from, &[]).await;
    let ended = to.run(&["restore", file.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("Put the key file"), "{}", ended.err);

    std::fs::create_dir(to.data().join("keys")).unwrap();
    std::fs::copy(from.data().join("keys/master.keys"), to.data().join("keys/master.keys")).unwrap();
    to.run(&["restore", file.to_str().unwrap()]).await.well();
    holds_everything(&to).await;
}

#[tokio::test]
async fn other_keys_at_the_target_are_never_overwritten() {
    let (from, to) = (Home::sqlite(), Home::sqlite());
    let file = backed_up(&from, &["--with-keys"]).await;
    to.serve().await.stop().await;
    let keys = std::fs::read(to.data().join("keys/master.keys")).unwrap();
    let ended = to.run(&["restore", file.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("other master keys"), "{}", ended.err);
    assert_eq!(std::fs::read(to.data().join("keys/master.keys")).unwrap(), keys);
}

#[tokio::test]
async fn a_damaged_backup_is_refused_before_anything_changes() {
    let (from, to) = (Home::sqlite(), Home::sqlite());
    let file = backed_up(&from, &["--with-keys"]).await;
    let whole = std::fs::read(&file).unwrap();
    let middle = whole.len() / 2;
    let mut flipped = whole.clone();
    flipped[middle] ^= 0x10;
    for damaged in [&whole[..middle], &flipped, b"not a backup".as_slice()] {
        std::fs::write(&file, damaged).unwrap();
        let ended = to.run(&["restore", file.to_str().unwrap()]).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.contains("is damaged"), "{}", ended.err);
        assert!(!to.data().join("marketflow.db").exists(), "no database was made");
    }
    std::fs::write(&file, &whole).unwrap();
    to.run(&["restore", file.to_str().unwrap()]).await.well();
    holds_everything(&to).await;
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_leaves_nothing_half_done() {
    let home = Home::sqlite();
    home.serve().await.stop().await;
    let file = home.path("backup.tar.gz");
    std::fs::write(&file, "precious").unwrap();
    let ended = home.run(&["backup", file.to_str().unwrap()]).await;
    assert!(ended.err.contains("exists already"), "{}", ended.err);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    let ended = home.run(&["backup", home.path("no/such/folder/b.tar.gz").to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("could not be written"), "{}", ended.err);
}
