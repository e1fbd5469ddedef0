//! Starting: what a first start makes, what a second one keeps, and what is refused in plain words.

use crate::process::{Home, Server, mode};

async fn refused(home: &Home, environment: &[(&str, &str)]) -> crate::process::Ended {
    let mut program = home.program();
    program.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(home.data());
    let output = program.envs(environment.iter().copied()).output().await.unwrap();
    let ended = crate::process::Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    assert_ne!(ended.code, Some(0));
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
    ended
}

#[tokio::test]
async fn the_first_start_makes_private_keys_and_the_second_uses_them() {
    let home = Home::sqlite();
    let server = home.serve().await;
    let keys = home.data().join("keys/master.keys");
    assert_eq!((mode(&home.data()), mode(&keys)), (0o700, 0o600));
    let made = std::fs::read(&keys).unwrap();
    let me = server.set_up().await;
    server.stop().await;

    let server = home.serve().await;
    assert_eq!(std::fs::read(&keys).unwrap(), made);
    assert_eq!(server.get("/api/v1/instance").await["setup_needed"], false);
    assert_eq!(me["tenant"]["name"], "Acme");
    assert_eq!(server.get("/readyz").await["ready"], true);
    server.stop().await;
}

#[tokio::test]
async fn an_unknown_setting_is_refused_with_the_nearest_name() {
    let home = Home::sqlite();
    let ended = refused(&home, &[("MARKETFLOW_SERVER__LISTN", "127.0.0.1:1")]).await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("Did you mean MARKETFLOW_SERVER__LISTEN?"), "{}", ended.err);
    assert!(!home.data().exists(), "nothing is made before the configuration is understood");
}

#[tokio::test]
async fn a_directory_in_use_says_by_whom() {
    let home = Home::sqlite();
    let server: Server = home.serve().await;
    let ended = refused(&home, &[]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains(&format!("process {}", server.pid())), "{}", ended.err);
    assert!(ended.err.contains(&format!(":{}", server.port)), "{}", ended.err);
    // Killed, it holds nothing any more.
    server.kill().await;
    home.serve().await.stop().await;
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let home = Home::sqlite();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut program = home.program();
    program.args(["serve", "--listen", &address, "--data"]).arg(home.data());
    let output = program.output().await.unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(&address) && text.contains("--listen"), "{text}");
    assert!(!home.data().join("marketflow.db").exists(), "no database is made by a start that cannot listen");
}

#[tokio::test]
async fn a_file_where_the_directory_should_be_is_named() {
    let home = Home::sqlite();
    std::fs::write(home.data(), "not a directory").unwrap();
    let ended = refused(&home, &[]).await;
    assert!(ended.err.contains("is not a directory") && ended.err.contains("--data"), "{}", ended.err);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let home = Home::sqlite();
    std::os::unix::fs::symlink(home.path("nowhere"), home.data()).unwrap();
    let ended = refused(&home, &[]).await;
    assert!(ended.err.contains("cannot be made") && ended.err.contains("--data"), "{}", ended.err);
}

#[tokio::test]
async fn damaged_or_exposed_keys_are_refused_and_never_replaced() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::sqlite();
    home.serve().await.stop().await;
    let keys = home.data().join("keys/master.keys");
    let good = std::fs::read_to_string(&keys).unwrap();

    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ended = refused(&home, &[]).await;
    assert!(ended.err.contains("chmod 600"), "{}", ended.err);
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o600)).unwrap();

    let damaged = good.replace("root ", "root X");
    std::fs::write(&keys, &damaged).unwrap();
    let ended = refused(&home, &[]).await;
    assert!(ended.err.contains("Restore them from your backup"), "{}", ended.err);
    assert_eq!(std::fs::read_to_string(&keys).unwrap(), damaged);

    std::fs::write(&keys, &good).unwrap();
    home.serve().await.stop().await;
}

#[tokio::test]
async fn a_damaged_database_is_said_plainly() {
    let home = Home::sqlite();
    home.serve().await.stop().await;
    let file = home.data().join("marketflow.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[..4096].fill(0x5a);
    std::fs::write(&file, bytes).unwrap();
    let ended = refused(&home, &[]).await;
    assert!(ended.err.contains("damaged") && ended.err.contains("restore"), "{}", ended.err);
}

#[tokio::test]
async fn the_demo_is_filled_once_and_tells_how_to_sign_in() {
    let home = Home::sqlite();
    let mut server = home.start("demo", &[]).await;
    let printed = [server.line().await, server.line().await];
    assert!(printed[1].contains("admin@demo.localhost"), "{printed:?}");
    let instance = server.get("/api/v1/instance").await;
    let logins = instance["demo_logins"].as_array().unwrap().clone();
    let roles: Vec<_> = logins.iter().map(|login| login["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["admin", "marketer", "analyst", "approver"]);
    assert_eq!(mode(&home.data().join("demo-logins.json")), 0o600);
    for login in &logins {
        let body = serde_json::json!({ "email": login["email"], "password": login["password"] });
        crate::process::answer(server.client.post(server.url("/api/v1/auth/login")).json(&body)).await;
    }
    server.stop().await;

    let server = home.start("demo", &[]).await;
    assert_eq!(server.get("/api/v1/instance").await["demo_logins"], instance["demo_logins"]);
    server.stop().await;

    let server = home.serve().await;
    assert_eq!(server.get("/api/v1/instance").await["demo_logins"], serde_json::json!([]));
    server.stop().await;
}

#[tokio::test]
async fn the_demo_keeps_away_from_a_real_installation() {
    let home = Home::sqlite();
    let server = home.serve().await;
    server.set_up().await;
    server.stop().await;
    let ended = home.run(&["demo", "--listen", "127.0.0.1:0"]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("is not a demo"), "{}", ended.err);
}
