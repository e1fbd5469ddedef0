//! What one source file may look like, from its name and text alone.
//!
//! Rules a formatter or linter already enforces are not repeated here. The rules look at lines,
//! not at syntax: a marker inside a string counts too, which is why this file spells its own apart.

use super::Finding;

const LONGEST: usize = 500;

/// Written by tools, never by hand; length and markers are their generator's business.
const GENERATED: [&str; 1] = ["web/src/api/schema.d.ts"];

/// Words that promise work instead of doing it.
const UNFINISHED: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("to", "do!"),
    concat!("unimpl", "emented!"),
];

const ALLOW: &str = concat!("allow", "(");
const IGNORE: &str = concat!("#[ign", "ore");
const SLOW: &str = "ignore = \"slow: ";

/// Checks one file; `name` is its path from the repository root, with forward slashes.
pub fn check(name: &str, text: &str) -> Vec<Finding> {
    if GENERATED.contains(&name) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut found = |line, rule, message: String, remedy| {
        findings.push(Finding { file: name.to_owned(), line, rule, message, remedy });
    };

    let rust = name.ends_with(".rs");
    if rust && !starts_with_module_doc(text) {
        found(
            1,
            "module-doc",
            "the file does not begin with a `//!` module doc".to_owned(),
            "say in the first lines what lives here and what deliberately does not",
        );
    }
    let length = text.lines().count();
    if length > LONGEST {
        found(
            length,
            "file-length",
            format!("{length} lines; at most {LONGEST} are read with pleasure"),
            "move one of its nouns into a file of its own",
        );
    }
    for (index, line) in text.lines().enumerate() {
        if let Some(word) = UNFINISHED.iter().find(|word| has_word(line, word)) {
            found(
                index + 1,
                "unfinished",
                format!("`{word}` marks work that is not done"),
                "do it now, or leave it out and open an issue",
            );
        }
        if rust && silences_a_lint(line) {
            found(
                index + 1,
                "silenced-lint",
                "a lint is allowed for good".to_owned(),
                "mend what it points at, or write #[expect(lint, reason = \"…\")], which ends when the need ends",
            );
        }
        if rust && line.trim_start().starts_with(IGNORE) && !line.contains(SLOW) {
            found(
                index + 1,
                "ignored-test",
                "an ignored test runs nowhere".to_owned(),
                "mend or delete it; if it is only slow, write ignore = \"slow: why\", and `make test-slow` runs it",
            );
        }
    }
    findings
}

fn starts_with_module_doc(text: &str) -> bool {
    text.lines().next().and_then(|line| line.strip_prefix("//!")).is_some_and(|doc| !doc.trim().is_empty())
}

/// Whether an attribute on this line allows a lint, directly or through `cfg_attr`.
fn silences_a_lint(line: &str) -> bool {
    let line = line.trim_start();
    (line.starts_with("#[") || line.starts_with("#![")) && has_word(line, ALLOW)
}

/// Whether `line` holds `word` with no letter, digit or underscore touching it.
fn has_word(line: &str, word: &str) -> bool {
    let part_of_a_word =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    let ends_open = !part_of_a_word(word.chars().last());
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !part_of_a_word(before) && (ends_open || !part_of_a_word(after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(name: &str, text: &str) -> Vec<(usize, &'static str)> {
        check(name, text).into_iter().map(|finding| (finding.line, finding.rule)).collect()
    }

    #[test]
    fn a_plain_documented_file_is_in_order() {
        assert_eq!(rules("crates/a/src/lib.rs", "//! What lives here.\n\nfn main() {}\n"), []);
    }

    #[test]
    fn rust_needs_a_module_doc_with_words_in_it_and_typescript_does_not() {
        assert_eq!(rules("a.rs", "fn main() {}\n"), [(1, "module-doc")]);
        assert_eq!(rules("a.rs", "//!\nfn main() {}\n"), [(1, "module-doc")]);
        assert_eq!(rules("a.rs", ""), [(1, "module-doc")]);
        assert_eq!(rules("a.ts", "export {};\n"), []);
    }

    #[test]
    fn the_last_line_allowed_is_the_five_hundredth() {
        let text = |lines: usize| "//! Long.\n".repeat(lines);
        assert_eq!(rules("a.rs", &text(500)), []);
        assert_eq!(rules("a.rs", &text(501)), [(501, "file-length")]);
        assert_eq!(rules("web/src/page.tsx", &text(501)), [(501, "file-length")]);
    }

    #[test]
    fn generated_files_are_left_alone() {
        assert_eq!(rules("web/src/api/schema.d.ts", &"// XX\n".replace("XX", UNFINISHED[2]).repeat(600)), []);
    }

    #[test]
    fn unfinished_work_is_found_as_a_whole_word_only() {
        for word in UNFINISHED {
            let open = if word.ends_with('!') { "(\"later\")" } else { ": later" };
            assert_eq!(rules("a.ts", &format!("ok\n// {word}{open}\n")), [(2, "unfinished")], "{word}");
            assert_eq!(rules("a.ts", &format!("// my{word}\n")), [], "{word}");
        }
        assert_eq!(rules("a.ts", &format!("const {}S = 1;\n", UNFINISHED[0])), []);
    }

    #[test]
    fn allowing_a_lint_is_refused_in_every_spelling() {
        for start in ["#[", "#![", "    #[", "#[cfg_attr(test, "] {
            let text = format!("//! Doc.\n{start}{ALLOW}dead_code)]\n");
            assert_eq!(rules("a.rs", &text), [(2, "silenced-lint")], "{start}");
        }
        assert_eq!(rules("a.rs", "//! Doc.\n#[expect(dead_code, reason = \"why\")]\n"), []);
        assert_eq!(rules("a.rs", &format!("//! Doc.\nself.{ALLOW}actor)\n")), []);
    }

    #[test]
    fn only_slow_tests_may_be_ignored() {
        assert_eq!(rules("a.rs", &format!("//! Doc.\n    {IGNORE}]\n")), [(2, "ignored-test")]);
        assert_eq!(rules("a.rs", &format!("//! Doc.\n{IGNORE} = \"flaky\"]\n")), [(2, "ignored-test")]);
        assert_eq!(rules("a.rs", &format!("//! Doc.\n{IGNORE} = \"slow: 200 restarts\"]\n")), []);
    }
}
