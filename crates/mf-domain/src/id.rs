//! Typed identifiers. Each reads as `<prefix>_<32 hex digits>`, sorts by creation time (UUIDv7), and
//! cannot be mistaken for another kind.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use rand::Rng;
use serde::{Deserialize, Serialize};

/// The text was not an identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadId {
    pub expected_prefix: &'static str,
}

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected an id like {}_ followed by 32 hexadecimal digits", self.expected_prefix)
    }
}

impl std::error::Error for BadId {}

fn fresh(prefix: &str, at: Timestamp, rng: &mut dyn Rng) -> String {
    let mut noise = [0u8; 10];
    rng.fill_bytes(&mut noise);
    let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &noise).into_uuid();
    format!("{prefix}_{}", id.simple())
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).is_some_and(|hex| {
        hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            pub fn fresh(at: Timestamp, rng: &mut dyn Rng) -> Self {
                Self(fresh($prefix, at, rng))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                if is_id(text, $prefix) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(BadId { expected_prefix: $prefix })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A workspace.
    TenantId = "ten";
    /// A person who can sign in.
    UserId = "usr";
    /// A sign-in: a browser's cookie or an API client's token pair.
    SessionId = "ses";
    /// An API key.
    KeyId = "key";
    /// An invitation to a workspace.
    InvitationId = "inv";
    /// A project.
    ProjectId = "prj";
    /// A request that a person must decide.
    ApprovalId = "apr";
    /// A unit of background work.
    JobId = "job";
    /// An entry of the audit log.
    AuditId = "aud";
    /// A request to erase data.
    ErasureId = "era";
    /// One HTTP request or one background run, followed through logs, jobs and audit.
    RequestId = "req";
}

impl TenantId {
    /// Stands for the installation as a whole where work or an audit entry belongs to no workspace.
    /// Never a row of `tenants`, and never made by [`TenantId::fresh`].
    pub fn installation() -> Self {
        Self(format!("{}_{}", Self::PREFIX, "0".repeat(32)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn the_installation_has_an_id_of_the_usual_shape() {
        let id = TenantId::installation();
        assert_eq!(id.as_str().parse::<TenantId>().unwrap(), id);
    }

    #[test]
    fn ids_sort_by_time_and_refuse_other_kinds() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(7);
        let early = JobId::fresh(Timestamp::from_millisecond(1_000).unwrap(), &mut rng);
        let late = JobId::fresh(Timestamp::from_millisecond(2_000).unwrap(), &mut rng);
        assert!(early < late);
        assert_eq!(early.as_str().parse::<JobId>().unwrap(), early);
        assert!(early.as_str().parse::<UserId>().is_err());
        for bad in ["", "job_", "job_zz", "JOB_00", &early.as_str().to_uppercase()] {
            assert!(bad.parse::<JobId>().is_err(), "{bad}");
        }
    }
}
