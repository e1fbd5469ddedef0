//! Answers kept for a repeated `Idempotency-Key`, so that a client that never heard our answer can
//! ask again without doing the thing twice. They may hold secrets (a new key is shown once), so they
//! are sealed.

use mf_domain::Scope;
use mf_domain::scope::Once;
use mf_stores::relational::Reservation;
use mf_stores::vault::{Place, Sealed};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::app::MINUTE_MS;
use crate::{App, AppError};

const PURPOSE: &str = "idempotency";
/// Longer than any request may take: whoever held a key this long died with it.
const ABANDONED_MS: i64 = MINUTE_MS;

/// A client's name for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    pub fn parse(text: &str) -> Result<Self, AppError> {
        if (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text.to_owned()));
        }
        Err(AppError::invalid(
            "Idempotency-Key",
            "It is not usable as a key.",
            "Send 1 to 255 visible ASCII characters, such as a UUID.",
        ))
    }
}

/// An answer as it was given.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

/// What to do with a request that carries a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// It is new: do the work in a scope that carries this, then keep or release the answer.
    Go(Once),
    /// It was done before, but its answer is no longer known: say so, and do nothing.
    Done,
    /// It was answered before: give this answer again.
    Replay(Answer),
    /// The same request is being worked on.
    InFlight,
    /// The same key came with another request.
    Mismatch,
}

impl App {
    pub async fn start_answer(
        &self,
        scope: &Scope,
        key: &IdempotencyKey,
        fingerprint: &str,
    ) -> Result<Start, AppError> {
        let now = self.now_ms();
        let tx = self.store.write(scope).await?;
        let found =
            tx.reserve_answer(&actor(scope), &hash(scope, key), fingerprint, now, now - ABANDONED_MS).await?;
        tx.commit().await?;
        Ok(match found {
            Reservation::Reserved => {
                Start::Go(Once { actor: actor(scope), key_hash: hash(scope, key), stamp: now })
            }
            Reservation::Done => Start::Done,
            Reservation::InFlight => Start::InFlight,
            Reservation::Mismatch => Start::Mismatch,
            Reservation::Answered { status, answer } => {
                Start::Replay(self.open_answer(scope, key, status, &answer).await?)
            }
        })
    }

    pub async fn keep_answer(
        &self,
        scope: &Scope,
        key: &IdempotencyKey,
        answer: &Answer,
    ) -> Result<(), AppError> {
        let row = hash(scope, key);
        let sealed = self.vault.seal(place(scope, &row), &encode(answer)?).await?;
        let tx = self.store.write(scope).await?;
        tx.keep_answer(&actor(scope), &row, answer.status, &sealed.to_string()).await?;
        Ok(tx.commit().await?)
    }

    /// Lets a key go whose request changed nothing: it may be tried again.
    pub async fn release_answer(&self, scope: &Scope, key: &IdempotencyKey) -> Result<(), AppError> {
        let tx = self.store.write(scope).await?;
        tx.release_answer(&actor(scope), &hash(scope, key)).await?;
        Ok(tx.commit().await?)
    }

    async fn open_answer(
        &self,
        scope: &Scope,
        key: &IdempotencyKey,
        status: u16,
        sealed: &str,
    ) -> Result<Answer, AppError> {
        let sealed: Sealed = sealed.parse()?;
        let text = self.vault.open(place(scope, &hash(scope, key)), &sealed).await?;
        decode(status, &text).ok_or_else(|| AppError::internal("a kept answer cannot be read"))
    }
}

fn actor(scope: &Scope) -> String {
    scope.actor.id().unwrap_or(scope.actor.kind()).to_owned()
}

/// Two people may use the same key for different things.
fn hash(scope: &Scope, key: &IdempotencyKey) -> String {
    hex::encode(Sha256::digest(format!("{}\n{}", actor(scope), key.0)))
}

fn place<'a>(scope: &'a Scope, row: &'a str) -> Place<'a> {
    Place { tenant: &scope.tenant, purpose: PURPOSE, row }
}

#[derive(Serialize, Deserialize)]
struct Head {
    headers: Vec<(String, String)>,
}

/// A line of JSON with the headers, then the body as it is.
fn encode(answer: &Answer) -> Result<Vec<u8>, AppError> {
    let mut text =
        serde_json::to_vec(&Head { headers: answer.headers.clone() }).map_err(AppError::internal)?;
    text.push(b'\n');
    text.extend_from_slice(&answer.body);
    Ok(text)
}

fn decode(status: u16, text: &[u8]) -> Option<Answer> {
    let end = text.iter().position(|byte| *byte == b'\n')?;
    let head: Head = serde_json::from_slice(&text[..end]).ok()?;
    Some(Answer { status, headers: head.headers, body: text[end + 1..].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_survives_its_stored_form_byte_for_byte() {
        let answer = Answer {
            status: 201,
            headers: vec![("location".into(), "/a\nb".into())],
            body: b"{\"secret\":\"x\"}\n\xff\n".to_vec(),
        };
        assert_eq!(decode(201, &encode(&answer).unwrap()).unwrap(), answer);
    }

    #[test]
    fn keys_are_visible_ascii() {
        assert!(IdempotencyKey::parse("5f0c-1").is_ok());
        for bad in ["", "a b", "ä", &"x".repeat(256)] {
            assert!(IdempotencyKey::parse(bad).is_err(), "{bad}");
        }
    }
}
