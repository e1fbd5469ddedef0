//! Invitations to a workspace.

use mf_domain::{TenantId, UserId};
use sea_orm::sea_query::{Expr, IntoCondition};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

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

    /// Gives an open invitation another link. `Stale`: it was closed meanwhile.
    pub async fn renew_invitation(
        &self,
        id: &str,
        token_hash: &str,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        let values = [
            (invitations::Column::TokenHash, Expr::value(token_hash)),
            (invitations::Column::ExpiresAt, Expr::value(expires_at)),
        ];
        self.while_open(values, invitations::Column::Id.eq(id)).await
    }

    pub async fn revoke_invitation(&self, id: &str, now: i64) -> Result<(), StoreError> {
        let values = [(invitations::Column::RevokedAt, Expr::value(now))];
        self.while_open(values, invitations::Column::Id.eq(id)).await
    }

    /// Takes an invitation by the link it has now: once, whoever else renews, revokes or accepts.
    pub async fn take_invitation(&self, id: &str, token_hash: &str, now: i64) -> Result<(), StoreError> {
        let values = [(invitations::Column::AcceptedAt, Expr::value(now))];
        let usable = Condition::all()
            .add(invitations::Column::Id.eq(id))
            .add(invitations::Column::TokenHash.eq(token_hash))
            .add(invitations::Column::ExpiresAt.gt(now));
        self.while_open(values, usable).await
    }

    async fn while_open<const N: usize>(
        &self,
        values: [(invitations::Column, Expr); N],
        which: impl IntoCondition,
    ) -> Result<(), StoreError> {
        match self.update::<invitations::Entity>(values, is_open().add(which.into_condition())).await? {
            1 => Ok(()),
            _ => Err(StoreError::Stale),
        }
    }

    /// What somebody invited before they lost the right to: those links stop working.
    pub async fn revoke_invitations_by(&self, inviter: &str, now: i64) -> Result<u64, StoreError> {
        let values = [(invitations::Column::RevokedAt, Expr::value(now))];
        let which = is_open().add(invitations::Column::InvitedBy.eq(inviter));
        self.update::<invitations::Entity>(values, which).await
    }
}

fn is_open() -> Condition {
    Condition::all()
        .add(invitations::Column::AcceptedAt.is_null())
        .add(invitations::Column::RevokedAt.is_null())
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

    /// The same in one workspace only: elsewhere they are still known.
    pub async fn forget_invited_in(
        &self,
        tenant: &TenantId,
        email: &str,
        user: &UserId,
    ) -> Result<u64, StoreError> {
        Ok(invitations::Entity::update_many()
            .col_expr(invitations::Column::Email, Expr::value(format!("{user}@erased.invalid")))
            .filter(invitations::Column::TenantId.eq(tenant.as_str()))
            .filter(invitations::Column::Email.eq(email))
            .exec(self.connection())
            .await?
            .rows_affected)
    }
}
