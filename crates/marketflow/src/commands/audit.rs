//! `marketflow audit verify`: walks the log of every workspace.

use mf_app::{App, AuditVerdict};
use mf_domain::TenantId;
use serde::Serialize;

use super::{CommandError, Out, Verdict, open_existing};
use crate::config::Config;

/// One workspace's log.
#[derive(Debug, Serialize)]
pub(crate) struct Checked {
    pub workspace: String,
    pub name: String,
    pub ok: bool,
    pub checked: i64,
    /// The hash the chain ends with: noted elsewhere, it proves later that nothing before it changed.
    pub head: String,
    pub broken: Option<Broken>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Broken {
    pub seq: i64,
    pub id: String,
    pub why: &'static str,
}

pub(super) async fn verify(config: &Config, json: bool, out: Out<'_>) -> Result<Verdict, CommandError> {
    let installation = open_existing(config).await?;
    let logs = check_all(&installation.app).await;
    installation.close().await;
    let logs = logs?;
    if json {
        writeln!(out, "{}", serde_json::json!({ "logs": logs }))?;
    } else {
        logs.iter().try_for_each(|log| writeln!(out, "{}", line(log)))?;
    }
    Ok(Verdict::fine_if(logs.iter().all(|log| log.ok)))
}

/// Every workspace, and the installation's own log.
pub(crate) async fn check_all(app: &App) -> Result<Vec<Checked>, CommandError> {
    let tenants = app.store.system_read().await?.tenants().await?;
    let mut logs = Vec::with_capacity(tenants.len() + 1);
    for tenant in tenants {
        let id: TenantId = tenant.tenant_id.parse().map_err(|_| {
            CommandError::Refused(format!(
                "The workspace {:?} has a damaged id; restore a backup.",
                tenant.tenant_id
            ))
        })?;
        let verdict = app.verify_audit_of(&id).await?;
        logs.push(checked(id.to_string(), tenant.name, verdict));
    }
    let own = TenantId::installation();
    let verdict = app.verify_audit_of(&own).await?;
    if verdict.checked > 0 || !verdict.is_ok() {
        logs.push(checked(own.to_string(), "the installation".to_owned(), verdict));
    }
    Ok(logs)
}

fn checked(workspace: String, name: String, verdict: AuditVerdict) -> Checked {
    Checked {
        workspace,
        name,
        ok: verdict.is_ok(),
        checked: verdict.checked,
        head: verdict.head,
        broken: verdict.broken.map(|it| Broken { seq: it.seq, id: it.id, why: it.why }),
    }
}

pub(crate) fn line(log: &Checked) -> String {
    match &log.broken {
        None => {
            format!("✓ {} ({}): {} entries, ends with {}", log.name, log.workspace, log.checked, log.head)
        }
        Some(broken) => format!(
            "✗ {} ({}): broken at entry {} {}: {}. Everything before it is proven; compare with a backup to see what \
             was changed.",
            log.name, log.workspace, broken.seq, broken.id, broken.why
        ),
    }
}
