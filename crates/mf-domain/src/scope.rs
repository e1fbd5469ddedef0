//! Who is asking, for which workspace, and what they may do. Every use case and every store call
//! takes a [`Scope`] first; there is no call without one.

use crate::{KeyId, Permission, Permissions, RequestId, Role, SessionId, TenantId, UserId};

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person, signed in by `session` or acting through a personal token.
    User { id: UserId, session: Option<SessionId> },
    /// A workspace's key: nobody in person.
    Key { id: KeyId },
    /// The product itself: a job, a schedule, the command line of whoever runs the server.
    System { name: &'static str },
}

impl Actor {
    pub fn kind(&self) -> &'static str {
        match self {
            Actor::User { .. } => "user",
            Actor::Key { .. } => "key",
            Actor::System { .. } => "system",
        }
    }

    pub fn id(&self) -> Option<&str> {
        match self {
            Actor::User { id, .. } => Some(id.as_str()),
            Actor::Key { id } => Some(id.as_str()),
            Actor::System { .. } => None,
        }
    }
}

/// The idempotency key a request came with, reserved at a moment: work done under it notes in its own
/// transaction that it is done, and is void if the reservation was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    pub actor: String,
    pub key_hash: String,
    pub stamp: i64,
}

#[derive(Debug, Clone)]
pub struct Scope {
    pub tenant: TenantId,
    pub actor: Actor,
    pub role: Option<Role>,
    pub permissions: Permissions,
    pub request: RequestId,
    pub once: Option<Once>,
}

impl Scope {
    /// The product acting inside one workspace: only what the work itself needs, named in the audit.
    pub fn system(tenant: TenantId, name: &'static str, request: RequestId) -> Self {
        Self {
            tenant,
            actor: Actor::System { name },
            role: None,
            permissions: Permissions::all(),
            request,
            once: None,
        }
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }

    pub fn user(&self) -> Option<&UserId> {
        match &self.actor {
            Actor::User { id, .. } => Some(id),
            _ => None,
        }
    }

    pub fn session(&self) -> Option<&SessionId> {
        match &self.actor {
            Actor::User { session, .. } => session.as_ref(),
            _ => None,
        }
    }
}
