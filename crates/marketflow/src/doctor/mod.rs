//! `marketflow doctor`: looks at everything a server needs and says what to mend. Changes nothing, and
//! works beside a running server.

mod checks;

use serde::Serialize;

use crate::commands::{CommandError, Out, Verdict};
use crate::config::Config;

/// What one look found.
#[derive(Debug, Serialize)]
struct Finding {
    /// What was looked at, in a word or two.
    what: &'static str,
    ok: bool,
    found: String,
    /// What to do, when something is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Finding {
    fn good(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, ok: true, found: found.into(), remedy: None }
    }

    fn bad(what: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what, ok: false, found: found.into(), remedy: Some(remedy.into()) }
    }

    /// From an error whose words already say what to do.
    fn failed(what: &'static str, error: impl std::fmt::Display) -> Self {
        Self { what, ok: false, found: error.to_string(), remedy: None }
    }
}

pub(crate) async fn run(config: &Config, json: bool, out: Out<'_>) -> Result<Verdict, CommandError> {
    let findings = checks::all(config).await;
    let well = findings.iter().all(|finding| finding.ok);
    if json {
        writeln!(out, "{}", serde_json::json!({ "ok": well, "findings": findings }))?;
        return Ok(Verdict::fine_if(well));
    }
    for finding in &findings {
        let mark = if finding.ok { '✓' } else { '✗' };
        writeln!(out, "{mark} {:<14} {}", finding.what, finding.found)?;
        if let Some(remedy) = &finding.remedy {
            writeln!(out, "  {:<14} {remedy}", "→")?;
        }
    }
    let wrong = findings.iter().filter(|finding| !finding.ok).count();
    match wrong {
        0 => writeln!(out, "All is well.")?,
        1 => writeln!(out, "One thing needs mending.")?,
        _ => writeln!(out, "{wrong} things need mending.")?,
    }
    Ok(Verdict::fine_if(well))
}
