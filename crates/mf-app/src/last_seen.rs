//! When sessions and keys were last noted as used: in memory, so that it is written once a minute and
//! not with every request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const ONCE_EVERY_MS: i64 = 60_000;

/// When each session and key was last noted as used: once a minute is enough.
#[derive(Default)]
pub(crate) struct LastSeen(Mutex<HashMap<String, i64>>);

impl LastSeen {
    /// Is it time to note it again? Forgets old entries on the way.
    pub(crate) fn due(&self, id: &str, now: i64) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.get(id).is_some_and(|at| (now - at).abs() < ONCE_EVERY_MS) {
            return false;
        }
        if seen.len() > 10_000 {
            seen.retain(|_, at| now - *at < ONCE_EVERY_MS);
        }
        seen.insert(id.to_owned(), now);
        true
    }
}
