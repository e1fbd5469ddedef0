//! A clock that begins some days ago and is moved on by hand up to now, so that the demo has a history.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use mf_domain::Clock;

/// How far back the history goes.
const DAYS: i64 = 9;

#[derive(Debug)]
pub(super) struct PastClock {
    end: Timestamp,
    now_ms: AtomicI64,
}

impl PastClock {
    pub(super) fn starting(real: &dyn Clock) -> Arc<Self> {
        let end = real.now();
        let start = end - SignedDuration::from_hours(24 * DAYS);
        Arc::new(Self { end, now_ms: AtomicI64::new(start.as_millisecond()) })
    }

    /// Moves on to so many minutes before the end; never back.
    pub(super) fn move_to(&self, minutes_before_end: i64) {
        let at = self.end - SignedDuration::from_mins(minutes_before_end);
        self.now_ms.fetch_max(at.as_millisecond(), Ordering::SeqCst);
    }

    pub(super) fn minutes(&self, minutes: i64) {
        self.now_ms.fetch_add(minutes * 60_000, Ordering::SeqCst);
    }
}

impl Clock for PastClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms.load(Ordering::SeqCst)).unwrap_or(self.end)
    }
}
