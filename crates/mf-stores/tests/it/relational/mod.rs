//! The contract of the relational store, on both engines.

// Tells clippy that helpers are test code too.
#![cfg(test)]

mod archive;
mod audit;
mod isolation;
mod jobs;
mod posture;
mod races;
mod samples;
mod schema;

use std::sync::Arc;

use mf_domain::{Clock, RequestId, Scope, TenantId};
use mf_stores::relational::{Store, SystemTx, Tx};
use mf_testkit::{TestDatabase, VirtualClock};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// An open store, and two workspaces that know nothing of each other.
struct Fixture {
    store: Store,
    clock: VirtualClock,
    ours: Scope,
    theirs: Scope,
    database: TestDatabase,
}

impl Fixture {
    async fn sqlite() -> Self {
        Self::on(TestDatabase::sqlite().await).await
    }

    async fn postgres() -> Option<Self> {
        match TestDatabase::postgres().await {
            Some(database) => Some(Self::on(database).await),
            None => None,
        }
    }

    async fn on(database: TestDatabase) -> Self {
        let clock = VirtualClock::default();
        let store = database.open(Arc::new(clock.clone())).await;
        Self { store, ours: scope(&clock, 1), theirs: scope(&clock, 2), clock, database }
    }

    async fn read(&self, scope: &Scope) -> Tx {
        self.store.read(scope).await.unwrap()
    }

    async fn write(&self, scope: &Scope) -> Tx {
        self.store.write(scope).await.unwrap()
    }

    async fn system(&self) -> SystemTx {
        self.store.system_write().await.unwrap()
    }
}

/// The product at work in a workspace; the same `seed` is the same workspace.
fn scope(clock: &VirtualClock, seed: u64) -> Scope {
    let mut rng = StdRng::seed_from_u64(seed);
    let tenant = TenantId::fresh(clock.now(), &mut rng);
    Scope::system(tenant, "test", RequestId::fresh(clock.now(), &mut rng))
}
