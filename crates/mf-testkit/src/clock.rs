//! A clock that only moves when told. Clones show the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use mf_domain::Clock;

#[derive(Debug, Clone)]
pub struct VirtualClock(Arc<AtomicI64>);

impl VirtualClock {
    pub fn at(time: &str) -> Self {
        let time: Timestamp = time.parse().expect("a test names its times as RFC 3339");
        Self(Arc::new(AtomicI64::new(time.as_millisecond())))
    }

    pub fn set(&self, time: &str) {
        self.0.store(Self::at(time).now_ms(), Ordering::SeqCst);
    }

    /// Forward, or back when negative.
    pub fn advance(&self, by: SignedDuration) {
        let millis = i64::try_from(by.as_millis()).expect("no test spans ages");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Default for VirtualClock {
    /// A Monday morning in winter, in UTC.
    fn default() -> Self {
        Self::at("2026-02-02T09:00:00Z")
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).expect("tests stay within the calendar")
    }
}
