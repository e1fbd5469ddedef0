//! Words several resources share, as they stand in JSON.

use mf_app::AppError;
use mf_domain::Currency;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::http::problem::Problem;

/// An enum of the domain as the API speaks it; the compiler keeps the two alike.
macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident of $domain:ty { $($variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($variant),* }

        impl From<$domain> for $name {
            fn from(value: $domain) -> Self {
                match value { $(<$domain>::$variant => $name::$variant),* }
            }
        }

        impl From<$name> for $domain {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => <$domain>::$variant),* }
            }
        }
    };
}
pub(super) use mirror;

mirror! {
    /// What somebody is in a workspace.
    Role of mf_domain::Role { Admin, Marketer, Analyst, Approver }
}

/// How a text is described that is always one of these words.
pub fn one_of(words: &[&str]) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.to_vec())).build()
}

/// A role read from a row: one the API does not know cannot be shown.
pub fn role_of(text: &str) -> Result<Role, Problem> {
    let role: mf_domain::Role = text.parse().map_err(AppError::Internal)?;
    Ok(role.into())
}

/// An amount in minor units, such as cents.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Map<String, Value>")]
pub struct Money {
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64, example = 100_000)]
    pub minor: i64,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$", example = "EUR")]
    pub currency: String,
}

/// Read from an object only: serde would also take a list for the fields in their order.
impl TryFrom<Map<String, Value>> for Money {
    type Error = serde_json::Error;

    fn try_from(object: Map<String, Value>) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            minor: i64,
            currency: String,
        }
        let fields: Fields = serde_json::from_value(Value::Object(object))?;
        Ok(Self { minor: fields.minor, currency: fields.currency })
    }
}

impl From<mf_domain::Money> for Money {
    fn from(money: mf_domain::Money) -> Self {
        Self { minor: money.minor, currency: money.currency.to_string() }
    }
}

impl Money {
    /// `field` is where it stood in the body.
    pub fn read(&self, field: &str) -> Result<mf_domain::Money, Problem> {
        let currency: Currency = self.currency.parse().map_err(|why: mf_domain::money::BadCurrency| {
            Problem::field(format!("{field}.currency"), "It is not a currency.", format!("{why}."))
        })?;
        Ok(mf_domain::Money::new(self.minor, currency))
    }
}

/// A person, by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonRef {
    pub id: String,
    pub name: String,
}
