//! Ids in addresses. One that is not even an id answers exactly as one that does not exist.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use mf_domain::{ApprovalId, AuditId, InvitationId, JobId, KeyId, ProjectId, SessionId, TenantId, UserId};

use super::problem::Problem;

/// A thing that has an address of its own.
pub trait Named: FromStr {
    /// What people call it.
    const NOUN: &'static str;
}

macro_rules! named {
    ($($id:ty = $noun:literal),* $(,)?) => { $(impl Named for $id { const NOUN: &'static str = $noun; })* };
}

// The same words as the use cases say: "not yours" must read exactly as "not there".
named! {
    ApprovalId = "request",
    AuditId = "audit entry",
    InvitationId = "invitation",
    JobId = "job",
    KeyId = "key",
    ProjectId = "project",
    SessionId = "sign-in",
    TenantId = "workspace",
    UserId = "member",
}

/// The `{id}` of the address.
pub struct PathId<T>(pub T);

impl<T: Named, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let missing = || Problem::not_found(T::NOUN);
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| missing())?;
        let (_, text) = params.iter().find(|(name, _)| *name == "id").ok_or_else(missing)?;
        text.parse().map(Self).map_err(|_| missing())
    }
}
