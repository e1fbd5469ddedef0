//! Exporting the audit log as a file: a job streams it, oldest entry first, without ever holding it in
//! memory. Spreadsheets run what looks like a formula, so no cell of a CSV begins like one.

use std::collections::HashMap;
use std::str::FromStr;

use async_trait::async_trait;
use jiff::Timestamp;
use mf_domain::audit::Entry;
use mf_domain::{Permission, Scope};
use mf_stores::blobs::BlobKey;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncWriteExt, DuplexStream};

use super::read::{PAGE, actor_name};
use super::{Action, ActionTitle, Subject};
use crate::app::{instant, require};
use crate::worker::{JobError, JobHandler, JobRun, JobView};
use crate::{App, AppError};

/// Which of a workspace's blobs are exports.
pub(crate) const EXPORTS: &str = "exports";
const EXPORT: &str = "audit.export";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    Csv,
    Ndjson,
}

impl ExportFormat {
    pub fn id(self) -> &'static str {
        match self {
            ExportFormat::Csv => "csv",
            ExportFormat::Ndjson => "ndjson",
        }
    }
}

impl FromStr for ExportFormat {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = [ExportFormat::Csv, ExportFormat::Ndjson];
        known.into_iter().find(|format| format.id() == text).ok_or_else(|| "use csv or ndjson".to_owned())
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    format: ExportFormat,
    from: Option<i64>,
    to: Option<i64>,
}

impl Payload {
    fn wants(&self, entry: &Entry) -> bool {
        self.from.is_none_or(|from| entry.at_ms >= from) && self.to.is_none_or(|to| entry.at_ms < to)
    }
}

impl App {
    /// Starts an export; the job's result holds the link.
    pub async fn export_audit(
        &self,
        scope: &Scope,
        format: ExportFormat,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<JobView, AppError> {
        require(scope, Permission::AuditExport)?;
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err(AppError::invalid(
                "to",
                "It is not after the beginning.",
                "Choose a later end, or leave it out.",
            ));
        }
        let range = (from.map(Timestamp::as_millisecond), to.map(Timestamp::as_millisecond));
        let mut tx = self.store.write(scope).await?;
        let payload = json!(Payload { format, from: range.0, to: range.1 });
        let id = self.enqueue(&mut tx, scope, EXPORT, payload, None).await?;
        let after = json!({ "format": format.id(), "from": from, "to": to, "job": id });
        self.audit(&mut tx, scope, Action::AuditExportAsked, Subject::of_kind("audit"), None, Some(after))
            .await?;
        let row = tx.job(id.as_str()).await?.ok_or(AppError::NotFound("job"))?;
        tx.commit().await?;
        self.wake_workers();
        self.job_view(scope, row).await
    }
}

pub(crate) struct ExportAudit;

#[async_trait]
impl JobHandler for ExportAudit {
    fn kind(&self) -> &'static str {
        EXPORT
    }

    fn title(&self) -> &'static str {
        "Export the audit log"
    }

    fn result_needs(&self) -> Option<Permission> {
        Some(Permission::AuditExport)
    }

    async fn run(&self, app: &App, run: &mut JobRun) -> Result<(), JobError> {
        let payload: Payload = run.payload()?;
        let scope = run.scope().clone();
        let name = format!("audit-{}.{}", run.job().id, payload.format.id());
        let key = BlobKey::new(&scope.tenant, EXPORTS, &name).map_err(AppError::internal)?;

        // One end is written while the other is stored, so memory holds a page and no more. The first
        // failure drops the other side before it can take what came so far for a whole file.
        let (writer, reader) = tokio::io::duplex(64 * 1024);
        let store = async { Ok(app.blobs.put_from(&key, reader).await.map_err(AppError::from)?) };
        let (written, _) = tokio::try_join!(write(app, run, &payload, writer), store)?;

        let mut tx = app.store.write(&scope).await?;
        let facts = json!({ "rows": written.rows, "sha256": written.sha256, "format": payload.format.id() });
        app.audit(&mut tx, &scope, Action::AuditExported, Subject::of_kind("audit"), None, Some(facts))
            .await?;
        let result = json!({ "blob": key.to_string(), "rows": written.rows, "sha256": written.sha256 });
        Ok(run.finish(tx, Some(result)).await?)
    }
}

struct Written {
    rows: u64,
    sha256: String,
}

async fn write(
    app: &App,
    run: &JobRun,
    payload: &Payload,
    mut out: DuplexStream,
) -> Result<Written, JobError> {
    let scope = run.scope();
    let tx = app.store.read(scope).await?;
    let (end, _) = tx.audit_end().await?;
    let mut digest = Sha256::new();
    let mut rows = 0;
    let mut piece = header(payload.format);
    let mut after = 0;
    loop {
        digest.update(&piece);
        // Fails when the storing end gave up; its own error tells why.
        out.write_all(&piece).await.map_err(|_| JobError::transient("the export could not be stored"))?;
        let entries = tx.audit_chain(after, PAGE).await?;
        let Some((last, _)) = entries.last() else { break };
        after = last.seq;
        let names = app
            .names_of_actors(scope, entries.iter().filter_map(|(entry, _)| entry.actor_id.as_deref()))
            .await?;
        piece = Vec::new();
        for (entry, hash) in entries.iter().filter(|(entry, _)| payload.wants(entry)) {
            write_entry(&mut piece, payload.format, entry, hash, &names)?;
            rows += 1;
        }
        let share = after as f64 / end.max(1) as f64;
        run.progress(share.min(0.99), &format!("{rows} entries written")).await?;
    }
    out.shutdown().await.map_err(|_| JobError::transient("the export could not be stored"))?;
    Ok(Written { rows, sha256: hex::encode(digest.finalize()) })
}

const COLUMNS: [&str; 17] = [
    "seq",
    "at",
    "id",
    "actor_kind",
    "actor_id",
    "actor_name",
    "action",
    "title",
    "outcome",
    "subject_kind",
    "subject_id",
    "subject_label",
    "before",
    "after",
    "request_id",
    "prev_hash",
    "hash",
];

fn header(format: ExportFormat) -> Vec<u8> {
    match format {
        ExportFormat::Csv => format!("{}\r\n", COLUMNS.join(",")).into_bytes(),
        ExportFormat::Ndjson => Vec::new(),
    }
}

fn write_entry(
    out: &mut Vec<u8>,
    format: ExportFormat,
    entry: &Entry,
    hash: &str,
    names: &HashMap<String, String>,
) -> Result<(), AppError> {
    let cells = cells(entry, hash, names);
    match format {
        ExportFormat::Csv => {
            let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
            csv.write_record(cells.iter().map(|cell| harmless(cell.as_deref().unwrap_or_default())))
                .and_then(|()| Ok(csv.flush()?))
                .map_err(AppError::internal)
        }
        ExportFormat::Ndjson => {
            let object: serde_json::Map<String, serde_json::Value> = COLUMNS
                .iter()
                .zip(cells)
                .map(|(column, cell)| ((*column).to_owned(), typed(column, cell)))
                .collect();
            serde_json::to_writer(&mut *out, &object).map_err(AppError::internal)?;
            out.push(b'\n');
            Ok(())
        }
    }
}

fn cells(entry: &Entry, hash: &str, names: &HashMap<String, String>) -> [Option<String>; 17] {
    let some = |text: &str| Some(text.to_owned());
    [
        Some(entry.seq.to_string()),
        Some(instant(entry.at_ms).to_string()),
        some(&entry.id),
        some(&entry.actor_kind),
        entry.actor_id.clone(),
        Some(actor_name(entry.actor_id.as_deref(), &entry.actor_name, names)),
        some(&entry.action),
        Some(ActionTitle::of(&entry.action)),
        some(&entry.outcome),
        some(&entry.subject_kind),
        entry.subject_id.clone(),
        entry.subject_label.clone(),
        entry.before.clone(),
        entry.after.clone(),
        entry.request_id.clone(),
        some(&entry.prev_hash),
        some(hash),
    ]
}

/// In NDJSON the number is a number; `before` and `after` stay the texts that were hashed.
fn typed(column: &str, cell: Option<String>) -> serde_json::Value {
    match (column, cell) {
        ("seq", Some(text)) => text.parse::<i64>().map_or(text.into(), Into::into),
        (_, cell) => cell.into(),
    }
}

/// A cell that no spreadsheet takes for a formula. A leading quote makes it text; spreadsheets skip
/// spaces before a formula, and some read the full-width signs as well.
fn harmless(cell: &str) -> String {
    let first = cell.trim_start_matches([' ', '\u{a0}', '\u{3000}']).chars().next();
    match first {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            format!("'{cell}")
        }
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn no_cell_begins_like_a_formula() {
        for bad in [
            "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "＋1", "－1", "＠x",
            "\u{a0}=1",
        ] {
            assert_eq!(harmless(bad), format!("'{bad}"));
        }
        for good in ["", "plain", "a=b", "{\"a\":-1}", "'quoted", "3"] {
            assert_eq!(harmless(good), good);
        }
    }
}
