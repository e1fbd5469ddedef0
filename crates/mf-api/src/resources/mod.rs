//! The resources, one file per noun: its JSON, its routes, and handlers that read a request, call one
//! use case and answer. What is allowed and what happens is not decided here.

mod approvals;
mod audit;
mod auth;
mod dto;
mod instance;
mod invitations;
mod jobs;
mod keys;
mod me;
mod privacy;
mod projects;
mod roles;
mod settings;
mod tenants;
mod users;

use axum::middleware::from_fn;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::ApiState;
use crate::http::{guard, idempotency};

pub use instance::DemoLogin;

pub const BASE: &str = "/api/v1";

pub type Routes = OpenApiRouter<ApiState>;

/// Routes anybody may call.
pub fn public() -> Routes {
    let routes = Routes::new().merge(instance::routes()).merge(auth::public());
    Routes::new().nest(BASE, routes).merge(auth::at_the_root()).route_layer(from_fn(guard::public))
}

/// Routes that need somebody.
pub fn identified() -> Routes {
    let routes = Routes::new()
        .merge(auth::identified())
        .merge(me::routes())
        .merge(tenants::routes())
        .merge(users::routes())
        .merge(invitations::routes())
        .merge(roles::routes())
        .merge(keys::routes())
        .merge(projects::routes())
        .merge(approvals::routes())
        .merge(settings::routes())
        .merge(privacy::routes())
        .merge(jobs::routes())
        .merge(audit::routes())
        .merge(crate::changes::routes());
    Routes::new().nest(BASE, routes).route_layer(from_fn(guard::identified))
}

/// A route that creates: sent twice with the same `Idempotency-Key`, it is done once.
fn creating(routes: UtoipaMethodRouter<ApiState>) -> Routes {
    Routes::new().routes(routes).route_layer(from_fn(idempotency::once))
}
