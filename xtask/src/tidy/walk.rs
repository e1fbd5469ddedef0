//! Finds the source files the rules apply to. Reads folders only, never a file.

use std::fs;
use std::path::{Path, PathBuf};

use super::Error;

const FOLDERS: [&str; 3] = ["crates", "xtask", "web"];
const ENDINGS: [&str; 3] = ["rs", "ts", "tsx"];
/// Folders that hold other people's code or the output of tools.
const FOREIGN: [&str; 4] = ["node_modules", "dist", "target", "test-results"];

/// Every Rust and TypeScript file of ours under `root`, in a stable order.
pub fn source_files(root: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for folder in FOLDERS.map(|name| root.join(name)).iter().filter(|path| path.is_dir()) {
        collect(folder, &mut files)?;
    }
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let unreadable = |source| Error::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !name.starts_with('.') && !FOREIGN.contains(&name.as_ref()) {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known)) {
            files.push(path);
        }
    }
    Ok(())
}
