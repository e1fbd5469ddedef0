//! Two hundred power cuts in the middle of work. People ask for raises of the spending limit and others
//! approve them, in several workspaces at once; each approval becomes one job. The server is killed at
//! random moments and started again. In the end nothing that was acknowledged is missing, and every
//! approved raise happened exactly once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mf_testkit::TestDatabase;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::process::{EMAIL, Home, PASSWORD, Server, answer};

const KILLS: usize = 200;
/// One raise at a time waits in each, and one whose worker died waits for its lease: so, several.
const WORKSPACES: usize = 12;
const SEED: u64 = 0x6b69_6c6c;
/// From ready to dead, in milliseconds: often in the middle of a job, sometimes right at the start.
const LIFE: std::ops::Range<u64> = 10..300;
/// More than a lease and the longest pause before another try.
const SETTLED_WITHIN: Duration = Duration::from_secs(180);
/// Above the threshold of 500 €, so that a person must agree.
const RAISE: i64 = 100_000;
const ENVIRONMENT: &[(&str, &str)] = &[
    ("MARKETFLOW_JOBS__LEASE_SECONDS", "5"),
    ("MARKETFLOW_AUTH__ACCESS_TOKEN_MINUTES", "1440"),
    ("MARKETFLOW_LOG__LEVEL", "error"),
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "slow: 200 kills of a working server, some minutes"]
async fn nothing_is_lost_or_done_twice_on_sqlite() {
    survive(Home::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "slow: 200 kills of a working server, some minutes"]
async fn nothing_is_lost_or_done_twice_on_postgres() {
    if let Some(database) = TestDatabase::postgres().await {
        survive(Home::on(database)).await;
    }
}

async fn survive(home: Home) {
    let server = home.start("serve", ENVIRONMENT).await;
    let workspaces = prepare(&server).await;
    let (port, listening) = watch::channel(None);
    let mut people = JoinSet::new();
    for workspace in &workspaces {
        people.spawn(workspace.clone().keep_asking(server.client.clone(), listening.clone()));
    }
    let mut rng = StdRng::seed_from_u64(SEED);
    let mut server = server;
    for _ in 0..KILLS {
        port.send_replace(Some(server.port));
        tokio::time::sleep(Duration::from_millis(rng.random_range(LIFE))).await;
        assert!(people.try_join_next().is_none(), "somebody met an answer that must not be");
        port.send_replace(None);
        server.kill().await;
        server = home.start("serve", ENVIRONMENT).await;
    }
    people.shutdown().await;
    let mut retried = 0;
    let mut done = 0;
    for workspace in &workspaces {
        let found = workspace.inspect(&server).await;
        done += found.done;
        retried += found.retried;
    }
    assert!(done > KILLS / 2, "only {done} raises: too few to prove anything");
    assert!(retried > 0, "no kill ever met a running job");
    server.stop().await;
    home.run(&["audit", "verify"]).await.well();
    let found = format!("{KILLS} kills: {done} raises, {retried} of their jobs were taken up again\n");
    std::io::Write::write_all(&mut std::io::stderr(), found.as_bytes()).unwrap();
}

/// One workspace with two people in it, and what the server acknowledged to them.
#[derive(Clone)]
struct Workspace {
    asker: String,
    approver: String,
    acknowledged: Arc<Mutex<Acknowledged>>,
}

#[derive(Default)]
struct Acknowledged {
    asked: BTreeSet<String>,
    approved: BTreeSet<String>,
}

struct Found {
    done: usize,
    retried: usize,
}

async fn prepare(server: &Server) -> Vec<Workspace> {
    const APPROVER: &str = "bob@example.com";
    let me = server.set_up().await;
    let mut tenants = vec![me["tenant"]["id"].as_str().unwrap().to_owned()];
    for number in 1..WORKSPACES {
        let body = json!({ "name": format!("Workspace {number}"), "time_zone": "UTC" });
        let made = answer(server.post("/api/v1/tenants", &me).json(&body)).await;
        tenants.push(made["id"].as_str().unwrap().to_owned());
    }
    let mut workspaces = Vec::new();
    for tenant in tenants {
        let asker = token(server, EMAIL, &tenant).await;
        let invite = server.client.post(server.url("/api/v1/invitations")).bearer_auth(&asker);
        let invited = answer(invite.json(&json!({ "email": APPROVER, "role": "approver" }))).await;
        let link = invited["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
        let body = json!({ "token": link, "name": "Bob", "password": PASSWORD, "session": "token" });
        // Without cookies: Bob is not Ada, who is signed in here.
        answer(Client::new().post(server.url("/api/v1/auth/invitation/accept")).json(&body)).await;
        let approver = token(server, APPROVER, &tenant).await;
        workspaces.push(Workspace { asker, approver, acknowledged: Arc::default() });
    }
    workspaces
}

async fn token(server: &Server, email: &str, tenant: &str) -> String {
    let body = json!({ "email": email, "password": PASSWORD, "tenant_id": tenant });
    let answered = answer(Client::new().post(server.url("/api/v1/auth/login")).json(&body)).await;
    answered["access_token"].as_str().unwrap().to_owned()
}

impl Workspace {
    /// Asks and approves for ever, whatever happens to the server in between.
    async fn keep_asking(self, client: Client, listening: watch::Receiver<Option<u16>>) {
        let mut calls = Calls { client, listening };
        let mut wanted = 0;
        loop {
            let spending = calls.get(&self.asker, "/settings/spending").await;
            match spending["pending_approval_id"].as_str() {
                Some(id) => self.approve(&mut calls, id).await,
                None => self.ask(&mut calls, &spending, &mut wanted).await,
            }
        }
    }

    async fn ask(&self, calls: &mut Calls, spending: &Value, wanted: &mut i64) {
        *wanted = spending["limit"]["minor"].as_i64().unwrap().max(*wanted) + RAISE;
        let body = json!({ "limit": { "minor": *wanted, "currency": "EUR" }, "reason": "More reach." });
        let version = format!("\"{}\"", spending["version"]);
        let headers = [("if-match", version.as_str())];
        if let Some(change) =
            calls.change(Method::PUT, &self.asker, "/settings/spending", &body, &headers).await
            && let Some(id) = change["approval"]["id"].as_str()
        {
            self.acknowledged.lock().unwrap().asked.insert(id.to_owned());
        }
    }

    async fn approve(&self, calls: &mut Calls, id: &str) {
        let asked = calls.get(&self.approver, &format!("/approvals/{id}")).await;
        let body = json!({ "content_hash": asked["content_hash"] });
        let path = format!("/approvals/{id}/approve");
        if calls.change(Method::POST, &self.approver, &path, &body, &[]).await.is_some() {
            self.acknowledged.lock().unwrap().approved.insert(id.to_owned());
        }
    }

    /// Waits until nothing moves any more, and compares what is there with what was acknowledged.
    async fn inspect(&self, server: &Server) -> Found {
        self.settle(server).await;
        let mut state = BTreeMap::new();
        for approval in self.all(server, "/approvals?state=all").await {
            state.insert(text(&approval, "id"), text(&approval, "state"));
        }
        let mut raised: BTreeMap<String, usize> = BTreeMap::new();
        for entry in self.all(server, "/audit?action=spending.changed").await {
            *raised.entry(text(&entry["after"], "approval")).or_default() += 1;
        }
        {
            let acknowledged = self.acknowledged.lock().unwrap();
            for id in &acknowledged.asked {
                assert!(state.contains_key(id), "the request {id} was acknowledged and is gone");
            }
            for id in &acknowledged.approved {
                assert_eq!(state.get(id).map(String::as_str), Some("done"), "{id} was approved");
            }
        }
        let done: BTreeSet<&String> =
            state.iter().filter(|(_, state)| *state == "done").map(|(id, _)| id).collect();
        for (id, state) in &state {
            assert!(state == "done" || state == "waiting", "{id} is {state}");
        }
        assert_eq!(raised.keys().collect::<BTreeSet<_>>(), done, "what was raised is what was approved");
        for (id, times) in &raised {
            assert_eq!(*times, 1, "{id} was carried out {times} times");
        }
        let jobs = self.all(server, "/jobs?kind=approval.execute").await;
        assert_eq!(jobs.len(), done.len(), "one job for each approved raise");
        assert!(jobs.iter().all(|job| job["state"] == "done"), "no job was lost or given up");
        let verify = server.client.post(server.url("/api/v1/audit/verify")).bearer_auth(&self.asker);
        assert_eq!(answer(verify).await["ok"], true);
        Found {
            done: done.len(),
            retried: jobs.iter().filter(|job| job["attempts"].as_i64() > Some(1)).count(),
        }
    }

    async fn settle(&self, server: &Server) {
        let settled = async {
            loop {
                let summary = self.get(server, "/jobs/summary").await;
                assert_eq!(summary["dead"], 0, "a job was given up");
                if ["queued", "running", "retrying"].iter().all(|state| summary[state] == 0) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(SETTLED_WITHIN, settled).await.expect("work comes to an end");
    }

    async fn all(&self, server: &Server, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(server, &format!("{path}&limit=200{cursor}")).await;
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    async fn get(&self, server: &Server, path: &str) -> Value {
        answer(server.client.get(server.url(&format!("/api/v1{path}"))).bearer_auth(&self.asker)).await
    }
}

/// Calls that outlive the server: what breaks off is tried again on the next one.
struct Calls {
    client: Client,
    listening: watch::Receiver<Option<u16>>,
}

impl Calls {
    async fn get(&mut self, token: &str, path: &str) -> Value {
        loop {
            if let Some(found) = self.change(Method::GET, token, path, &Value::Null, &[]).await {
                return found;
            }
        }
    }

    /// What the server acknowledged; nothing when it died first, or when the world had moved on.
    async fn change(
        &mut self,
        method: Method,
        token: &str,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Option<Value> {
        let port = *self.listening.wait_for(Option::is_some).await.ok()?;
        let url = format!("http://127.0.0.1:{}/api/v1{path}", port?);
        let mut request = self.client.request(method, url).bearer_auth(token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let Ok(response) = request.send().await else {
            self.another(port).await;
            return None;
        };
        let status = response.status();
        // Its head came, but not its end: acknowledged all the same, yet we do not know what.
        let Ok(text) = response.text().await else {
            self.another(port).await;
            return None;
        };
        let moved_on =
            [StatusCode::CONFLICT, StatusCode::PRECONDITION_FAILED, StatusCode::SERVICE_UNAVAILABLE];
        assert!(status.is_success() || moved_on.contains(&status), "{path} answered {status}: {text}");
        status.is_success().then(|| serde_json::from_str(&text).unwrap())
    }

    async fn another(&mut self, port: Option<u16>) {
        // An error means that the test is over.
        let _ = self.listening.wait_for(|now| *now != port).await;
    }
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}
