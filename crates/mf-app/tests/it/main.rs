//! The use cases on a whole application, on every engine that is there.

// Tells clippy that helpers are test code too.
#![cfg(test)]

mod approvals;
mod audit;
mod handlers;
mod health;
mod idempotency;
mod keys;
mod mail;
mod privacy;
mod schedules;
mod sign_in;
mod spending;
mod team;
mod worker;
