//! What changes in a workspace, told as it happens (server-sent events). Only *that* something
//! changed is told; what it is now, the listener reads as usual, with the usual permissions.
//!
//! A stream belongs to whoever opened it, as they were then: when their sign-in ends, or their role or
//! workspace changes, it says `bye` and ends.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use http::HeaderMap;
use mf_app::{AppError, Change, Presented, Topic};
use mf_domain::{Permission, Scope};
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa_axum::routes;

use crate::ApiState;
use crate::http::identity::{Caller, Visitor, presented, sign_in_first};
use crate::http::metrics::OpenStream;
use crate::http::problem::Problem;
use crate::resources::Routes;

const HEARTBEAT: Duration = Duration::from_secs(15);
/// Changes say at once when to look whether a listener may still listen; this is for those missed.
const LOOK_EVERY: Duration = Duration::from_secs(4);
/// A listener slower than this many events is not waited for.
const BACKLOG: usize = 64;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(follow_changes))
}

/// Live changes
///
/// Events: `hello` `{tenant_id, at}`; `change` `{topic, id, at}`; `bye` when your sign-in ended or your
/// role changed. A comment every 15 seconds keeps the connection open.
#[utoipa::path(get, path = "/changes", tag = "Live", responses((status = 200, body = String, content_type = "text/event-stream")))]
async fn follow_changes(
    State(api): State<ApiState>,
    caller: Caller,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Sse<impl futures::Stream<Item = Result<Event, Infallible>>>, Problem> {
    if !caller.scope().may(Permission::WorkspaceRead) {
        return Err(AppError::Forbidden(Permission::WorkspaceRead).into());
    }
    let secret = presented(&headers, &visitor.connection).ok_or_else(sign_in_first)?;
    let (out, events) = mpsc::channel(BACKLOG);
    let changes = api.app.store.changes();
    tokio::spawn(Listener { api, scope: caller.scope().clone(), secret, out }.listen(changes));
    let keep_alive = KeepAlive::new().interval(HEARTBEAT).text("still here");
    Ok(Sse::new(ReceiverStream::new(events)).keep_alive(keep_alive))
}

struct Listener {
    api: ApiState,
    /// Whoever listens, as they were when they began.
    scope: Scope,
    secret: Presented,
    out: mpsc::Sender<Result<Event, Infallible>>,
}

/// The stream is over.
struct Over;

impl Listener {
    async fn listen(self, changes: Receiver<Change>) {
        let _counted = OpenStream::count();
        // Over for whatever reason: dropping the sender ends the answer.
        let _ = self.tell_until_over(changes).await;
    }

    async fn tell_until_over(&self, mut changes: Receiver<Change>) -> Result<(), Over> {
        let mut closing = self.api.closing();
        if *closing.borrow() {
            return Err(Over);
        }
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.tick().await;
        self.tell("hello", json!({ "tenant_id": self.scope.tenant, "at": self.api.app.now() }))?;
        loop {
            tokio::select! {
                () = self.out.closed() => return Err(Over),
                _ = closing.changed() => return Err(Over),
                _ = look.tick() => self.still_welcome().await?,
                change = changes.recv() => match change {
                    Ok(change) => self.heard(change).await?,
                    Err(RecvError::Lagged(_)) => self.tell_everything_changed().await?,
                    Err(RecvError::Closed) => return Err(Over),
                },
            }
        }
    }

    async fn heard(&self, change: Change) -> Result<(), Over> {
        if self.may_end_it(&change) {
            self.still_welcome().await?;
        }
        let mine = change.tenant.as_ref().is_none_or(|tenant| *tenant == self.scope.tenant);
        if mine && may_hear(&self.scope, change.topic) {
            self.tell_change(change.topic, change.id.as_deref())?;
        }
        Ok(())
    }

    /// Could this change concern the listener's own place here?
    fn may_end_it(&self, change: &Change) -> bool {
        let own = |id: &str| {
            self.scope.actor.id() == Some(id)
                || self.scope.session().is_some_and(|session| session.as_str() == id)
        };
        match change.topic {
            Topic::Sessions | Topic::Users => change.id.as_deref().is_none_or(own),
            // A personal token acts as its owner, so its own id is not in the scope.
            Topic::Keys => self.scope.session().is_none(),
            _ => false,
        }
    }

    async fn still_welcome(&self) -> Result<(), Over> {
        let secret = match &self.secret {
            Presented::Cookie(secret) => Presented::Cookie(secret.clone()),
            Presented::Bearer(secret) => Presented::Bearer(secret.clone()),
        };
        match self.api.app.identify(secret, self.scope.request.clone()).await {
            Ok(now) if same_place(&now.scope, &self.scope) => Ok(()),
            // A database that is away for a moment ends nobody's sign-in.
            Err(AppError::Store(error)) if error.is_passing() => Ok(()),
            _ => {
                self.tell("bye", json!({ "at": self.api.app.now() }))?;
                Err(Over)
            }
        }
    }

    /// Some changes were missed: better look at everything again.
    async fn tell_everything_changed(&self) -> Result<(), Over> {
        self.still_welcome().await?;
        for topic in TOPICS {
            if may_hear(&self.scope, topic) {
                self.tell_change(topic, None)?;
            }
        }
        Ok(())
    }

    fn tell_change(&self, topic: Topic, id: Option<&str>) -> Result<(), Over> {
        self.tell("change", json!({ "topic": topic, "id": id, "at": self.api.app.now() }))
    }

    /// Never waits: whoever does not keep up is cut off, and begins anew when they come back.
    fn tell(&self, event: &str, data: serde_json::Value) -> Result<(), Over> {
        self.out.try_send(Ok(Event::default().event(event).data(data.to_string()))).map_err(|_| Over)
    }
}

fn same_place(a: &Scope, b: &Scope) -> bool {
    a.tenant == b.tenant && a.role == b.role && a.permissions == b.permissions
}

const TOPICS: [Topic; 10] = [
    Topic::Approvals,
    Topic::Audit,
    Topic::Invitations,
    Topic::Jobs,
    Topic::Keys,
    Topic::Privacy,
    Topic::Projects,
    Topic::Settings,
    Topic::Tenants,
    Topic::Users,
];

/// Whoever may not see a thing is not told that it changed either.
fn may_hear(scope: &Scope, topic: Topic) -> bool {
    let needed = match topic {
        Topic::Approvals => Permission::ApprovalsRead,
        Topic::Audit => Permission::AuditRead,
        Topic::Invitations => Permission::TeamManage,
        Topic::Jobs => Permission::JobsRead,
        Topic::Keys => Permission::KeysOwn,
        Topic::Privacy => Permission::PrivacyErase,
        Topic::Projects => Permission::ProjectsRead,
        Topic::Settings | Topic::Tenants => Permission::WorkspaceRead,
        Topic::Users => Permission::TeamRead,
        // The product's own business.
        Topic::Sessions => return false,
    };
    scope.may(needed)
}
