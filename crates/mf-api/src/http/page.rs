//! Lists come in pages. A cursor is opaque to callers; here it is the id after which to go on.

use mf_app::{Page, PageRequest};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;

const DEFAULT: u64 = 50;
const MOST: u64 = 200;
const LONGEST_SEARCH: usize = 200;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    pub items: Vec<T>,
    /// Send it as `cursor` to read on; null on the last page.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    pub fn of<V>(page: Page<V>, show: impl FnMut(V) -> T) -> Self {
        let page = page.map(show);
        Self { items: page.items, next_cursor: page.next }
    }

    /// A page of a list that is at hand as a whole, sorted from the newest id back.
    pub fn cut(all: Vec<T>, request: &PageRequest, id: impl Fn(&T) -> &String) -> Self {
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        let mut rest =
            all.into_iter().filter(|item| request.after.as_ref().is_none_or(|after| id(item) < after));
        let items: Vec<T> = rest.by_ref().take(limit).collect();
        let next_cursor = rest.next().and_then(|_| items.last()).map(|item| id(item).clone());
        Self { items, next_cursor }
    }

    pub fn map<U>(self, show: impl FnMut(T) -> U) -> List<U> {
        List { items: self.items.into_iter().map(show).collect(), next_cursor: self.next_cursor }
    }
}

/// Everything at once: lists that cannot grow long.
#[derive(Debug, Serialize, ToSchema)]
pub struct Whole<T> {
    pub items: Vec<T>,
}

/// A page of a list whose cursor is an id.
pub fn page(cursor: Option<String>, limit: Option<u64>) -> Result<PageRequest, Problem> {
    if cursor.as_deref().is_some_and(|text| !looks_like_an_id(text)) {
        return Err(foreign_cursor());
    }
    Ok(PageRequest { after: cursor, limit: bounded(limit)? })
}

/// A page of a list whose cursor is a number.
pub fn numbered_page(cursor: Option<&str>, limit: Option<u64>) -> Result<(Option<i64>, u64), Problem> {
    let digits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = cursor.map(|text| Some(text).filter(digits)?.parse().ok());
    match number {
        Some(None) => Err(foreign_cursor()),
        number => Ok((number.flatten(), bounded(limit)?)),
    }
}

fn bounded(limit: Option<u64>) -> Result<u64, Problem> {
    let limit = limit.unwrap_or(DEFAULT);
    if (1..=MOST).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::field("limit", format!("{limit} is out of range."), format!("Use 1 to {MOST}.")))
}

fn foreign_cursor() -> Problem {
    let remedy = "Send next_cursor of the page before, unchanged.";
    Problem::field("cursor", "It did not come from this list.", remedy)
}

/// What to look for; blank looks for nothing in particular.
pub fn search(text: Option<&str>) -> Result<Option<&str>, Problem> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > LONGEST_SEARCH) {
        let remedy = format!("Use at most {LONGEST_SEARCH} characters.");
        return Err(Problem::field("q", "It is too long.", remedy));
    }
    Ok(text)
}

fn looks_like_an_id(text: &str) -> bool {
    let Some((kind, rest)) = text.split_once('_') else { return false };
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    kind.len() == 3
        && kind.bytes().all(|b| b.is_ascii_lowercase())
        && rest.len() == 32
        && rest.bytes().all(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_list_is_cut_into_pages_without_gap_or_repeat() {
        let all: Vec<String> = (0..4).rev().map(|n| format!("prj_{n:032}")).collect();
        let first = List::cut(all.clone(), &page(None, Some(3)).unwrap(), |id| id);
        assert_eq!((&first.items[..], first.next_cursor.as_ref()), (&all[..3], Some(&all[2])));
        let last = List::cut(all.clone(), &page(first.next_cursor, Some(3)).unwrap(), |id| id);
        assert_eq!((&last.items[..], last.next_cursor), (&all[3..], None));
    }

    #[test]
    fn limits_and_cursors_are_held_to_their_bounds() {
        assert_eq!(page(None, None).unwrap().limit, DEFAULT);
        let id = "prj_".to_owned() + &"0a".repeat(16);
        assert_eq!(page(Some(id.clone()), Some(200)).unwrap().after, Some(id.clone()));
        assert_eq!(numbered_page(Some("12"), None).unwrap(), (Some(12), DEFAULT));
        for limit in [0, 201] {
            assert!(page(None, Some(limit)).is_err());
        }
        for cursor in ["", "prj_1", "12", "'", &id.to_uppercase(), &format!("{id}0")] {
            assert!(page(Some(cursor.into()), None).is_err(), "{cursor:?}");
        }
        for cursor in ["", "-1", "+1", "x", "99999999999999999999"] {
            assert!(numbered_page(Some(cursor), None).is_err(), "{cursor:?}");
        }
    }
}
