//! The API as its callers meet it.

// Tells clippy that helpers are test code too.
#![cfg(test)]

mod answers;
mod authorisation;
mod changes;
mod once;
mod server;
mod sign_in;
mod versions;
