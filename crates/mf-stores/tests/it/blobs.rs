//! One contract for blobs, run on a directory and on S3, and what only a directory can be put
//! through: its folder vanishing, and what an interrupted run leaves behind.
//!
//! S3 is any server that speaks it, named by `MARKETFLOW_TEST_S3` (such as http://127.0.0.1:5000).

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use mf_domain::TenantId;
use mf_stores::blobs::{BadLink, BlobError, BlobKey, BlobLocation, BlobPrefix, Blobs, S3Access};
use mf_stores::vault::Zeroizing;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

/// A store to put through the contract; the folder goes when the test ends.
struct Engine {
    name: &'static str,
    blobs: Blobs,
    _folder: Option<TempDir>,
}

async fn engines() -> Vec<Engine> {
    let folder = tempfile::tempdir().unwrap();
    let mut engines = vec![Engine {
        name: "directory",
        blobs: in_directory(folder.path()).await.unwrap(),
        _folder: Some(folder),
    }];
    engines.extend(s3().await);
    engines
}

async fn in_directory(path: &Path) -> Result<Blobs, BlobError> {
    let location = BlobLocation::Directory(path.to_owned());
    Blobs::open(&location, Zeroizing::new([7; 32]), now()).await
}

async fn s3() -> Option<Engine> {
    let Ok(endpoint) = std::env::var("MARKETFLOW_TEST_S3") else {
        skip("S3 (MARKETFLOW_TEST_S3 not set)");
        return None;
    };
    create_bucket(&endpoint).await;
    let url = format!("s3://marketflow-contract?endpoint={endpoint}&region=us-east-1");
    let location = url
        .parse::<BlobLocation>()
        .unwrap()
        .with_access(S3Access { key_id: "test".to_owned(), secret: "test".into() });
    let blobs = Blobs::open(&location, Zeroizing::new([7; 32]), now()).await;
    Some(Engine { name: "s3", blobs: blobs.unwrap(), _folder: None })
}

#[expect(clippy::print_stdout, reason = "whoever runs the tests must see what was left out")]
fn skip(what: &str) {
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!ci, "CI runs every engine, but this one is missing: {what}");
    println!("skipped: {what}");
}

async fn create_bucket(endpoint: &str) {
    let answer = http(endpoint, "PUT", "/marketflow-contract").await;
    let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
    assert!(["200", "409"].contains(&status.as_str()), "no bucket: {answer}");
}

/// Just enough HTTP to make a bucket and to follow a signed link.
async fn http(endpoint: &str, method: &str, path: &str) -> String {
    let host = endpoint.trim_start_matches("http://").trim_end_matches('/');
    let mut connection = tokio::net::TcpStream::connect(host).await.unwrap();
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn tenant(seed: u64) -> TenantId {
    TenantId::fresh(now(), &mut StdRng::seed_from_u64(seed))
}

fn key(tenant: &TenantId, kind: &str, name: &str) -> BlobKey {
    BlobKey::new(tenant, kind, name).unwrap()
}

async fn listed(blobs: &Blobs, prefix: &BlobPrefix) -> BTreeSet<String> {
    let found = blobs.list(prefix).map_ok(|info| info.key.to_string());
    found.try_collect().await.unwrap()
}

#[tokio::test]
async fn blobs_come_back_as_they_were_stored() {
    for Engine { name, blobs, .. } in &engines().await {
        let key = key(&tenant(1), "exports", "audit.csv");
        for content in [b"one".as_slice(), b"", b"longer than before"] {
            let stored = blobs.put(&key, content).await.unwrap();
            assert_eq!(stored.bytes, content.len() as u64, "{name}");
            assert_eq!(blobs.get(&key).await.unwrap(), content, "{name}");
        }
        let head = blobs.head(&key).await.unwrap();
        assert_eq!((&head.key, head.bytes), (&key, 18), "{name}");
        assert!(head.modified_at > Timestamp::UNIX_EPOCH, "{name}");
    }
}

#[tokio::test]
async fn blobs_can_be_larger_than_one_part() {
    for Engine { name, blobs, .. } in &engines().await {
        let key = key(&tenant(2), "exports", "large");
        let content: Vec<u8> = (0..20_000_000_u32).map(|n| (n % 251) as u8).collect();
        let stored = blobs.put_from(&key, content.as_slice()).await.unwrap();
        assert_eq!(stored.bytes, content.len() as u64, "{name}");
        let read = blobs.get_pieces(&key).await.unwrap();
        assert_eq!(read.info.bytes, content.len() as u64, "{name}");
        let read: Vec<u8> = read.pieces.try_concat().await.unwrap();
        assert!(read == content, "{name}: the content differs");
    }
}

#[tokio::test]
async fn blobs_keep_the_old_content_when_the_new_breaks_off() {
    for Engine { name, blobs, .. } in &engines().await {
        let key = key(&tenant(3), "exports", "broken");
        blobs.put(&key, b"old").await.unwrap();
        for length in [10, 9_000_000] {
            let refused = blobs.put_from(&key, BreaksOff(length)).await.unwrap_err();
            assert!(matches!(refused, BlobError::Input { .. }), "{name}: {refused}");
            assert_eq!(blobs.get(&key).await.unwrap(), b"old", "{name}");
        }
    }
}

/// A sender that goes away after so many bytes.
struct BreaksOff(usize);

impl AsyncRead for BreaksOff {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.0.min(buffer.remaining());
        if length == 0 {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        buffer.put_slice(&vec![1; length]);
        self.0 -= length;
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn blobs_that_are_not_there_are_missing_and_deleting_twice_is_fine() {
    for Engine { name, blobs, .. } in &engines().await {
        let key = key(&tenant(4), "exports", "gone");
        blobs.delete(&key).await.unwrap();
        blobs.put(&key, b"x").await.unwrap();
        blobs.delete(&key).await.unwrap();
        blobs.delete(&key).await.unwrap();
        let read = blobs.get(&key).await.unwrap_err();
        let looked_up = blobs.head(&key).await.unwrap_err();
        for error in [read, looked_up] {
            assert!(matches!(error, BlobError::Missing { .. }), "{name}: {error}");
        }
    }
}

#[tokio::test]
async fn blobs_are_listed_within_their_workspace_only() {
    for Engine { name, blobs, .. } in &engines().await {
        let (ours, theirs) = (tenant(5), tenant(6));
        let mine = [("exports", "a"), ("exports", "b"), ("assets", "a")];
        for (kind, file) in mine {
            blobs.put(&key(&ours, kind, file), b"x").await.unwrap();
        }
        blobs.put(&key(&theirs, "exports", "c"), b"x").await.unwrap();
        let all = listed(blobs, &BlobPrefix::workspace(&ours)).await;
        let expected = mine.map(|(kind, file)| format!("{ours}/{kind}/{file}"));
        assert_eq!(all, expected.into(), "{name}");
        let assets = BlobPrefix::kind(&ours, "assets").unwrap();
        assert_eq!(listed(blobs, &assets).await, [format!("{ours}/assets/a")].into(), "{name}");
        assert!(listed(blobs, &BlobPrefix::workspace(&tenant(7))).await.is_empty(), "{name}");
    }
}

#[test]
fn blob_names_cannot_leave_their_place() {
    let tenant = tenant(1);
    for bad in ["", ".", "..", ".hidden", "a/b", "a\\b", "a b", "ä", "a\0", "a?b", "%2e", "a#1"] {
        assert!(BlobKey::new(&tenant, "exports", bad).is_err(), "{bad:?}");
        assert!(BlobKey::new(&tenant, bad, "name").is_err(), "{bad:?}");
        assert!(BlobPrefix::kind(&tenant, bad).is_err(), "{bad:?}");
    }
    assert!(BlobKey::new(&tenant, "exports", &"x".repeat(129)).is_err());
    let good = format!("{tenant}/exports/2026-11-20_audit.csv");
    assert_eq!(good.parse::<BlobKey>().unwrap().to_string(), good);
    for bad in [
        format!("/{good}"),
        format!("{good}/"),
        format!("{tenant}/exports"),
        format!("{tenant}//exports"),
        "workspace/exports/a".to_owned(),
        format!("../{tenant}/exports/a"),
    ] {
        assert!(bad.parse::<BlobKey>().is_err(), "{bad:?}");
    }
}

#[tokio::test]
async fn blob_links_of_a_directory_open_one_blob_until_they_expire() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = in_directory(folder.path()).await.unwrap();
    let key = key(&tenant(1), "exports", "a.csv");
    let until = now() + SignedDuration::from_hours(1);
    let link = blobs.signed_url(&key, now(), until).await.unwrap();
    let (path, query) = link.strip_prefix("/blobs/").unwrap().split_once('?').unwrap();
    let (expires, signature) = query.split_once('&').unwrap();
    let expires = expires.strip_prefix("expires=").unwrap();
    let signature = signature.strip_prefix("signature=").unwrap();
    let just_before = until - SignedDuration::from_secs(1);
    let verify =
        |path: &str, expires: &str, signature: &str, now| blobs.verify_link(path, expires, signature, now);

    assert_eq!(path, key.to_string());
    assert_eq!(verify(path, expires, signature, just_before), Ok(key.clone()));
    assert_eq!(verify(path, expires, signature, until), Err(BadLink::Expired));
    let later = (until.as_second() + 1).to_string();
    let flipped = format!("{}0", &signature[..63]);
    let flipped = if flipped == signature { format!("{}1", &signature[..63]) } else { flipped };
    let elsewhere = path.replace("a.csv", "b.csv");
    for (path, expires, signature) in [
        (elsewhere.as_str(), expires, signature),
        (path, later.as_str(), signature),
        (path, expires, flipped.as_str()),
        (path, expires, &signature[..62]),
        (path, expires, ""),
        (path, "", signature),
        ("../../etc/passwd", expires, signature),
    ] {
        assert_eq!(verify(path, expires, signature, just_before), Err(BadLink::NotOurs));
    }
    let other_key = Zeroizing::new([8; 32]);
    let location = BlobLocation::Directory(folder.path().to_owned());
    let other = Blobs::open(&location, other_key, now()).await.unwrap();
    let refused = other.verify_link(path, expires, signature, just_before);
    assert_eq!(refused, Err(BadLink::NotOurs));
}

#[tokio::test]
async fn blob_links_of_s3_open_without_further_keys() {
    let Some(Engine { blobs, .. }) = s3().await else {
        return;
    };
    let key = key(&tenant(8), "exports", "linked.txt");
    blobs.put(&key, b"for whoever has the link").await.unwrap();
    let hour = now() + SignedDuration::from_hours(1);
    let link = blobs.signed_url(&key, now(), hour).await.unwrap();
    assert!(link.contains("X-Amz-Signature=") && link.contains("X-Amz-Expires=3600"), "{link}");
    let endpoint = std::env::var("MARKETFLOW_TEST_S3").unwrap();
    let path = link.strip_prefix(endpoint.trim_end_matches('/')).unwrap();
    let answer = http(&endpoint, "GET", path).await;
    assert!(answer.contains("for whoever has the link"), "{answer}");
    for days in [-1, 8] {
        let expires = now() + SignedDuration::from_hours(24 * days);
        let refused = blobs.signed_url(&key, now(), expires).await.unwrap_err();
        assert!(matches!(refused, BlobError::Expiry { .. }), "{refused}");
    }
}

#[tokio::test]
async fn blob_store_without_a_server_says_so() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("s3://marketflow-contract?endpoint=http://{address}");
    let location: BlobLocation = url.parse().unwrap();
    let location =
        location.with_access(S3Access { key_id: "test".to_owned(), secret: "s3cret-value".into() });
    assert!(!format!("{location:?}").contains("s3cret-value"));
    let blobs = Blobs::open(&location, Zeroizing::new([7; 32]), now()).await;
    let key = key(&tenant(1), "exports", "a");
    let refused = blobs.unwrap().put(&key, b"x").await.unwrap_err();
    assert!(matches!(refused, BlobError::Unavailable { .. }), "{refused:?}");
    assert!(!format!("{refused} {refused:?}").contains("s3cret-value"));
}

#[tokio::test]
async fn blob_directory_clears_away_what_an_interrupted_run_left() {
    let folder = tempfile::tempdir().unwrap();
    let unfinished = folder.path().join(".unfinished");
    drop(in_directory(folder.path()).await.unwrap());
    fs::write(unfinished.join("1-0"), b"half").unwrap();
    let location = BlobLocation::Directory(folder.path().to_owned());
    let written: Timestamp = fs::metadata(unfinished.join("1-0"))
        .and_then(|file| file.modified())
        .map(|modified| modified.try_into().unwrap())
        .unwrap();
    for (hours, left) in [(23, 1), (25, 0)] {
        let then = written + SignedDuration::from_hours(hours);
        Blobs::open(&location, Zeroizing::new([7; 32]), then).await.unwrap();
        assert_eq!(fs::read_dir(&unfinished).unwrap().count(), left, "after {hours} h");
    }
}

#[tokio::test]
async fn blob_directory_leaves_nothing_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = in_directory(folder.path()).await.unwrap();
    let key = key(&tenant(1), "exports", "a");
    blobs.put_from(&key, BreaksOff(1_000)).await.unwrap_err();
    // A caller that gives up in the middle, such as a request that ends.
    let never = tokio::io::empty().chain(NeverEnds);
    tokio::select! {
        biased;
        _ = blobs.put_from(&key, never) => unreachable!("it never ends"),
        () = unfinished_count(folder.path(), 1) => {}
    }
    unfinished_count(folder.path(), 0).await;
    assert!(matches!(blobs.get(&key).await, Err(BlobError::Missing { .. })));
}

/// Waits until so many files are unfinished; for ever, and thus failing, if it never comes to that.
async fn unfinished_count(root: &Path, expected: usize) {
    while fs::read_dir(root.join(".unfinished")).unwrap().count() != expected {
        tokio::task::yield_now().await;
    }
}

struct NeverEnds;

impl AsyncRead for NeverEnds {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn blob_directory_that_is_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("blobs");
    fs::write(&file, b"").unwrap();
    let refused = in_directory(&file).await.unwrap_err().to_string();
    assert!(refused.contains(&file.display().to_string()), "{refused}");
}

#[tokio::test]
async fn blob_directory_that_vanishes_is_not_taken_for_a_missing_blob() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = in_directory(folder.path()).await.unwrap();
    fs::remove_dir_all(folder.path()).unwrap();
    let refused = blobs.put(&key(&tenant(1), "exports", "a"), b"x").await.unwrap_err();
    assert!(matches!(refused, BlobError::Unavailable { .. }), "{refused}");
}
