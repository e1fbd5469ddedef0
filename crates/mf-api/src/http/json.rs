//! Bodies: JSON and nothing else, read strictly. An unknown field is a mistake of the caller's and is
//! said so, with its place.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use mf_domain::text::shorten;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::problem::{Code, Problem};

pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(Code::UnsupportedMediaType, "The body must be JSON.")
                .remedy("Send it with the header Content-Type: application/json."));
        }
        let body = Bytes::from_request(request, state).await.map_err(unreadable)?;
        parse(&body).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
            }
            Err(error) => {
                tracing::error!(%error, "an answer could not be written as JSON");
                Problem::internal().into_response()
            }
        }
    }
}

/// An answer with a status of its own: `201` and `202` mostly.
pub fn answer<T: Serialize>(status: StatusCode, body: T) -> Response {
    (status, Json(body)).into_response()
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn unreadable(rejection: BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large();
    }
    Problem::new(Code::Malformed, "The body did not arrive in full.").remedy("Send it again.")
}

pub fn too_large() -> Problem {
    Problem::new(Code::TooLarge, "The body is larger than this server takes.")
        .remedy("Send less at once, or ask your administrator to raise http.body_limit.")
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if holds_nul(body) {
        return Err(Problem::new(
            Code::Invalid,
            "The body holds the character U+0000, which cannot be stored.",
        )
        .remedy("Remove it and send it again."));
    }
    if body.trim_ascii_start().first() == Some(&b'[') {
        // serde would take a list for the fields in their order.
        return Err(not_an_object(body));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        refuse(&path, error.inner())
    })?;
    reader.end().map_err(|error| refuse(".", &error))?;
    Ok(value)
}

fn not_an_object(body: &[u8]) -> Problem {
    match serde_json::from_slice::<serde::de::IgnoredAny>(body) {
        Ok(_) => Problem::field(
            "body",
            "It is a list.",
            "Send an object with the fields the API description lists.",
        ),
        Err(error) => refuse(".", &error),
    }
}

fn refuse(path: &str, error: &serde_json::Error) -> Problem {
    if error.classify() != Category::Data {
        return Problem::new(Code::Malformed, format!("The body is not JSON: {error}."))
            .remedy("Check commas, quotes and brackets.");
    }
    let text = error.to_string();
    // serde adds where in the text it stood; the field says it better.
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    let field = if path == "." { "body" } else { path };
    Problem::field(field, sentence(message), "Send what the API description says, and nothing else.")
}

/// serde's words as a sentence of bounded length.
pub(super) fn sentence(message: &str) -> String {
    let message = if message.chars().count() > 300 { shorten(message) } else { message.to_owned() };
    let mut letters = message.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// Does a string in this JSON hold U+0000? PostgreSQL cannot store it.
fn holds_nul(body: &[u8]) -> bool {
    let mut rest = body;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let escape = &rest[at + 1..];
        if escape.starts_with(b"u0000") {
            return true;
        }
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only read in")]
        name: String,
        #[serde(default)]
        #[expect(dead_code, reason = "only read in")]
        inner: Vec<u8>,
    }

    async fn read(kind: &str, body: &str) -> Result<Sample, Problem> {
        let request =
            Request::builder().header(header::CONTENT_TYPE, kind).body(Body::from(body.to_owned())).unwrap();
        Json::from_request(request, &()).await.map(|Json(sample)| sample)
    }

    #[tokio::test]
    async fn each_mistake_has_its_own_code() {
        let kinds = [
            ("text/plain", r#"{"name":"a"}"#, Code::UnsupportedMediaType),
            ("application/jsonx", r#"{"name":"a"}"#, Code::UnsupportedMediaType),
            ("application/json", "", Code::Malformed),
            ("application/json", r#"{"name":"a""#, Code::Malformed),
            ("application/json", r#"{"name":"a"} x"#, Code::Malformed),
            ("application/json", r#"{"name":1}"#, Code::Invalid),
            ("application/json", r#"{}"#, Code::Invalid),
            ("application/json", r#" ["a"]"#, Code::Invalid),
            ("application/json", r#"["a""#, Code::Malformed),
            ("application/json", r#"{"name":"a","name":"b"}"#, Code::Invalid),
            ("application/json", r#"{"name":"a","other":1}"#, Code::Invalid),
            ("application/json", r#"{"name":"a\u0000"}"#, Code::Invalid),
        ];
        for (kind, body, code) in kinds {
            assert_eq!(read(kind, body).await.unwrap_err().code, code, "{body}");
        }
        read("application/json; charset=utf-8", r#"{"name":"a\\u0000"}"#).await.unwrap();
    }

    #[tokio::test]
    async fn the_place_of_a_mistake_is_named() {
        let problem = read("application/json", r#"{"name":"a","inner":[1,"x"]}"#).await.unwrap_err();
        let text = format!("{problem:?}");
        assert!(text.contains("inner[1]") && text.contains("expected u8"), "{text}");
    }
}
