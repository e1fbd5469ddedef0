//! Keys for programs.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::entities::api_keys;
use super::{Page, PageRequest, StoreError, SystemTx, Tx, page, rows};

impl Tx {
    /// Every key of the workspace; with `owner`, only that person's.
    pub async fn api_keys(
        &self,
        owner: Option<&str>,
        request: &PageRequest,
    ) -> Result<Page<rows::ApiKey>, StoreError> {
        let mut select = page::newest_first(self.find::<api_keys::Entity>(), api_keys::Column::Id, request);
        if let Some(owner) = owner {
            select = select.filter(api_keys::Column::OwnerId.eq(owner));
        }
        Ok(Page::cut(self.all(select).await?, request.limit, |row| row.id.clone()))
    }

    pub async fn api_key(&self, id: &str) -> Result<Option<rows::ApiKey>, StoreError> {
        self.one(self.find::<api_keys::Entity>().filter(api_keys::Column::Id.eq(id))).await
    }

    pub async fn add_api_key(&self, row: rows::ApiKey) -> Result<(), StoreError> {
        self.insert::<api_keys::Entity>(row).await
    }

    /// Revokes one key; says whether it was still alive.
    pub async fn revoke_api_key(&self, id: &str, at: i64) -> Result<bool, StoreError> {
        let alive =
            Condition::all().add(api_keys::Column::Id.eq(id)).add(api_keys::Column::RevokedAt.is_null());
        let touched =
            self.update::<api_keys::Entity>([(api_keys::Column::RevokedAt, Expr::value(at))], alive).await?;
        Ok(touched == 1)
    }

    /// Somebody left: their tokens, and the keys they made and may have copied, go with them.
    pub async fn revoke_api_keys_of(&self, person: &str, at: i64) -> Result<u64, StoreError> {
        let theirs = Condition::any()
            .add(api_keys::Column::OwnerId.eq(person))
            .add(api_keys::Column::CreatedBy.eq(person));
        let alive = Condition::all().add(theirs).add(api_keys::Column::RevokedAt.is_null());
        self.update::<api_keys::Entity>([(api_keys::Column::RevokedAt, Expr::value(at))], alive).await
    }

    /// What a person called their tokens is theirs too.
    pub async fn forget_key_names_of(&self, owner: &str, label: &str) -> Result<u64, StoreError> {
        let values = [(api_keys::Column::Name, Expr::value(label))];
        self.update::<api_keys::Entity>(values, api_keys::Column::OwnerId.eq(owner)).await
    }
}

impl SystemTx {
    /// Ends a person's tokens in all their workspaces.
    pub async fn revoke_personal_keys_of(&self, owner: &str, at: i64) -> Result<u64, StoreError> {
        Ok(api_keys::Entity::update_many()
            .col_expr(api_keys::Column::RevokedAt, Expr::value(at))
            .filter(api_keys::Column::OwnerId.eq(owner))
            .filter(api_keys::Column::RevokedAt.is_null())
            .exec(self.connection())
            .await?
            .rows_affected)
    }
}
