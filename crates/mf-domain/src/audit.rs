//! The chain of the audit log: each entry's hash covers its content and the entry before it, so that
//! an edited, removed or reordered entry is found, and the first broken one is named.

use sha2::{Digest, Sha256};

/// The `prev_hash` of a workspace's first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry, as it is hashed. `before` and `after` are the stored JSON texts, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub tenant: String,
    pub seq: i64,
    pub id: String,
    pub at_ms: i64,
    pub actor_kind: String,
    pub actor_id: Option<String>,
    pub actor_name: String,
    pub action: String,
    pub outcome: String,
    pub subject_kind: String,
    pub subject_id: Option<String>,
    pub subject_label: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
    pub request_id: Option<String>,
    pub prev_hash: String,
}

impl Entry {
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        let mut part = |text: Option<&str>| match text {
            // The length before each part keeps neighbours from running into each other.
            Some(text) => {
                hasher.update((text.len() as u64 + 1).to_be_bytes());
                hasher.update(text.as_bytes());
            }
            None => hasher.update(0u64.to_be_bytes()),
        };
        part(Some("marketflow audit 1"));
        part(Some(&self.tenant));
        part(Some(&self.seq.to_string()));
        part(Some(&self.id));
        part(Some(&self.at_ms.to_string()));
        part(Some(&self.actor_kind));
        part(self.actor_id.as_deref());
        part(Some(&self.actor_name));
        part(Some(&self.action));
        part(Some(&self.outcome));
        part(Some(&self.subject_kind));
        part(self.subject_id.as_deref());
        part(self.subject_label.as_deref());
        part(self.before.as_deref());
        part(self.after.as_deref());
        part(self.request_id.as_deref());
        part(Some(&self.prev_hash));
        hex::encode(hasher.finalize())
    }
}

/// Where a chain stops being true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    pub seq: i64,
    pub id: String,
    pub why: &'static str,
}

/// Walks a chain in order of `seq`, page by page.
#[derive(Debug)]
pub struct Verifier {
    next_seq: i64,
    head: String,
}

impl Default for Verifier {
    fn default() -> Self {
        Self { next_seq: 1, head: GENESIS.to_owned() }
    }
}

impl Verifier {
    pub fn check(&mut self, entry: &Entry, stored_hash: &str) -> Result<(), Break> {
        let broken = |why| Break { seq: entry.seq, id: entry.id.clone(), why };
        if entry.seq != self.next_seq {
            return Err(broken("an entry before this one is missing or out of order"));
        }
        if entry.prev_hash != self.head {
            return Err(broken("it does not continue the entry before it"));
        }
        if entry.hash() != stored_hash {
            return Err(broken("its content was changed after it was written"));
        }
        self.next_seq += 1;
        self.head = stored_hash.to_owned();
        Ok(())
    }

    /// After the last entry: does the chain end where the workspace's head says it does?
    pub fn finish(&self, head_seq: i64, head_hash: &str) -> Result<(), Break> {
        if self.next_seq - 1 == head_seq && self.head == head_hash {
            return Ok(());
        }
        Err(Break { seq: self.next_seq, id: String::new(), why: "entries at the end are missing" })
    }

    pub fn checked(&self) -> i64 {
        self.next_seq - 1
    }

    pub fn head(&self) -> &str {
        &self.head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(n: i64) -> Vec<(Entry, String)> {
        let mut prev = GENESIS.to_owned();
        (1..=n)
            .map(|seq| {
                let entry = Entry {
                    tenant: "ten_1".into(),
                    seq,
                    id: format!("aud_{seq}"),
                    at_ms: seq * 1000,
                    actor_kind: "user".into(),
                    actor_id: Some("usr_1".into()),
                    actor_name: "A".into(),
                    action: "project.created".into(),
                    outcome: "done".into(),
                    subject_kind: "project".into(),
                    subject_id: Some(format!("prj_{seq}")),
                    subject_label: None,
                    before: None,
                    after: Some(format!("{{\"n\":{seq}}}")),
                    request_id: None,
                    prev_hash: prev.clone(),
                };
                prev = entry.hash();
                (entry, prev.clone())
            })
            .collect()
    }

    fn verify(entries: &[(Entry, String)], head: &(Entry, String)) -> Result<(), Break> {
        let mut verifier = Verifier::default();
        for (entry, hash) in entries {
            verifier.check(entry, hash)?;
        }
        verifier.finish(head.0.seq, &head.1)
    }

    #[test]
    fn an_honest_chain_holds_and_every_tampering_is_named() {
        let honest = chain(5);
        let head = honest.last().unwrap().clone();
        assert_eq!(verify(&honest, &head), Ok(()));

        let mut edited = honest.clone();
        edited[2].0.after = Some("{}".into());
        assert_eq!(verify(&edited, &head).unwrap_err().seq, 3);

        let mut rehashed = edited.clone();
        rehashed[2].1 = rehashed[2].0.hash();
        assert_eq!(verify(&rehashed, &head).unwrap_err().seq, 4);

        let mut removed = honest.clone();
        removed.remove(1);
        assert_eq!(verify(&removed, &head).unwrap_err().seq, 3);

        let mut swapped = honest.clone();
        swapped.swap(1, 2);
        assert_eq!(verify(&swapped, &head).unwrap_err().seq, 3);

        assert_eq!(verify(&honest[..4], &head).unwrap_err().seq, 5);
    }

    #[test]
    fn neighbouring_parts_do_not_run_into_each_other() {
        let (entry, hash) = chain(1).remove(0);
        let mut moved = entry.clone();
        moved.subject_label = moved.before.take().or(Some(String::new()));
        assert_ne!(moved.hash(), hash);
    }
}
