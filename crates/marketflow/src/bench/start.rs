//! From nothing to ready, and what it costs to stand there.

use std::time::Duration;

use super::BenchError;
use super::measured::{Measured, millis, quantile};
use super::server::Server;

const ROUNDS: usize = 5;
/// After this long a server that nobody uses has settled.
const SETTLED: Duration = Duration::from_secs(2);

/// First starts on an empty directory, second starts on what the first one made, memory when idle.
pub(super) async fn cold() -> Result<Measured, BenchError> {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let mut idle = 0.0;
    for round in 0..ROUNDS {
        let (data, server) = Server::in_new_directory().await?;
        first.push(server.took);
        server.stop().await?;
        let server = Server::start(data.path()).await?;
        second.push(server.took);
        if round == 0 {
            tokio::time::sleep(SETTLED).await;
            idle = server.resident_mb().unwrap_or(0.0);
        }
        server.stop().await?;
    }
    let median = millis(quantile(&mut first, 0.5));
    Ok(Measured::new("cold_start", median)
        .with("slowest_ms", millis(quantile(&mut first, 1.0)))
        .with("second_start_ms", millis(quantile(&mut second, 0.5)))
        .with("idle_mb", idle))
}
