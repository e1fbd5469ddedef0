//! What can go wrong in the store, told apart by what helps: waiting, mending the disk, or nothing.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database is busy: {0}; try again in a moment")]
    Busy(String),
    #[error("the disk is full: {0}; free some space, work goes on by itself")]
    Full(String),
    #[error("the database cannot be written: {0}; make its folder writable for this user")]
    ReadOnly(String),
    #[error("the database does not answer: {0}; check that it runs and that database.url is right")]
    Unreachable(String),
    #[error("the database file is damaged: {0}; restore the newest backup with `marketflow restore`")]
    Corrupt(String),
    /// A unique thing is there already.
    #[error("it exists already")]
    Duplicate,
    /// Somebody else changed it since it was read.
    #[error("it changed since it was read")]
    Stale,
    #[error("database: {0}")]
    Other(String),
}

impl StoreError {
    /// Will the same call succeed later without anybody changing it?
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            StoreError::Busy(_) | StoreError::Full(_) | StoreError::ReadOnly(_) | StoreError::Unreachable(_)
        )
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            return StoreError::Duplicate;
        }
        let text = error.to_string();
        match &error {
            DbErr::ConnectionAcquire(_) => StoreError::Busy(text),
            DbErr::Conn(inner) | DbErr::Exec(inner) | DbErr::Query(inner) => classify(inner, text),
            _ => StoreError::Other(text),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        classify_sqlx(&error, error.to_string())
    }
}

fn classify(error: &RuntimeErr, text: String) -> StoreError {
    match error {
        RuntimeErr::SqlxError(error) => classify_sqlx(error, text),
        RuntimeErr::Internal(_) => StoreError::Other(text),
    }
}

fn classify_sqlx(error: &sqlx::Error, text: String) -> StoreError {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            StoreError::Unreachable(text)
        }
        sqlx::Error::PoolTimedOut => StoreError::Busy(text),
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            by_code(&code).map_or(StoreError::Other(text.clone()), |make| make(text))
        }
        _ => StoreError::Other(text),
    }
}

/// SQLite's numbers (the low byte is the primary code) and PostgreSQL's SQLSTATE.
fn by_code(code: &str) -> Option<fn(String) -> StoreError> {
    if code.len() == 5 {
        return Some(match code {
            "53100" => StoreError::Full,
            "25006" => StoreError::ReadOnly,
            "40001" | "40P01" | "55P03" | "53300" => StoreError::Busy,
            _ if code.starts_with("08") || code.starts_with("57P") => StoreError::Unreachable,
            "XX001" | "XX002" => StoreError::Corrupt,
            _ => return None,
        });
    }
    let primary = code.parse::<u32>().ok()? & 0xff;
    Some(match primary {
        5 | 6 => StoreError::Busy,
        8 => StoreError::ReadOnly,
        10 | 14 => StoreError::Unreachable,
        11 | 26 => StoreError::Corrupt,
        13 => StoreError::Full,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_engines_are_told_apart() {
        let class = |code| by_code(code).map(|make| make("why".into()));
        assert!(matches!(class("13"), Some(StoreError::Full(_))));
        assert!(matches!(class("2570"), Some(StoreError::Unreachable(_))));
        assert!(matches!(class("517"), Some(StoreError::Busy(_))));
        assert!(matches!(class("53100"), Some(StoreError::Full(_))));
        assert!(matches!(class("57P01"), Some(StoreError::Unreachable(_))));
        assert!(class("23505").is_none());
    }
}
