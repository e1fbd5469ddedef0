//! Contract suites of the stores: each test runs on every engine that is there.

mod blobs;
mod relational;
mod vault;
