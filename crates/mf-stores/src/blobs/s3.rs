//! Blobs in S3, or in anything that speaks it, through the object store crate.

use std::time::Duration;

use jiff::Timestamp;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::signer::Signer;
use object_store::{ClientOptions, MultipartUpload, ObjectStoreExt, RetryConfig};
use secrecy::ExposeSecret;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::{BlobAction, BlobError, BlobKey, S3Location};

/// Up to this much goes in one request; more goes in parts of this size.
const PART_BYTES: usize = 8 * 1024 * 1024;
const LONGEST_LINK: Duration = Duration::from_secs(7 * 24 * 3600);

pub(super) fn open(location: &S3Location) -> Result<AmazonS3, BlobError> {
    let plain_http = location.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&location.bucket)
        .with_region(&location.region)
        .with_access_key_id(&location.access.key_id)
        .with_secret_access_key(location.access.secret.expose_secret())
        .with_retry(RetryConfig {
            max_retries: 3,
            retry_timeout: Duration::from_secs(20),
            ..RetryConfig::default()
        })
        .with_client_options(
            ClientOptions::new()
                .with_connect_timeout(Duration::from_secs(5))
                .with_timeout(Duration::from_secs(60))
                .with_allow_http(plain_http),
        );
    if let Some(endpoint) = &location.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    builder.build().map_err(|error| BlobError::from_store(BlobAction::Open, &location.bucket, error))
}

/// One request for what fits into a part; otherwise parts, which become a blob all at once.
pub(super) async fn write(
    store: &AmazonS3,
    key: &BlobKey,
    mut content: impl AsyncRead + Send + Unpin,
) -> Result<(), BlobError> {
    let failed = |error| BlobError::from_store(BlobAction::Store, key, error);
    let first = next_part(key, &mut content).await?;
    if first.len() < PART_BYTES {
        return store.put(&key.path(), first.into()).await.map(drop).map_err(failed);
    }
    let mut upload = store.put_multipart(&key.path()).await.map_err(failed)?;
    let written = write_parts(&mut *upload, key, first, content).await;
    if written.is_err() {
        // Best effort: parts that stay behind are no blob, and the bucket's lifecycle removes them.
        let _ = upload.abort().await;
    }
    written
}

async fn write_parts(
    upload: &mut dyn MultipartUpload,
    key: &BlobKey,
    first: Vec<u8>,
    mut content: impl AsyncRead + Send + Unpin,
) -> Result<(), BlobError> {
    let failed = |error| BlobError::from_store(BlobAction::Store, key, error);
    let mut part = first;
    while !part.is_empty() {
        upload.put_part(part.into()).await.map_err(failed)?;
        part = next_part(key, &mut content).await?;
    }
    upload.complete().await.map(drop).map_err(failed)
}

/// A full part, or what is left.
async fn next_part(
    key: &BlobKey,
    content: &mut (impl AsyncRead + Send + Unpin),
) -> Result<Vec<u8>, BlobError> {
    let mut part = Vec::new();
    let read = content.take(PART_BYTES as u64).read_to_end(&mut part).await;
    read.map(|_| part).map_err(|source| BlobError::Input { what: key.to_string(), source })
}

pub(super) async fn remove(store: &AmazonS3, key: &BlobKey) -> Result<(), BlobError> {
    match store.delete(&key.path()).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(BlobError::from_store(BlobAction::Delete, key, error)),
    }
}

pub(super) async fn signed_url(
    store: &AmazonS3,
    key: &BlobKey,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<String, BlobError> {
    let refused = |why| BlobError::Expiry { what: key.to_string(), why };
    let valid_for = Duration::try_from(expires_at.duration_since(now))
        .map_err(|_| refused("until a moment in the past"))?;
    if valid_for > LONGEST_LINK {
        return Err(refused("for more than seven days in S3"));
    }
    // The default method is GET.
    store
        .signed_url(Default::default(), &key.path(), valid_for)
        .await
        .map(String::from)
        .map_err(|error| BlobError::from_store(BlobAction::Link, key, error))
}
