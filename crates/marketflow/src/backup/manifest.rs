//! What a backup says about itself. The format only grows: a field is never removed, and one that is
//! added has a default, so that every backup ever written can still be read.

use std::io::{self, Read};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Raised only when an older version could not read what is written any more.
pub const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The version that wrote it.
    pub marketflow: String,
    /// The engine it came from; it may go into another.
    pub engine: String,
    pub created_at: Timestamp,
    pub tables: Vec<TableEntry>,
    pub blobs: Vec<FileEntry>,
    /// None: the master keys are kept elsewhere.
    #[serde(default)]
    pub keys: Option<FileEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEntry {
    pub table: String,
    pub rows: u64,
    pub sha256: String,
    /// The sum of the rows' hashes: the same whatever order they come in.
    pub content: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

impl Manifest {
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// Adds up rows so that two tables can be compared although engines sort text differently.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowSum {
    pub rows: u64,
    lanes: [u64; 4],
}

impl RowSum {
    pub fn add(&mut self, line: &str) {
        self.rows += 1;
        let digest = Sha256::digest(line.as_bytes());
        for (lane, bytes) in self.lanes.iter_mut().zip(digest.chunks_exact(8)) {
            let part = bytes.iter().fold(0u64, |part, byte| (part << 8) | u64::from(*byte));
            *lane = lane.wrapping_add(part);
        }
    }

    pub fn content(&self) -> String {
        self.lanes.iter().map(|lane| format!("{lane:016x}")).collect()
    }
}

/// Length and hash of everything that can be read.
pub fn digest(mut reader: impl Read) -> io::Result<(u64, String)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        let read = reader.read(&mut buffer)?;
        if read == 0 {
            return Ok((bytes, hex::encode(hasher.finalize())));
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_rows_ignores_order_and_nothing_else() {
        let sum = |lines: &[&str]| {
            let mut sum = RowSum::default();
            lines.iter().for_each(|line| sum.add(line));
            sum
        };
        assert_eq!(sum(&["a", "b", "b"]), sum(&["b", "a", "b"]));
        assert_ne!(sum(&["a", "b"]), sum(&["a", "b", "b"]));
        assert_ne!(sum(&["a", "a"]).content(), sum(&["b", "b"]).content());
        assert_eq!(sum(&[]).content().len(), 64);
    }

    /// A manifest of the first format must load for ever.
    #[test]
    fn the_first_format_still_loads() {
        let text = r#"{"format":1,"marketflow":"0.1.0","engine":"SQLite","created_at":"2026-11-20T10:00:00Z",
            "tables":[{"table":"tenants","rows":1,"sha256":"aa","content":"bb"}],
            "blobs":[{"name":"ten_1/exports/a.csv","bytes":3,"sha256":"cc"}]}"#;
        let manifest: Manifest = serde_json::from_str(text).unwrap();
        assert_eq!((manifest.rows(), manifest.blobs.len(), manifest.keys), (1, 1, None));
    }
}
