//! The program as people run it: a real process, a real directory, real connections.

#![expect(clippy::unwrap_used, reason = "what is missing here is what the test is about: it fails")]

mod backup;
mod commands;
mod disk;
mod kill_loop;
mod outside;
mod process;
mod serving;
mod starting;
