//! Numbers of one case, and what they mean beside others.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What was measured. `cost_ms` is the one number to compare: milliseconds for one unit of work.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    case: &'static str,
    cost_ms: f64,
    numbers: BTreeMap<&'static str, f64>,
}

/// One line of output, and of a baseline.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) case: String,
    cost_ms: f64,
    /// How many turns of the calibration loop one unit of work takes.
    to_calibration: f64,
    /// Above 1: slower than the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to_baseline: Option<f64>,
    #[serde(flatten)]
    numbers: BTreeMap<String, f64>,
}

impl Measured {
    pub(super) fn new(case: &'static str, cost_ms: f64) -> Self {
        Self { case, cost_ms, numbers: BTreeMap::new() }
    }

    pub(super) fn with(mut self, name: &'static str, value: f64) -> Self {
        self.numbers.insert(name, rounded(value));
        self
    }

    pub(super) fn against(&self, calibration: &Measured, baseline: Option<&Line>) -> Line {
        let to_calibration = self.cost_ms / calibration.cost_ms;
        Line {
            case: self.case.to_owned(),
            cost_ms: rounded(self.cost_ms),
            to_calibration: rounded(to_calibration),
            to_baseline: baseline.map(|baseline| rounded(to_calibration / baseline.to_calibration)),
            numbers: self.numbers.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
        }
    }
}

impl Line {
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).expect("numbers and plain names are always JSON")
    }

    pub(super) fn for_people(&self) -> String {
        let numbers: Vec<String> =
            self.numbers.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let beside = match self.to_baseline {
            Some(ratio) => format!("{ratio} × the baseline"),
            None => "no baseline".to_owned(),
        };
        format!("{:<16} {:>10} ms   {beside}   {}", self.case, self.cost_ms, numbers.join(", "))
    }
}

/// A fixed piece of work for one core: what a millisecond is worth here. The median of several turns,
/// since other programs get in the way of some.
pub(super) fn calibrate() -> Measured {
    const TURNS: usize = 15;
    let mut times: Vec<Duration> = (0..TURNS).map(|_| turn()).collect();
    let spread = quantile(&mut times, 0.9);
    Measured::new(super::CALIBRATION, millis(quantile(&mut times, 0.5))).with("p90_ms", millis(spread))
}

fn turn() -> Duration {
    let began = Instant::now();
    let mut block = [7u8; 4096];
    for _ in 0..1_000 {
        let digest = Sha256::digest(black_box(&block));
        block[..32].copy_from_slice(&digest);
    }
    black_box(block);
    began.elapsed()
}

/// The time that a share of all stays within.
pub(super) fn quantile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    // The share is between 0 and 1, so the rounded place is within the list.
    let place = (last as f64 * share).round() as usize;
    times.get(place).copied().unwrap_or_default()
}

pub(super) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// More digits than a measurement has only look exact.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10f64.powi(3 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_ratios_are_what_they_say() {
        let mut times: Vec<Duration> = (1..=101).rev().map(Duration::from_millis).collect();
        assert_eq!(quantile(&mut times, 0.5), Duration::from_millis(51));
        assert_eq!(quantile(&mut times, 0.99), Duration::from_millis(100));
        let calibration = Measured::new("calibration", 2.0);
        let slow = Measured::new("me", 1.0).with("rate", 1000.04);
        let baseline = slow.against(&calibration, None);
        let twice = Measured::new("me", 2.0).against(&calibration, Some(&baseline));
        assert_eq!((twice.to_calibration, twice.to_baseline), (1.0, Some(2.0)));
        let read: Line = serde_json::from_str(&baseline.json()).unwrap();
        assert_eq!(read.numbers["rate"], 1000.0);
        assert_eq!(rounded(0.0123456), 0.01235);
    }
}
