//! When a person must be asked, as data: the thresholds of every capability with their defaults, how
//! a value is held against one, and the hash that binds a decision to exactly what was shown.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Minor units of the workspace's currency.
    Money,
    Count,
    /// Whole per cent.
    Percent,
    /// A score from 0 to 100.
    Score,
    /// Not a size: every such action asks, unless the threshold is switched off.
    Always,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Above,
    Below,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    Automation,
    Performance,
    Quality,
}

/// One point at which a person is asked.
#[derive(Debug)]
pub struct Threshold {
    pub id: &'static str,
    pub group: Group,
    pub title: &'static str,
    pub summary: &'static str,
    pub unit: Unit,
    pub direction: Direction,
    pub default: i64,
}

macro_rules! thresholds {
    ($($name:ident: $id:literal, $group:ident, $unit:ident, $direction:ident $default:literal, $title:literal, $summary:literal;)*) => {
        $(pub const $name: Threshold = Threshold {
            id: $id, group: Group::$group, title: $title, summary: $summary,
            unit: Unit::$unit, direction: Direction::$direction, default: $default,
        };)*
        pub const THRESHOLDS: &[&Threshold] = &[$(&$name),*];
    };
}

thresholds! {
    HIGH_IMPACT: "high_impact", Automation, Money, Above 100_000, "High-impact automation", "An automation that could move more money than this.";
    RECIPIENTS: "recipients", Automation, Count, Above 10_000, "Large audience", "A campaign on several channels that reaches more people than this.";
    TRIGGER_IMPACT: "trigger_impact", Automation, Percent, Above 50, "Behavioural trigger", "A trigger expected to change engagement by more than this.";
    PERSONALISATION: "personalisation", Automation, Percent, Above 80, "Heavy personalisation", "More than this share of a message's content is replaced.";
    ENGAGEMENT_ANOMALY: "engagement_anomaly", Performance, Percent, Above 100, "Engagement anomaly", "Engagement changed by more than this.";
    CONVERSION_CHANGE: "conversion_change", Performance, Percent, Above 50, "Conversion rate change", "The conversion rate changed by more than this.";
    CHANNEL_CHANGE: "channel_change", Performance, Percent, Above 30, "Channel performance change", "A channel's performance changed by more than this.";
    BUDGET_CHANGE: "budget_change", Performance, Money, Above 50_000, "Budget change", "A budget or spending limit is raised by more than this.";
    CONTENT_QUALITY: "content_quality", Quality, Score, Below 85, "Content quality", "A content quality score below this.";
    USER_SATISFACTION: "user_satisfaction", Quality, Score, Below 90, "User satisfaction", "A satisfaction score below this.";
    DEGRADATION: "degradation", Quality, Percent, Above 15, "Performance degradation", "Performance fell by more than this.";
    PRIVACY: "privacy", Quality, Always, Above 0, "Privacy and compliance", "Erasing data, and anything with a GDPR or privacy question.";
}

impl Threshold {
    pub fn find(id: &str) -> Option<&'static Threshold> {
        THRESHOLDS.iter().copied().find(|t| t.id == id)
    }

    /// Does `actual` cross this threshold at the workspace's `setting`? `None` switches it off.
    pub fn crossed(&self, setting: Option<i64>, actual: i64) -> bool {
        match (setting, self.unit, self.direction) {
            (None, ..) => false,
            (Some(_), Unit::Always, _) => true,
            (Some(limit), _, Direction::Above) => actual > limit,
            (Some(limit), _, Direction::Below) => actual < limit,
        }
    }

    /// What a setting may be.
    pub fn range(&self) -> std::ops::RangeInclusive<i64> {
        match self.unit {
            Unit::Money | Unit::Count => 0..=1_000_000_000_000,
            Unit::Percent => 0..=10_000,
            Unit::Score => 0..=100,
            Unit::Always => 0..=0,
        }
    }
}

/// Where a request stands. Only `Waiting` can be decided; only `Executing` can become done or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Waiting,
    SentBack,
    Expired,
    Withdrawn,
    /// Approved; its job is on the way.
    Executing,
    Done,
    Failed,
}

impl State {
    pub const ALL: [State; 7] = [
        State::Waiting,
        State::SentBack,
        State::Expired,
        State::Withdrawn,
        State::Executing,
        State::Done,
        State::Failed,
    ];

    pub fn id(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::SentBack => "sent_back",
            State::Expired => "expired",
            State::Withdrawn => "withdrawn",
            State::Executing => "executing",
            State::Done => "done",
            State::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<State> {
        State::ALL.into_iter().find(|s| s.id() == text)
    }
}

/// Binds a decision to the content that was on the screen: if the request changed since, the hashes
/// differ and the decision is refused.
pub fn content_hash(
    kind: &str,
    subject: &str,
    action: &serde_json::Value,
    diff: &serde_json::Value,
) -> String {
    let mut hasher = Sha256::new();
    for part in [kind, subject, &action.to_string(), &diff.to_string()] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hex::encode(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_crossed_beyond_it_and_not_at_it() {
        assert!(!BUDGET_CHANGE.crossed(Some(50_000), 50_000));
        assert!(BUDGET_CHANGE.crossed(Some(50_000), 50_001));
        assert!(!CONTENT_QUALITY.crossed(Some(85), 85));
        assert!(CONTENT_QUALITY.crossed(Some(85), 84));
        assert!(!BUDGET_CHANGE.crossed(None, i64::MAX));
        assert!(PRIVACY.crossed(Some(0), 0));
        assert!(!PRIVACY.crossed(None, 0));
    }

    #[test]
    fn the_hash_sees_every_part() {
        let one = serde_json::json!({"limit": 1});
        let two = serde_json::json!({"limit": 2});
        let base = content_hash("k", "s", &one, &one);
        assert_eq!(base, content_hash("k", "s", &one.clone(), &one));
        for other in [
            content_hash("x", "s", &one, &one),
            content_hash("k", "x", &one, &one),
            content_hash("k", "s", &two, &one),
            content_hash("k", "s", &one, &two),
            content_hash("ks", "", &one, &one),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn defaults_lie_in_their_ranges() {
        for t in THRESHOLDS {
            assert!(t.range().contains(&t.default), "{}", t.id);
            assert_eq!(Threshold::find(t.id).unwrap().id, t.id);
        }
    }
}
