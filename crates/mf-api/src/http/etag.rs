//! Versions of editable things: answered as `ETag`, asked for as `If-Match`. Nobody overwrites what
//! they have not seen.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, header};
use serde::Serialize;

use super::json::Json;
use super::problem::{Code, Problem};

/// The version the caller read before changing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub i64);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(header) = parts.headers.get(header::IF_MATCH) else {
            return Err(Problem::new(
                Code::PreconditionRequired,
                "It is not said which version is to be changed.",
            )
            .remedy("Read it first, and send its ETag back in the header If-Match."));
        };
        header.to_str().ok().and_then(version_of).map(Self).ok_or_else(|| {
            Problem::new(Code::Stale, "If-Match does not name a version of this.")
                .remedy("Read it again, and send its ETag back exactly as it came.")
        })
    }
}

/// For the API description.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatchHeader {
    /// The ETag of what you read, such as `"3"`.
    #[param(rename = "If-Match", required, pattern = r#"^"[0-9]+"$"#)]
    #[expect(dead_code, reason = "only described; IfMatch reads it")]
    if_match: String,
}

/// Proxies that compress mark the tag as weak; the version in it is the same.
fn version_of(header: &str) -> Option<i64> {
    let tag = header.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// An answer that says which version it shows.
pub struct Versioned<T>(pub i64, pub T);

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.1).into_response();
        // Digits in quotes are always a valid header.
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.0)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::extract::Request;

    async fn read(tag: Option<&str>) -> Result<IfMatch, Problem> {
        let mut request = Request::builder();
        if let Some(tag) = tag {
            request = request.header(header::IF_MATCH, tag);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        IfMatch::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn a_version_must_be_named() {
        assert_eq!(read(Some("\"7\"")).await.unwrap(), IfMatch(7));
        assert_eq!(read(Some("W/\"7\"")).await.unwrap(), IfMatch(7));
        assert_eq!(read(None).await.unwrap_err().code, Code::PreconditionRequired);
        for bad in ["*", "7", "\"x\"", "\"-1\"", "\"\"", "\"99999999999999999999\""] {
            assert_eq!(read(Some(bad)).await.unwrap_err().code, Code::Stale, "{bad}");
        }
    }
}
