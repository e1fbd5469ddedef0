//! What can go wrong with keys and secrets, in words for whoever runs the server. No message ever
//! contains key material or what was sealed.

use std::path::PathBuf;

use super::KeyTableError;

/// The master keys could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// What was given is not repeated: it may be a key, put where its name belongs.
    #[error(
        "vault.master_key is not understood: {why}. Write file:PATH, env:NAME or command:PROGRAM \
         ARGUMENTS."
    )]
    BadSource { why: &'static str },

    #[error(
        "The key file {} is missing, but the database holds secrets that only its keys can open. \
         Restore the file from your backup. (A new file would leave those secrets unreadable for \
         good, so none was made.)",
        path.display()
    )]
    FileMissing { path: PathBuf },

    #[error(
        "The key file {} can be read by other users of this machine (mode {mode:03o}). Run: chmod \
         600 {}",
        path.display(), path.display()
    )]
    FileExposed { path: PathBuf, mode: u32 },

    #[error("The key file {} could not be {doing}: {source}. {remedy}", path.display())]
    File { path: PathBuf, doing: &'static str, source: std::io::Error, remedy: &'static str },

    #[error(
        "The keys in {origin} cannot be used: {why}. Restore them from your backup; do not start \
         with new ones while secrets exist, they would become unreadable."
    )]
    Corrupt { origin: String, why: String },

    #[error(
        "The environment variable {name}, which vault.master_key names, is not set. Set it to the \
         contents of a key file (lines or commas between the keys)."
    )]
    NoVariable { name: String },

    #[error(
        "The command {program:?}, which vault.master_key names, gave no keys: {why}. Run it by hand \
         as the same user; it must print the contents of a key file and end with success."
    )]
    Command { program: String, why: String },

    #[error("There is no master key {id:?} in {origin}, so it cannot be removed. The keys there: {known}.")]
    NoSuchMaster { id: String, origin: String, known: String },

    #[error(
        "The master key {id:?} is the current one and cannot be removed. Add a new one first, then \
         wrap all data keys with it."
    )]
    MasterInUse { id: String },
}

/// A secret could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error(transparent)]
    Keys(#[from] KeyError),

    #[error(transparent)]
    Table(#[from] KeyTableError),

    #[error(
        "The secrets of workspace {tenant} are locked with the master key {needed:?}, which is not \
         in {origin} (it has: {known}). Put that key back from your backup and start again."
    )]
    MasterKeyMissing { tenant: String, needed: String, origin: String, known: String },

    #[error(
        "The master key {master:?} in {origin} is not the one that locked the secrets of workspace \
         {tenant}: it has the right name but does not open them. This is the wrong key file, or the \
         database was changed. Restore the key file that belongs to this database."
    )]
    WrongMasterKey { tenant: String, master: String, origin: String },

    #[error(
        "A secret of workspace {tenant} was sealed with its data key {version}, which is not in the \
         database. Restore the database from a backup that has it, or enter the secret again."
    )]
    NoSuchDataKey { tenant: String, version: u32 },

    #[error(
        "The secret {purpose} of {row} in workspace {tenant} cannot be opened: it was changed, or \
         was sealed for another place. Enter it again."
    )]
    Unreadable { tenant: String, purpose: String, row: String },

    #[error("This is not a sealed secret, or it was cut short. Enter the secret again.")]
    NotSealed,

    #[error("This workspace has used up its data key versions.")]
    OutOfVersions,
}
