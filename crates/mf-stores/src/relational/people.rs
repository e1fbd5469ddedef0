//! People, their place in a workspace, and what they sign in with.

use std::collections::HashMap;

use mf_domain::UserId;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::entities::{credentials, known_networks, login_attempts, memberships, user_tokens, users};
use super::{Page, PageRequest, StoreError, SystemTx, Tx, page, rows};

/// A colleague: who they are, and their place here.
#[derive(Debug, Clone)]
pub struct MemberRow {
    pub user: rows::User,
    pub place: rows::Membership,
}

impl Tx {
    pub async fn members(
        &self,
        search: Option<&str>,
        request: &PageRequest,
    ) -> Result<Page<MemberRow>, StoreError> {
        let mut select =
            page::newest_first(self.find::<memberships::Entity>(), memberships::Column::UserId, request);
        if let Some(search) = search {
            let matching = Query::select()
                .column(users::Column::Id)
                .from(users::Entity)
                .cond_where(
                    Condition::any()
                        .add(page::contains(users::Column::Name, search))
                        .add(page::contains(users::Column::Email, search)),
                )
                .to_owned();
            select = select.filter(memberships::Column::UserId.in_subquery(matching));
        }
        let places = Page::cut(self.all(select).await?, request.limit, |place| place.user_id.clone());
        let people = self.people_of(&places.items).await?;
        Ok(Page {
            next: places.next,
            items: places.items.into_iter().filter_map(|place| join(&people, place)).collect(),
        })
    }

    pub async fn member(&self, user: &str) -> Result<Option<MemberRow>, StoreError> {
        let select = self.find::<memberships::Entity>().filter(memberships::Column::UserId.eq(user));
        let Some(place) = self.one(select).await? else { return Ok(None) };
        let people = self.people_of(std::slice::from_ref(&place)).await?;
        Ok(join(&people, place))
    }

    async fn people_of(
        &self,
        places: &[rows::Membership],
    ) -> Result<HashMap<String, rows::User>, StoreError> {
        let ids = places.iter().map(|place| place.user_id.as_str());
        let people = self.all(users::Entity::find().filter(users::Column::Id.is_in(ids))).await?;
        Ok(people.into_iter().map(|user| (user.id.clone(), user)).collect())
    }

    pub async fn count_active_admins(&self) -> Result<u64, StoreError> {
        let select = self
            .find::<memberships::Entity>()
            .filter(memberships::Column::Role.eq("admin"))
            .filter(memberships::Column::Status.eq("active"));
        self.count(select).await
    }

    pub async fn add_membership(&self, row: rows::Membership) -> Result<(), StoreError> {
        self.insert::<memberships::Entity>(row).await
    }

    pub async fn save_membership(&self, row: rows::Membership) -> Result<(), StoreError> {
        self.save_next::<memberships::Entity>(row).await
    }

    pub async fn remove_membership(&self, user: &str) -> Result<u64, StoreError> {
        self.delete::<memberships::Entity>(memberships::Column::UserId.eq(user)).await
    }
}

fn join(people: &HashMap<String, rows::User>, place: rows::Membership) -> Option<MemberRow> {
    people.get(&place.user_id).cloned().map(|user| MemberRow { user, place })
}

impl SystemTx {
    pub async fn user_by_email(&self, email: &str) -> Result<Option<rows::User>, StoreError> {
        Ok(users::Entity::find().filter(users::Column::Email.eq(email)).one(self.connection()).await?)
    }

    pub async fn user(&self, id: &str) -> Result<Option<rows::User>, StoreError> {
        Ok(users::Entity::find_by_id(id).one(self.connection()).await?)
    }

    /// Names for a list that mentions people who may have left.
    pub async fn names_of(&self, ids: &[String]) -> Result<HashMap<String, String>, StoreError> {
        let people = users::Entity::find()
            .filter(users::Column::Id.is_in(ids.iter().map(String::as_str)))
            .all(self.connection())
            .await?;
        Ok(people.into_iter().map(|user| (user.id, user.name)).collect())
    }

    pub async fn insert_user(
        &self,
        user: rows::User,
        password_hash: Option<String>,
    ) -> Result<(), StoreError> {
        let (id, at) = (user.id.clone(), user.created_at);
        self.insert::<users::Entity>(user).await?;
        match password_hash {
            Some(hash) => {
                self.insert::<credentials::Entity>(credentials::Model {
                    user_id: id,
                    password_hash: hash,
                    changed_at: at,
                })
                .await
            }
            None => Ok(()),
        }
    }

    pub async fn save_user(&self, row: rows::User) -> Result<(), StoreError> {
        users::Entity::update(sea_orm::ActiveModelTrait::reset_all(row.into_active_model()))
            .exec(self.connection())
            .await?;
        Ok(())
    }

    pub async fn add_membership(&self, row: rows::Membership) -> Result<(), StoreError> {
        self.insert::<memberships::Entity>(row).await
    }

    pub async fn password_hash(&self, user: &UserId) -> Result<Option<String>, StoreError> {
        let row = credentials::Entity::find_by_id(user.as_str()).one(self.connection()).await?;
        Ok(row.map(|row| row.password_hash))
    }

    /// Is this still the hash? Holds it until the transaction is over: a password that was checked a
    /// moment ago may have been changed since.
    pub async fn hash_still(&self, user: &UserId, hash: Option<&str>) -> Result<bool, StoreError> {
        let mut select = credentials::Entity::find_by_id(user.as_str());
        if self.engine == super::Engine::Postgres {
            select = select.lock_exclusive();
        }
        let row = select.one(self.connection()).await?;
        Ok(row.as_ref().map(|row| row.password_hash.as_str()) == hash)
    }

    pub async fn set_password_hash(&self, user: &UserId, hash: String, at: i64) -> Result<(), StoreError> {
        let row = credentials::Model { user_id: user.to_string(), password_hash: hash, changed_at: at };
        let conflict = OnConflict::column(credentials::Column::UserId)
            .update_columns([credentials::Column::PasswordHash, credentials::Column::ChangedAt])
            .to_owned();
        credentials::Entity::insert(row.into_active_model())
            .on_conflict(conflict)
            .exec_without_returning(self.connection())
            .await?;
        Ok(())
    }

    /// Takes everything away that tells who a person is. Their id stays, so that what they did can
    /// still be counted; nothing says any more whose id it was. Returns rows touched by table.
    pub async fn erase_user(&self, user: &UserId) -> Result<Vec<(&'static str, u64)>, StoreError> {
        let db = self.connection();
        let id = user.as_str();
        let passwords = credentials::Entity::delete_by_id(id).exec(db).await?.rows_affected;
        let links =
            user_tokens::Entity::delete_many().filter(user_tokens::Column::UserId.eq(id)).exec(db).await?;
        let networks = known_networks::Entity::delete_many()
            .filter(known_networks::Column::UserId.eq(id))
            .exec(db)
            .await?;
        let people = users::Entity::update_many()
            .col_expr(users::Column::Email, Expr::value(format!("{id}@erased.invalid")))
            .col_expr(users::Column::Name, Expr::value("Erased person"))
            .col_expr(users::Column::TimeZone, Expr::value("UTC"))
            .filter(users::Column::Id.eq(id))
            .exec(db)
            .await?;
        Ok(vec![
            ("credentials", passwords),
            ("user_tokens", links.rows_affected),
            ("known_networks", networks.rows_affected),
            ("users", people.rows_affected),
        ])
    }

    pub async fn add_user_token(
        &self,
        user: &str,
        token_hash: &str,
        purpose: &str,
        now: i64,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        self.insert::<user_tokens::Entity>(user_tokens::Model {
            token_hash: token_hash.to_owned(),
            user_id: user.to_owned(),
            purpose: purpose.to_owned(),
            created_at: now,
            expires_at,
        })
        .await
    }

    /// Takes a one-time link: it works once, also when two requests race for it.
    pub async fn take_user_token(
        &self,
        hash: &str,
        purpose: &str,
        now: i64,
    ) -> Result<Option<String>, StoreError> {
        let select = user_tokens::Entity::find_by_id(hash).filter(user_tokens::Column::Purpose.eq(purpose));
        let Some(row) = select.one(self.connection()).await? else { return Ok(None) };
        let gone = user_tokens::Entity::delete_by_id(hash).exec(self.connection()).await?;
        Ok((gone.rows_affected == 1 && row.expires_at > now).then_some(row.user_id))
    }

    pub async fn forget_user_tokens(&self, user: &UserId) -> Result<(), StoreError> {
        user_tokens::Entity::delete_many()
            .filter(user_tokens::Column::UserId.eq(user.as_str()))
            .exec(self.connection())
            .await?;
        Ok(())
    }

    /// Failed sign-ins of a subject (an account, a network, or both together) and the last one's time.
    pub async fn login_failures(&self, subject: &str) -> Result<(i64, i64), StoreError> {
        let row = login_attempts::Entity::find_by_id(subject).one(self.connection()).await?;
        Ok(row.map_or((0, 0), |row| (row.failures, row.last_failure_at)))
    }

    /// Counts one more, in one statement: guesses made at the same moment all count. A count that has
    /// rested for longer than `window` begins anew.
    pub async fn count_login_failure(&self, subject: &str, now: i64, window: i64) -> Result<(), StoreError> {
        use login_attempts::Column as C;
        let row = login_attempts::Model { subject: subject.to_owned(), failures: 1, last_failure_at: now };
        let rested = Expr::col((login_attempts::Entity, C::LastFailureAt)).lt(now - window);
        let more = Expr::col((login_attempts::Entity, C::Failures)).add(1);
        let conflict = OnConflict::column(C::Subject)
            .value(C::Failures, Expr::case(rested, 1i64).finally(more))
            .update_column(C::LastFailureAt)
            .to_owned();
        login_attempts::Entity::insert(row.into_active_model())
            .on_conflict(conflict)
            .exec_without_returning(self.connection())
            .await?;
        Ok(())
    }

    /// Takes one back that turned out to be none.
    pub async fn uncount_login_failure(&self, subject: &str) -> Result<(), StoreError> {
        use login_attempts::Column as C;
        login_attempts::Entity::update_many()
            .col_expr(C::Failures, Expr::col(C::Failures).sub(1))
            .filter(C::Subject.eq(subject))
            .filter(C::Failures.gt(0))
            .exec(self.connection())
            .await?;
        Ok(())
    }

    pub async fn knows_network(&self, user: &str, network: &str) -> Result<bool, StoreError> {
        let key = (user.to_owned(), network.to_owned());
        Ok(known_networks::Entity::find_by_id(key).one(self.connection()).await?.is_some())
    }

    pub async fn remember_network(&self, user: &str, network: &str, now: i64) -> Result<(), StoreError> {
        let row =
            known_networks::Model { user_id: user.to_owned(), network: network.to_owned(), last_at: now };
        let conflict = OnConflict::columns([known_networks::Column::UserId, known_networks::Column::Network])
            .update_column(known_networks::Column::LastAt)
            .to_owned();
        known_networks::Entity::insert(row.into_active_model())
            .on_conflict(conflict)
            .exec_without_returning(self.connection())
            .await?;
        Ok(())
    }

    pub async fn clear_login_failures(&self, subject: &str) -> Result<(), StoreError> {
        login_attempts::Entity::delete_by_id(subject).exec(self.connection()).await?;
        Ok(())
    }

    /// Everything about signing in that has lapsed.
    pub async fn purge_lapsed_links(
        &self,
        now: i64,
        attempts_before: i64,
        networks_before: i64,
    ) -> Result<u64, StoreError> {
        known_networks::Entity::delete_many()
            .filter(known_networks::Column::LastAt.lt(networks_before))
            .exec(self.connection())
            .await?;
        let links = user_tokens::Entity::delete_many()
            .filter(user_tokens::Column::ExpiresAt.lt(now))
            .exec(self.connection())
            .await?;
        let attempts = login_attempts::Entity::delete_many()
            .filter(login_attempts::Column::LastFailureAt.lt(attempts_before))
            .exec(self.connection())
            .await?;
        Ok(links.rows_affected + attempts.rows_affected)
    }

    pub async fn places_of(&self, user: &str) -> Result<Vec<rows::Membership>, StoreError> {
        Ok(memberships::Entity::find()
            .filter(memberships::Column::UserId.eq(user))
            .order_by_asc(memberships::Column::TenantId)
            .all(self.connection())
            .await?)
    }
}
