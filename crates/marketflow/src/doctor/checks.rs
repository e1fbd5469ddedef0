//! The looks themselves, from the outside in: without a folder there is no database, without a
//! database no keys to compare.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use mf_app::App;
use mf_domain::{RequestId, Scope, TenantId};
use mf_stores::blobs::{BlobKey, BlobLocation};
use mf_stores::relational::{Store, StoreError};
use mf_stores::vault::KeySource;

use super::Finding;
use crate::commands::audit;
use crate::config::{Config, DatabaseUrl};
use crate::data_dir::DataDir;
use crate::installation::{self, Installation};
use crate::machine;
use crate::mail::Smtp;

/// How far the clock may run away from the steady one while we watch.
const DRIFT: Duration = Duration::from_millis(250);
const WATCH: Duration = Duration::from_millis(50);
/// Another machine's clock may be a little ahead; a row from further in the future is a sign of trouble.
const AHEAD_MS: i64 = 5 * 60_000;

pub(super) async fn all(config: &Config) -> Vec<Finding> {
    let mut findings =
        vec![engines(config), data_dir(config), disk(config), port(config), steady_clock().await];
    findings.push(mail(config).await);
    match look_inside(config).await {
        Ok(more) => findings.extend(more),
        Err(finding) => findings.push(finding),
    }
    findings
}

fn engines(config: &Config) -> Finding {
    let database = match &config.database.url {
        DatabaseUrl::Sqlite(file) => format!("SQLite ({})", file.display()),
        DatabaseUrl::Postgres(_) => "PostgreSQL".to_owned(),
    };
    let blobs = match &config.blobs {
        BlobLocation::Directory(path) => format!("a directory ({})", path.display()),
        BlobLocation::S3(s3) => format!("S3 (bucket {})", s3.bucket),
    };
    Finding::good("engines", format!("database {database}; blobs in {blobs}; keys from {}", config.vault))
}

fn data_dir(config: &Config) -> Finding {
    const WHAT: &str = "data directory";
    match DataDir::existing(&config.data_dir) {
        Ok(dir) => {
            let holder = dir.holder().ok().flatten();
            let used =
                holder.map_or_else(|| "no server runs on it".to_owned(), |by| format!("in use by {by}"));
            Finding::good(WHAT, format!("{} is there and can be written; {used}", dir.path().display()))
        }
        Err(error) => Finding::failed(WHAT, error),
    }
}

fn disk(config: &Config) -> Finding {
    const WHAT: &str = "disk";
    let dir = &config.data_dir;
    if !dir.exists() {
        return Finding::bad(
            WHAT,
            format!("{} is not there", dir.display()),
            "Name the right one with --data.",
        );
    }
    match machine::disk_trouble(dir) {
        Some(why) => Finding::failed(WHAT, why),
        None => {
            let free = machine::free_bytes(dir).unwrap_or(0) / 1_000_000;
            Finding::good(WHAT, format!("{free} MB free"))
        }
    }
}

fn port(config: &Config) -> Finding {
    const WHAT: &str = "port";
    let address = config.server.listen;
    let holder = DataDir::existing(&config.data_dir).ok().and_then(|dir| dir.holder().ok().flatten());
    match TcpListener::bind(address) {
        Ok(_) => Finding::good(WHAT, format!("{address} is free")),
        Err(_) if holder.as_deref().is_some_and(|by| by.ends_with(&format!(":{}", address.port()))) => {
            Finding::good(WHAT, format!("{address} is this installation's own server"))
        }
        Err(error) => Finding::bad(
            WHAT,
            format!("cannot listen on {address}: {error}"),
            "Stop the program that uses it, or choose another with --listen.",
        ),
    }
}

/// Watches the wall clock against the one that only goes forward.
async fn steady_clock() -> Finding {
    const WHAT: &str = "clock";
    let clock = machine::clock();
    let (began, at) = (Instant::now(), clock.now_ms());
    tokio::time::sleep(WATCH).await;
    let steady = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
    let moved = clock.now_ms() - at;
    let drift = Duration::from_millis((moved - steady).unsigned_abs());
    if drift > DRIFT {
        let found = format!("it jumped by {} ms while we watched", drift.as_millis());
        return Finding::bad(
            WHAT,
            found,
            "Let one service set it (chrony or systemd-timesyncd), in small steps.",
        );
    }
    Finding::good(WHAT, format!("{} and steady", clock.now().strftime("%Y-%m-%d %H:%M:%S UTC")))
}

async fn mail(config: &Config) -> Finding {
    const WHAT: &str = "mail";
    let Some(mail) = &config.mail else {
        return Finding::good(WHAT, "not set up: links are handed over by people");
    };
    match Smtp::new(mail) {
        Err(error) => Finding::failed(WHAT, error),
        Ok(smtp) => match smtp.reach().await {
            Ok(()) => Finding::good(WHAT, "the mail server takes our name and password"),
            Err(why) => {
                Finding::bad(WHAT, why, "Check mail.smtp_url, and that this machine may reach the server.")
            }
        },
    }
}

/// Only what is there is opened: looking must not make a new installation.
async fn look_inside(config: &Config) -> Result<Vec<Finding>, Finding> {
    if let Some(file) = installation::database_file(config).filter(|file| !file.exists()) {
        return Err(Finding::bad(
            "database",
            format!("{} is not there yet", file.display()),
            "Start the server once, or name the right directory with --data.",
        ));
    }
    let mut findings = vec![key_file(config)];
    let store = installation::open_store(config, machine::clock()).await;
    let store = store.map_err(|error| Finding::failed("database", error))?;
    findings.push(database(&store).await);
    store.close().await;
    match Installation::open(config).await {
        // The database answered before, so it is the keys, the blobs or mail; the words say which.
        Err(error) => findings.push(Finding::failed("keys", error)),
        Ok(installation) => {
            findings.push(Finding::good("data keys", "the master keys open what is stored"));
            findings.push(newest_row(&installation.app).await);
            findings.push(blobs(&installation.app).await);
            findings.push(audit_logs(&installation.app).await);
            findings.push(dead_jobs(&installation.app).await);
            installation.close().await;
        }
    }
    Ok(findings)
}

fn key_file(config: &Config) -> Finding {
    const WHAT: &str = "keys";
    let KeySource::File(file) = &config.vault else {
        return Finding::good(WHAT, format!("they come from {}", config.vault));
    };
    if !file.path().exists() {
        let found = format!("{} is not there yet", file.path().display());
        return Finding::bad(
            WHAT,
            found,
            "A first start makes it. If there was one, restore it from your backup.",
        );
    }
    match file.read() {
        Ok(keyring) => Finding::good(
            WHAT,
            format!("{} is private and sound; master keys: {}", keyring.origin(), keyring.ids().len()),
        ),
        Err(error) => Finding::failed(WHAT, error),
    }
}

async fn database(store: &Store) -> Finding {
    const WHAT: &str = "database";
    let looked = async {
        let found = store.check().await?;
        store.system_write().await?;
        let rows = store.system_read().await?.tenants().await?.len();
        Ok::<_, StoreError>((found, rows))
    };
    match looked.await {
        Ok((found, workspaces)) => Finding::good(
            WHAT,
            format!(
                "{}, sound ({found}), writable, up to date; workspaces: {workspaces}",
                store.engine().name()
            ),
        ),
        Err(error) => Finding::failed(WHAT, error),
    }
}

/// Rows from the future mean that the clock was once far ahead, or is now far behind.
async fn newest_row(app: &App) -> Finding {
    const WHAT: &str = "clock and data";
    let newest = async {
        let tenants = app.store.system_read().await?.tenants().await?;
        let mut newest = i64::MIN;
        for tenant in tenants {
            newest = newest.max(tenant.created_at).max(newest_entry(app, &tenant.tenant_id).await?);
        }
        Ok::<_, StoreError>(newest)
    };
    match newest.await {
        Ok(newest) if newest > app.now_ms() + AHEAD_MS => Finding::bad(
            WHAT,
            format!("the newest row was written {} minutes in the future", (newest - app.now_ms()) / 60_000),
            "Set the clock right before starting; schedules would run at the wrong time.",
        ),
        Ok(_) => Finding::good(WHAT, "no row lies in the future"),
        Err(error) => Finding::failed(WHAT, error),
    }
}

async fn newest_entry(app: &App, tenant: &str) -> Result<i64, StoreError> {
    let Ok(tenant) = tenant.parse::<TenantId>() else { return Ok(i64::MIN) };
    let request = RequestId::fresh(app.now(), &mut **app.rng());
    let scope = Scope::system(tenant, "doctor", request);
    let tx = app.store.read(&scope).await?;
    let page = tx.audit_entries(&Default::default(), None, 1).await?;
    Ok(page.items.first().map_or(i64::MIN, |entry| entry.at))
}

async fn blobs(app: &App) -> Finding {
    const WHAT: &str = "blobs";
    const CONTENT: &[u8] = b"marketflow doctor";
    let name = format!("probe-{}", std::process::id());
    let there_and_back = async {
        let key =
            BlobKey::new(&TenantId::installation(), "doctor", &name).map_err(|error| error.to_string())?;
        app.blobs.put(&key, CONTENT).await.map_err(|error| error.to_string())?;
        let read = app.blobs.get(&key).await.map_err(|error| error.to_string());
        app.blobs.delete(&key).await.map_err(|error| error.to_string())?;
        Ok::<_, String>(read? == CONTENT)
    };
    match there_and_back.await {
        Ok(true) => Finding::good(WHAT, "written, read back and deleted"),
        Ok(false) => {
            Finding::bad(WHAT, "what was read is not what was written", "Check the disk or the bucket.")
        }
        Err(why) => Finding::failed(WHAT, why),
    }
}

async fn audit_logs(app: &App) -> Finding {
    const WHAT: &str = "audit";
    match audit::check_all(app).await {
        Err(error) => Finding::failed(WHAT, error),
        Ok(logs) => match logs.iter().find(|log| !log.ok) {
            Some(broken) => Finding::failed(WHAT, audit::line(broken)),
            None => {
                let entries: i64 = logs.iter().map(|log| log.checked).sum();
                Finding::good(
                    WHAT,
                    format!("nothing changed or missing; logs: {}, entries: {entries}", logs.len()),
                )
            }
        },
    }
}

async fn dead_jobs(app: &App) -> Finding {
    const WHAT: &str = "jobs";
    match app.store.system_read().await {
        Err(error) => Finding::failed(WHAT, error),
        Ok(tx) => match tx.jobs_summary(app.now_ms()).await {
            Err(error) => Finding::failed(WHAT, error),
            Ok(summary) if summary.dead > 0 => Finding::bad(
                WHAT,
                format!("{} were given up", summary.dead),
                "Open Jobs in the app, read why, and retry or cancel them.",
            ),
            Ok(summary) => Finding::good(
                WHAT,
                format!(
                    "{} waiting, {} running, none given up",
                    summary.queued + summary.retrying,
                    summary.running
                ),
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_by_a_stranger_is_trouble() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let temp = tempfile::tempdir().unwrap();
        let overrides = crate::config::Overrides {
            data: Some(temp.path().to_owned()),
            listen: Some(taken.local_addr().unwrap().to_string()),
            config: None,
        };
        let config = Config::from_parts(&overrides, Vec::new()).unwrap();
        assert!(!port(&config).ok);
        drop(taken);
        assert!(port(&config).ok);
    }
}
