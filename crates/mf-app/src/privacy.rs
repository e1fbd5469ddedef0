//! Erasing data for good: a colleague's personal data, or a project. By default a person must agree,
//! and the request keeps the proof of what was taken away, table by table.

use jiff::Timestamp;
use mf_domain::approvals::{PRIVACY, State};
use mf_domain::text::Checks;
use mf_domain::{ErasureId, Permission, Scope, UserId};
use mf_stores::relational::{Page, PageRequest, SystemTx, Topic, Tx, rows};
use serde::{Deserialize, Serialize};

use crate::app::{fresh, instant, require};
use crate::approvals::{Ask, Guarded};
use crate::audit::{Action, Subject};
use crate::worker::{JobError, JobHandler, JobRun};
use crate::{App, AppError, DiffLine, Reason};

/// Rows taken away or emptied, by table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProofLine {
    pub table: String,
    pub rows: u64,
}

#[derive(Debug, Clone)]
pub struct ErasureView {
    pub row: rows::Erasure,
    pub requested_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub proof: Option<Vec<ProofLine>>,
}

const MEMBER: &str = "member";
const PROJECT: &str = "project";
const WAITING: &str = "waiting";
const EXECUTING: &str = "executing";
/// The label of what is gone: the request itself must not remember it.
const ERASED: &str = "(erased)";

impl App {
    pub async fn erasures(&self, scope: &Scope, page: &PageRequest) -> Result<Page<ErasureView>, AppError> {
        require(scope, Permission::PrivacyErase)?;
        let tx = self.store.read(scope).await?;
        tx.erasures(page).await?.map(view).transpose()
    }

    /// Asks for an erasure; it waits for a person unless the workspace switched that off.
    pub async fn ask_erasure(
        &self,
        scope: &Scope,
        subject_kind: &str,
        subject_id: &str,
        reason: &str,
    ) -> Result<ErasureView, AppError> {
        require(scope, Permission::PrivacyErase)?;
        let mut checks = Checks::new();
        let reason = checks.paragraph("reason", reason, 500);
        if reason.is_empty() {
            checks.fail("reason", "It is empty.", "Say why; it stays with the request as its ground.");
        }
        if ![MEMBER, PROJECT].contains(&subject_kind) {
            checks.fail("subject_kind", "That cannot be erased.", "Use member or project.");
        }
        checks.done()?;
        let mut tx = self.store.write(scope).await?;
        let label = self.erasable(&tx, scope, subject_kind, subject_id).await?;
        let waits = PRIVACY.crossed(self.threshold(&tx, &PRIVACY).await?, 0);
        let mut row = rows::Erasure {
            tenant_id: scope.tenant.to_string(),
            id: fresh!(self, ErasureId).to_string(),
            subject_kind: subject_kind.to_owned(),
            subject_id: subject_id.to_owned(),
            subject_label: label,
            reason,
            state: if waits { WAITING } else { EXECUTING }.to_owned(),
            approval_id: None,
            requested_by: scope.actor.id().unwrap_or_default().to_owned(),
            requested_at: self.now_ms(),
            finished_at: None,
            proof: None,
        };
        if waits {
            row.approval_id = Some(self.ask_approval(&mut tx, scope, request(&row)).await?.id);
        } else {
            let payload = serde_json::json!({ "erasure_id": row.id });
            self.enqueue(&mut tx, scope, ERASE, payload, Some(format!("{ERASE}:{}", row.id))).await?;
            let after = serde_json::json!({ "subject_kind": row.subject_kind, "subject": row.subject_id });
            let subject = Subject::new("erasure", &row.id, None);
            self.audit(&mut tx, scope, Action::ErasureAsked, subject, None, Some(after)).await?;
        }
        tx.add_erasure(row.clone()).await?;
        tx.announce(Topic::Privacy, Some(&row.id));
        tx.commit().await?;
        self.wake_workers();
        view(row)
    }

    /// Is it here, may it go, and is it not going already? Answers what people call it.
    async fn erasable(&self, tx: &Tx, scope: &Scope, kind: &str, id: &str) -> Result<String, AppError> {
        if tx.open_erasure_of(id).await?.is_some() {
            return Err(AppError::conflict("It is being erased already.", "Follow the open request."));
        }
        if kind == PROJECT {
            return Ok(tx.project(id).await?.ok_or(AppError::NotFound("project"))?.name);
        }
        if scope.user().is_some_and(|me| me.as_str() == id) {
            return Err(AppError::refused("You cannot erase yourself.", "Ask another admin to do it."));
        }
        if let Some(member) = tx.member(id).await? {
            return Ok(member.user.name);
        }
        // Somebody who has left, and is nowhere else: what is still known of them may go too.
        let gone = AppError::NotFound("member");
        if !tx.has_acted(id).await? {
            return Err(gone);
        }
        let system = self.store.system_read().await?;
        if !system.places_of(id).await?.is_empty() {
            return Err(gone);
        }
        Ok(system.user(id).await?.ok_or(gone)?.name)
    }

    /// Erases, in a transaction for the caller to conclude and commit. May be tried again: what is
    /// gone stays gone.
    pub(crate) async fn erase(
        &self,
        scope: &Scope,
        erasure_id: &str,
        approved: Option<&rows::Approval>,
    ) -> Result<(Tx, String), AppError> {
        let row = find(&self.store.read(scope).await?, erasure_id).await?;
        check_agreed(&row, approved)?;
        let mut tx = self.store.system_write().await?;
        let people =
            if row.subject_kind == MEMBER { erase_person(&mut tx, scope, &row).await? } else { Vec::new() };
        let mut tx = tx.enter(&scope.tenant).await?;
        tx.lock_tenant().await?;
        let outcome = self.erase_inside(&mut tx, scope, row, people).await?;
        Ok((tx, outcome))
    }

    /// What lies outside the database, or lingers in it: exports of the audit log hold names, and the
    /// write-ahead log holds what was overwritten. Housekeeping comes by again if this fails.
    pub(crate) async fn clear_after_erasure(&self, scope: &Scope) {
        if let Err(error) = self.delete_exports(&scope.tenant, None).await {
            tracing::warn!(%error, "deleting exports after an erasure");
        }
        if let Err(error) = self.store.forget_history().await {
            tracing::warn!(%error, "clearing the write-ahead log after an erasure");
        }
    }

    /// What the workspace holds, with the outcome and the proof.
    async fn erase_inside(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        mut row: rows::Erasure,
        mut proof: Vec<ProofLine>,
    ) -> Result<String, AppError> {
        let subject = Subject::new(subject_kind(&row), &row.subject_id, None);
        let action = if row.subject_kind == MEMBER {
            proof.push(line("api_keys", tx.revoke_api_keys_of(&row.subject_id, self.now_ms()).await?));
            proof.push(line("api_keys", tx.forget_key_names_of(&row.subject_id, ERASED).await?));
            let removed = tx.remove_membership(&row.subject_id).await?;
            if removed > 0 {
                crate::team::keep_an_admin(tx).await?;
            }
            proof.push(line("memberships", removed));
            tx.revoke_invitations_by(&row.subject_id, self.now_ms()).await?;
            Action::MemberErased
        } else {
            proof.push(line("projects", tx.delete_project(&row.subject_id).await?));
            tx.announce(Topic::Projects, Some(&row.subject_id));
            Action::ProjectErased
        };
        proof.push(line("idempotency", tx.forget_answers().await?));
        proof.push(line("jobs", tx.delete_finished_jobs_of(&row.subject_id).await?));
        proof.push(line("approvals", tx.forget_label_in_approvals(&row.subject_id, ERASED).await?));
        proof.push(line("erasures", tx.forget_label_in_erasures(&row.subject_id, ERASED).await?));
        row.subject_label = ERASED.to_owned();
        row.state = "done".to_owned();
        row.finished_at = Some(self.now_ms());
        row.proof = Some(serde_json::to_string(&proof).map_err(AppError::internal)?);
        tx.save_erasure(row.clone()).await?;
        tx.announce(Topic::Privacy, Some(&row.id));
        let after = serde_json::json!({ "erasure": row.id, "proof": proof });
        self.audit(tx, scope, action, subject, None, Some(after)).await?;
        let touched: u64 = proof.iter().map(|line| line.rows).sum();
        Ok(format!("Erased: {touched} rows in {} tables.", proof.iter().filter(|line| line.rows > 0).count()))
    }

    /// The request will not be carried out.
    pub(crate) async fn close_erasure(
        &self,
        tx: &mut Tx,
        erasure_id: &str,
        why: &str,
    ) -> Result<(), AppError> {
        let mut row = find(tx, erasure_id).await?;
        row.state = if why == State::Failed.id() { "failed" } else { "rejected" }.to_owned();
        row.finished_at = Some(self.now_ms());
        tx.save_erasure(row).await?;
        tx.announce(Topic::Privacy, Some(erasure_id));
        Ok(())
    }
}

pub(crate) const ERASE: &str = "privacy.erase";

/// Erases without asking, where the workspace has decided that nobody need be asked.
pub(crate) struct EraseUnasked;

#[derive(Deserialize)]
struct ErasePayload {
    erasure_id: String,
}

#[async_trait::async_trait]
impl JobHandler for EraseUnasked {
    fn kind(&self) -> &'static str {
        ERASE
    }

    fn title(&self) -> &'static str {
        "Erase data"
    }

    async fn run(&self, app: &App, run: &mut JobRun) -> Result<(), JobError> {
        let ErasePayload { erasure_id } = run.payload()?;
        let scope = run.scope().clone();
        let (tx, outcome) = app.erase(&scope, &erasure_id, None).await?;
        run.finish(tx, Some(serde_json::json!({ "outcome": outcome }))).await?;
        app.clear_after_erasure(&scope).await;
        Ok(())
    }

    async fn given_up(
        &self,
        app: &App,
        tx: &mut Tx,
        _: &Scope,
        job: &rows::Job,
        _: &str,
    ) -> Result<(), AppError> {
        let ErasePayload { erasure_id } = serde_json::from_str(&job.payload).map_err(AppError::internal)?;
        app.close_erasure(tx, &erasure_id, State::Failed.id()).await
    }
}

/// Is it still to be done, and just what was agreed to? An approval names its subject under a hash;
/// the row that it leads to must name the same one.
fn check_agreed(row: &rows::Erasure, approved: Option<&rows::Approval>) -> Result<(), AppError> {
    let open = if approved.is_some() { WAITING } else { EXECUTING };
    if row.state != open {
        return Err(AppError::conflict("This request is closed.", "Ask again."));
    }
    let same = |approval: &rows::Approval| {
        approval.subject_id == row.subject_id && approval.subject_kind == subject_kind(row)
    };
    if approved.is_none_or(same) { Ok(()) } else { Err(crate::approvals::altered()) }
}

/// How the audit log and the approvals call it.
fn subject_kind(row: &rows::Erasure) -> &'static str {
    if row.subject_kind == MEMBER { "user" } else { PROJECT }
}

/// The person may belong to other workspaces too: only with the last one do their name and address go.
async fn erase_person(
    tx: &mut SystemTx,
    scope: &Scope,
    row: &rows::Erasure,
) -> Result<Vec<ProofLine>, AppError> {
    let user: UserId = row.subject_id.parse().map_err(AppError::internal)?;
    tx.announce(None, Topic::Sessions, Some(user.as_str()));
    tx.announce(Some(&scope.tenant), Topic::Users, Some(user.as_str()));
    let email = tx.user(user.as_str()).await?.map(|user| user.email).unwrap_or_default();
    let elsewhere =
        tx.places_of(user.as_str()).await?.iter().any(|place| place.tenant_id != scope.tenant.as_str());
    if elsewhere {
        let ended = tx.end_sessions_in(&scope.tenant, user.as_str()).await?;
        let forgotten = tx.forget_invited_in(&scope.tenant, &email, &user).await?;
        return Ok(vec![line("sessions", ended), line("invitations", forgotten)]);
    }
    let mut proof = vec![
        line("sessions", tx.end_sessions_of(&user, None).await?),
        line("invitations", tx.erase_invitations_of(&email, &user).await?),
    ];
    proof.extend(tx.erase_user(&user).await?.into_iter().map(|(table, rows)| line(table, rows)));
    Ok(proof)
}

fn request(row: &rows::Erasure) -> Ask {
    let what = if row.subject_kind == MEMBER { "a member's personal data" } else { "a project" };
    let text = Some("text".to_owned());
    Ask {
        action: Guarded::Erase { erasure_id: row.id.clone() },
        title: format!("Erase {what}"),
        subject: Subject::new(subject_kind(row), &row.subject_id, Some(&row.subject_label)),
        diff: vec![
            DiffLine {
                field: row.subject_kind.clone(),
                label: if row.subject_kind == MEMBER { "Person" } else { "Project" }.to_owned(),
                before: row.subject_label.clone().into(),
                after: serde_json::Value::Null,
                unit: text.clone(),
            },
            DiffLine {
                field: "reason".to_owned(),
                label: "Reason given".to_owned(),
                before: serde_json::Value::Null,
                after: row.reason.clone().into(),
                unit: text,
            },
        ],
        reasons: vec![Reason::crossed(&PRIVACY, "always ask", "erasing cannot be undone")],
        needs: Permission::ApprovalsDecide,
    }
}

async fn find(tx: &Tx, id: &str) -> Result<rows::Erasure, AppError> {
    tx.erasure(id).await?.ok_or(AppError::NotFound("erasure"))
}

fn line(table: &str, rows: u64) -> ProofLine {
    ProofLine { table: table.to_owned(), rows }
}

fn view(row: rows::Erasure) -> Result<ErasureView, AppError> {
    Ok(ErasureView {
        requested_at: instant(row.requested_at),
        finished_at: row.finished_at.map(instant),
        proof: row.proof.as_deref().map(serde_json::from_str).transpose().map_err(AppError::internal)?,
        row,
    })
}
