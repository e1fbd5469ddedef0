//! The audit log: what each action is called, how an entry is written beside the change it tells of,
//! and reading, verifying and exporting it.

mod export;
mod read;

use mf_domain::audit::Entry;
use mf_domain::{Actor, AuditId, Scope};
use mf_stores::relational::{StoreError, Tx};
use serde::Serialize;

use crate::App;
use crate::app::fresh;

pub use export::ExportFormat;
pub(crate) use export::{EXPORTS, ExportAudit};
pub use read::{AuditQuery, AuditVerdict, AuditView};

/// An action and how people read it.
#[derive(Debug, Clone, Copy)]
pub struct ActionTitle {
    pub id: &'static str,
    pub title: &'static str,
}

macro_rules! actions {
    ($($name:ident = $id:literal, $title:literal;)*) => {
        /// Everything that is written to the audit log.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Action { $($name),* }

        impl Action {
            pub(crate) fn id(self) -> &'static str {
                match self { $(Action::$name => $id),* }
            }
        }

        impl ActionTitle {
            pub const ALL: &'static [ActionTitle] = &[$(ActionTitle { id: $id, title: $title }),*];

            /// The title of a stored action; one of a newer version reads as its id.
            pub fn of(id: &str) -> String {
                Self::ALL.iter().find(|a| a.id == id).map_or(id, |a| a.title).to_owned()
            }
        }
    };
}

actions! {
    InstallationSetUp = "installation.set_up", "Set up Marketflow";
    SessionStarted = "session.started", "Signed in";
    SessionRefreshed = "session.refreshed", "Renewed an access token";
    SessionEnded = "session.ended", "Signed out";
    SessionsEnded = "session.all_ended", "Signed out everywhere";
    SessionReused = "session.reused", "Refresh token used twice; sign-in ended";
    SessionMoved = "session.moved", "Switched workspace";
    PasswordChanged = "password.changed", "Changed their password";
    PasswordResetAsked = "password.reset_asked", "Asked for a password reset";
    PasswordResetLink = "password.reset_link", "Made a password reset link";
    PasswordReset = "password.reset", "Reset their password";
    ProfileChanged = "profile.changed", "Changed their profile";
    TenantCreated = "tenant.created", "Created the workspace";
    TenantChanged = "tenant.changed", "Changed the workspace";
    MemberChanged = "member.changed", "Changed a member";
    MemberRemoved = "member.removed", "Removed a member";
    MemberErased = "member.erased", "Erased a member's personal data";
    InvitationCreated = "invitation.created", "Invited somebody";
    InvitationRenewed = "invitation.renewed", "Renewed an invitation";
    InvitationRevoked = "invitation.revoked", "Revoked an invitation";
    InvitationAccepted = "invitation.accepted", "Joined the workspace";
    KeyCreated = "key.created", "Created a key";
    KeyRevoked = "key.revoked", "Revoked a key";
    ProjectCreated = "project.created", "Created a project";
    ProjectChanged = "project.changed", "Changed a project";
    ProjectArchived = "project.archived", "Archived a project";
    ProjectRestored = "project.restored", "Restored a project";
    ProjectErased = "project.erased", "Erased a project";
    ApprovalAsked = "approval.asked", "Asked for approval";
    ApprovalApproved = "approval.approved", "Approved a request";
    ApprovalSentBack = "approval.sent_back", "Sent a request back";
    ApprovalWithdrawn = "approval.withdrawn", "Withdrew a request";
    ApprovalExpired = "approval.expired", "A request expired";
    ApprovalFailed = "approval.failed", "An approved action failed";
    ApprovalSettingsChanged = "approval_settings.changed", "Changed when a person is asked";
    SpendingChanged = "spending.changed", "Changed the spending limit";
    ErasureAsked = "erasure.asked", "Asked to erase data";
    JobRetried = "job.retried", "Retried a job";
    JobCancelled = "job.cancelled", "Cancelled a job";
    AuditVerified = "audit.verified", "Verified the audit log";
    AuditExportAsked = "audit.export_asked", "Asked for an audit export";
    AuditExported = "audit.exported", "Exported the audit log";
    Denied = "request.denied", "Was refused";
}

/// What an entry is about.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub kind: &'static str,
    pub id: Option<String>,
    /// What people call it. Never a contact point: those can be erased, the log cannot.
    pub label: Option<String>,
}

impl Subject {
    pub(crate) fn new(kind: &'static str, id: impl ToString, label: Option<&str>) -> Self {
        Self { kind, id: Some(id.to_string()), label: label.map(ToOwned::to_owned) }
    }

    pub(crate) fn of_kind(kind: &'static str) -> Self {
        Self { kind, id: None, label: None }
    }
}

impl App {
    /// Writes an entry into the transaction of the change itself: they stand or fall together.
    pub(crate) async fn audit(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        action: Action,
        subject: Subject,
        before: Option<serde_json::Value>,
        after: Option<serde_json::Value>,
    ) -> Result<(), StoreError> {
        self.append(tx, scope, action.id(), "done", subject, before, after).await
    }

    /// Notes that somebody tried what they may not.
    pub async fn audit_denied(
        &self,
        scope: &Scope,
        method: &str,
        route: &str,
    ) -> Result<(), crate::AppError> {
        let mut tx = self.store.write(scope).await?;
        let subject = Subject { kind: "route", id: None, label: Some(format!("{method} {route}")) };
        self.append(&mut tx, scope, Action::Denied.id(), "denied", subject, None, None).await?;
        tx.commit().await?;
        Ok(())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "an audit entry has these parts; a struct would only rename them"
    )]
    async fn append(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        action: &str,
        outcome: &str,
        subject: Subject,
        before: Option<serde_json::Value>,
        after: Option<serde_json::Value>,
    ) -> Result<(), StoreError> {
        let id = fresh!(self, AuditId);
        let entry = Entry {
            tenant: scope.tenant.to_string(),
            seq: 0,
            id: id.to_string(),
            at_ms: self.now_ms(),
            actor_kind: scope.actor.kind().to_owned(),
            actor_id: scope.actor.id().map(ToOwned::to_owned),
            actor_name: match &scope.actor {
                Actor::System { name } => (*name).to_owned(),
                // People's and keys' names are looked up when the log is read.
                _ => String::new(),
            },
            action: action.to_owned(),
            outcome: outcome.to_owned(),
            subject_kind: subject.kind.to_owned(),
            subject_id: subject.id,
            subject_label: subject.label,
            before: before.map(|value| value.to_string()),
            after: after.map(|value| value.to_string()),
            request_id: Some(scope.request.to_string()),
            prev_hash: String::new(),
        };
        tx.append_audit(entry).await
    }
}

/// A value as the audit log keeps it.
pub(crate) fn as_json(value: &impl Serialize) -> Option<serde_json::Value> {
    serde_json::to_value(value).ok()
}
