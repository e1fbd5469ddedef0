//! `marketflow bench`: how fast is this version on this machine? One JSON line a case.
//!
//! Times alone say little, since machines differ: each case is also given as a ratio to a calibration
//! loop on the same machine in the same minute, and that ratio is what is compared with a baseline.

mod client;
mod jobs;
mod load;
mod measured;
mod postgres;
mod server;
mod start;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use mf_app::AppError;

use crate::cli::BenchArgs;
use crate::commands::{Out, Verdict};
use crate::installation::OpenError;

use measured::{Line, Measured};

/// Where the repository keeps its baseline.
const BASELINE: &str = "bench/baseline.jsonl";
const CALIBRATION: &str = "calibration";

#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error("There is no case {given:?}. The cases are: {}.", CASES.join(", "))]
    NoSuchCase { given: String },
    #[error("{} cannot be used: {why}.", path.display())]
    File { path: PathBuf, why: String },
    #[error("The server under test failed: {0}")]
    Server(String),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("The product refused: {0}.")]
    App(#[from] AppError),
    #[error("PostgreSQL at MARKETFLOW_TEST_POSTGRES failed: {0}.")]
    Postgres(#[from] sqlx::Error),
    #[error("The system refused: {0}.")]
    System(#[from] io::Error),
}

const CASES: &[&str] =
    &[CALIBRATION, "cold_start", "me", "projects_create", "jobs", "jobs_postgres", "argon2"];

pub(crate) async fn run(args: &BenchArgs, out: Out<'_>) -> Result<Verdict, BenchError> {
    let chosen = chosen(&args.cases)?;
    let baseline = read_baseline(args.baseline.as_deref())?;
    let calibration = measured::calibrate();
    let mut lines = Vec::new();
    for case in chosen {
        let Some(measured) = measure(case, &calibration).await? else {
            say(args, &format!("{case}: skipped, MARKETFLOW_TEST_POSTGRES is not set"));
            continue;
        };
        let line = measured.against(&calibration, baseline.get(case));
        say(args, &line.for_people());
        let text = line.json();
        writeln!(out, "{text}")?;
        lines.push(text);
    }
    if let Some(path) = &args.save {
        std::fs::write(path, lines.join("\n") + "\n")
            .map_err(|error| BenchError::File { path: path.clone(), why: error.to_string() })?;
    }
    Ok(Verdict::Fine)
}

async fn measure(case: &str, calibration: &Measured) -> Result<Option<Measured>, BenchError> {
    Ok(Some(match case {
        "cold_start" => start::cold().await?,
        "me" => load::me().await?,
        "projects_create" => load::projects_create().await?,
        "argon2" => load::sign_in().await?,
        "jobs" => jobs::sqlite().await?,
        "jobs_postgres" => return jobs::postgres().await,
        _ => calibration.clone(),
    }))
}

fn chosen(asked: &[String]) -> Result<Vec<&'static str>, BenchError> {
    if asked.is_empty() {
        return Ok(CASES.to_vec());
    }
    let find = |given: &String| CASES.iter().copied().find(|case| case == given);
    asked
        .iter()
        .map(|given| find(given).ok_or_else(|| BenchError::NoSuchCase { given: given.clone() }))
        .collect()
}

/// The named file must be there; the usual one may be.
fn read_baseline(named: Option<&Path>) -> Result<BTreeMap<String, Line>, BenchError> {
    let path = named.unwrap_or(Path::new(BASELINE));
    let failed = |why: String| BenchError::File { path: path.to_owned(), why };
    let text = match std::fs::read_to_string(path) {
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => {
            return Ok(BTreeMap::new());
        }
        text => text.map_err(|error| failed(error.to_string()))?,
    };
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let line: Line = serde_json::from_str(line).map_err(|error| failed(error.to_string()))?;
            Ok((line.case.clone(), line))
        })
        .collect()
}

/// For people, beside the lines for programs.
fn say(args: &BenchArgs, text: &str) {
    if !args.json {
        // Nobody to read it is no reason to stop measuring.
        let _ = io::Write::write_all(&mut io::stderr(), format!("{text}\n").as_bytes());
    }
}
