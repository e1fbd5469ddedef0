//! How many requests one caller may send: each address before signing in, each session and each key
//! afterwards. Counting is in memory and bounded, however many callers there are.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::response::Response;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use super::problem::{Code, Problem};

/// How many requests at once, refilled evenly over a minute. Zero switches a limit off.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    pub anonymous_per_minute: u32,
    pub identified_per_minute: u32,
}

pub struct Limits {
    anonymous: Option<Tier>,
    identified: Option<Tier>,
    keys: Option<Tier>,
}

/// How far a caller is from its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    limit: u32,
    remaining: u32,
    reset_seconds: u64,
}

/// A caller that has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    standing: Standing,
    wait_seconds: u64,
}

impl Limits {
    pub fn new(rates: Rates, keys_per_minute: u32) -> Self {
        Self {
            keys: NonZeroU32::new(keys_per_minute).map(Tier::new),
            anonymous: NonZeroU32::new(rates.anonymous_per_minute).map(Tier::new),
            identified: NonZeroU32::new(rates.identified_per_minute).map(Tier::new),
        }
    }

    pub fn anonymous(&self, address: &str) -> Result<Option<Standing>, Exceeded> {
        self.anonymous.as_ref().map(|tier| tier.check(address)).transpose()
    }

    pub fn key(&self, id: &str) -> Result<Option<Standing>, Exceeded> {
        self.keys.as_ref().map(|tier| tier.check(id)).transpose()
    }

    pub fn identified(&self, id: &str) -> Result<Option<Standing>, Exceeded> {
        self.identified.as_ref().map(|tier| tier.check(id)).transpose()
    }
}

struct Tier {
    limiter: RateLimiter<String, DashMapStateStore<String>, DefaultClock, StateInformationMiddleware>,
    clock: DefaultClock,
    limit: u32,
    checks: AtomicU64,
}

/// More callers than this at once share counters.
const MOST_CALLERS: usize = 50_000;
const SHARED: u16 = 4096;
const SWEEP_EVERY: u64 = 1024;

impl Tier {
    fn new(limit: NonZeroU32) -> Self {
        let quota = Quota::per_minute(limit);
        Self {
            limiter: RateLimiter::dashmap(quota).with_middleware(),
            clock: DefaultClock::default(),
            limit: limit.get(),
            checks: AtomicU64::new(0),
        }
    }

    fn check(&self, caller: &str) -> Result<Standing, Exceeded> {
        if self.checks.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP_EVERY) {
            self.limiter.retain_recent();
        }
        let key = if self.limiter.len() < MOST_CALLERS { caller.to_owned() } else { shared_key(caller) };
        match self.limiter.check_key(&key) {
            Ok(state) => Ok(self.standing(state.remaining_burst_capacity())),
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                Err(Exceeded { standing: self.standing(0), wait_seconds: whole_seconds(wait) })
            }
        }
    }

    fn standing(&self, remaining: u32) -> Standing {
        let used = u64::from(self.limit.saturating_sub(remaining));
        let reset = Duration::from_millis(used * 60_000 / u64::from(self.limit));
        Standing { limit: self.limit, remaining, reset_seconds: whole_seconds(reset) }
    }
}

fn shared_key(caller: &str) -> String {
    let digest = Sha256::digest(caller.as_bytes());
    format!("shared-{}", u16::from_be_bytes([digest[0], digest[1]]) % SHARED)
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

impl Standing {
    pub fn tell(&self, response: &mut Response) {
        self.put_on(response.headers_mut());
    }

    fn put_on(&self, headers: &mut HeaderMap) {
        headers.insert(HeaderName::from_static("ratelimit-limit"), HeaderValue::from(self.limit));
        headers.insert(HeaderName::from_static("ratelimit-remaining"), HeaderValue::from(self.remaining));
        headers.insert(HeaderName::from_static("ratelimit-reset"), HeaderValue::from(self.reset_seconds));
    }
}

impl axum::response::IntoResponse for Exceeded {
    fn into_response(self) -> Response {
        let wait = self.wait_seconds.max(1);
        let problem = Problem::new(
            Code::RateLimited,
            format!("This is more than {} requests a minute.", self.standing.limit),
        )
        .remedy(format!("Wait {wait} s, then go on more slowly."))
        .retry_after(wait);
        let mut response = problem.into_response();
        self.standing.tell(&mut response);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_its_own_limit_and_is_told_how_long_to_wait() {
        let limits = Limits::new(Rates { anonymous_per_minute: 2, identified_per_minute: 0 }, 1);
        let first = limits.anonymous("a").unwrap().unwrap();
        assert_eq!((first.limit, first.remaining, first.reset_seconds), (2, 1, 30));
        assert_eq!(limits.anonymous("a").unwrap().unwrap().remaining, 0);
        let exceeded = limits.anonymous("a").unwrap_err();
        assert!((1..=30).contains(&exceeded.wait_seconds), "{exceeded:?}");
        assert!(limits.anonymous("b").is_ok());
        assert_eq!(limits.identified("a"), Ok(None));
        assert!(limits.key("a").is_ok() && limits.key("a").is_err());
    }

    #[test]
    fn memory_is_bounded_however_many_callers_come() {
        let tier = Tier::new(NonZeroU32::new(2).unwrap());
        for caller in 0..MOST_CALLERS + 20_000 {
            let _ = tier.check(&caller.to_string());
        }
        assert!(tier.limiter.len() <= MOST_CALLERS + usize::from(SHARED), "{}", tier.limiter.len());
    }
}
