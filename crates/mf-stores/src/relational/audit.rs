//! The audit log: written in the transaction of what it tells, never changed afterwards.

use mf_domain::audit::{Entry, GENESIS};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect};

use super::entities::{audit_heads, audit_log};
use super::{Engine, Page, StoreError, Topic, Tx, rows};

#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Looked for in action, subject and content.
    pub search: Option<String>,
    pub actor: Option<String>,
    pub action: Option<String>,
    pub subject: Option<String>,
    pub from: Option<i64>,
    pub to: Option<i64>,
}

impl Tx {
    /// Appends an entry: gives it its place in the chain and its hash. `seq`, `prev_hash` and
    /// `tenant` of what comes in are set here.
    pub async fn append_audit(&mut self, mut entry: Entry) -> Result<(), StoreError> {
        let (seq, head) = self.audit_head().await?;
        entry.tenant = self.tenant().to_string();
        entry.seq = seq + 1;
        entry.prev_hash = head;
        let hash = entry.hash();
        let values = [
            (audit_heads::Column::Seq, Expr::value(entry.seq)),
            (audit_heads::Column::Hash, Expr::value(hash.clone())),
        ];
        self.update::<audit_heads::Entity>(values, Condition::all()).await?;
        let id = entry.id.clone();
        self.insert::<audit_log::Entity>(to_row(entry, hash)).await?;
        self.announce(Topic::Audit, Some(&id));
        Ok(())
    }

    /// The chain's end, locked until this transaction is over, so that entries queue up one by one.
    async fn audit_head(&self) -> Result<(i64, String), StoreError> {
        let mut select = self.find::<audit_heads::Entity>();
        if self.engine() == Engine::Postgres {
            select = select.lock(LockType::Update);
        }
        if let Some(row) = self.one(select.clone()).await? {
            return Ok((row.seq, row.hash));
        }
        // The very first entry. Another one may be the first at the same moment: whoever comes
        // second waits here for the other to commit, and then finds its row.
        let first =
            audit_heads::Model { tenant_id: self.tenant().to_string(), seq: 0, hash: GENESIS.to_owned() };
        self.insert_if_absent::<audit_heads::Entity>(first).await?;
        let row = self.one(select).await?;
        row.map(|row| (row.seq, row.hash))
            .ok_or_else(|| StoreError::Other("the audit chain has no head".into()))
    }

    /// Where the chain ends, for a verifier.
    pub async fn audit_end(&self) -> Result<(i64, String), StoreError> {
        let row = self.one(self.find::<audit_heads::Entity>()).await?;
        Ok(row.map_or((0, GENESIS.to_owned()), |row| (row.seq, row.hash)))
    }

    /// Newest first. The cursor is a sequence number.
    pub async fn audit_entries(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Page<rows::AuditEntry>, StoreError> {
        let mut select = self
            .find::<audit_log::Entity>()
            .filter(condition(filter))
            .order_by_desc(audit_log::Column::Seq)
            .limit(limit + 1);
        if let Some(before) = before {
            select = select.filter(audit_log::Column::Seq.lt(before));
        }
        Ok(Page::cut(self.all(select).await?, limit, |row| row.seq.to_string()))
    }

    /// Oldest first, for walking the whole chain.
    pub async fn audit_chain(&self, after: i64, limit: u64) -> Result<Vec<(Entry, String)>, StoreError> {
        let select = self
            .find::<audit_log::Entity>()
            .filter(audit_log::Column::Seq.gt(after))
            .order_by_asc(audit_log::Column::Seq)
            .limit(limit);
        Ok(self.all(select).await?.into_iter().map(from_row).collect())
    }

    /// Has this person ever done anything here?
    pub async fn has_acted(&self, user: &str) -> Result<bool, StoreError> {
        let select = self.find::<audit_log::Entity>().filter(audit_log::Column::ActorId.eq(user)).limit(1);
        Ok(self.one(select).await?.is_some())
    }

    pub async fn audit_entry(&self, id: &str) -> Result<Option<rows::AuditEntry>, StoreError> {
        self.one(self.find::<audit_log::Entity>().filter(audit_log::Column::Id.eq(id))).await
    }
}

fn condition(filter: &AuditFilter) -> Condition {
    use audit_log::Column as C;
    let mut all = Condition::all();
    if let Some(text) = &filter.search {
        let any = [C::Action, C::SubjectId, C::SubjectLabel, C::ActorId, C::Before, C::After, C::RequestId]
            .into_iter()
            .fold(Condition::any(), |any, column| any.add(super::page::contains(column, text)));
        all = all.add(any);
    }
    if let Some(actor) = &filter.actor {
        all =
            all.add(Condition::any().add(C::ActorId.eq(actor.as_str())).add(C::ActorKind.eq(actor.as_str())));
    }
    if let Some(action) = &filter.action {
        // A prefix will do: `project.` finds everything about projects.
        all = all.add(C::Action.starts_with(action.as_str()));
    }
    if let Some(subject) = &filter.subject {
        all = all.add(
            Condition::any().add(C::SubjectId.eq(subject.as_str())).add(C::SubjectKind.eq(subject.as_str())),
        );
    }
    if let Some(from) = filter.from {
        all = all.add(C::At.gte(from));
    }
    if let Some(to) = filter.to {
        all = all.add(C::At.lt(to));
    }
    all
}

fn to_row(entry: Entry, hash: String) -> rows::AuditEntry {
    rows::AuditEntry {
        tenant_id: entry.tenant,
        seq: entry.seq,
        id: entry.id,
        at: entry.at_ms,
        actor_kind: entry.actor_kind,
        actor_id: entry.actor_id,
        actor_name: entry.actor_name,
        action: entry.action,
        outcome: entry.outcome,
        subject_kind: entry.subject_kind,
        subject_id: entry.subject_id,
        subject_label: entry.subject_label,
        before: entry.before,
        after: entry.after,
        request_id: entry.request_id,
        prev_hash: entry.prev_hash,
        hash,
    }
}

fn from_row(row: rows::AuditEntry) -> (Entry, String) {
    let entry = Entry {
        tenant: row.tenant_id,
        seq: row.seq,
        id: row.id,
        at_ms: row.at,
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        actor_name: row.actor_name,
        action: row.action,
        outcome: row.outcome,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        subject_label: row.subject_label,
        before: row.before,
        after: row.after,
        request_id: row.request_id,
        prev_hash: row.prev_hash,
    };
    (entry, row.hash)
}
