//! How the API says no: one shape (RFC 9457), a small set of stable codes, and always what to do next.
//!
//! A handler returns a [`Problem`]; it travels as an extension of an empty response until
//! [`render`] writes it out with the request's id. What use cases answer is translated in
//! [`refusal`](super::refusal).

use axum::Extension;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use mf_domain::RequestId;
use mf_domain::text::FieldProblem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! codes {
    ($($name:ident = $id:literal, $status:ident, $title:literal;)*) => {
        /// What went wrong, for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Code { $($name),* }

        impl Code {
            #[cfg(test)]
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            pub fn id(self) -> &'static str {
                match self { $(Code::$name => $id),* }
            }

            pub fn status(self) -> StatusCode {
                match self { $(Code::$name => StatusCode::$status),* }
            }

            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title),* }
            }
        }
    };
}

codes! {
    Malformed = "malformed", BAD_REQUEST, "The request cannot be read";
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Sign in first";
    Forbidden = "forbidden", FORBIDDEN, "You may not do this";
    Csrf = "csrf", FORBIDDEN, "The request did not come from this app";
    NotFound = "not_found", NOT_FOUND, "Not found";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "This address does not do that";
    Conflict = "conflict", CONFLICT, "It does not fit what is there";
    SetupDone = "setup_done", CONFLICT, "Already set up";
    InFlight = "in_flight", CONFLICT, "Already being worked on";
    Gone = "gone", GONE, "No longer valid";
    Stale = "stale", PRECONDITION_FAILED, "It was changed in the meantime";
    TooLarge = "too_large", PAYLOAD_TOO_LARGE, "Too large";
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Send JSON";
    Invalid = "invalid", UNPROCESSABLE_ENTITY, "Some of it needs mending";
    IdempotencyMismatch = "idempotency_mismatch", UNPROCESSABLE_ENTITY, "This key was used for another request";
    PreconditionRequired = "precondition_required", PRECONDITION_REQUIRED, "Say which version you change";
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests";
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Not available right now";
    Timeout = "timeout", SERVICE_UNAVAILABLE, "It took too long";
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub code: Code,
    detail: String,
    remedy: Option<String>,
    errors: Vec<FieldError>,
    retry_after_seconds: Option<u64>,
}

/// One field that needs mending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where it is, as in `thresholds.recipients`.
    field: String,
    message: String,
    remedy: String,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), remedy: None, errors: Vec::new(), retry_after_seconds: None }
    }

    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds.max(1));
        self
    }

    /// The same answer under another code.
    #[must_use]
    pub fn with_code(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    pub fn invalid(problems: Vec<FieldProblem>) -> Self {
        let errors: Vec<_> = problems
            .into_iter()
            .map(|p| FieldError { field: p.field, message: p.message, remedy: p.remedy })
            .collect();
        let detail = match errors.as_slice() {
            [one] => format!("{}: {}", one.field, one.message),
            many => format!("{} fields need mending.", many.len()),
        };
        Self {
            errors,
            ..Self::new(Code::Invalid, detail).remedy("Mend the fields named in `errors` and send it again.")
        }
    }

    pub fn field(field: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::invalid(vec![FieldProblem::new(field, message, remedy)])
    }

    pub fn not_found(noun: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {noun}."))
            .remedy("Check the address. It may have been removed, or belong to another workspace.")
    }

    /// Says nothing of the cause: that goes to the log only.
    pub fn internal() -> Self {
        Self::new(Code::Internal, "The server could not finish this request.")
            .remedy("Try again. If it stays so, give your administrator the request id.")
    }

    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// The whole answer, with the id of the request it belongs to.
    pub fn to_response(&self, request: &RequestId) -> Response {
        let body = ProblemBody {
            kind: format!("urn:marketflow:problem:{}", self.code.id()),
            title: self.code.title(),
            status: self.status().as_u16(),
            code: self.code,
            detail: &self.detail,
            remedy: self.remedy.as_deref(),
            request_id: request.as_str(),
            errors: &self.errors,
        };
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code == Code::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"marketflow\""));
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// An error answer (RFC 9457, `application/problem+json`).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// `urn:marketflow:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: String,
    title: &'a str,
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    code: Code,
    /// What happened, in words.
    detail: &'a str,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    remedy: Option<&'a str>,
    /// Find this request again in logs, jobs and the audit log by it.
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Option<Vec<FieldError>>, nullable = false)]
    errors: &'a [FieldError],
}

/// Writes problems out, and makes problems of the few bare refusals the router itself gives.
pub async fn render(Extension(id): Extension<RequestId>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let problem = response.extensions_mut().remove::<Problem>().or_else(|| bare_refusal(&response));
    let Some(problem) = problem else { return response };
    let mut answer = problem.to_response(&id);
    for (name, value) in response.headers() {
        // What earlier layers said (limits, allowed methods) stays; the empty body's own headers go.
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    answer
}

fn bare_refusal(response: &Response) -> Option<Problem> {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return None;
    }
    let allowed = response.headers().get(header::ALLOW).and_then(|v| v.to_str().ok()).unwrap_or_default();
    Some(
        Problem::new(Code::MethodNotAllowed, "This address does not take that method.")
            .remedy(format!("Use one of: {}.", allowed.replace(',', ", "))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_serialise_as_their_ids() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.id());
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert_eq!(Code::ALL.iter().filter(|other| other.id() == code.id()).count(), 1);
        }
    }

    #[test]
    fn one_bad_field_is_named_in_the_detail_and_many_are_counted() {
        let one = Problem::field("name", "It is empty.", "Fill it in.");
        assert_eq!(one.detail, "name: It is empty.");
        let two = Problem::invalid(vec![FieldProblem::new("a", "x", "y"), FieldProblem::new("b", "x", "y")]);
        assert_eq!(two.detail, "2 fields need mending.");
    }
}
