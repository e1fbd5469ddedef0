//! Query strings, read strictly: an unknown or repeated parameter is refused rather than ignored,
//! because a filter that is silently dropped shows too much.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::json::sentence;
use super::problem::Problem;

pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    const REMEDY: &str = "Use the parameters the API description lists for this address.";
    if text.contains("%00") || text.contains('\0') {
        return Err(Problem::field("query", "It holds the character U+0000.", "Remove it."));
    }
    let pairs = serde_urlencoded::Deserializer::new(pairs_of(text));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "query" } else { path.as_str() };
        Problem::field(field, sentence(&error.inner().to_string()), REMEDY)
    })
}

fn pairs_of(text: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        q: Option<String>,
        limit: Option<u64>,
    }

    #[test]
    fn only_what_is_known_is_read() {
        let sample: Sample = parse("q=a%20b&limit=5").unwrap();
        assert_eq!((sample.q.as_deref(), sample.limit), (Some("a b"), Some(5)));
        for bad in ["x=1", "limit=many", "limit=-1", "q=1&q=2", "q=a%00"] {
            assert!(parse::<Sample>(bad).is_err(), "{bad}");
        }
    }
}
