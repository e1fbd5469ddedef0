//! The table: every route, and what each kind of caller is answered.

use serde_json::{Value, json};

/// What a call is about; made anew for each call.
#[derive(Clone, Copy, PartialEq)]
pub enum About {
    Nothing,
    Tenant,
    Project,
    ArchivedProject,
    Member,
    Invitation,
    Key,
    /// Another sign-in of the caller.
    Session,
    Approval,
    /// A request of the caller's own, where they can make one.
    OwnApproval,
    WaitingJob,
    CancelledJob,
    AuditEntry,
    ApprovalSettings,
    Spending,
}

pub struct Target {
    pub id: String,
    pub version: i64,
    pub content_hash: String,
}

pub struct Row {
    pub route: &'static str,
    pub about: About,
    /// Admin, marketer, analyst, approver, server key.
    pub answers: [u16; 5],
    pub body: fn(&Target) -> Value,
}

const fn row(route: &'static str, about: About, answers: [u16; 5], body: fn(&Target) -> Value) -> Row {
    Row { route, about, answers, body }
}

fn empty(_: &Target) -> Value {
    Value::Null
}

const ALL: [u16; 5] = [200; 5];
/// Needs a person; a key is not one.
const PEOPLE: [u16; 5] = [200, 200, 200, 200, 403];
const PEOPLE_204: [u16; 5] = [204, 204, 204, 204, 403];

pub const TABLE: &[Row] = {
    use About::*;
    &[
        row("GET /api/v1/me", Nothing, ALL, empty),
        row("PATCH /api/v1/me", Nothing, PEOPLE, |_| json!({ "name": "New name" })),
        row(
            "POST /api/v1/me/password",
            Nothing,
            PEOPLE_204,
            |_| json!({ "current_password": mf_testkit::PASSWORD, "new_password": "another long pass phrase" }),
        ),
        row("POST /api/v1/me/tenant", Tenant, PEOPLE, |t| json!({ "tenant_id": t.id })),
        row("GET /api/v1/me/sessions", Nothing, PEOPLE, empty),
        row("DELETE /api/v1/me/sessions/{id}", Session, PEOPLE_204, empty),
        row("POST /api/v1/auth/logout", Nothing, PEOPLE_204, empty),
        row("POST /api/v1/auth/logout-everywhere", Nothing, PEOPLE_204, empty),
        row("GET /api/v1/tenants", Nothing, ALL, empty),
        row(
            "POST /api/v1/tenants",
            Nothing,
            [201, 201, 201, 201, 403],
            |_| json!({ "name": "Another", "time_zone": "UTC" }),
        ),
        row("GET /api/v1/tenants/{id}", Tenant, ALL, empty),
        row(
            "PATCH /api/v1/tenants/{id}",
            Tenant,
            [200, 403, 403, 403, 403],
            |_| json!({ "name": "Renamed" }),
        ),
        row("GET /api/v1/users", Nothing, ALL, empty),
        row("GET /api/v1/users/{id}", Member, ALL, empty),
        row("PATCH /api/v1/users/{id}", Member, [200, 403, 403, 403, 403], |_| json!({ "role": "approver" })),
        row("DELETE /api/v1/users/{id}", Member, [204, 403, 403, 403, 403], empty),
        row("POST /api/v1/users/{id}/reset-link", Member, [201, 403, 403, 403, 403], empty),
        row("GET /api/v1/invitations", Nothing, [200, 403, 403, 403, 403], empty),
        row(
            "POST /api/v1/invitations",
            Nothing,
            [201, 403, 403, 403, 403],
            |_| json!({ "email": "somebody.new@example.com", "role": "analyst" }),
        ),
        row("DELETE /api/v1/invitations/{id}", Invitation, [204, 403, 403, 403, 403], empty),
        row("POST /api/v1/invitations/{id}/renew", Invitation, [201, 403, 403, 403, 403], empty),
        row("GET /api/v1/roles", Nothing, ALL, empty),
        row("GET /api/v1/keys", Nothing, PEOPLE, empty),
        row(
            "POST /api/v1/keys",
            Nothing,
            [201, 403, 403, 403, 403],
            |_| json!({ "name": "A key", "kind": "server" }),
        ),
        // Another's key is not even there for those who do not manage keys.
        row("DELETE /api/v1/keys/{id}", Key, [204, 404, 404, 404, 403], empty),
        row("GET /api/v1/projects", Nothing, ALL, empty),
        row("POST /api/v1/projects", Nothing, [201, 201, 403, 403, 201], |_| json!({ "name": "A project" })),
        row("GET /api/v1/projects/{id}", Project, ALL, empty),
        row(
            "PATCH /api/v1/projects/{id}",
            Project,
            [200, 200, 403, 403, 200],
            |_| json!({ "name": "Renamed" }),
        ),
        row("DELETE /api/v1/projects/{id}", Project, [204, 204, 403, 403, 204], empty),
        row("POST /api/v1/projects/{id}/restore", ArchivedProject, [200, 200, 403, 403, 200], empty),
        row("GET /api/v1/approvals", Nothing, ALL, empty),
        row("GET /api/v1/approvals/count", Nothing, ALL, empty),
        row("GET /api/v1/approvals/{id}", Approval, ALL, empty),
        row(
            "POST /api/v1/approvals/{id}/approve",
            Approval,
            [200, 403, 403, 200, 403],
            |t| json!({ "content_hash": t.content_hash }),
        ),
        row(
            "POST /api/v1/approvals/{id}/send-back",
            Approval,
            [200, 403, 403, 200, 403],
            |t| json!({ "content_hash": t.content_hash, "note": "Why so much?" }),
        ),
        // A key stands for whoever made it, here the admin who asked.
        row("POST /api/v1/approvals/{id}/withdraw", OwnApproval, [200, 200, 403, 403, 200], empty),
        row("GET /api/v1/settings/approvals", Nothing, ALL, empty),
        row(
            "PUT /api/v1/settings/approvals",
            ApprovalSettings,
            [200, 403, 403, 403, 403],
            |_| json!({ "thresholds": { "recipients": 5000 }, "expiry_hours": 48 }),
        ),
        row("GET /api/v1/settings/spending", Nothing, ALL, empty),
        row(
            "PUT /api/v1/settings/spending",
            Spending,
            [200, 200, 403, 403, 200],
            |_| json!({ "limit": { "minor": 100, "currency": "EUR" } }),
        ),
        row("GET /api/v1/privacy/erasures", Nothing, [200, 403, 403, 403, 403], empty),
        row(
            "POST /api/v1/privacy/erasures",
            Project,
            [202, 403, 403, 403, 403],
            |t| json!({ "subject_kind": "project", "subject_id": t.id, "reason": "They asked for it." }),
        ),
        row("GET /api/v1/jobs", Nothing, ALL, empty),
        row("GET /api/v1/jobs/summary", Nothing, ALL, empty),
        row("GET /api/v1/jobs/{id}", WaitingJob, ALL, empty),
        row("POST /api/v1/jobs/{id}/cancel", WaitingJob, [200, 403, 403, 403, 200], empty),
        row("POST /api/v1/jobs/{id}/retry", CancelledJob, [200, 403, 403, 403, 200], empty),
        row("GET /api/v1/schedules", Nothing, ALL, empty),
        row("GET /api/v1/audit", Nothing, [200, 403, 200, 200, 200], empty),
        row("GET /api/v1/audit/{id}", AuditEntry, [200, 403, 200, 200, 200], empty),
        row("POST /api/v1/audit/verify", Nothing, [200, 403, 200, 200, 200], empty),
        row("POST /api/v1/audit/exports", Nothing, [202, 403, 202, 403, 202], |_| json!({ "format": "csv" })),
        row("GET /api/v1/changes", Nothing, ALL, empty),
    ]
};

/// Routes anybody may call, and what they say to a bare request.
pub const PUBLIC: [(&str, u16); 15] = [
    ("GET /healthz", 200),
    ("GET /readyz", 200),
    ("GET /metrics", 200),
    ("GET /api/docs", 200),
    ("GET /api/openapi.json", 200),
    ("GET /api/v1/instance", 200),
    ("GET /blobs/{workspace}/{kind}/{name}", 422),
    ("POST /api/v1/setup", 422),
    ("POST /api/v1/auth/login", 422),
    ("POST /auth/login", 422),
    ("POST /api/v1/auth/refresh", 422),
    ("POST /api/v1/auth/password/forgot", 422),
    ("POST /api/v1/auth/password/reset", 422),
    ("POST /api/v1/auth/invitation/preview", 422),
    ("POST /api/v1/auth/invitation/accept", 422),
];
