//! One row of everything, for a workspace.

use mf_domain::Scope;
use mf_domain::audit::Entry;
use mf_stores::relational::{NewJob, rows};

use super::Fixture;

pub(super) const NOW: i64 = 1_770_000_000_000;

/// An id that is the workspace's own, whatever table it is for.
pub(super) fn id(scope: &Scope, what: &str) -> String {
    format!("{what}_{}", &scope.tenant.as_str()[4..])
}

pub(super) fn tenant(scope: &Scope) -> rows::Tenant {
    rows::Tenant {
        tenant_id: scope.tenant.to_string(),
        name: "Lighthouse".into(),
        time_zone: "Europe/Berlin".into(),
        currency: "EUR".into(),
        created_at: NOW,
        version: 1,
    }
}

pub(super) fn user(scope: &Scope) -> rows::User {
    rows::User {
        id: id(scope, "usr"),
        email: format!("{}@example.com", id(scope, "usr")),
        name: "Ada".into(),
        time_zone: "UTC".into(),
        created_at: NOW,
    }
}

pub(super) fn membership(scope: &Scope) -> rows::Membership {
    rows::Membership {
        tenant_id: scope.tenant.to_string(),
        user_id: id(scope, "usr"),
        role: "admin".into(),
        status: "active".into(),
        joined_at: NOW,
        version: 1,
    }
}

pub(super) fn spending(scope: &Scope) -> rows::Spending {
    rows::Spending {
        tenant_id: scope.tenant.to_string(),
        limit_minor: 5_000,
        approved_minor: 5_000,
        updated_at: Some(NOW),
        version: 1,
    }
}

pub(super) fn approval_settings(scope: &Scope) -> rows::ApprovalSettings {
    rows::ApprovalSettings {
        tenant_id: scope.tenant.to_string(),
        thresholds: "{}".into(),
        expiry_hours: 72,
        version: 1,
    }
}

pub(super) fn invitation(scope: &Scope) -> rows::Invitation {
    rows::Invitation {
        tenant_id: scope.tenant.to_string(),
        id: id(scope, "inv"),
        email: "guest@example.com".into(),
        role: "analyst".into(),
        token_hash: id(scope, "token"),
        invited_by: id(scope, "usr"),
        created_at: NOW,
        expires_at: NOW + 1_000_000,
        accepted_at: None,
        revoked_at: None,
        mailed: false,
    }
}

pub(super) fn api_key(scope: &Scope) -> rows::ApiKey {
    rows::ApiKey {
        tenant_id: scope.tenant.to_string(),
        id: id(scope, "key"),
        kind: "server".into(),
        name: "Shop".into(),
        hint: "mfs_…1234".into(),
        secret_hash: id(scope, "secret"),
        permissions: "[]".into(),
        allowed_origins: "[]".into(),
        owner_id: Some(id(scope, "usr")),
        created_by: id(scope, "usr"),
        created_at: NOW,
        last_used_at: None,
        expires_at: None,
        revoked_at: None,
    }
}

pub(super) fn project(scope: &Scope) -> rows::Project {
    rows::Project {
        tenant_id: scope.tenant.to_string(),
        id: id(scope, "prj"),
        name: "Spring 100%".into(),
        description: "Ünïcode \u{1F4A1} and a ' quote".into(),
        created_by: Some(id(scope, "usr")),
        created_at: NOW,
        updated_at: NOW,
        archived_at: None,
        version: 1,
    }
}

pub(super) fn approval(scope: &Scope) -> rows::Approval {
    rows::Approval {
        tenant_id: scope.tenant.to_string(),
        id: id(scope, "apr"),
        kind: "privacy.erase".into(),
        subject_kind: "project".into(),
        subject_id: id(scope, "prj"),
        subject_label: "Spring".into(),
        title: "Erase a project".into(),
        action: "{}".into(),
        diff: "[]".into(),
        reasons: "[]".into(),
        required_permission: "approvals.decide".into(),
        state: "waiting".into(),
        requested_by: id(scope, "usr"),
        requested_at: NOW,
        expires_at: NOW + 1_000,
        decided_by: None,
        decided_at: None,
        note: None,
        outcome: None,
        job_id: None,
        content_hash: "hash".into(),
        version: 1,
    }
}

pub(super) fn erasure(scope: &Scope) -> rows::Erasure {
    rows::Erasure {
        tenant_id: scope.tenant.to_string(),
        id: id(scope, "era"),
        subject_kind: "project".into(),
        subject_id: id(scope, "prj"),
        subject_label: "Spring".into(),
        reason: "asked to".into(),
        state: "waiting".into(),
        approval_id: Some(id(scope, "apr")),
        requested_by: id(scope, "usr"),
        requested_at: NOW,
        finished_at: None,
        proof: None,
    }
}

pub(super) fn schedule(scope: &Scope) -> rows::Schedule {
    rows::Schedule {
        tenant_id: scope.tenant.to_string(),
        kind: "test".into(),
        cron: "0 3 * * *".into(),
        time_zone: "UTC".into(),
        next_at: NOW,
        last_at: None,
    }
}

pub(super) fn job(id: &str) -> NewJob {
    NewJob {
        id: id.to_owned(),
        kind: "test".into(),
        payload: "{}".into(),
        run_at: NOW,
        max_attempts: 3,
        request_id: None,
        requested_by: None,
        unique_key: None,
        now: NOW,
    }
}

pub(super) fn entry(id: &str) -> Entry {
    Entry {
        tenant: String::new(),
        seq: 0,
        id: id.to_owned(),
        at_ms: NOW,
        actor_kind: "system".into(),
        actor_id: None,
        actor_name: "test".into(),
        action: "project.created".into(),
        outcome: "done".into(),
        subject_kind: "project".into(),
        subject_id: Some("prj".into()),
        subject_label: Some("Spring".into()),
        before: None,
        after: Some("{\"name\":\"Spring\"}".into()),
        request_id: None,
        prev_hash: String::new(),
    }
}

impl Fixture {
    /// A row in every table that belongs to workspaces.
    pub(super) async fn fill(&self, scope: &Scope) {
        let tx = self.system().await;
        tx.insert_tenant(tenant(scope)).await.unwrap();
        tx.insert_user(user(scope), Some("hash".into())).await.unwrap();
        let mut tx = tx.enter(&scope.tenant).await.unwrap();
        tx.add_membership(membership(scope)).await.unwrap();
        tx.save_spending(spending(scope)).await.unwrap();
        tx.save_approval_settings(approval_settings(scope)).await.unwrap();
        tx.add_invitation(invitation(scope)).await.unwrap();
        tx.add_api_key(api_key(scope)).await.unwrap();
        tx.add_project(project(scope)).await.unwrap();
        tx.add_approval(approval(scope)).await.unwrap();
        tx.add_erasure(erasure(scope)).await.unwrap();
        tx.put_schedule(schedule(scope)).await.unwrap();
        tx.enqueue(job(&id(scope, "job"))).await.unwrap();
        tx.reserve_answer("actor", &id(scope, "hash"), "print", NOW, NOW).await.unwrap();
        tx.append_audit(entry(&id(scope, "aud"))).await.unwrap();
        tx.commit().await.unwrap();
        let key = mf_stores::vault::WrappedKey {
            tenant: scope.tenant.clone(),
            version: 1,
            wrapped: "wrapped".into(),
            master_key_id: "mk".into(),
        };
        mf_stores::vault::KeyTable::insert_or_existing(&self.store, key).await.unwrap();
    }
}
