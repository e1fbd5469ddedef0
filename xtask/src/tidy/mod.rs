//! `cargo xtask tidy`: reads the repository, applies the rules, gathers findings.
//!
//! The rules themselves are pure and know no files: `edges` (which crate may use which) and
//! `source` (what one file may look like). What rustfmt, clippy, cargo-deny and cargo-machete
//! check is deliberately not here.

mod edges;
mod metadata;
mod source;
mod walk;

use std::fmt;
use std::path::{Path, PathBuf};

/// The file whose `edges` block says which crate may use which.
const MAP: &str = "ARCHITECTURE.md";

#[derive(Debug)]
pub struct Report {
    pub findings: Vec<Finding>,
    pub files: usize,
    pub crates: usize,
}

/// One broken rule: where, which, and how to mend it.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    pub file: String,
    pub line: usize,
    pub rule: &'static str,
    pub message: String,
    pub remedy: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, rule, message, remedy } = self;
        write!(out, "{file}:{line}: [{rule}] {message}\n    mend: {remedy}")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("`cargo metadata` failed: {0}. Run it by hand to see the whole message")]
    Cargo(String),
    #[error("`cargo metadata` answered in a form not known here: {0}")]
    Metadata(#[from] serde_json::Error),
}

/// Checks the repository under `root`.
pub fn check(root: &Path) -> Result<Report, Error> {
    let packages = metadata::packages(root)?;
    let mut findings = edges::check(MAP, &read(&root.join(MAP))?, &packages);

    let files = walk::source_files(root)?;
    for path in &files {
        let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        findings.extend(source::check(&name, &read(path)?));
    }
    Ok(Report { findings, files: files.len(), crates: packages.len() })
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}
