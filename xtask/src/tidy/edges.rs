//! The crate map: every edge in use is listed, every listed edge is in use.
//!
//! The map is one fenced `edges` block in ARCHITECTURE.md, a line per crate:
//! `mf-api -> mf-app, mf-domain`. A crate marked `(tests only)` before the arrow may be used
//! by anyone's tests without being listed, and by nothing that ships.

use super::Finding;
use super::metadata::{Kind, Package};

const FENCE: &str = "```edges";
const TESTS_ONLY: &str = "(tests only)";

/// One line of the map.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    line: usize,
    from: String,
    tests_only: bool,
    to: Vec<String>,
}

/// Compares the map in `text` (the content of `file`) with the crates there are.
pub fn check(file: &str, text: &str, packages: &[Package]) -> Vec<Finding> {
    let (entries, mut findings) = parse(file, text);
    if entries.is_empty() && findings.is_empty() {
        findings.push(Finding {
            file: file.to_owned(),
            line: 1,
            rule: "crate-map",
            message: format!("there is no {FENCE} block"),
            remedy: "add a fenced block with a line `crate -> crate, crate` for each crate",
        });
        return findings;
    }
    for package in packages {
        match entries.iter().find(|entry| entry.from == package.name) {
            Some(_) => findings.extend(unlisted_edges(package, &entries)),
            None => findings.push(unlisted_crate(file, &entries, package)),
        }
    }
    for entry in &entries {
        findings.extend(stale_parts(file, entry, packages));
    }
    findings
}

fn parse(file: &str, text: &str) -> (Vec<Entry>, Vec<Finding>) {
    let mut entries = Vec::new();
    let mut findings = Vec::new();
    let block = text
        .lines()
        .enumerate()
        .skip_while(|(_, line)| line.trim() != FENCE)
        .skip(1)
        .take_while(|(_, line)| !line.trim().starts_with("```"))
        .filter(|(_, line)| !line.trim().is_empty());
    for (index, line) in block {
        match parse_line(index + 1, line) {
            Some(entry) => entries.push(entry),
            None => findings.push(Finding {
                file: file.to_owned(),
                line: index + 1,
                rule: "crate-map",
                message: format!("`{}` is not a line of the crate map", line.trim()),
                remedy: "write `crate -> crate, crate`; a crate that uses none is `crate ->`",
            }),
        }
    }
    (entries, findings)
}

fn parse_line(line: usize, text: &str) -> Option<Entry> {
    let (left, right) = text.split_once("->")?;
    let left = left.trim();
    let tests_only = left.ends_with(TESTS_ONLY);
    let from = left.trim_end_matches(TESTS_ONLY).trim().to_owned();
    let to: Vec<String> =
        right.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let is_name = |name: &String| {
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter))
    };
    (is_name(&from) && to.iter().all(is_name)).then_some(Entry { line, from, tests_only, to })
}

fn unlisted_crate(file: &str, entries: &[Entry], package: &Package) -> Finding {
    Finding {
        file: file.to_owned(),
        line: entries.last().map_or(1, |entry| entry.line),
        rule: "crate-map",
        message: format!("the crate {} is not in the map", package.name),
        remedy: "give it a line in the `edges` block, with the crates it may use",
    }
}

/// What `package` uses without the map saying so.
fn unlisted_edges(package: &Package, entries: &[Entry]) -> Vec<Finding> {
    let listed = |name: &str| {
        entries.iter().any(|entry| entry.from == package.name && entry.to.iter().any(|to| to == name))
    };
    let tests_only = |name: &str| entries.iter().any(|entry| entry.from == name && entry.tests_only);
    let mut names: Vec<&str> = package
        .dependencies
        .iter()
        .filter(|dependency| !(dependency.kind == Some(Kind::Dev) && tests_only(&dependency.name)))
        .map(|dependency| dependency.name.as_str())
        .filter(|name| tests_only(name) || !listed(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|name| Finding {
            file: format!("{}/Cargo.toml", package.name),
            line: 1,
            rule: "crate-edge",
            message: format!("{} uses {name}, which the crate map does not allow", package.name),
            remedy: "move the code to the crate that may know both; or, if the map should grow, \
                     add the edge to ARCHITECTURE.md and say why. A `(tests only)` crate belongs in [dev-dependencies]",
        })
        .collect()
}

/// What the map says of `entry.from` that is no longer so.
fn stale_parts(file: &str, entry: &Entry, packages: &[Package]) -> Vec<Finding> {
    let stale = |message| Finding {
        file: file.to_owned(),
        line: entry.line,
        rule: "crate-map",
        message,
        remedy: "take it out of the map: an edge nobody uses invites the next one",
    };
    let Some(package) = packages.iter().find(|package| package.name == entry.from) else {
        return vec![stale(format!("the crate {} does not exist", entry.from))];
    };
    let used = |name: &&String| package.dependencies.iter().any(|dependency| dependency.name == **name);
    entry
        .to
        .iter()
        .filter(|name| !used(name))
        .map(|name| stale(format!("{} does not use {name}", entry.from)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::metadata::Dependency;
    use super::*;

    const MAP: &str =
        "# Map\n\n```edges\ntop -> middle, base\nmiddle -> base\nbase ->\nkit (tests only) -> base\n```\n";

    fn package(name: &str, dependencies: &[(&str, Option<Kind>)]) -> Package {
        let dependencies =
            dependencies.iter().map(|&(name, kind)| Dependency { name: name.to_owned(), kind }).collect();
        Package { name: name.to_owned(), dependencies }
    }

    fn house() -> Vec<Package> {
        vec![
            package("top", &[("middle", None), ("base", None), ("kit", Some(Kind::Dev))]),
            package("middle", &[("base", None)]),
            package("base", &[]),
            package("kit", &[("base", None)]),
        ]
    }

    fn messages(map: &str, packages: &[Package]) -> Vec<String> {
        check("MAP.md", map, packages).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_house_that_matches_its_map_is_in_order() {
        assert_eq!(messages(MAP, &house()), [""; 0]);
    }

    #[test]
    fn an_edge_not_listed_is_refused_whatever_its_kind() {
        for kind in [None, Some(Kind::Build), Some(Kind::Dev)] {
            let mut packages = house();
            packages[2] = package("base", &[("middle", kind)]);
            assert_eq!(messages(MAP, &packages), ["base uses middle, which the crate map does not allow"]);
        }
    }

    #[test]
    fn a_tests_only_crate_never_ships_even_when_listed() {
        let mut packages = house();
        packages[1] = package("middle", &[("base", None), ("kit", None)]);
        let map = MAP.replace("middle -> base", "middle -> base, kit");
        assert_eq!(messages(&map, &packages), ["middle uses kit, which the crate map does not allow"]);
    }

    #[test]
    fn a_listed_edge_that_is_gone_is_named_with_its_line() {
        let mut packages = house();
        packages[1] = package("middle", &[]);
        let findings = check("MAP.md", MAP, &packages);
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].line, findings[0].message.as_str()), (5, "middle does not use base"));
    }

    #[test]
    fn crates_missing_on_either_side_are_named() {
        let mut packages = house();
        packages.push(package("attic", &[]));
        let map = MAP.replace("base ->\n", "base ->\ncellar ->\n");
        assert_eq!(
            messages(&map, &packages),
            ["the crate attic is not in the map", "the crate cellar does not exist"]
        );
    }

    #[test]
    fn a_line_that_is_no_edge_is_pointed_at() {
        let map = MAP.replace("base ->\n", "base ->\nwhat is this\ntop -> two words\n");
        let findings = check("MAP.md", &map, &house());
        assert_eq!(findings.iter().map(|finding| finding.line).collect::<Vec<_>>(), [7, 8]);
    }

    #[test]
    fn a_page_without_a_map_is_one_finding() {
        assert_eq!(messages("# Nothing here\n", &house()), ["there is no ```edges block"]);
    }
}
