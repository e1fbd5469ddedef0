//! The layers of the configuration, one over the other, and the source of each value. Everything is
//! measured against the embedded default file: a name that is not there is unknown, a value of
//! another type than there is wrong.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::show::shown;
use super::values::nearest;
use super::{Overrides, Problem};

const PREFIX: &str = "MARKETFLOW_";
/// Read by the test suites and by scripts that start the server, not by the server.
const FOREIGN_PREFIXES: [&str; 2] = ["MARKETFLOW_TEST_", "MARKETFLOW_BIN"];
const SHORTCUTS: [(&str, &str); 2] =
    [("MARKETFLOW_DATA", "data.dir"), ("MARKETFLOW_LISTEN", "server.listen")];

/// Where a value came from; later ones win.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Default,
    File(PathBuf),
    Environment(String),
    CommandLine(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => f.write_str(name),
            Self::CommandLine(option) => f.write_str(option),
        }
    }
}

/// A value and its source. Not printed by `Debug`, since it may be secret.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) value: Value,
    pub(super) source: Source,
}

/// Every setting by its full name, `section.key`.
#[derive(Clone)]
pub(super) struct Layers {
    settings: BTreeMap<String, Setting>,
    defaults: BTreeMap<String, Value>,
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Layers([redacted])")
    }
}

impl Layers {
    /// Whatever is wrong is left at its default and reported, so that the rest is still checked.
    pub(super) fn gather(
        default_text: &str,
        overrides: &Overrides,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> (Self, Vec<Problem>) {
        let defaults = parse_defaults(default_text);
        let settings = defaults.iter().map(|(name, value)| {
            let setting = Setting { value: value.clone(), source: Source::Default };
            (name.clone(), setting)
        });
        let mut gathering = Gathering {
            layers: Self { settings: settings.collect(), defaults: defaults.clone() },
            problems: Vec::new(),
        };
        let environment = gathering.understand_environment(environment);
        gathering.add_file(overrides, &environment);
        for (variable, name, text) in environment {
            gathering.set_text(&name, &text, Source::Environment(variable));
        }
        gathering.add_command_line(overrides);
        (gathering.layers, gathering.problems)
    }

    pub(super) fn get(&self, name: &str) -> &Setting {
        self.settings
            .get(name)
            .expect("every setting that is read is in default.toml; a test compares the two")
    }

    pub(super) fn default_of(&self, name: &str) -> &Value {
        self.defaults
            .get(name)
            .expect("every setting that is read is in default.toml; a test compares the two")
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.settings.iter().map(|(name, setting)| (name.as_str(), setting))
    }
}

struct Gathering {
    layers: Layers,
    problems: Vec<Problem>,
}

/// Variable, setting, value.
type Variable = (String, String, String);

impl Gathering {
    fn understand_environment(
        &mut self,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Vec<Variable> {
        let mut known: Vec<Variable> = Vec::new();
        for (variable, text) in environment {
            let Some(variable) = variable.to_str().filter(|name| is_ours(name)) else {
                continue;
            };
            let Some(name) = self.setting_of_variable(variable) else {
                self.unknown_variable(variable);
                continue;
            };
            let Some(text) = text.to_str() else {
                self.refuse(variable, "it is not valid text", "Write it in UTF-8.");
                continue;
            };
            if let Some((other, _, _)) = known.iter().find(|(_, known, _)| *known == name) {
                let why = format!("{other} sets the same thing");
                self.refuse(variable, &why, "Keep one of the two.");
                continue;
            }
            known.push((variable.to_owned(), name, text.to_owned()));
        }
        known
    }

    fn setting_of_variable(&self, variable: &str) -> Option<String> {
        let shortcut = SHORTCUTS.iter().find(|(short, _)| *short == variable);
        if let Some((_, name)) = shortcut {
            return Some((*name).to_owned());
        }
        let known = self.layers.defaults.keys();
        known.into_iter().find(|name| variable_of(name) == variable).cloned()
    }

    fn add_file(&mut self, overrides: &Overrides, environment: &[Variable]) {
        let named = overrides.config.as_deref();
        let path = match named {
            Some(path) => path.to_owned(),
            None => self.data_dir(overrides, environment).join("marketflow.toml"),
        };
        let text = match fs::read_to_string(&path) {
            // What is wrong with the data directory itself is said by whoever opens it.
            Err(error)
                if named.is_none()
                    && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return;
            }
            Err(error) => {
                let subject = path.display().to_string();
                let why = format!("the configuration file could not be read ({error})");
                return self.refuse(&subject, &why, "Check its path and who may read it.");
            }
            Ok(text) => text,
        };
        match text.parse::<Table>() {
            Ok(table) => self.add_table(table, &path, named.is_none()),
            Err(error) => self.not_toml(&path, &text, &error),
        }
    }

    /// Where the file is looked for, which therefore cannot be said in the file itself.
    fn data_dir(&self, overrides: &Overrides, environment: &[Variable]) -> PathBuf {
        let variable = environment.iter().find(|(_, name, _)| name == "data.dir");
        let default = self.layers.default_of("data.dir").as_str();
        overrides
            .data
            .clone()
            .or(variable.map(|(_, _, text)| text.into()))
            .unwrap_or_else(|| default.unwrap_or_default().into())
    }

    fn add_table(&mut self, table: Table, path: &Path, in_data_dir: bool) {
        for (section, content) in table {
            let Value::Table(content) = content else {
                self.unknown_name(&section, path, "Settings stand in a section, such as [server]");
                continue;
            };
            let known = |name: &String| name.starts_with(&format!("{section}."));
            if content.is_empty() && !self.layers.defaults.keys().any(known) {
                self.unknown_name(&section, path, "There is no such section");
            }
            for (key, value) in content {
                let name = format!("{section}.{key}");
                if !self.layers.defaults.contains_key(&name) {
                    self.unknown_name(&name, path, "There is no such setting");
                } else if in_data_dir && name == "data.dir" {
                    let subject = format!("{name} in {}", path.display());
                    let why = "this file was found in the data directory, so it cannot move it";
                    let remedy = "Use --data or MARKETFLOW_DATA, or name the file with --config.";
                    self.refuse(&subject, why, remedy);
                } else {
                    self.set(&name, value, Source::File(path.to_owned()));
                }
            }
        }
    }

    fn add_command_line(&mut self, overrides: &Overrides) {
        if let Some(data) = &overrides.data {
            match data.to_str() {
                Some(data) => self.set_text("data.dir", data, Source::CommandLine("--data")),
                None => self.refuse("--data", "it is not valid text", "Write it in UTF-8."),
            }
        }
        if let Some(listen) = &overrides.listen {
            self.set_text("server.listen", listen, Source::CommandLine("--listen"));
        }
    }

    /// A value that comes as text takes the type of the default.
    fn set_text(&mut self, name: &str, text: &str, source: Source) {
        let value = match self.layers.default_of(name) {
            Value::Integer(_) => text.trim().parse().map(Value::Integer).ok(),
            Value::Boolean(_) => text.trim().parse().map(Value::Boolean).ok(),
            Value::Array(_) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                Some(Value::Array(parts.map(Value::from).collect()))
            }
            _ => Some(Value::from(text)),
        };
        self.set(name, value.unwrap_or_else(|| Value::from(text)), source);
    }

    fn set(&mut self, name: &str, value: Value, source: Source) {
        let default = self.layers.default_of(name);
        if !same_type(default, &value) {
            let kind = kind_of(default);
            self.problems.push(Problem {
                subject: name.to_owned(),
                value: Some(shown(name, &value)),
                source: Some(source),
                why: format!("it must be {kind}"),
                remedy: format!("Write {kind}, such as {default}."),
            });
            return;
        }
        let setting = Setting { value, source };
        self.layers.settings.insert(name.to_owned(), setting);
    }

    fn unknown_name(&mut self, name: &str, path: &Path, why: &str) {
        let known = self.layers.defaults.keys().map(String::as_str);
        let remedy = suggestion(nearest(name, known));
        let subject = format!("{name} in {}", path.display());
        self.refuse(&subject, why, &remedy);
    }

    fn unknown_variable(&mut self, variable: &str) {
        let known: Vec<String> = self.layers.defaults.keys().map(|n| variable_of(n)).collect();
        let shortcuts = SHORTCUTS.map(|(short, _)| short);
        let known = known.iter().map(String::as_str).chain(shortcuts);
        let remedy = suggestion(nearest(variable, known));
        self.refuse(variable, "There is no such setting", &remedy);
    }

    /// The parser's own message would repeat the line, and the line may hold a secret.
    fn not_toml(&mut self, path: &Path, text: &str, error: &toml::de::Error) {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        let subject = format!("{} line {line}", path.display());
        let why = format!("the file is not valid TOML ({})", error.message().trim());
        self.refuse(&subject, &why, "Write settings as key = value, texts in quotes.");
    }

    fn refuse(&mut self, subject: &str, why: &str, remedy: &str) {
        self.problems.push(Problem {
            subject: subject.to_owned(),
            value: None,
            source: None,
            why: why.to_owned(),
            remedy: remedy.to_owned(),
        });
    }
}

fn parse_defaults(text: &str) -> BTreeMap<String, Value> {
    let table: Table = text.parse().expect("the embedded default file is valid; a test reads it");
    let mut defaults = BTreeMap::new();
    for (section, content) in table {
        for (key, value) in content.as_table().cloned().unwrap_or_default() {
            defaults.insert(format!("{section}.{key}"), value);
        }
    }
    defaults
}

fn is_ours(variable: &str) -> bool {
    variable.starts_with(PREFIX) && !FOREIGN_PREFIXES.iter().any(|foreign| variable.starts_with(foreign))
}

fn variable_of(name: &str) -> String {
    format!("{PREFIX}{}", name.replacen('.', "__", 1).to_uppercase())
}

fn same_type(default: &Value, value: &Value) -> bool {
    match value {
        Value::Array(items) => default.is_array() && items.iter().all(Value::is_str),
        value => value.same_type(default),
    }
}

fn kind_of(default: &Value) -> &'static str {
    match default {
        Value::Integer(_) => "a whole number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list of texts",
        _ => "a text in quotes",
    }
}

fn suggestion(nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("Did you mean {nearest}? Otherwise remove it."),
        None => "Remove it.".to_owned(),
    }
}
