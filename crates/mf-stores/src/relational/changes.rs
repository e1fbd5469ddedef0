//! What changed, told to whoever watches: announced inside the transaction, heard after its commit.
//! On PostgreSQL every node hears it (`NOTIFY`); on SQLite there is one node.

use std::time::Duration;

use mf_domain::TenantId;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgListener;
use tokio::sync::broadcast;

pub(super) const CHANNEL: &str = "marketflow_changes";

/// The kinds of things people watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    Approvals,
    Audit,
    Invitations,
    Jobs,
    Keys,
    Privacy,
    Projects,
    /// A session ended: its own streams must close.
    Sessions,
    Settings,
    Tenants,
    Users,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// `None`: it concerns a person in all their workspaces.
    pub tenant: Option<TenantId>,
    pub topic: Topic,
    pub id: Option<String>,
}

pub(super) struct ChangeBus {
    sender: broadcast::Sender<Change>,
    listener: Option<tokio::task::JoinHandle<()>>,
}

impl ChangeBus {
    pub(super) fn local() -> Self {
        Self { sender: broadcast::channel(1024).0, listener: None }
    }

    pub(super) fn listening(pool: sqlx::PgPool) -> Self {
        let sender = broadcast::channel(1024).0;
        let listener = tokio::spawn(listen(pool, sender.clone()));
        Self { sender, listener: Some(listener) }
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.sender.subscribe()
    }

    /// Only where there is no database to carry it.
    pub(super) fn publish(&self, change: Change) {
        // Nobody watching is no failure.
        let _ = self.sender.send(change);
    }
}

impl Drop for ChangeBus {
    fn drop(&mut self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
    }
}

async fn listen(pool: sqlx::PgPool, sender: broadcast::Sender<Change>) {
    loop {
        if let Err(error) = listen_once(&pool, &sender).await {
            tracing::warn!(%error, "lost the stream of changes; listening again");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn listen_once(pool: &sqlx::PgPool, sender: &broadcast::Sender<Change>) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let notification = listener.recv().await?;
        match serde_json::from_str(notification.payload()) {
            Ok(change) => {
                let _ = sender.send(change);
            }
            Err(error) => tracing::warn!(%error, "a change that cannot be read"),
        }
    }
}
