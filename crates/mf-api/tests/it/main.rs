//! The API as its callers meet it.

mod answers;
mod authorisation;
mod changes;
mod once;
mod server;
mod sign_in;
mod versions;
