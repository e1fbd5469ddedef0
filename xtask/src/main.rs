//! Chores of this repository, run as `cargo xtask <task>`.
//!
//! Only `tidy` lives here: the house rules no other tool checks. Building, testing and starting
//! engines are shell scripts (`scripts/`), because they drive other programs.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what a task runner does")]

mod tidy;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str =
    "usage: cargo xtask tidy    check crate edges, module docs, file length and forbidden markers";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tidy"] => run_tidy(),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run_tidy() -> ExitCode {
    match tidy::check(repository_root()) {
        Err(error) => {
            eprintln!("tidy could not look: {error}");
            ExitCode::from(2)
        }
        Ok(report) if report.findings.is_empty() => {
            println!("tidy: {} files and {} crates are in order", report.files, report.crates);
            ExitCode::SUCCESS
        }
        Ok(report) => {
            for finding in &report.findings {
                eprintln!("{finding}\n");
            }
            eprintln!(
                "tidy: {} to mend in {} files and {} crates",
                report.findings.len(),
                report.files,
                report.crates
            );
            ExitCode::FAILURE
        }
    }
}

/// The folder above this crate, fixed at compile time: the task works from any subfolder.
fn repository_root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}
