//! Starting the program, talking to it, and ending it politely or not.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use mf_stores::relational::Engine;
use mf_testkit::TestDatabase;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

pub const EMAIL: &str = "ada@example.com";
pub const PASSWORD: &str = "four quiet words here";
const PATIENCE: Duration = Duration::from_secs(60);

/// A place for one installation: a directory and, for PostgreSQL, a database.
pub struct Home {
    dir: TempDir,
    database: Option<TestDatabase>,
}

impl Home {
    pub fn sqlite() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), database: None }
    }

    pub fn on(database: TestDatabase) -> Self {
        let database = (database.engine() == Engine::Postgres).then_some(database);
        Self { dir: tempfile::tempdir().unwrap(), database }
    }

    /// The data directory, not made yet.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn program(&self) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_marketflow"));
        // Nothing of whoever runs the tests.
        program.env_clear().current_dir(self.dir.path()).stdin(Stdio::null()).kill_on_drop(true);
        if let Some(database) = &self.database {
            program.env("MARKETFLOW_DATABASE__URL", &database.options().url);
        }
        program
    }

    /// Runs a command to its end.
    pub async fn run(&self, args: &[&str]) -> Ended {
        let output = self.program().args(args).arg("--data").arg(self.data()).output().await.unwrap();
        Ended::of(&output)
    }

    pub async fn serve(&self) -> Server {
        self.start("serve", &[]).await
    }

    pub async fn start(&self, command: &str, environment: &[(&str, &str)]) -> Server {
        let mut program = self.program();
        program.args([command, "--listen", "127.0.0.1:0", "--data"]).arg(self.data());
        for limit in ["ANONYMOUS", "SESSION", "KEY"] {
            program.env(format!("MARKETFLOW_LIMITS__{limit}_PER_MINUTE"), "1000000");
        }
        program.envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Server::started(program).await
    }
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    pub fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        self
    }
}

/// A running server. Killed when dropped.
pub struct Server {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub port: u16,
    pub client: Client,
}

impl Server {
    async fn started(mut program: Command) -> Self {
        // The client has TLS on board, which wants to know its provider even where none is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut child = program.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first =
            tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("it starts in time").unwrap();
        let Some(first) = first else {
            let output = child.wait_with_output().await.unwrap();
            panic!("it did not start: {:?}", Ended::of(&output));
        };
        let port = first.split("localhost:").nth(1).and_then(|rest| rest.split_whitespace().next());
        let port =
            port.and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("no address in {first:?}"));
        let client = Client::builder().cookie_store(true).timeout(PATIENCE).build().unwrap();
        Self { child, lines, port, client }
    }

    /// The next line it prints.
    pub async fn line(&mut self) -> String {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await.expect("it prints in time");
        line.unwrap().unwrap_or_default()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    pub async fn get(&self, path: &str) -> Value {
        answer(self.client.get(self.url(path))).await
    }

    /// Sets it up; the client is signed in from then on. Answers what `GET /me` would.
    pub async fn set_up(&self) -> Value {
        answer(self.client.post(self.url("/api/v1/setup")).json(&first_admin())).await
    }

    /// A changing request with the token that goes with the cookie.
    pub fn post(&self, path: &str, me: &Value) -> RequestBuilder {
        self.client.post(self.url(path)).header("x-csrf-token", me["csrf_token"].as_str().unwrap_or_default())
    }

    pub fn ask_to_stop(&self) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// Waits for its end.
    pub async fn ended(mut self) -> Ended {
        let mut out = String::new();
        let mut err = String::new();
        while let Ok(Some(line)) = self.lines.next_line().await {
            out.push_str(&line);
            out.push('\n');
        }
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut err).await.unwrap();
        }
        let status =
            tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends in time").unwrap();
        Ended { code: status.code(), out, err }
    }

    pub async fn stop(self) -> Ended {
        self.ask_to_stop();
        self.ended().await.well()
    }

    /// As a power cut would.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

pub fn first_admin() -> Value {
    json!({
        "workspace_name": "Acme", "name": "Ada", "email": EMAIL, "password": PASSWORD, "time_zone": "Europe/Berlin",
    })
}

/// Sends it and reads a good answer.
pub async fn answer(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    read(response).await
}

pub async fn read(response: Response) -> Value {
    let (status, url) = (response.status(), response.url().clone());
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{url} answered {status}: {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
