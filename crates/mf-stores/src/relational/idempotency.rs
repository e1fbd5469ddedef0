//! Answers kept for a repeated `Idempotency-Key`.

use mf_domain::Scope;
use mf_domain::scope::Once;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter};

use super::entities::idempotency;
use super::{StoreError, SystemTx, Tx};

/// What asking for a key found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reservation {
    /// It is ours now: do the work.
    Reserved,
    /// The same request is being worked on.
    InFlight,
    /// The same key came with another request.
    Mismatch,
    /// It was done, but the answer is gone: the process died before keeping it, or it was erased.
    Done,
    /// It was answered before; the sealed answer.
    Answered { status: u16, answer: String },
}

/// The status of what is done and not answered yet.
const DONE: i64 = 0;

impl Tx {
    /// Takes a key for a request, stamped `now`. A reservation older than `abandoned_before` belonged
    /// to a process that died before doing anything, and is taken over: should it live after all, its
    /// work is void, because its stamp no longer fits ([`mark_done`]).
    pub async fn reserve_answer(
        &self,
        actor: &str,
        key_hash: &str,
        fingerprint: &str,
        now: i64,
        abandoned_before: i64,
    ) -> Result<Reservation, StoreError> {
        let select = self
            .find::<idempotency::Entity>()
            .filter(idempotency::Column::Actor.eq(actor))
            .filter(idempotency::Column::KeyHash.eq(key_hash));
        if let Some(row) = self.one(select).await? {
            return self.found(row, fingerprint, now, abandoned_before).await;
        }
        let row = idempotency::Model {
            tenant_id: self.tenant().to_string(),
            actor: actor.to_owned(),
            key_hash: key_hash.to_owned(),
            fingerprint: fingerprint.to_owned(),
            status: None,
            answer: None,
            created_at: now,
        };
        let first = self.insert_if_absent::<idempotency::Entity>(row).await?;
        Ok(if first { Reservation::Reserved } else { Reservation::InFlight })
    }

    async fn found(
        &self,
        row: idempotency::Model,
        fingerprint: &str,
        now: i64,
        abandoned_before: i64,
    ) -> Result<Reservation, StoreError> {
        if row.fingerprint != fingerprint {
            return Ok(Reservation::Mismatch);
        }
        match (row.status, row.answer) {
            (Some(status), Some(answer)) => {
                return Ok(Reservation::Answered { status: u16::try_from(status).unwrap_or(500), answer });
            }
            // Done a moment ago: its answer is on the way.
            (Some(DONE), None) if row.created_at >= abandoned_before => return Ok(Reservation::InFlight),
            (Some(_), None) => return Ok(Reservation::Done),
            (None, _) => {}
        }
        let ours = key(&row.actor, &row.key_hash).add(idempotency::Column::CreatedAt.lt(abandoned_before));
        let taken = self
            .update::<idempotency::Entity>([(idempotency::Column::CreatedAt, Expr::value(now))], ours)
            .await?;
        Ok(if taken == 1 { Reservation::Reserved } else { Reservation::InFlight })
    }

    pub async fn keep_answer(
        &self,
        actor: &str,
        key_hash: &str,
        status: u16,
        answer: &str,
    ) -> Result<(), StoreError> {
        let values = [
            (idempotency::Column::Status, Expr::value(i64::from(status))),
            (idempotency::Column::Answer, Expr::value(answer)),
        ];
        self.update::<idempotency::Entity>(values, key(actor, key_hash)).await?;
        Ok(())
    }

    /// Forgets every answer given, because one of them may mention what is being erased; that it was
    /// done stays known.
    pub async fn forget_answers(&self) -> Result<u64, StoreError> {
        let values = [(idempotency::Column::Answer, Expr::value(None::<String>))];
        self.update::<idempotency::Entity>(values, idempotency::Column::Answer.is_not_null()).await
    }

    /// Lets a key go whose request changed nothing. One whose work is done stays.
    pub async fn release_answer(&self, actor: &str, key_hash: &str) -> Result<(), StoreError> {
        let undone = key(actor, key_hash).add(idempotency::Column::Status.is_null());
        self.delete::<idempotency::Entity>(undone).await?;
        Ok(())
    }
}

/// Notes in the transaction of the work itself that it is done. `Stale`: the reservation was taken
/// over, and none of this transaction may stand.
pub(super) async fn mark_done(
    connection: &DatabaseTransaction,
    tenant: &str,
    once: &Once,
) -> Result<(), StoreError> {
    let marked = idempotency::Entity::update_many()
        .col_expr(idempotency::Column::Status, Expr::value(DONE))
        .filter(idempotency::Column::TenantId.eq(tenant))
        .filter(key(&once.actor, &once.key_hash))
        .filter(idempotency::Column::CreatedAt.eq(once.stamp))
        .exec(connection)
        .await?;
    if marked.rows_affected == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

fn key(actor: &str, key_hash: &str) -> Condition {
    Condition::all().add(idempotency::Column::Actor.eq(actor)).add(idempotency::Column::KeyHash.eq(key_hash))
}

impl SystemTx {
    /// For work that begins before a workspace is entered: notes that it is done.
    pub async fn mark_done(&self, scope: &Scope) -> Result<(), StoreError> {
        match &scope.once {
            Some(once) => mark_done(self.connection(), scope.tenant.as_str(), once).await,
            None => Ok(()),
        }
    }

    pub async fn purge_answers(&self, before: i64) -> Result<u64, StoreError> {
        Ok(idempotency::Entity::delete_many()
            .filter(idempotency::Column::CreatedAt.lt(before))
            .exec(self.connection())
            .await?
            .rows_affected)
    }
}
