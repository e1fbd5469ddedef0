//! The workspace as cargo sees it: its crates and the edges between them.
//!
//! Dependencies from registries are not looked at; cargo-deny and cargo-machete do that.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use super::Error;

/// A crate of the workspace.
#[derive(Debug, Deserialize)]
pub struct Package {
    pub name: String,
    pub dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
pub struct Dependency {
    pub name: String,
    pub kind: Option<Kind>,
}

/// Cargo leaves the kind out for a normal dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Build,
    Dev,
}

/// The crates of the workspace, each with only its dependencies on other workspace crates.
pub fn packages(root: &Path) -> Result<Vec<Package>, Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()
        .map_err(|error| Error::Cargo(error.to_string()))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(Error::Cargo(text.trim().to_owned()));
    }
    parse(&output.stdout)
}

fn parse(json: &[u8]) -> Result<Vec<Package>, Error> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    let Metadata { mut packages } = serde_json::from_slice(json)?;
    let members: Vec<String> = packages.iter().map(|package| package.name.clone()).collect();
    for package in &mut packages {
        package.dependencies.retain(|dependency| members.contains(&dependency.name));
    }
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_edges_between_members_with_their_kind() {
        let json = br#"{"packages": [
            {"name": "top", "dependencies": [
                {"name": "base", "kind": null},
                {"name": "base", "kind": "dev"},
                {"name": "serde", "kind": null},
                {"name": "base", "kind": "build"}
            ]},
            {"name": "base", "dependencies": []}
        ]}"#;
        let packages = parse(json).expect("valid metadata");
        let kinds: Vec<_> = packages[0].dependencies.iter().map(|dependency| dependency.kind).collect();
        assert_eq!(kinds, [None, Some(Kind::Dev), Some(Kind::Build)]);
    }
}
