//! Invitations to a workspace.

use mf_domain::UserId;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::entities::invitations;
use super::{Page, PageRequest, StoreError, SystemTx, Tx, page, rows};

impl Tx {
    pub async fn invitations(&self, request: &PageRequest) -> Result<Page<rows::Invitation>, StoreError> {
        let select = page::newest_first(self.find::<invitations::Entity>(), invitations::Column::Id, request);
        Ok(Page::cut(self.all(select).await?, request.limit, |row| row.id.clone()))
    }

    pub async fn invitation(&self, id: &str) -> Result<Option<rows::Invitation>, StoreError> {
        self.one(self.find::<invitations::Entity>().filter(invitations::Column::Id.eq(id))).await
    }

    /// The open invitation for an address, if there is one.
    pub async fn open_invitation_for(
        &self,
        email: &str,
        now: i64,
    ) -> Result<Option<rows::Invitation>, StoreError> {
        let select = self
            .find::<invitations::Entity>()
            .filter(invitations::Column::Email.eq(email))
            .filter(invitations::Column::AcceptedAt.is_null())
            .filter(invitations::Column::RevokedAt.is_null())
            .filter(invitations::Column::ExpiresAt.gt(now));
        self.one(select).await
    }

    pub async fn add_invitation(&self, row: rows::Invitation) -> Result<(), StoreError> {
        self.insert::<invitations::Entity>(row).await
    }

    pub async fn save_invitation(&self, row: rows::Invitation) -> Result<(), StoreError> {
        self.save::<invitations::Entity>(row).await
    }
}

impl SystemTx {
    pub async fn invitation_by_token(&self, hash: &str) -> Result<Option<rows::Invitation>, StoreError> {
        let select = invitations::Entity::find().filter(invitations::Column::TokenHash.eq(hash));
        Ok(select.one(self.connection()).await?)
    }

    /// Empties the address in every invitation a person was sent. Returns how many.
    pub async fn erase_invitations_of(&self, email: &str, user: &UserId) -> Result<u64, StoreError> {
        Ok(invitations::Entity::update_many()
            .col_expr(invitations::Column::Email, Expr::value(format!("{user}@erased.invalid")))
            .filter(invitations::Column::Email.eq(email))
            .exec(self.connection())
            .await?
            .rows_affected)
    }
}
