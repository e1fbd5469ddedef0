//! What the HTTP door is told: limits from the configuration, and probes of this machine.

use std::path::PathBuf;

use metrics_exporter_prometheus::PrometheusHandle;
use mf_api::{ApiState, DemoLogin, Options, Probes, Rates};
use mf_app::{App, WorkerPulse};
use mf_stores::blobs::BlobLocation;

use crate::config::Config;
use crate::demo::Login;
use crate::{installation, machine};

pub(super) fn state(
    config: &Config,
    app: App,
    pulse: WorkerPulse,
    metrics: PrometheusHandle,
    logins: Vec<Login>,
) -> ApiState {
    let folders = folders(config);
    let probes = Probes {
        metrics: Box::new(move || metrics.render()),
        disk: Box::new(move || folders.iter().find_map(|folder| machine::disk_trouble(folder))),
        worker: Some(pulse),
    };
    ApiState::new(app, options(config, logins), probes)
}

fn options(config: &Config, logins: Vec<Login>) -> Options {
    let server = &config.server;
    Options {
        // Checked when the configuration was read; both sides write networks the same way.
        trusted_proxies: server.trusted_proxies.iter().filter_map(|it| it.to_string().parse().ok()).collect(),
        rates: Rates {
            anonymous_per_minute: config.limits.anonymous_per_minute,
            identified_per_minute: config.limits.session_per_minute,
        },
        keys_per_minute: config.limits.key_per_minute,
        body_limit: server.max_body_bytes,
        timeout: server.request_timeout,
        demo_logins: logins.into_iter().map(shown).collect(),
        ..Options::default()
    }
}

fn shown(login: Login) -> DemoLogin {
    DemoLogin { role: login.role, name: login.name, email: login.email, password: login.password }
}

/// Every folder that must have room and be writable.
fn folders(config: &Config) -> Vec<PathBuf> {
    let mut folders = vec![config.data_dir.clone()];
    let database = installation::database_file(config).and_then(|file| file.parent()).map(ToOwned::to_owned);
    folders.extend(database.filter(|folder| !folder.as_os_str().is_empty()));
    if let BlobLocation::Directory(blobs) = &config.blobs {
        folders.push(blobs.clone());
    }
    folders.dedup();
    folders
}
