//! Reading the audit log, with the names of those who acted, and verifying that nobody altered it.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use mf_domain::audit::{Break, Verifier};
use mf_domain::{KeyId, Permission, RequestId, Scope, TenantId, UserId};
use mf_stores::relational::{AuditFilter, Page, Tx, rows};

use super::{Action, ActionTitle, Subject};
use crate::app::{fresh, instant, require};
use crate::{App, AppError};

/// What to look for; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Looked for in action, subject and content.
    pub search: Option<String>,
    /// An id, or a kind: `user`, `key`, `system`.
    pub actor: Option<String>,
    pub action: Option<String>,
    /// An id, or a kind such as `project`.
    pub subject: Option<String>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub struct AuditView {
    pub id: String,
    pub seq: i64,
    pub at: Timestamp,
    pub actor_kind: String,
    pub actor_id: Option<String>,
    pub actor_name: String,
    pub action: String,
    pub title: String,
    pub outcome: String,
    pub subject_kind: String,
    pub subject_id: Option<String>,
    pub subject_label: Option<String>,
    pub before: Option<serde_json::Value>,
    pub after: Option<serde_json::Value>,
    pub request_id: Option<String>,
    pub hash: String,
    pub prev_hash: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditVerdict {
    pub checked: i64,
    /// The hash the chain ends with: noted elsewhere, it proves later that nothing before it changed.
    pub head: String,
    pub broken: Option<Break>,
}

impl AuditVerdict {
    pub fn is_ok(&self) -> bool {
        self.broken.is_none()
    }
}

/// Entries read at a time when the whole log is walked.
pub(super) const PAGE: u64 = 500;

impl App {
    /// Newest first, beginning before the entry numbered `before`.
    pub async fn audit_entries(
        &self,
        scope: &Scope,
        query: AuditQuery,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Page<AuditView>, AppError> {
        require(scope, Permission::AuditRead)?;
        let filter = AuditFilter {
            search: query.search,
            actor: query.actor,
            action: query.action,
            subject: query.subject,
            from: query.from.map(Timestamp::as_millisecond),
            to: query.to.map(Timestamp::as_millisecond),
        };
        let found = self.store.read(scope).await?.audit_entries(&filter, before, limit).await?;
        let names =
            self.names_of_actors(scope, found.items.iter().filter_map(|row| row.actor_id.as_deref())).await?;
        Ok(found.map(|row| view(row, &names)))
    }

    pub async fn audit_entry(&self, scope: &Scope, id: &str) -> Result<AuditView, AppError> {
        require(scope, Permission::AuditRead)?;
        let row = self.store.read(scope).await?.audit_entry(id).await?;
        let row = row.ok_or(AppError::NotFound("audit entry"))?;
        let names = self.names_of_actors(scope, row.actor_id.as_deref()).await?;
        Ok(view(row, &names))
    }

    /// Verifies the log for somebody who asks; that they asked is an entry of its own.
    pub async fn verify_audit(&self, scope: &Scope) -> Result<AuditVerdict, AppError> {
        require(scope, Permission::AuditRead)?;
        let verdict = self.verify_audit_of(&scope.tenant).await?;
        let mut tx = self.store.write(scope).await?;
        let after =
            serde_json::json!({ "ok": verdict.is_ok(), "checked": verdict.checked, "head": verdict.head });
        self.audit(&mut tx, scope, Action::AuditVerified, Subject::of_kind("audit"), None, Some(after))
            .await?;
        tx.commit().await?;
        Ok(verdict)
    }

    /// Walks the whole log of a workspace, as it is at one moment.
    pub async fn verify_audit_of(&self, tenant: &TenantId) -> Result<AuditVerdict, AppError> {
        let scope = Scope::system(tenant.clone(), "audit", fresh!(self, RequestId));
        let tx = self.store.read(&scope).await?;
        let (end, head) = tx.audit_end().await?;
        let mut verifier = Verifier::default();
        let broken = match walk(&tx, &mut verifier).await? {
            Ok(()) => verifier.finish(end, &head).err(),
            Err(broken) => Some(broken),
        };
        Ok(AuditVerdict { checked: verifier.checked(), head: verifier.head().to_owned(), broken })
    }

    /// The names of people and keys, also of those who left. Whose name nobody knows any more keeps
    /// its id.
    pub(crate) async fn names_of_actors<'a>(
        &self,
        scope: &Scope,
        ids: impl IntoIterator<Item = &'a str>,
    ) -> Result<HashMap<String, String>, AppError> {
        let (keys, others): (BTreeSet<&str>, BTreeSet<&str>) = ids.into_iter().partition(|id| is_key(id));
        let people: Vec<String> =
            others.into_iter().filter(|id| is_person(id)).map(ToOwned::to_owned).collect();
        let mut names = match people.is_empty() {
            true => HashMap::new(),
            false => self.store.system_read().await?.names_of(&people).await?,
        };
        if !keys.is_empty() {
            let tx = self.store.read(scope).await?;
            for id in keys {
                if let Some(key) = tx.api_key(id).await? {
                    names.insert(id.to_owned(), key.name);
                }
            }
        }
        Ok(names)
    }
}

fn is_key(id: &str) -> bool {
    id.parse::<KeyId>().is_ok()
}

fn is_person(id: &str) -> bool {
    id.parse::<UserId>().is_ok()
}

async fn walk(tx: &Tx, verifier: &mut Verifier) -> Result<Result<(), Break>, AppError> {
    let mut after = 0;
    loop {
        let entries = tx.audit_chain(after, PAGE).await?;
        let Some((last, _)) = entries.last() else { return Ok(Ok(())) };
        after = last.seq;
        for (entry, hash) in &entries {
            if let Err(broken) = verifier.check(entry, hash) {
                return Ok(Err(broken));
            }
        }
    }
}

/// Who acted, as people call them.
pub(super) fn actor_name(id: Option<&str>, stored: &str, names: &HashMap<String, String>) -> String {
    match id {
        Some(id) => names.get(id).map_or(id, String::as_str).to_owned(),
        None => stored.to_owned(),
    }
}

fn view(row: rows::AuditEntry, names: &HashMap<String, String>) -> AuditView {
    // What cannot be read as JSON is shown as the text it is: this is the place to see tampering.
    let content = |text: Option<String>| text.map(|text| serde_json::from_str(&text).unwrap_or(text.into()));
    AuditView {
        actor_name: actor_name(row.actor_id.as_deref(), &row.actor_name, names),
        title: ActionTitle::of(&row.action),
        id: row.id,
        seq: row.seq,
        at: instant(row.at),
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        action: row.action,
        outcome: row.outcome,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        subject_label: row.subject_label,
        before: content(row.before),
        after: content(row.after),
        request_id: row.request_id,
        hash: row.hash,
        prev_hash: row.prev_hash,
    }
}
