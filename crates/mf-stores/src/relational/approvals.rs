//! Requests that a person must decide.

use mf_domain::approvals::State;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entities::approvals;
use super::{Page, PageRequest, StoreError, SystemTx, Tx, page, rows};

impl Tx {
    pub async fn approvals(
        &self,
        states: &[State],
        request: &PageRequest,
    ) -> Result<Page<rows::Approval>, StoreError> {
        let select = page::newest_first(self.find::<approvals::Entity>(), approvals::Column::Id, request)
            .filter(approvals::Column::State.is_in(states.iter().map(|state| state.id())));
        Ok(Page::cut(self.all(select).await?, request.limit, |row| row.id.clone()))
    }

    pub async fn approval(&self, id: &str) -> Result<Option<rows::Approval>, StoreError> {
        self.one(self.find::<approvals::Entity>().filter(approvals::Column::Id.eq(id))).await
    }

    /// What waits, for counting and for "is there one already?".
    pub async fn waiting_approvals(&self) -> Result<Vec<rows::Approval>, StoreError> {
        let select = self
            .find::<approvals::Entity>()
            .filter(approvals::Column::State.eq(State::Waiting.id()))
            .order_by_desc(approvals::Column::Id)
            .limit(1000);
        self.all(select).await
    }

    /// Requests that may still change something: waiting, or approved and on their way.
    pub async fn open_approvals(&self) -> Result<Vec<rows::Approval>, StoreError> {
        let select = self
            .find::<approvals::Entity>()
            .filter(approvals::Column::State.is_in([State::Waiting.id(), State::Executing.id()]))
            .order_by_desc(approvals::Column::Id)
            .limit(1000);
        self.all(select).await
    }

    pub async fn add_approval(&self, row: rows::Approval) -> Result<(), StoreError> {
        self.insert::<approvals::Entity>(row).await
    }

    /// Something was erased: requests about it no longer say what it was called. Their diff shows a
    /// name too, so it is emptied; the hash of what was decided stays.
    pub async fn forget_label_in_approvals(&self, subject: &str, label: &str) -> Result<u64, StoreError> {
        let values = [
            (approvals::Column::SubjectLabel, Expr::value(label)),
            (approvals::Column::Diff, Expr::value("[]")),
        ];
        self.update::<approvals::Entity>(values, approvals::Column::SubjectId.eq(subject)).await
    }

    /// Moves a request on, unless somebody else did first.
    pub async fn move_approval(&self, from: State, row: rows::Approval) -> Result<(), StoreError> {
        let current = self.approval(&row.id).await?;
        if current.is_none_or(|current| current.state != from.id()) {
            return Err(StoreError::Stale);
        }
        self.save_next::<approvals::Entity>(row).await
    }
}

impl SystemTx {
    /// Requests whose time ran out while they waited.
    pub async fn lapsed_approvals(&self, now: i64, limit: u64) -> Result<Vec<rows::Approval>, StoreError> {
        Ok(approvals::Entity::find()
            .filter(approvals::Column::State.eq(State::Waiting.id()))
            .filter(approvals::Column::ExpiresAt.lte(now))
            .limit(limit)
            .all(self.connection())
            .await?)
    }
}
