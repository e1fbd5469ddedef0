//! One file a table; a row is a plain struct. Knows columns, not rules.

pub mod api_keys;
pub mod approval_settings;
pub mod approvals;
pub mod audit_heads;
pub mod audit_log;
pub mod credentials;
pub mod erasures;
pub mod idempotency;
pub mod instance;
pub mod invitations;
pub mod jobs;
pub mod known_networks;
pub mod login_attempts;
pub mod memberships;
pub mod projects;
pub mod schedules;
pub mod sessions;
pub mod spending;
pub mod tenants;
pub mod user_tokens;
pub mod users;
pub mod vault_keys;

use sea_orm::EntityTrait;

/// A table whose every row belongs to one workspace.
pub trait TenantTable: EntityTrait {
    const TENANT: Self::Column;
}

/// A row that counts its versions, so that nobody overwrites what they have not seen.
pub trait Versioned: TenantTable {
    const VERSION: Self::Column;
}

/// Runs a macro for every table, in the order in which a restore must fill them.
macro_rules! each_table {
    ($run:ident) => {
        $run!(tenants);
        $run!(spending);
        $run!(approval_settings);
        $run!(users);
        $run!(credentials);
        $run!(memberships);
        $run!(sessions);
        $run!(user_tokens);
        $run!(login_attempts);
        $run!(known_networks);
        $run!(invitations);
        $run!(api_keys);
        $run!(projects);
        $run!(approvals);
        $run!(erasures);
        $run!(jobs);
        $run!(schedules);
        $run!(audit_log);
        $run!(audit_heads);
        $run!(vault_keys);
        $run!(idempotency);
        $run!(instance);
    };
}
pub(crate) use each_table;

/// Tables under row-level security.
pub const TENANT_TABLES: &[&str] = &[
    "tenants",
    "spending",
    "approval_settings",
    "memberships",
    "invitations",
    "api_keys",
    "projects",
    "approvals",
    "erasures",
    "jobs",
    "schedules",
    "audit_log",
    "audit_heads",
    "vault_keys",
    "idempotency",
];

/// Tables that belong to the installation as a whole.
pub const GLOBAL_TABLES: &[&str] =
    &["users", "credentials", "sessions", "user_tokens", "login_attempts", "known_networks", "instance"];
