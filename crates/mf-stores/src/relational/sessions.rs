//! Sign-ins, and finding out who presents a token. Looked up before a workspace is known, so all of
//! it is the system's.

use mf_domain::{TenantId, UserId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entities::{api_keys, memberships, sessions, tenants, users};
use super::{StoreError, SystemTx, rows};

/// A sign-in with the person, and their place in the workspace it is in now.
#[derive(Debug, Clone)]
pub struct SessionIdentity {
    pub session: rows::Session,
    pub user: rows::User,
    pub place: Option<rows::Membership>,
}

/// An API key with its owner's place (personal tokens) or none (the workspace's keys).
#[derive(Debug, Clone)]
pub struct KeyIdentity {
    pub key: rows::ApiKey,
    pub owner_place: Option<rows::Membership>,
}

impl SystemTx {
    pub async fn add_session(&self, row: rows::Session) -> Result<(), StoreError> {
        self.insert::<sessions::Entity>(row).await
    }

    pub async fn session_by_token(
        &self,
        hash: &str,
        now: i64,
    ) -> Result<Option<SessionIdentity>, StoreError> {
        let select = sessions::Entity::find().filter(sessions::Column::TokenHash.eq(hash));
        self.identify(select, now).await
    }

    pub async fn session_by_id(&self, id: &str, now: i64) -> Result<Option<SessionIdentity>, StoreError> {
        self.identify(sessions::Entity::find_by_id(id), now).await
    }

    async fn identify(
        &self,
        select: sea_orm::Select<sessions::Entity>,
        now: i64,
    ) -> Result<Option<SessionIdentity>, StoreError> {
        let alive = select.filter(sessions::Column::ExpiresAt.gt(now));
        let Some(session) = alive.one(self.connection()).await? else { return Ok(None) };
        let Some(user) = self.user(&session.user_id).await? else { return Ok(None) };
        let place = self.active_place(&session.active_tenant, &session.user_id).await?;
        Ok(Some(SessionIdentity { session, user, place }))
    }

    async fn active_place(&self, tenant: &str, user: &str) -> Result<Option<rows::Membership>, StoreError> {
        let key = (tenant.to_owned(), user.to_owned());
        let place = memberships::Entity::find_by_id(key).one(self.connection()).await?;
        Ok(place.filter(|place| place.status == "active"))
    }

    /// Replaces a token that is still the current one. False: it was replaced before.
    pub async fn rotate_token(&self, id: &str, old: &str, new: &str, now: i64) -> Result<bool, StoreError> {
        let rotated = sessions::Entity::update_many()
            .col_expr(sessions::Column::TokenHash, Expr::value(new))
            .col_expr(sessions::Column::LastSeenAt, Expr::value(now))
            .filter(sessions::Column::Id.eq(id))
            .filter(sessions::Column::TokenHash.eq(old))
            .exec(self.connection())
            .await?;
        Ok(rotated.rows_affected == 1)
    }

    /// Moves a sign-in to another workspace. False: it has ended.
    pub async fn move_session(&self, id: &str, tenant: &str) -> Result<bool, StoreError> {
        let moved = sessions::Entity::update_many()
            .col_expr(sessions::Column::ActiveTenant, Expr::value(tenant))
            .filter(sessions::Column::Id.eq(id))
            .exec(self.connection())
            .await?;
        Ok(moved.rows_affected == 1)
    }

    /// Ends a person's longest-unused sign-ins beyond `most`, but never `newest`: by a clock that was
    /// put back it may look older than the others.
    pub async fn cap_sessions(&self, user: &str, newest: &str, most: u64) -> Result<u64, StoreError> {
        let excess: Vec<String> = sessions::Entity::find()
            .select_only()
            .column(sessions::Column::Id)
            .filter(sessions::Column::UserId.eq(user))
            .filter(sessions::Column::Id.ne(newest))
            .order_by_desc(sessions::Column::LastSeenAt)
            .offset(most.saturating_sub(1))
            .limit(1000)
            .into_tuple()
            .all(self.connection())
            .await?;
        let gone = sessions::Entity::delete_many().filter(sessions::Column::Id.is_in(excess));
        Ok(gone.exec(self.connection()).await?.rows_affected)
    }

    pub async fn sessions_of(&self, user: &UserId, now: i64) -> Result<Vec<rows::Session>, StoreError> {
        Ok(sessions::Entity::find()
            .filter(sessions::Column::UserId.eq(user.as_str()))
            .filter(sessions::Column::ExpiresAt.gt(now))
            .order_by_desc(sessions::Column::LastSeenAt)
            .all(self.connection())
            .await?)
    }

    pub async fn touch_session(&self, id: &str, at: i64) -> Result<(), StoreError> {
        sessions::Entity::update_many()
            .col_expr(sessions::Column::LastSeenAt, Expr::value(at))
            .filter(sessions::Column::Id.eq(id))
            .exec(self.connection())
            .await?;
        Ok(())
    }

    pub async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        Ok(sessions::Entity::delete_by_id(id).exec(self.connection()).await?.rows_affected == 1)
    }

    /// Ends every sign-in of a person but one.
    pub async fn end_sessions_of(&self, user: &UserId, except: Option<&str>) -> Result<u64, StoreError> {
        let mut which = Condition::all().add(sessions::Column::UserId.eq(user.as_str()));
        if let Some(except) = except {
            which = which.add(sessions::Column::Id.ne(except));
        }
        Ok(sessions::Entity::delete_many().filter(which).exec(self.connection()).await?.rows_affected)
    }

    /// Somebody who left a workspace must not stay in it: their sign-ins there end.
    pub async fn end_sessions_in(&self, tenant: &TenantId, user: &str) -> Result<u64, StoreError> {
        let gone = sessions::Entity::delete_many()
            .filter(sessions::Column::UserId.eq(user))
            .filter(sessions::Column::ActiveTenant.eq(tenant.as_str()))
            .exec(self.connection())
            .await?;
        Ok(gone.rows_affected)
    }

    pub async fn purge_expired_sessions(&self, now: i64, idle_before: i64) -> Result<u64, StoreError> {
        // Only a browser's sign-in lapses by resting; an API client's lives as long as its refresh token.
        let rested = Condition::all()
            .add(sessions::Column::Kind.eq("cookie"))
            .add(sessions::Column::LastSeenAt.lt(idle_before));
        let lapsed = Condition::any().add(sessions::Column::ExpiresAt.lt(now)).add(rested);
        Ok(sessions::Entity::delete_many().filter(lapsed).exec(self.connection()).await?.rows_affected)
    }

    /// When colleagues were last seen in this workspace; what they do elsewhere is not told.
    pub async fn last_seen_in(
        &self,
        tenant: &TenantId,
        users: &[String],
    ) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(sessions::Entity::find()
            .select_only()
            .column(sessions::Column::UserId)
            .column_as(Expr::col(sessions::Column::LastSeenAt).max(), "at")
            .filter(sessions::Column::ActiveTenant.eq(tenant.as_str()))
            .filter(sessions::Column::UserId.is_in(users.iter().map(String::as_str)))
            .group_by(sessions::Column::UserId)
            .into_tuple()
            .all(self.connection())
            .await?)
    }

    pub async fn key_by_secret(&self, hash: &str, now: i64) -> Result<Option<KeyIdentity>, StoreError> {
        let select = api_keys::Entity::find()
            .filter(api_keys::Column::SecretHash.eq(hash))
            .filter(api_keys::Column::RevokedAt.is_null())
            .filter(
                Condition::any()
                    .add(api_keys::Column::ExpiresAt.is_null())
                    .add(api_keys::Column::ExpiresAt.gt(now)),
            );
        let Some(key) = select.one(self.connection()).await? else { return Ok(None) };
        let owner_place = match &key.owner_id {
            Some(owner) => self.active_place(&key.tenant_id, owner).await?,
            None => None,
        };
        Ok(Some(KeyIdentity { key, owner_place }))
    }

    pub async fn touch_key(&self, id: &str, at: i64) -> Result<(), StoreError> {
        api_keys::Entity::update_many()
            .col_expr(api_keys::Column::LastUsedAt, Expr::value(at))
            .filter(api_keys::Column::Id.eq(id))
            .exec(self.connection())
            .await?;
        Ok(())
    }

    pub async fn count_users(&self) -> Result<u64, StoreError> {
        use sea_orm::PaginatorTrait;
        Ok(users::Entity::find().count(self.connection()).await?)
    }

    pub async fn count_tenants(&self) -> Result<u64, StoreError> {
        use sea_orm::PaginatorTrait;
        Ok(tenants::Entity::find().count(self.connection()).await?)
    }
}
