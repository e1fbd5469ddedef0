//! What the server tells about itself while it runs: log lines for people or machines, and, when
//! somebody collects them, traces over OpenTelemetry. Set up once, before anything else.

use std::io::{self, IsTerminal};
use std::panic;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::{Log, LogFormat};

#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error(
        "log.level = {level:?} is not understood: {why}. Write a level such as info, or info,mf_app=debug."
    )]
    Level { level: String, why: String },
    #[error(
        "Traces cannot be sent to telemetry.otlp_endpoint = {endpoint}: {why}. Write an address such as \
         http://localhost:4318, or leave it empty."
    )]
    Traces { endpoint: String, why: String },
    #[error("The log is set up already: {0}.")]
    Twice(String),
}

/// Keeps the traces flowing; to be flushed before the process ends.
#[derive(Debug, Default)]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Log lines go to the error output, so that what a command prints stays clean.
    pub fn start(log: &Log, otlp_endpoint: Option<&str>) -> Result<Self, TelemetryError> {
        let traces = otlp_endpoint.map(exporter).transpose()?;
        let spans = traces
            .as_ref()
            .map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer("marketflow")));
        Registry::default()
            .with(filter(&log.level)?)
            .with(spans)
            .with(lines(log.format))
            .try_init()
            .map_err(|error| TelemetryError::Twice(error.to_string()))?;
        log_panics();
        Ok(Self { traces })
    }

    /// Sends what has not been sent yet. Waits a few seconds at most.
    pub fn flush(self) {
        if let Some(Err(error)) = self.traces.map(|traces| traces.shutdown()) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// What libraries tell about every start; whoever wants to read it names them in `log.level`.
const CHATTER: &str = "sea_orm_migration=warn";

fn filter(level: &str) -> Result<EnvFilter, TelemetryError> {
    EnvFilter::try_new(format!("{CHATTER},{level}"))
        .map_err(|error| TelemetryError::Level { level: level.to_owned(), why: error.to_string() })
}

fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    match format {
        LogFormat::Text => layer.with_target(false).with_ansi(io::stderr().is_terminal()).boxed(),
        // The spans carry the request id, from the request through to the jobs it caused.
        LogFormat::Json => layer.json().flatten_event(true).with_span_list(true).boxed(),
    }
}

fn exporter(endpoint: &str) -> Result<SdkTracerProvider, TelemetryError> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()
        .map_err(|error| TelemetryError::Traces { endpoint: endpoint.to_owned(), why: error.to_string() })?;
    let resource = Resource::builder().with_service_name("marketflow").build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

/// A panic is a fault of ours: it belongs in the log with its place, not only on a terminal.
fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let what = panic.payload_as_str().unwrap_or("something that is not text");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(what, place, "a fault in Marketflow; please report it");
    }));
}
