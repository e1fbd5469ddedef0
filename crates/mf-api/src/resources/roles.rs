//! The permission matrix, as data: what each role may do, in the words people read.

use axum::response::IntoResponse;
use mf_domain::Permission;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Routes;
use super::dto::Role;
use crate::http::identity::Caller;
use crate::http::json::Json;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list_roles))
}

/// Roles and what they may do.
#[derive(Serialize, ToSchema)]
struct RoleMatrix {
    roles: Vec<RoleInfo>,
    permissions: Vec<PermissionInfo>,
}

#[derive(Serialize, ToSchema)]
struct RoleInfo {
    role: Role,
    title: &'static str,
    summary: &'static str,
}

#[derive(Serialize, ToSchema)]
struct PermissionInfo {
    id: &'static str,
    group: &'static str,
    title: &'static str,
    summary: &'static str,
    roles: Vec<Role>,
}

/// What each role may do
#[utoipa::path(get, path = "/roles", tag = "Team", responses((status = 200, body = RoleMatrix)))]
async fn list_roles(_caller: Caller) -> impl IntoResponse {
    let roles = mf_domain::Role::ALL;
    Json(RoleMatrix {
        roles: roles
            .map(|role| RoleInfo { role: role.into(), title: role.title(), summary: role.summary() })
            .into(),
        permissions: Permission::ALL.iter().map(|permission| describe(*permission)).collect(),
    })
}

fn describe(permission: Permission) -> PermissionInfo {
    let rule = permission.rule();
    PermissionInfo {
        id: rule.id,
        group: rule.group,
        title: rule.title,
        summary: rule.summary,
        roles: rule.roles.iter().map(|role| Role::from(*role)).collect(),
    }
}
