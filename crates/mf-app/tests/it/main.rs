//! The use cases on a whole application, on every engine that is there.

// Tells clippy that helpers are test code too.
#![cfg(test)]

mod audit;
mod handlers;
mod health;
mod idempotency;
mod mail;
mod schedules;
mod worker;
