//! What can go wrong with blobs, told apart by what somebody can do about it.

use std::error::Error;
use std::fmt::{self, Display};
use std::io::{self, ErrorKind};

/// What was being done, as in "could not be …".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobAction {
    Open,
    Store,
    Read,
    List,
    Link,
    Delete,
}

impl Display for BlobAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "opened",
            Self::Store => "stored",
            Self::Read => "read",
            Self::List => "listed",
            Self::Link => "linked",
            Self::Delete => "deleted",
        })
    }
}

type Source = Box<dyn Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("There is no blob {what}.")]
    Missing { what: String },

    #[error("{what} could not be {doing}: the disk is full. Free some space; nothing was changed.")]
    Full {
        what: String,
        doing: BlobAction,
        #[source]
        source: Source,
    },

    #[error(
        "{what} could not be {doing}: the disk is read-only. Mount it writable, or set blobs.url to \
         another place."
    )]
    ReadOnly {
        what: String,
        doing: BlobAction,
        #[source]
        source: Source,
    },

    #[error(
        "{what} could not be {doing}: access was denied. Check the owner of the directory, or the \
         keys and the policy of the S3 bucket."
    )]
    Denied {
        what: String,
        doing: BlobAction,
        #[source]
        source: Source,
    },

    #[error("{what} was not stored, because what was to be stored could not be read: {source}")]
    Input {
        what: String,
        #[source]
        source: io::Error,
    },

    #[error("A link to {what} cannot be valid {why}. Choose another expiry.")]
    Expiry { what: String, why: &'static str },

    #[error("{what} could not be {doing}: {source}. Check that blobs.url can be reached.")]
    Unavailable {
        what: String,
        doing: BlobAction,
        #[source]
        source: Source,
    },
}

impl BlobError {
    pub(super) fn from_io(doing: BlobAction, what: &dyn Display, error: io::Error) -> Self {
        Self::classify(error.kind(), doing, what, error.into())
    }

    pub(super) fn from_store(doing: BlobAction, what: &dyn Display, error: object_store::Error) -> Self {
        use object_store::Error as Store;
        let kind = match &error {
            Store::NotFound { .. } => ErrorKind::NotFound,
            Store::PermissionDenied { .. } | Store::Unauthenticated { .. } => ErrorKind::PermissionDenied,
            other => io_kind_within(other).unwrap_or(ErrorKind::Other),
        };
        Self::classify(kind, doing, what, error.into())
    }

    fn classify(kind: ErrorKind, doing: BlobAction, what: &dyn Display, source: Source) -> Self {
        let what = what.to_string();
        match kind {
            // Anywhere else it is the folder or the bucket that is missing, not the blob.
            ErrorKind::NotFound if doing == BlobAction::Read => Self::Missing { what },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full { what, doing, source },
            ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { what, doing, source },
            ErrorKind::PermissionDenied => Self::Denied { what, doing, source },
            _ => Self::Unavailable { what, doing, source },
        }
    }
}

/// The object store wraps what the system said, sometimes several layers deep.
fn io_kind_within(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    let here = error.downcast_ref::<io::Error>();
    // An io::Error's own source() skips the error it wraps.
    let wrapped = here.and_then(|error| error.get_ref()).map(|error| error as _);
    let below = wrapped.or_else(|| error.source()).and_then(io_kind_within);
    below.or(here.map(io::Error::kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart_however_deep_the_cause_lies() {
        let told = |kind: ErrorKind| {
            let direct = BlobError::from_io(BlobAction::Store, &"a/b/c", kind.into());
            let wrapped = object_store::Error::Generic {
                store: "test",
                source: Box::new(io::Error::other(io::Error::from(kind))),
            };
            let nested = BlobError::from_store(BlobAction::Store, &"a/b/c", wrapped);
            assert_eq!(
                std::mem::discriminant(&direct),
                std::mem::discriminant(&nested),
                "{direct} / {nested}"
            );
            direct.to_string()
        };
        assert!(told(ErrorKind::StorageFull).contains("the disk is full. Free some space"));
        assert!(told(ErrorKind::QuotaExceeded).contains("the disk is full"));
        assert!(told(ErrorKind::ReadOnlyFilesystem).contains("read-only"));
        assert!(told(ErrorKind::PermissionDenied).contains("access was denied"));
        assert!(told(ErrorKind::TimedOut).contains("Check that blobs.url can be reached"));
        assert!(told(ErrorKind::NotFound).contains("a/b/c could not be stored"));
        let read = BlobError::from_io(BlobAction::Read, &"a/b/c", ErrorKind::NotFound.into());
        assert!(matches!(read, BlobError::Missing { .. }));
    }
}
