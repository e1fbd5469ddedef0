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
        let header =
            parts.headers.get(header::IF_MATCH).map(|value| value.to_str().unwrap_or_default().trim());
        match header {
            None | Some("*") => Err(unnamed()),
            Some(header) => version_of(header).map(Self),
        }
    }
}

fn unnamed() -> Problem {
    Problem::new(Code::PreconditionRequired, "It is not said which version is to be changed.")
        .remedy("Read it first, and send its ETag back in the header If-Match.")
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
fn version_of(header: &str) -> Result<i64, Problem> {
    let tag = header.strip_prefix("W/").unwrap_or(header);
    let Some(inside) = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')) else {
        return Err(Problem::field(
            "If-Match",
            "It is not a version in quotes.",
            "Send the ETag back as it came, such as \"3\".",
        ));
    };
    let digits = inside.bytes().all(|byte| byte.is_ascii_digit());
    inside.parse().ok().filter(|_| digits).ok_or_else(|| {
        Problem::new(Code::Stale, "If-Match names no version this ever had.")
            .remedy("Read it again, and send its ETag back.")
    })
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
        assert_eq!(read(Some("*")).await.unwrap_err().code, Code::PreconditionRequired);
        for unquoted in ["7", "{}", "\"1"] {
            assert_eq!(read(Some(unquoted)).await.unwrap_err().code, Code::Invalid, "{unquoted}");
        }
        for foreign in ["\"x\"", "\"-1\"", "\"\"", "\"99999999999999999999\""] {
            assert_eq!(read(Some(foreign)).await.unwrap_err().code, Code::Stale, "{foreign}");
        }
    }
}
