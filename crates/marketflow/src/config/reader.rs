//! Reads settings one by one into the types the product works with. What does not fit is reported
//! and read as its default, so that one mistake does not hide the next.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mf_stores::blobs::{BlobLocation, S3Access};
use secrecy::SecretString;
use toml::Value;

use super::layers::Layers;
use super::show::shown;
use super::{Mail, Problem, values};

/// Why a text is no value, and what to write instead.
pub(super) struct Refused {
    pub(super) why: String,
    pub(super) remedy: &'static str,
}

pub(super) fn refused<T>(why: impl Display, remedy: &'static str) -> Result<T, Refused> {
    let why = why.to_string();
    Err(Refused { why, remedy })
}

pub(super) struct Reader<'a> {
    layers: &'a Layers,
    problems: Vec<Problem>,
    read: BTreeSet<&'static str>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(layers: &'a Layers, problems: Vec<Problem>) -> Self {
        Self { layers, problems, read: BTreeSet::new() }
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// The names of all settings read so far.
    #[cfg(test)]
    pub(super) fn names(&self) -> &BTreeSet<&'static str> {
        &self.read
    }

    pub(super) fn text(&mut self, name: &'static str) -> &'a str {
        self.value(name).as_str().unwrap_or_default()
    }

    pub(super) fn path(&mut self, name: &'static str) -> PathBuf {
        let not_empty = |text: &str| match text {
            "" => refused("it is empty", "Name a directory."),
            text => Ok(PathBuf::from(text)),
        };
        self.parsed(name, not_empty)
    }

    pub(super) fn parsed<T>(&mut self, name: &'static str, parse: impl Fn(&str) -> Result<T, Refused>) -> T {
        match parse(self.text(name)) {
            Ok(value) => return value,
            Err(refused) => self.report(name, refused.why, refused.remedy),
        }
        let default = self.layers.default_of(name).as_str().unwrap_or_default();
        match parse(default) {
            Ok(value) => value,
            Err(refused) => panic!("the embedded default of {name} is wrong: {}", refused.why),
        }
    }

    /// Nothing when the text is empty.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, Refused>,
    ) -> Option<T> {
        match self.text(name) {
            "" => None,
            text => match parse(text) {
                Ok(value) => Some(value),
                Err(refused) => {
                    self.report(name, refused.why, refused.remedy);
                    None
                }
            },
        }
    }

    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, Refused>,
    ) -> Vec<T> {
        let items = self.value(name).as_array().map(Vec::as_slice);
        let mut parsed = Vec::new();
        for item in items.unwrap_or_default() {
            match parse(item.as_str().unwrap_or_default()) {
                Ok(value) => parsed.push(value),
                Err(refused) => self.report(name, refused.why, refused.remedy),
            }
        }
        parsed
    }

    pub(super) fn number<T>(&mut self, name: &'static str, allowed: RangeInclusive<T>) -> T
    where
        T: TryFrom<i64> + PartialOrd + Display + Copy,
    {
        let (least, most) = (*allowed.start(), *allowed.end());
        let within = |value: &Value| {
            let number = value.as_integer().and_then(|number| T::try_from(number).ok());
            number.filter(|number| allowed.contains(number))
        };
        if let Some(number) = within(self.value(name)) {
            return number;
        }
        let why = format!("it must be between {least} and {most}");
        self.report(name, why, "Write a number in that range.");
        within(self.layers.default_of(name)).unwrap_or(least)
    }

    pub(super) fn milliseconds(&mut self, name: &'static str, allowed: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.number(name, allowed))
    }

    pub(super) fn seconds(&mut self, name: &'static str, allowed: RangeInclusive<u64>) -> Duration {
        Duration::from_secs(self.number(name, allowed))
    }

    pub(super) fn minutes(&mut self, name: &'static str, allowed: RangeInclusive<u64>) -> Duration {
        Duration::from_secs(60 * self.number(name, allowed))
    }

    pub(super) fn hours(&mut self, name: &'static str, allowed: RangeInclusive<u64>) -> Duration {
        Duration::from_secs(3_600 * self.number(name, allowed))
    }

    pub(super) fn days(&mut self, name: &'static str, allowed: RangeInclusive<u64>) -> Duration {
        Duration::from_secs(86_400 * self.number(name, allowed))
    }

    pub(super) fn blobs(&mut self, data_dir: &Path) -> BlobLocation {
        let access = S3Access {
            key_id: self.text("blobs.access_key").to_owned(),
            secret: SecretString::from(self.text("blobs.secret_key")),
        };
        match self.optional("blobs.url", values::blob_location) {
            Some(location) => location.with_access(access),
            None => BlobLocation::Directory(data_dir.join("blobs")),
        }
    }

    /// Mail is one thing: an address to send through and a sender, or neither.
    pub(super) fn mail(&mut self) -> Option<Mail> {
        let from = self.optional("mail.from", values::sender);
        let smtp_url = self.optional("mail.smtp_url", values::smtp_url)?;
        if from.is_none() && self.text("mail.from").is_empty() {
            let why = "it must be set, because mail.smtp_url is";
            let remedy = "Write the sender, such as \"Marketflow <marketflow@example.com>\".";
            self.report("mail.from", why, remedy);
        }
        Some(Mail { smtp_url, from: from? })
    }

    pub(super) fn report(&mut self, name: &'static str, why: impl Display, remedy: &str) {
        let setting = self.layers.get(name);
        self.problems.push(Problem {
            subject: name.to_owned(),
            value: Some(shown(name, &setting.value)),
            source: Some(setting.source.clone()),
            why: why.to_string(),
            remedy: remedy.to_owned(),
        });
    }

    fn value(&mut self, name: &'static str) -> &'a Value {
        self.read.insert(name);
        &self.layers.get(name).value
    }
}
