//! The command line: what can be asked, and how it is explained. What is done lives elsewhere.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::Overrides;

#[derive(Debug, Parser)]
#[command(
    name = "marketflow",
    version,
    about = "Marketing automation in one program",
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the server
    Serve(Place),
    /// Start a server with a demo workspace, and print its sign-ins
    Demo(Place),
    /// Print every setting with its meaning and default
    Config {
        /// What is in force, and where each value came from
        #[arg(long)]
        effective: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Check database, disk, keys, clock, port and mail, and say what to mend
    Doctor {
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Write everything to one file, while the server runs
    Backup {
        /// The file to write, such as marketflow.tar.gz
        file: PathBuf,
        /// Put the master keys in too: whoever has such a file can read every stored secret
        #[arg(long)]
        with_keys: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Read a backup into a new, empty installation
    Restore {
        /// The file that `marketflow backup` wrote
        file: PathBuf,
        /// Restore even when the audit log in the backup is damaged
        #[arg(long)]
        accept_broken_audit: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Check the audit log
    Audit {
        #[command(subcommand)]
        action: AuditCommand,
    },
    /// Look after the keys that lock stored secrets
    Keys {
        #[command(subcommand)]
        action: KeysCommand,
    },
    /// Help somebody sign in
    User {
        #[command(subcommand)]
        action: UserCommand,
    },
    /// Print the description of the HTTP API (OpenAPI 3.1, JSON)
    Openapi,
    /// Measure this machine and this version, one JSON line a case
    Bench(BenchArgs),
    /// Print the version
    Version,
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Walk every workspace's log and prove that nothing was changed or taken out
    Verify {
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List the master keys and which of them are in use
    List(Place),
    /// Make a new master key and lock all data keys with it
    RotateMaster(Place),
    /// Remove master keys that lock nothing any more. Restart every server first
    DropOld(Place),
    /// Give every workspace a new data key for what is stored from now on
    RotateData(Place),
    /// Make a new root secret: ends every access token and signed link. Restart the server afterwards
    RotateRoot(Place),
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make a link with which somebody can set a new password
    ResetLink {
        /// Their e-mail address
        email: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Which installation is meant.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// The data directory
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// The configuration file [default: marketflow.toml in the data directory, if there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl Place {
    pub fn overrides(&self) -> Overrides {
        Overrides { config: self.config.clone(), data: self.data.clone(), listen: self.listen.clone() }
    }
}

#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Only this case; may be given several times
    #[arg(long = "case", value_name = "NAME")]
    pub cases: Vec<String>,
    /// Print JSON only, without the table for people
    #[arg(long)]
    pub json: bool,
    /// Also write the lines to this file, as a new baseline
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Compare with this file [default: bench/baseline.jsonl, if there]
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}
