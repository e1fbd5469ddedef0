//! Checks on what people type, shared by every door: one reading of "a name", "an e-mail address",
//! "a time zone", each with its remedy.

use std::fmt;

/// What is wrong with one field, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    pub field: String,
    pub message: String,
    pub remedy: String,
}

impl FieldProblem {
    pub fn new(field: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.field, self.message, self.remedy)
    }
}

/// Collects every problem before answering, so that a form is mended in one go.
#[derive(Debug, Default)]
pub struct Checks(Vec<FieldProblem>);

impl Checks {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn fail(&mut self, field: &str, message: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(FieldProblem::new(field, message, remedy));
    }

    /// A line of text people read: trimmed, no control characters, `min..=max` characters.
    pub fn line(&mut self, field: &str, text: &str, min: usize, max: usize) -> String {
        let text = text.trim();
        self.length(field, text, min, max);
        if text.chars().any(is_unprintable) {
            self.fail(
                field,
                "It holds characters that cannot be shown.",
                "Remove line breaks and control characters.",
            );
        }
        text.to_owned()
    }

    /// Longer text: line breaks are welcome, other control characters are not.
    pub fn paragraph(&mut self, field: &str, text: &str, max: usize) -> String {
        let text = text.trim();
        self.length(field, text, 0, max);
        if text.chars().any(|c| is_unprintable(c) && !matches!(c, '\n' | '\t' | '\r')) {
            self.fail(field, "It holds characters that cannot be shown.", "Remove control characters.");
        }
        text.to_owned()
    }

    fn length(&mut self, field: &str, text: &str, min: usize, max: usize) {
        let length = text.chars().count();
        if length < min {
            let remedy =
                if min == 1 { "Fill it in.".to_owned() } else { format!("Use at least {min} characters.") };
            self.fail(field, if length == 0 { "It is empty." } else { "It is too short." }, remedy);
        } else if length > max {
            self.fail(field, format!("It has {length} characters."), format!("Use at most {max}."));
        }
    }

    /// An e-mail address, lower-cased. Strict enough to be mailed to, not a full RFC 5322 reading.
    pub fn email(&mut self, field: &str, text: &str) -> String {
        let address = text.trim().to_lowercase();
        if !looks_like_email(&address) {
            self.fail(field, "It is not an e-mail address.", "Write it like name@example.com.");
        }
        address
    }

    pub fn time_zone(&mut self, field: &str, text: &str) -> String {
        if jiff::tz::TimeZone::get(text).is_err() {
            self.fail(
                field,
                format!("There is no time zone {:?}.", shorten(text)),
                "Use an IANA name such as Europe/Berlin.",
            );
        }
        text.to_owned()
    }

    pub fn currency(&mut self, field: &str, text: &str) -> crate::Currency {
        text.parse().unwrap_or_else(|why: crate::money::BadCurrency| {
            self.fail(field, format!("{:?} is not a currency.", shorten(text)), format!("{why}."));
            crate::Currency::EUR
        })
    }

    pub fn done(self) -> Result<(), Vec<FieldProblem>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

fn is_unprintable(c: char) -> bool {
    // Line and paragraph separators and the bidirectional overrides can make a name read as another.
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn looks_like_email(address: &str) -> bool {
    let Some((local, host)) = address.rsplit_once('@') else { return false };
    let plain =
        |s: &str| s.chars().all(|c| !c.is_whitespace() && !is_unprintable(c) && !"<>()[],;:\\\"".contains(c));
    !local.is_empty()
        && local.len() <= 64
        && address.len() <= 254
        && plain(local)
        && !local.contains('@')
        && host.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

/// The beginning of a text, for a message that quotes it.
pub fn shorten(text: &str) -> String {
    const KEEP: usize = 60;
    if text.chars().count() <= KEEP {
        return text.to_owned();
    }
    text.chars().take(KEEP).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_named_with_its_remedy() {
        let mut checks = Checks::new();
        checks.line("name", "  ", 1, 80);
        checks.line("title", "a\u{202e}b", 1, 80);
        checks.email("email", "a b@c");
        checks.time_zone("time_zone", "Mars/Olympus");
        let problems = checks.done().unwrap_err();
        let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(fields, ["name", "title", "email", "time_zone"]);
        assert!(problems.iter().all(|p| !p.remedy.is_empty()));
    }

    #[test]
    fn addresses() {
        for good in ["a@b", "first.last+tag@example.co.uk", "ü@exämple.de", "admin@demo.localhost"] {
            assert!(looks_like_email(good), "{good}");
        }
        for bad in ["", "@", "a@", "@b", "a@b..c", "a@-b", "a\r\nbcc:x@y.z@b", "a@b c", "<a@b>", "a@@b"] {
            assert!(!looks_like_email(bad), "{bad}");
        }
    }
}
