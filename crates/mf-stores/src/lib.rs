//! What Marketflow keeps, and where: the relational store (SQLite or PostgreSQL), blobs (a directory
//! or S3) and the vault that seals secrets. Engines live here; decisions do not: who may do what,
//! and when, is `mf-app`'s work.

pub mod blobs;
pub mod relational;
pub mod vault;
