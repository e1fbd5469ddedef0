//! The program as people run it: a real process, a real directory, real connections.

mod backup;
mod commands;
mod kill_loop;
mod outside;
mod process;
mod serving;
mod starting;
