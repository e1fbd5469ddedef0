//! Marketflow, put together: the only crate that knows which engines there are, that reads the
//! machine's clock and randomness, and that has a command line. As a library, so that tests and
//! benchmarks can start the product the way people do.
//!
//! Not here: what the product does (`mf-app`) and how it answers over HTTP (`mf-api`).

pub mod backup;
pub mod bench;
pub mod cli;
pub mod config;
pub mod data_dir;
pub mod demo;
pub mod doctor;
pub mod installation;
pub mod serve;

mod commands;
mod machine;
mod mail;
mod telemetry;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use cli::Cli;
use commands::Verdict;

/// Something was found that needs mending, or a command could not be carried out.
const TROUBLE: u8 = 1;
/// What was asked for makes no sense: the command line or the configuration.
const MISUSE: u8 = 2;

/// The whole program: reads the command line, does what it says, answers the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // TLS has one provider; whoever comes second would otherwise bring another and panic.
    // An error means that it is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&format!("The system gives this process no threads: {error}."), TROUBLE),
    };
    let outcome = runtime.block_on(commands::run(cli.command, &mut io::stdout()));
    // What still runs has been asked to stop and had its time.
    runtime.shutdown_background();
    match outcome {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::Trouble) => ExitCode::from(TROUBLE),
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => refuse(&error.to_string(), if error.is_misuse() { MISUSE } else { TROUBLE }),
    }
}

fn refuse(why: &str, code: u8) -> ExitCode {
    // When even the error output is closed there is nobody left to tell.
    let _ = writeln!(io::stderr(), "{why}");
    ExitCode::from(code)
}
