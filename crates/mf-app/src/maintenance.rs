//! The product's own chores: checking the audit log at night, letting requests expire, and clearing
//! away what has lapsed. Their schedules come with every workspace and with the installation.

use async_trait::async_trait;
use futures::TryStreamExt;
use jiff::Timestamp;
use mf_domain::TenantId;
use mf_stores::blobs::BlobPrefix;
use mf_stores::relational::{StoreError, SystemTx, rows};
use serde_json::json;

use crate::app::{DAY_MS, HOUR_MS};
use crate::audit::EXPORTS;
use crate::worker::{FILES_KEPT, JobError, JobHandler, JobRun, Recurring};
use crate::{App, AppError};

const VERIFY: &str = "audit.verify";
const EXPIRE: &str = "approvals.expire";
const HOUSEKEEPING: &str = "housekeeping";

/// In the workspace's own night.
const OF_A_WORKSPACE: &[Recurring] = &[Recurring { kind: VERIFY, cron: "20 3 * * *" }];

const OF_THE_INSTALLATION: &[Recurring] = &[
    Recurring { kind: VERIFY, cron: "20 3 * * *" },
    Recurring { kind: EXPIRE, cron: "*/5 * * * *" },
    Recurring { kind: HOUSEKEEPING, cron: "40 * * * *" },
];

const ANSWERS_KEPT_MS: i64 = 24 * HOUR_MS;
const ATTEMPTS_KEPT_MS: i64 = 24 * HOUR_MS;
/// Where somebody has not signed in from for so long is a strange place again.
const NETWORKS_KEPT_MS: i64 = 90 * DAY_MS;
const JOBS_KEPT_MS: i64 = 30 * DAY_MS;

impl App {
    /// Puts every built-in schedule in place. Run at start and every hour; does nothing where all is
    /// as it should be.
    pub async fn ensure_schedules(&self) -> Result<(), StoreError> {
        let tx = self.store.system_write().await?;
        for recurring in OF_THE_INSTALLATION {
            self.put_schedule(&tx, TenantId::installation().as_str(), "UTC", *recurring).await?;
        }
        for tenant in tx.tenants().await? {
            self.put_tenant_schedules(&tx, &tenant).await?;
        }
        tx.commit().await
    }

    /// A workspace's own schedules, on its own clock: for a new one, and when its time zone changes.
    pub(crate) async fn put_tenant_schedules(
        &self,
        tx: &SystemTx,
        tenant: &rows::Tenant,
    ) -> Result<(), StoreError> {
        for recurring in OF_A_WORKSPACE {
            self.put_schedule(tx, &tenant.tenant_id, &tenant.time_zone, *recurring).await?;
        }
        Ok(())
    }

    /// Deletes the exports that nobody can download any more. Answers how many.
    async fn clear_old_exports(&self) -> Result<usize, AppError> {
        let oldest = self.now() - FILES_KEPT;
        let mut cleared = 0;
        let tenants = self.store.system_read().await?.tenants().await?;
        for tenant in tenants {
            let id: TenantId = tenant.tenant_id.parse().map_err(AppError::internal)?;
            cleared += self.delete_exports(&id, Some(oldest)).await?;
        }
        Ok(cleared)
    }

    /// Deletes a workspace's exports: those from before an instant, or all.
    pub(crate) async fn delete_exports(
        &self,
        tenant: &TenantId,
        before: Option<Timestamp>,
    ) -> Result<usize, AppError> {
        let prefix = BlobPrefix::kind(tenant, EXPORTS).map_err(AppError::internal)?;
        let mut found = self.blobs.list(&prefix);
        let mut deleted = 0;
        while let Some(blob) = found.try_next().await? {
            if before.is_none_or(|before| blob.modified_at < before) {
                self.blobs.delete(&blob.key).await?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }
}

pub(crate) struct VerifyAudit;

#[async_trait]
impl JobHandler for VerifyAudit {
    fn kind(&self) -> &'static str {
        VERIFY
    }

    fn title(&self) -> &'static str {
        "Verify the audit log"
    }

    /// A broken log is a permanent failure: it stays among the dead letters until somebody looks.
    async fn run(&self, app: &App, run: &mut JobRun) -> Result<(), JobError> {
        let scope = run.scope().clone();
        let verdict = app.verify_audit_of(&scope.tenant).await?;
        match verdict.broken {
            Some(broken) => Err(JobError::permanent(format!(
                "the audit log is broken at entry {} ({}): {}; compare it with a backup or an export",
                broken.seq, broken.id, broken.why
            ))),
            None => {
                let tx = app.store.write(&scope).await?;
                let result = json!({ "checked": verdict.checked, "head": verdict.head });
                Ok(run.finish(tx, Some(result)).await?)
            }
        }
    }
}

pub(crate) struct ExpireApprovals;

#[async_trait]
impl JobHandler for ExpireApprovals {
    fn kind(&self) -> &'static str {
        EXPIRE
    }

    fn title(&self) -> &'static str {
        "Let old requests expire"
    }

    /// Each request expires in a transaction of its own, and only while it waits: running this twice
    /// changes nothing more.
    async fn run(&self, app: &App, run: &mut JobRun) -> Result<(), JobError> {
        let expired = app.expire_approvals().await?;
        let tx = app.store.write(run.scope()).await?;
        Ok(run.finish(tx, Some(json!({ "expired": expired }))).await?)
    }
}

pub(crate) struct Housekeeping;

#[async_trait]
impl JobHandler for Housekeeping {
    fn kind(&self) -> &'static str {
        HOUSEKEEPING
    }

    fn title(&self) -> &'static str {
        "Clear away what has lapsed"
    }

    async fn run(&self, app: &App, run: &mut JobRun) -> Result<(), JobError> {
        app.ensure_schedules().await?;
        let exports = app.clear_old_exports().await?;
        let now = app.now_ms();
        let idle_before = now - app.settings.session_idle_hours * HOUR_MS;
        let tx = app.store.system_write().await?;
        let sessions = tx.purge_expired_sessions(now, idle_before).await?;
        let links = tx.purge_lapsed_links(now, now - ATTEMPTS_KEPT_MS, now - NETWORKS_KEPT_MS).await?;
        let answers = tx.purge_answers(now - ANSWERS_KEPT_MS).await?;
        let jobs = tx.purge_finished_jobs(now - JOBS_KEPT_MS).await?;
        let tx = tx.enter(&run.scope().tenant).await?;
        let result = json!({
            "sessions": sessions, "links": links, "answers": answers, "jobs": jobs, "exports": exports,
        });
        Ok(run.finish(tx, Some(result)).await?)
    }
}
