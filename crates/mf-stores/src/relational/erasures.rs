//! Requests to erase data, and their proof.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter};

use super::entities::erasures;
use super::{Page, PageRequest, StoreError, Tx, page, rows};

impl Tx {
    pub async fn erasures(&self, request: &PageRequest) -> Result<Page<rows::Erasure>, StoreError> {
        let select = page::newest_first(self.find::<erasures::Entity>(), erasures::Column::Id, request);
        Ok(Page::cut(self.all(select).await?, request.limit, |row| row.id.clone()))
    }

    pub async fn erasure(&self, id: &str) -> Result<Option<rows::Erasure>, StoreError> {
        self.one(self.find::<erasures::Entity>().filter(erasures::Column::Id.eq(id))).await
    }

    pub async fn add_erasure(&self, row: rows::Erasure) -> Result<(), StoreError> {
        self.insert::<erasures::Entity>(row).await
    }

    pub async fn save_erasure(&self, row: rows::Erasure) -> Result<(), StoreError> {
        self.save::<erasures::Entity>(row).await
    }

    /// What is erased is not remembered by earlier requests about it either.
    pub async fn forget_label_in_erasures(&self, subject: &str, label: &str) -> Result<u64, StoreError> {
        let values = [(erasures::Column::SubjectLabel, Expr::value(label))];
        self.update::<erasures::Entity>(values, erasures::Column::SubjectId.eq(subject)).await
    }

    /// The erasure that waits for a request's outcome, if one does.
    pub async fn erasure_of_approval(&self, approval: &str) -> Result<Option<rows::Erasure>, StoreError> {
        self.one(self.find::<erasures::Entity>().filter(erasures::Column::ApprovalId.eq(approval))).await
    }

    /// Is the same thing being erased already?
    pub async fn open_erasure_of(&self, subject: &str) -> Result<Option<rows::Erasure>, StoreError> {
        let select = self
            .find::<erasures::Entity>()
            .filter(erasures::Column::SubjectId.eq(subject))
            .filter(erasures::Column::State.is_in(["waiting", "executing"]));
        self.one(select).await
    }
}
