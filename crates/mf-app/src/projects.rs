//! Projects: the folders work is kept in. Archiving is what people mean by deleting; it can be undone.

use jiff::Timestamp;
use mf_domain::text::Checks;
use mf_domain::{Permission, ProjectId, Scope};
use mf_stores::relational::{Page, PageRequest, Topic, Tx, rows};

use crate::app::{fresh, instant, require};
use crate::audit::{Action, Subject};
use crate::{App, AppError};

#[derive(Debug, Clone)]
pub struct ProjectView {
    pub id: String,
    pub name: String,
    pub description: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub archived_at: Option<Timestamp>,
    pub created_by: Option<String>,
    pub version: i64,
}

impl App {
    pub async fn projects(
        &self,
        scope: &Scope,
        search: Option<&str>,
        archived: bool,
        page: &PageRequest,
    ) -> Result<Page<ProjectView>, AppError> {
        require(scope, Permission::ProjectsRead)?;
        let tx = self.store.read(scope).await?;
        Ok(tx.projects(search, archived, page).await?.map(view))
    }

    pub async fn project(&self, scope: &Scope, id: &str) -> Result<ProjectView, AppError> {
        require(scope, Permission::ProjectsRead)?;
        let tx = self.store.read(scope).await?;
        Ok(view(find(&tx, id).await?))
    }

    pub async fn create_project(
        &self,
        scope: &Scope,
        name: &str,
        description: &str,
    ) -> Result<ProjectView, AppError> {
        require(scope, Permission::ProjectsWrite)?;
        let (name, description) = checked(name, description)?;
        let row = rows::Project {
            tenant_id: scope.tenant.to_string(),
            id: fresh!(self, ProjectId).to_string(),
            name,
            description,
            created_by: scope.actor.id().map(ToOwned::to_owned),
            created_at: self.now_ms(),
            updated_at: self.now_ms(),
            archived_at: None,
            version: 1,
        };
        let mut tx = self.store.write(scope).await?;
        tx.add_project(row.clone()).await?;
        tx.announce(Topic::Projects, Some(&row.id));
        self.audit(&mut tx, scope, Action::ProjectCreated, subject(&row), None, Some(describe(&row))).await?;
        tx.commit().await?;
        Ok(view(row))
    }

    pub async fn change_project(
        &self,
        scope: &Scope,
        id: &str,
        version: i64,
        name: Option<&str>,
        description: Option<&str>,
    ) -> Result<ProjectView, AppError> {
        self.update_project(scope, id, Some(version), Action::ProjectChanged, |row| {
            let name = name.unwrap_or(&row.name);
            let description = description.unwrap_or(&row.description);
            (row.name, row.description) = checked(name, description)?;
            Ok(())
        })
        .await
    }

    pub async fn archive_project(
        &self,
        scope: &Scope,
        id: &str,
        version: i64,
    ) -> Result<ProjectView, AppError> {
        let now = self.now_ms();
        self.update_project(scope, id, Some(version), Action::ProjectArchived, |row| {
            if row.archived_at.is_some() {
                return Err(AppError::conflict("It is archived already.", "Restore it first."));
            }
            row.archived_at = Some(now);
            Ok(())
        })
        .await
    }

    /// Undoes archiving.
    pub async fn restore_project(&self, scope: &Scope, id: &str) -> Result<ProjectView, AppError> {
        self.update_project(scope, id, None, Action::ProjectRestored, |row| {
            if row.archived_at.take().is_none() {
                return Err(AppError::conflict("It is not archived.", "There is nothing to restore."));
            }
            Ok(())
        })
        .await
    }

    async fn update_project(
        &self,
        scope: &Scope,
        id: &str,
        version: Option<i64>,
        action: Action,
        change: impl FnOnce(&mut rows::Project) -> Result<(), AppError>,
    ) -> Result<ProjectView, AppError> {
        require(scope, Permission::ProjectsWrite)?;
        let mut tx = self.store.write(scope).await?;
        let before = find(&tx, id).await?;
        if version.is_some_and(|version| version != before.version) {
            return Err(AppError::Stale);
        }
        let mut after = before.clone();
        change(&mut after)?;
        after.version += 1;
        after.updated_at = self.now_ms();
        tx.save_project(after.clone()).await?;
        tx.announce(Topic::Projects, Some(id));
        self.audit(&mut tx, scope, action, subject(&after), Some(describe(&before)), Some(describe(&after)))
            .await?;
        tx.commit().await?;
        Ok(view(after))
    }
}

async fn find(tx: &Tx, id: &str) -> Result<rows::Project, AppError> {
    tx.project(id).await?.ok_or(AppError::NotFound("project"))
}

fn checked(name: &str, description: &str) -> Result<(String, String), AppError> {
    let mut checks = Checks::new();
    let name = checks.line("name", name, 1, 120);
    let description = checks.paragraph("description", description, 2000);
    checks.done()?;
    Ok((name, description))
}

fn subject(row: &rows::Project) -> Subject {
    Subject::new("project", &row.id, Some(&row.name))
}

fn describe(row: &rows::Project) -> serde_json::Value {
    serde_json::json!({ "name": row.name, "description": row.description, "archived": row.archived_at.is_some() })
}

fn view(row: rows::Project) -> ProjectView {
    ProjectView {
        id: row.id,
        name: row.name,
        description: row.description,
        created_at: instant(row.created_at),
        updated_at: instant(row.updated_at),
        archived_at: row.archived_at.map(instant),
        created_by: row.created_by,
        version: row.version,
    }
}
