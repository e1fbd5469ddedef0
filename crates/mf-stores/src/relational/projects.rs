//! Projects.

use sea_orm::{ColumnTrait, QueryFilter};

use super::entities::projects;
use super::{Page, PageRequest, StoreError, Tx, page, rows};

impl Tx {
    pub async fn projects(
        &self,
        search: Option<&str>,
        archived: bool,
        request: &PageRequest,
    ) -> Result<Page<rows::Project>, StoreError> {
        let mut select = page::newest_first(self.find::<projects::Entity>(), projects::Column::Id, request);
        select = if archived {
            select.filter(projects::Column::ArchivedAt.is_not_null())
        } else {
            select.filter(projects::Column::ArchivedAt.is_null())
        };
        if let Some(search) = search {
            select = select.filter(page::contains(projects::Column::Name, search));
        }
        Ok(Page::cut(self.all(select).await?, request.limit, |row| row.id.clone()))
    }

    pub async fn project(&self, id: &str) -> Result<Option<rows::Project>, StoreError> {
        self.one(self.find::<projects::Entity>().filter(projects::Column::Id.eq(id))).await
    }

    pub async fn add_project(&self, row: rows::Project) -> Result<(), StoreError> {
        self.insert::<projects::Entity>(row).await
    }

    pub async fn save_project(&self, row: rows::Project) -> Result<(), StoreError> {
        self.save_next::<projects::Entity>(row).await
    }

    pub async fn delete_project(&self, id: &str) -> Result<u64, StoreError> {
        self.delete::<projects::Entity>(projects::Column::Id.eq(id)).await
    }
}
