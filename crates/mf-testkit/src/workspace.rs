//! A workspace with one person in every role.

use mf_domain::{Actor, RequestId, Role, Scope, TenantId, UserId};
use mf_stores::relational::rows;

use crate::TestApp;

/// Everybody's password in tests.
pub const PASSWORD: &str = "correct horse battery staple";
/// Its Argon2id hash, made with so little memory that a test's sign-in costs nothing.
const PASSWORD_HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$bWFya2V0ZmxvdyB0ZXN0cw$FA6oBG3o7woLzTkBeYgCBsHc+pQL0elcktwkwqYCOyg";

pub struct Workspace {
    pub id: TenantId,
    pub admin: Member,
    pub marketer: Member,
    pub analyst: Member,
    pub approver: Member,
}

#[derive(Debug, Clone)]
pub struct Member {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
    /// As if they had just signed in.
    pub scope: Scope,
}

impl Workspace {
    pub fn members(&self) -> [&Member; 4] {
        [&self.admin, &self.marketer, &self.analyst, &self.approver]
    }

    pub fn member(&self, role: Role) -> &Member {
        match role {
            Role::Admin => &self.admin,
            Role::Marketer => &self.marketer,
            Role::Analyst => &self.analyst,
            Role::Approver => &self.approver,
        }
    }
}

impl TestApp {
    /// A new workspace, in Berlin; the installation counts as set up from then on.
    pub async fn workspace(&self) -> Workspace {
        self.workspace_in("Europe/Berlin").await
    }

    pub async fn workspace_in(&self, time_zone: &str) -> Workspace {
        let id: TenantId = self.fresh(TenantId::fresh);
        let tx = self.app.store.system_write().await.expect("the database is there");
        tx.set_fact("set_up", "by a test").await.expect("a fact can be written");
        let tenant = rows::Tenant {
            tenant_id: id.to_string(),
            name: "Lighthouse".to_owned(),
            time_zone: time_zone.to_owned(),
            currency: "EUR".to_owned(),
            created_at: self.app.now_ms(),
            version: 1,
        };
        tx.insert_tenant(tenant).await.expect("a workspace can be written");
        tx.commit().await.expect("a workspace can be written");
        Workspace {
            admin: self.member(&id, Role::Admin).await,
            marketer: self.member(&id, Role::Marketer).await,
            analyst: self.member(&id, Role::Analyst).await,
            approver: self.member(&id, Role::Approver).await,
            id,
        }
    }

    /// One more person in a workspace. Their address is new in this database.
    pub async fn member(&self, tenant: &TenantId, role: Role) -> Member {
        let id: UserId = self.fresh(UserId::fresh);
        let (name, email) = (format!("{} {}", role.title(), &id.as_str()[30..]), format!("{id}@example.com"));
        let now = self.app.now_ms();
        let tx = self.app.store.system_write().await.expect("the database is there");
        let user = rows::User {
            id: id.to_string(),
            email: email.clone(),
            name: name.clone(),
            time_zone: "Europe/Berlin".to_owned(),
            created_at: now,
        };
        tx.insert_user(user, Some(PASSWORD_HASH.to_owned())).await.expect("a person can be written");
        let place = rows::Membership {
            tenant_id: tenant.to_string(),
            user_id: id.to_string(),
            role: role.id().to_owned(),
            status: "active".to_owned(),
            joined_at: now,
            version: 1,
        };
        tx.add_membership(place).await.expect("a place can be written");
        tx.commit().await.expect("a person can be written");
        let scope = Scope {
            tenant: tenant.clone(),
            actor: Actor::User { id: id.clone(), session: None },
            role: Some(role),
            permissions: role.permissions(),
            request: self.fresh(RequestId::fresh),
            once: None,
        };
        Member { id, name, email, role, scope }
    }

    /// The product itself at work in a workspace.
    pub fn system_scope(&self, tenant: &TenantId) -> Scope {
        Scope::system(tenant.clone(), "test", self.fresh(RequestId::fresh))
    }
}
