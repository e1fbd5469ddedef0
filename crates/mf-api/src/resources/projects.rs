//! Projects. Deleting one archives it; restoring undoes that.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::Timestamp;
use mf_app::ProjectView;
use mf_domain::ProjectId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{Routes, creating};
use crate::ApiState;
use crate::http::etag::{IfMatch, IfMatchHeader, Versioned};
use crate::http::idempotency::IdempotencyHeader;
use crate::http::identity::Caller;
use crate::http::json::Json;
use crate::http::page::{List, page, search};
use crate::http::path::PathId;
use crate::http::problem::Problem;
use crate::http::query::Query;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list_projects))
        .merge(creating(routes!(create_project)))
        .routes(routes!(read_project, change_project, archive_project))
        .routes(routes!(restore_project))
}

/// A folder work is kept in.
#[derive(Serialize, ToSchema)]
struct Project {
    id: String,
    name: String,
    description: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    archived_at: Option<Timestamp>,
    /// The person or key that made it.
    #[schema(required)]
    created_by: Option<String>,
    version: i64,
}

impl From<ProjectView> for Project {
    fn from(view: ProjectView) -> Self {
        Self {
            id: view.id,
            name: view.name,
            description: view.description,
            created_at: view.created_at,
            updated_at: view.updated_at,
            archived_at: view.archived_at,
            created_by: view.created_by,
            version: view.version,
        }
    }
}

fn versioned(view: ProjectView) -> Versioned<Project> {
    Versioned(view.version, view.into())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ProjectsQuery {
    /// Part of a name or a description.
    #[param(max_length = 200)]
    q: Option<String>,
    /// The archived ones instead of those in use.
    archived: Option<bool>,
    /// Where to read on: `next_cursor` of the page before.
    #[param(pattern = "^[a-z]{3}_[0-9a-f]{32}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// Projects
#[utoipa::path(get, path = "/projects", tag = "Projects", params(ProjectsQuery), responses((status = 200, body = List<Project>)))]
async fn list_projects(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<ProjectsQuery>,
) -> Result<Json<List<Project>>, Problem> {
    let request = page(query.cursor, query.limit)?;
    let archived = query.archived.unwrap_or(false);
    let projects = api.app.projects(caller.scope(), search(query.q.as_deref())?, archived, &request).await?;
    Ok(Json(List::of(projects, Project::from)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewProject {
    #[schema(min_length = 1, max_length = 120, pattern = r"\S")]
    name: String,
    #[serde(default)]
    #[schema(max_length = 2000)]
    description: String,
}

/// Create a project
#[utoipa::path(post, path = "/projects", tag = "Projects", params(IdempotencyHeader), request_body = NewProject, responses(
    (status = 201, body = Project),
))]
async fn create_project(
    State(api): State<ApiState>,
    caller: Caller,
    Json(body): Json<NewProject>,
) -> Result<Response, Problem> {
    let project = api.app.create_project(caller.scope(), &body.name, &body.description).await?;
    Ok((StatusCode::CREATED, versioned(project)).into_response())
}

/// A project
#[utoipa::path(get, path = "/projects/{id}", tag = "Projects", responses((status = 200, body = Project)))]
async fn read_project(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<ProjectId>,
) -> Result<Versioned<Project>, Problem> {
    Ok(versioned(api.app.project(caller.scope(), id.as_str()).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProjectPatch {
    #[schema(min_length = 1, max_length = 120, pattern = r"\S")]
    name: Option<String>,
    #[schema(max_length = 2000)]
    description: Option<String>,
}

/// Change a project
#[utoipa::path(patch, path = "/projects/{id}", tag = "Projects", params(IfMatchHeader), request_body = ProjectPatch, responses(
    (status = 200, body = Project),
))]
async fn change_project(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<ProjectId>,
    IfMatch(version): IfMatch,
    Json(body): Json<ProjectPatch>,
) -> Result<Versioned<Project>, Problem> {
    let (name, description) = (body.name.as_deref(), body.description.as_deref());
    Ok(versioned(api.app.change_project(caller.scope(), id.as_str(), version, name, description).await?))
}

/// Archive a project
#[utoipa::path(delete, path = "/projects/{id}", tag = "Projects", params(IfMatchHeader), responses(
    (status = 204),
    (status = 409, description = "It is archived already."),
))]
async fn archive_project(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<ProjectId>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Problem> {
    api.app.archive_project(caller.scope(), id.as_str(), version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restore an archived project
#[utoipa::path(post, path = "/projects/{id}/restore", tag = "Projects", responses(
    (status = 200, body = Project),
    (status = 409, description = "It is not archived."),
))]
async fn restore_project(
    State(api): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<ProjectId>,
) -> Result<Versioned<Project>, Problem> {
    Ok(versioned(api.app.restore_project(caller.scope(), id.as_str()).await?))
}
