//! What every handler can reach, and what the hosting engineer decides about this door.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use mf_app::{App, WorkerPulse};
use tokio::sync::watch;

use crate::http::limits::{Limits, Rates};
use crate::http::metrics;
use crate::http::network::Surroundings;
use crate::resources::DemoLogin;
use crate::{docs, openapi};

#[derive(Debug, Clone)]
pub struct Options {
    /// Proxies whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    pub rates: Rates,
    /// Requests one API key may send; zero switches the limit off.
    pub keys_per_minute: u32,
    /// Bytes a request's body may have.
    pub body_limit: usize,
    /// Until an answer must have begun.
    pub timeout: Duration,
    /// `/metrics` answers to anybody, not only to loopback and private addresses.
    pub metrics_for_everyone: bool,
    /// Shown on the sign-in page; only ever filled by `marketflow demo`.
    pub demo_logins: Vec<DemoLogin>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            trusted_proxies: Vec::new(),
            rates: Rates { anonymous_per_minute: 120, identified_per_minute: 1200 },
            keys_per_minute: 6000,
            body_limit: 1024 * 1024,
            timeout: Duration::from_secs(30),
            metrics_for_everyone: false,
            demo_logins: Vec::new(),
        }
    }
}

/// What the process knows that the application does not.
pub struct Probes {
    /// Everything counted so far, in Prometheus' text format.
    pub metrics: Box<dyn Fn() -> String + Send + Sync>,
    /// What is wrong with the disk, if anything.
    pub disk: Box<dyn Fn() -> Option<String> + Send + Sync>,
    /// The worker in this process, if it runs one.
    pub worker: Option<WorkerPulse>,
}

impl Default for Probes {
    fn default() -> Self {
        Self { metrics: Box::new(String::new), disk: Box::new(|| None), worker: None }
    }
}

/// Cheap to clone; every clone is the same.
#[derive(Clone)]
pub struct ApiState(Arc<Shared>);

pub struct Shared {
    pub(crate) app: App,
    pub(crate) options: Options,
    pub(crate) probes: Probes,
    pub(crate) limits: Limits,
    /// `GET /api/v1/projects` and so on, with whether it takes query parameters.
    pub(crate) routes: BTreeMap<String, bool>,
    pub(crate) openapi: String,
    pub(crate) docs: String,
    closing: watch::Sender<bool>,
}

impl ApiState {
    pub fn new(app: App, options: Options, probes: Probes) -> Self {
        metrics::describe();
        let (_, document) = openapi::assemble();
        Self(Arc::new(Shared {
            limits: Limits::new(options.rates, options.keys_per_minute),
            routes: openapi::known_routes(&document),
            docs: docs::page(&document),
            openapi: openapi::pretty(&document),
            closing: watch::channel(false).0,
            app,
            options,
            probes,
        }))
    }

    /// Ends the streams of changes, which would otherwise keep a shutdown waiting; their listeners
    /// come back by themselves.
    pub fn close_streams(&self) {
        self.closing.send_replace(true);
    }

    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    pub(crate) fn surroundings(&self) -> Arc<Surroundings> {
        Arc::new(Surroundings {
            public_url: self.app.settings.public_url.clone(),
            trusted_proxies: self.options.trusted_proxies.clone(),
        })
    }
}

impl Deref for ApiState {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}
