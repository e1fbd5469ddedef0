//! Pages of a list. Ids grow with time, so a list runs from the newest back and a cursor is the id of
//! the last row seen.

use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

#[derive(Debug, Clone)]
pub struct PageRequest {
    /// The id after which to go on.
    pub after: Option<String>,
    pub limit: u64,
}

impl PageRequest {
    pub fn first(limit: u64) -> Self {
        Self { after: None, limit }
    }
}

#[derive(Debug, Clone)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl<T> Page<T> {
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }

    /// From one row more than asked for: that row says whether there is a next page.
    pub(super) fn cut(mut items: Vec<T>, limit: u64, id: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(id) } else { None };
        Self { items, next }
    }
}

impl<T, E> Page<Result<T, E>> {
    /// A page whose every item could be read, or the first failure.
    pub fn transpose(self) -> Result<Page<T>, E> {
        Ok(Page { items: self.items.into_iter().collect::<Result<_, _>>()?, next: self.next })
    }
}

/// Newest first, beginning after the cursor, one row more than asked for.
pub(super) fn newest_first<E: EntityTrait>(
    select: Select<E>,
    id: E::Column,
    page: &PageRequest,
) -> Select<E> {
    let select = select.order_by_desc(id).limit(page.limit + 1);
    match &page.after {
        Some(after) => select.filter(id.lt(after.as_str())),
        None => select,
    }
}

/// "This column contains that text", whatever the case; `%` and `_` mean themselves.
pub(super) fn contains(column: impl ColumnTrait, text: &str) -> Expr {
    let escaped: String = text
        .to_lowercase()
        .chars()
        .flat_map(|c| if matches!(c, '%' | '_' | '\\') { vec!['\\', c] } else { vec![c] })
        .collect();
    Expr::expr(Func::lower(Expr::col(column))).like(LikeExpr::new(format!("%{escaped}%")).escape('\\'))
}
