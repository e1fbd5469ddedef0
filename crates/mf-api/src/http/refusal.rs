//! What use cases answer, as problems. The one place that translates; what is inside stays inside: it
//! is logged under the request's id and not told.

use mf_app::{AppError, BlobError, StoreError};
use mf_domain::Permission;

use super::problem::{Code, Problem};

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Invalid(problems) => Problem::invalid(problems),
            AppError::NotFound(noun) => Problem::not_found(noun),
            AppError::Forbidden(permission) => not_allowed(permission),
            AppError::Refused { why, remedy } => Problem::new(Code::Forbidden, why).remedy(remedy),
            AppError::Unauthenticated(why) => Problem::new(Code::Unauthenticated, sentence(why))
                .remedy("Sign in, or send a valid token or API key in the header Authorization."),
            AppError::Conflict { why, remedy } => Problem::new(Code::Conflict, why).remedy(remedy),
            AppError::Stale => stale(),
            AppError::Gone(what) => {
                Problem::new(Code::Gone, format!("This {what} has been used or has lapsed."))
                    .remedy("Ask for a new one.")
            }
            AppError::Throttled { retry_after_seconds } => throttled(retry_after_seconds),
            AppError::Store(error) => store(&error),
            AppError::Blob(error) => blob(&error),
            AppError::Vault(error) => unexpected(&error),
            AppError::Internal(error) => unexpected(&error),
        }
    }
}

fn not_allowed(permission: Permission) -> Problem {
    let rule = permission.rule();
    let roles: Vec<&str> = rule.roles.iter().map(|role| role.title()).collect();
    Problem::new(
        Code::Forbidden,
        format!("Your role does not allow this. It needs: {} ({}).", rule.title, rule.id),
    )
    .remedy(format!("Ask somebody with one of these roles: {}.", roles.join(", ")))
}

fn stale() -> Problem {
    Problem::new(Code::Stale, "Somebody changed it since you read it, so your change was not made.")
        .remedy("Read it again and repeat your change.")
}

fn throttled(seconds: u64) -> Problem {
    Problem::new(Code::RateLimited, "There were too many failed attempts.")
        .remedy(format!("Wait {seconds} s, then try again."))
        .retry_after(seconds)
}

fn store(error: &StoreError) -> Problem {
    match error {
        StoreError::Stale => stale(),
        StoreError::Duplicate => Problem::new(Code::Conflict, "There is one like it already.")
            .remedy("Read the list again, and use the one that is there or another name."),
        error if error.is_passing() => passing(error),
        error => unexpected(error),
    }
}

fn blob(error: &BlobError) -> Problem {
    match error {
        BlobError::Missing { .. } => Problem::not_found("file"),
        error => passing(error),
    }
}

fn passing(error: &dyn std::fmt::Display) -> Problem {
    tracing::warn!(%error, "a request could not be served");
    Problem::new(Code::Unavailable, "The server cannot reach its storage right now. Nothing was changed.")
        .remedy("Try again in a few seconds.")
        .retry_after(5)
}

fn unexpected(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "a request failed");
    Problem::internal()
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inside_is_never_told() {
        for error in [
            AppError::Internal("secret path".into()),
            AppError::Store(StoreError::Other("secret path".into())),
        ] {
            let problem = Problem::from(error);
            assert_eq!(problem.code, Code::Internal);
            assert!(!format!("{problem:?}").contains("secret path"));
        }
        let full = Problem::from(AppError::Store(StoreError::Full("/secret/path".into())));
        assert_eq!(full.code, Code::Unavailable);
        assert!(!format!("{full:?}").contains("/secret/path"));
    }

    #[test]
    fn a_refusal_names_who_could() {
        let text = format!("{:?}", Problem::from(AppError::Forbidden(Permission::KeysManage)));
        assert!(text.contains("keys.manage") && text.contains("Admin"), "{text}");
    }
}
