//! What is wrong with a configuration: which setting, where it was set, to what, why that cannot be,
//! and what to do.

use std::fmt;

use super::layers::Source;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `section.key`, the name of a variable, or a file.
    pub subject: String,
    /// As it was given, secrets hidden. None when the subject itself is what is wrong.
    pub value: Option<String>,
    pub source: Option<Source>,
    pub why: String,
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.subject)?;
        if let Some(value) = &self.value {
            write!(f, " = {value}")?;
        }
        if let Some(source) = &self.source {
            write!(f, " (from {source})")?;
        }
        write!(f, ": {}. {}", self.why, self.remedy)
    }
}

/// Everything that is wrong, at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors {
    problems: Vec<Problem>,
}

impl ConfigErrors {
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The configuration cannot be used:")?;
        for problem in &self.problems {
            writeln!(f, "  - {problem}")?;
        }
        f.write_str("`marketflow config` prints every setting with its meaning and default.")
    }
}
