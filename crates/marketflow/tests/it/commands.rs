//! The commands beside a server: configuration, doctor, keys, links, the audit log, the API's
//! description.

use serde_json::{Value, json};

use crate::process::{EMAIL, Home, answer};

#[tokio::test]
async fn doctor_finds_all_well_beside_a_running_server_and_says_what_is_not() {
    let home = Home::sqlite();
    let server = home.serve().await;
    let port = server.port.to_string();
    let listen = format!("127.0.0.1:{port}");
    let ended = home.run(&["doctor", "--json", "--listen", &listen]).await.well();
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    let looked: Vec<_> =
        report["findings"].as_array().unwrap().iter().map(|it| it["what"].as_str().unwrap()).collect();
    for what in [
        "engines",
        "data directory",
        "disk",
        "port",
        "clock",
        "mail",
        "keys",
        "database",
        "blobs",
        "audit",
        "jobs",
    ] {
        assert!(looked.contains(&what), "{what} is missing in {looked:?}");
    }
    assert!(ended.out.contains("own server"), "{}", ended.out);
    server.stop().await;

    std::fs::write(home.data().join("keys/master.keys"), "nothing useful").unwrap();
    let ended = home.run(&["doctor", "--listen", "127.0.0.1:0"]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.contains("✗ keys") && ended.out.contains("✓ database"), "{}", ended.out);
}

#[tokio::test]
async fn doctor_makes_no_installation_by_looking() {
    let home = Home::sqlite();
    let ended = home.run(&["doctor"]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.contains("✗ data directory"), "{}", ended.out);
    assert!(!home.data().exists());
}

#[tokio::test]
async fn configuration_is_printed_as_file_and_as_in_force() {
    let home = Home::sqlite();
    let file = home.program().arg("config").output().await.unwrap();
    let file = String::from_utf8(file.stdout).unwrap();
    assert!(file.contains("[server]") && file.contains("# Address and port"));
    let mut program = home.program();
    program.args(["config", "--effective", "--data", "here"]).env("MARKETFLOW_BLOBS__SECRET_KEY", "hush");
    let output = program.output().await.unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("hush"));
    let shown = home.program().args(["config", "--effective", "--data", "here"]).output().await.unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("dir = \"here\"  # --data"), "{shown}");
}

#[tokio::test]
async fn master_keys_change_under_a_running_server() {
    let home = Home::sqlite();
    let server = home.serve().await;
    let me = server.set_up().await;
    // An answer kept for its idempotency key is sealed: a data key exists from here on.
    let project = |name: &str, key: &str| {
        server.post("/api/v1/projects", &me).header("idempotency-key", key).json(&json!({ "name": name }))
    };
    let made = answer(project("One", "key-1")).await;

    let before = home.run(&["keys", "list"]).await.well().out;
    assert!(before.contains("current, in use"), "{before}");
    home.run(&["keys", "rotate-master"]).await.well();
    assert_eq!(answer(project("One", "key-1")).await["id"], made["id"], "what was sealed before still opens");
    home.run(&["keys", "rotate-data"]).await.well();
    answer(project("Two", "key-2")).await;
    assert_eq!(answer(project("One", "key-1")).await["id"], made["id"]);
    server.stop().await;

    let dropped = home.run(&["keys", "drop-old"]).await.well().out;
    assert!(dropped.contains("Removed mk_"), "{dropped}");
    let after = home.run(&["keys", "list"]).await.well().out;
    assert!(after.contains("current, in use") && !after.contains("older"), "{after}");
    let server = home.serve().await;
    assert_eq!(server.get("/readyz").await["ready"], true);
    server.stop().await;
}

#[tokio::test]
async fn a_new_root_secret_ends_access_tokens() {
    let home = Home::sqlite();
    let server = home.serve().await;
    server.set_up().await;
    let login = json!({ "email": EMAIL, "password": crate::process::PASSWORD });
    let login = answer(server.client.post(server.url("/api/v1/auth/login")).json(&login)).await;
    let token = login["access_token"].as_str().unwrap().to_owned();
    server.stop().await;
    home.run(&["keys", "rotate-root"]).await.well();
    let server = home.serve().await;
    let reply = server.client.get(server.url("/api/v1/me")).bearer_auth(token).send().await.unwrap();
    assert_eq!(reply.status(), 401);
    server.stop().await;
}

#[tokio::test]
async fn a_reset_link_from_the_command_line_sets_a_new_password() {
    let home = Home::sqlite();
    let server = home.serve().await;
    server.set_up().await;
    let link = home.run(&["user", "reset-link", EMAIL]).await.well().out;
    let token = link.lines().next().unwrap().split_once('#').unwrap().1.to_owned();
    let body = json!({ "token": token, "password": "another four quiet words" });
    answer(server.client.post(server.url("/api/v1/auth/password/reset")).json(&body)).await;
    let login = json!({ "email": EMAIL, "password": "another four quiet words" });
    answer(server.client.post(server.url("/api/v1/auth/login")).json(&login)).await;
    server.stop().await;
    let ended = home.run(&["user", "reset-link", "nobody@example.com"]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("nobody@example.com"), "{}", ended.err);
}

#[tokio::test]
async fn a_changed_audit_entry_is_found_and_named() {
    use sqlx::{Connection, Executor};
    let home = Home::sqlite();
    let server = home.serve().await;
    let me = server.set_up().await;
    answer(server.post("/api/v1/projects", &me).json(&json!({ "name": "One" }))).await;
    server.stop().await;
    home.run(&["audit", "verify"]).await.well();

    let mut raw =
        sqlx::SqliteConnection::connect(&format!("sqlite://{}", home.data().join("marketflow.db").display()))
            .await
            .unwrap();
    let triggers: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_log'",
    )
    .fetch_all(&mut raw)
    .await
    .unwrap();
    for trigger in triggers {
        raw.execute(sqlx::AssertSqlSafe(format!("DROP TRIGGER {trigger}"))).await.unwrap();
    }
    raw.execute("UPDATE audit_log SET after = '{\"name\":\"Two\"}' WHERE action = 'project.created'")
        .await
        .unwrap();
    raw.close().await.unwrap();

    let ended = home.run(&["audit", "verify", "--json"]).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(report["logs"][0]["ok"], false);
    assert!(report["logs"][0]["broken"]["id"].as_str().unwrap().starts_with("aud_"), "{report}");
}

#[tokio::test]
async fn the_description_of_the_api_is_the_one_that_is_served() {
    let home = Home::sqlite();
    let printed = home.program().arg("openapi").output().await.unwrap();
    let printed: Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert!(printed["openapi"].as_str().unwrap().starts_with("3.1"));
    let server = home.serve().await;
    assert_eq!(server.get("/api/openapi.json").await, printed);
    server.stop().await;
}
