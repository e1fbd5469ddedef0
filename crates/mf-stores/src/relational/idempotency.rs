//! Answers kept for a repeated `Idempotency-Key`.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

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
    /// It was answered before; the sealed answer.
    Answered { status: u16, answer: String },
}

impl Tx {
    /// Takes a key for a request. A reservation older than `abandoned_before` belonged to a process
    /// that died before answering, and is taken over.
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
        if let (Some(status), Some(answer)) = (row.status, row.answer) {
            return Ok(Reservation::Answered { status: u16::try_from(status).unwrap_or(500), answer });
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

    /// Forgets every answer given: one of them may mention what is being erased.
    pub async fn forget_answers(&self) -> Result<u64, StoreError> {
        self.delete::<idempotency::Entity>(idempotency::Column::Status.is_not_null()).await
    }

    /// Lets a key go whose request changed nothing.
    pub async fn release_answer(&self, actor: &str, key_hash: &str) -> Result<(), StoreError> {
        self.delete::<idempotency::Entity>(key(actor, key_hash)).await?;
        Ok(())
    }
}

fn key(actor: &str, key_hash: &str) -> Condition {
    Condition::all().add(idempotency::Column::Actor.eq(actor)).add(idempotency::Column::KeyHash.eq(key_hash))
}

impl SystemTx {
    pub async fn purge_answers(&self, before: i64) -> Result<u64, StoreError> {
        Ok(idempotency::Entity::delete_many()
            .filter(idempotency::Column::CreatedAt.lt(before))
            .exec(self.connection())
            .await?
            .rows_affected)
    }
}
