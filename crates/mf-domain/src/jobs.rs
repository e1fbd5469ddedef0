//! The arithmetic of background work: what kind of failure deserves another try, how long to wait
//! before it, and when a schedule falls due, whatever daylight saving does.

use std::time::Duration;

use jiff::{Timestamp, civil, tz::TimeZone};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Queued,
    Running,
    /// Failed, and will be tried again at `run_at`.
    Retrying,
    Done,
    /// Given up; a person can retry it.
    Dead,
    Cancelled,
}

impl State {
    pub const ALL: [State; 6] =
        [State::Queued, State::Running, State::Retrying, State::Done, State::Dead, State::Cancelled];

    pub fn id(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Running => "running",
            State::Retrying => "retrying",
            State::Done => "done",
            State::Dead => "dead",
            State::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<State> {
        State::ALL.into_iter().find(|s| s.id() == text)
    }
}

/// What a failure is, and so what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// Passing: the network, a busy database. Tried again soon.
    Transient,
    /// The other side asked for patience. Tried again later.
    Throttled,
    /// Trying again cannot help: bad input, a thing that is gone. Goes to the dead letters at once.
    Permanent,
    /// The worker vanished while it ran (crash, kill). Tried again.
    Lost,
}

impl ErrorClass {
    pub fn id(self) -> &'static str {
        match self {
            ErrorClass::Transient => "transient",
            ErrorClass::Throttled => "throttled",
            ErrorClass::Permanent => "permanent",
            ErrorClass::Lost => "lost",
        }
    }

    /// How long to wait before try number `attempt + 1`: full jitter over a doubling ceiling, or
    /// nothing when another try cannot help.
    pub fn backoff(self, attempt: u32, rng: &mut dyn Rng) -> Option<Duration> {
        let (base_ms, cap_ms) = match self {
            ErrorClass::Transient | ErrorClass::Lost => (1_000u64, 300_000),
            ErrorClass::Throttled => (15_000, 1_800_000),
            ErrorClass::Permanent => return None,
        };
        let ceiling = base_ms.saturating_mul(1 << attempt.saturating_sub(1).min(20)).min(cap_ms);
        Some(Duration::from_millis(rng.random_range(0..=ceiling)))
    }
}

/// A cron pattern read on a wall clock in a time zone.
///
/// One written rule for the two days a year that differ (RFC 5545 "compatible"): a wall time that a
/// clock change skips fires moved forward by the gap; one that happens twice fires the first time.
/// So a daily schedule fires exactly once on every local date. A pattern that runs every hour or
/// more often (its hour field starts with `*`) counts real hours instead and never pauses.
#[derive(Debug, Clone)]
pub struct Schedule {
    pattern: croner::Cron,
    zone: TimeZone,
    every_hour: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadSchedule {
    Pattern { pattern: String, why: String },
    Zone { zone: String },
}

impl std::fmt::Display for BadSchedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BadSchedule::Pattern { pattern, why } => write!(
                f,
                "{pattern:?} is not a schedule ({why}); write five fields: minute hour day month weekday"
            ),
            BadSchedule::Zone { zone } => {
                write!(f, "there is no time zone {zone:?}; use an IANA name such as Europe/Berlin")
            }
        }
    }
}

impl std::error::Error for BadSchedule {}

impl Schedule {
    pub fn parse(pattern: &str, zone: &str) -> Result<Self, BadSchedule> {
        let zone = TimeZone::get(zone).map_err(|_| BadSchedule::Zone { zone: zone.to_owned() })?;
        let bad = |why: String| BadSchedule::Pattern { pattern: pattern.to_owned(), why };
        let fields: Vec<&str> = pattern.split_whitespace().collect();
        if fields.len() != 5 {
            return Err(bad(format!("it has {} fields", fields.len())));
        }
        let every_hour = fields[1].starts_with('*');
        let pattern: croner::Cron =
            pattern.parse().map_err(|e: croner::errors::CronError| bad(e.to_string()))?;
        Ok(Self { pattern, zone, every_hour })
    }

    /// The first firing strictly after `after`, or nothing when there is none.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        if self.every_hour {
            return self.next_on_real_hours(after);
        }
        // Start a little before: a firing moved forward over a gap has an earlier wall time.
        let mut wall =
            after.to_zoned(self.zone.clone()).datetime().saturating_sub(jiff::Span::new().hours(3));
        loop {
            wall = self.next_wall(wall)?;
            let at = self.zone.to_ambiguous_zoned(wall).compatible().ok()?.timestamp();
            if at > after {
                return Some(at);
            }
        }
    }

    /// Matches the wall clock at every real minute: an hour that happens twice counts twice.
    fn next_on_real_hours(&self, after: Timestamp) -> Option<Timestamp> {
        let mut from = after;
        loop {
            let offset = self.zone.to_offset(from);
            let wall = self.next_wall(offset.to_datetime(from))?;
            let at = offset.to_timestamp(wall).ok()?;
            if self.zone.to_offset(at) == offset {
                return Some(at);
            }
            // The clocks change before it: look again from the change onwards.
            let change = self.zone.following(from).next()?.timestamp();
            let just_before = change.checked_sub(jiff::SignedDuration::from_secs(1)).ok()?;
            let new_offset = self.zone.to_offset(change);
            let wall = self.next_wall(new_offset.to_datetime(just_before))?;
            let at = new_offset.to_timestamp(wall).ok()?;
            if self.zone.to_offset(at) == new_offset {
                return Some(at);
            }
            from = change;
        }
    }

    /// The next matching wall time after `wall`, on a clock without changes.
    fn next_wall(&self, wall: civil::DateTime) -> Option<civil::DateTime> {
        let naive = chrono::DateTime::from_timestamp(TimeZone::UTC.to_timestamp(wall).ok()?.as_second(), 0)?;
        let next = self.pattern.find_next_occurrence(&naive, false).ok()?;
        Some(TimeZone::UTC.to_datetime(Timestamp::from_second(next.timestamp()).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;

    fn firings(pattern: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::parse(pattern, zone).unwrap();
        let mut at: Timestamp = from.parse().unwrap();
        (0..count)
            .map(|_| {
                at = schedule.next_after(at).unwrap();
                at.to_zoned(TimeZone::get(zone).unwrap()).strftime("%m-%d %H:%M%z").to_string()
            })
            .collect()
    }

    #[test]
    fn a_skipped_wall_time_moves_forward_and_fires_once() {
        // Berlin, 2026-03-29: 02:00 becomes 03:00.
        assert_eq!(
            firings("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", 4),
            ["03-28 02:30+0100", "03-29 03:30+0200", "03-30 02:30+0200", "03-31 02:30+0200"]
        );
    }

    #[test]
    fn a_repeated_wall_time_fires_the_first_time_only() {
        // Berlin, 2026-10-25: 03:00 becomes 02:00.
        assert_eq!(
            firings("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
            ["10-25 02:30+0200", "10-26 02:30+0100"]
        );
    }

    #[test]
    fn hourly_work_counts_real_hours_through_both_changes() {
        assert_eq!(
            firings("0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 4),
            ["10-25 02:00+0200", "10-25 02:00+0100", "10-25 03:00+0100", "10-25 04:00+0100"]
        );
        assert_eq!(
            firings("0 * * * *", "Europe/Berlin", "2026-03-28T23:30:00Z", 3),
            ["03-29 01:00+0100", "03-29 03:00+0200", "03-29 04:00+0200"]
        );
        // Half-hour changes exist too.
        assert_eq!(
            firings("*/30 * * * *", "Australia/Lord_Howe", "2026-04-04T14:10:00Z", 4),
            ["04-05 01:30+1100", "04-05 01:30+1030", "04-05 02:00+1030", "04-05 02:30+1030"]
        );
    }

    #[test]
    fn bad_schedules_say_what_is_wrong() {
        assert!(Schedule::parse("61 * * * *", "UTC").unwrap_err().to_string().contains("five fields"));
        assert!(Schedule::parse("* * *", "UTC").unwrap_err().to_string().contains("3 fields"));
        assert!(Schedule::parse("0 0 * * *", "Mars/Base").unwrap_err().to_string().contains("Mars/Base"));
    }

    #[test]
    fn permanent_failures_are_not_tried_again() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(3);
        assert_eq!(ErrorClass::Permanent.backoff(1, &mut rng), None);
        for attempt in 1..60 {
            let wait = ErrorClass::Transient.backoff(attempt, &mut rng).unwrap();
            assert!(wait <= Duration::from_secs(300));
        }
    }

    proptest! {
        /// A daily schedule fires exactly once on every local date, in zones with and without change.
        #[test]
        fn daily_means_once_a_local_date(
            minute in 0u32..60, hour in 0u32..24, zone in 0usize..6, start_day in 0i64..700,
        ) {
            let zone = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
                "America/Santiago", "UTC"][zone];
            let schedule = Schedule::parse(&format!("{minute} {hour} * * *"), zone).unwrap();
            let tz = TimeZone::get(zone).unwrap();
            let mut at = Timestamp::from_second(1_767_225_600 + start_day * 86_400).unwrap();
            let mut dates = Vec::new();
            for _ in 0..40 {
                let next = schedule.next_after(at).unwrap();
                prop_assert!(next > at);
                dates.push(next.to_zoned(tz.clone()).date());
                at = next;
            }
            for pair in dates.windows(2) {
                prop_assert_eq!(pair[0].tomorrow().unwrap(), pair[1]);
            }
        }
    }
}
