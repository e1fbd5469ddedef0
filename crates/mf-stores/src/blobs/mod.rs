//! Blobs: exports, assets and other files, in a directory or in S3, each under its workspace's own
//! prefix. What was acknowledged is on disk; what was not leaves nothing half-written behind.
//!
//! Not here: who may read a blob. A signed link ([`Blobs::signed_url`]) is the only way to hand one
//! to somebody without a further check; whoever serves it must send it as an attachment, never as a
//! page.

mod directory;
mod error;
mod key;
mod link;
mod location;
mod s3;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use object_store::ObjectStore;
use object_store::aws::AmazonS3;
use object_store::local::LocalFileSystem;
use tokio::io::AsyncRead;
use zeroize::Zeroizing;

pub use error::{BlobAction, BlobError};
pub use key::{BadBlobKey, BlobKey, BlobPrefix};
pub use link::{BadLink, LinkSigner};
pub use location::{BadLocation, BlobLocation, S3Access, S3Location};

use directory::Directory;

/// One blob, as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobInfo {
    pub key: BlobKey,
    pub bytes: u64,
    pub modified_at: Timestamp,
}

/// A blob on its way out, piece by piece.
pub struct BlobContent {
    pub info: BlobInfo,
    pub pieces: BoxStream<'static, Result<Vec<u8>, BlobError>>,
}

enum Engine {
    Directory { writer: Directory, reader: LocalFileSystem },
    S3(AmazonS3),
}

/// The blob store of this installation.
pub struct Blobs {
    engine: Engine,
    links: LinkSigner,
}

impl Blobs {
    /// `link_secret` signs the links of a directory; derive it from the installation's root secret.
    /// `now` tells what an earlier run left unfinished from what another process is writing.
    pub async fn open(
        location: &BlobLocation,
        link_secret: Zeroizing<[u8; 32]>,
        now: Timestamp,
    ) -> Result<Self, BlobError> {
        let engine = match location {
            BlobLocation::Directory(path) => {
                let writer = Directory::open(path, now).await?;
                let reader = LocalFileSystem::new_with_prefix(path)
                    .map_err(|error| BlobError::from_store(BlobAction::Open, &path.display(), error))?;
                Engine::Directory { writer, reader }
            }
            BlobLocation::S3(location) => Engine::S3(s3::open(location)?),
        };
        Ok(Self { engine, links: LinkSigner::new(link_secret) })
    }

    /// Stores a blob, replacing what was there. Once this answers, it survives a power cut.
    pub async fn put(&self, key: &BlobKey, content: &[u8]) -> Result<BlobInfo, BlobError> {
        self.put_from(key, content).await
    }

    /// Stores what `content` gives, however large, without holding it in memory. If reading fails
    /// half-way, the blob stays as it was before; if the caller gives up, it is the old or the new
    /// one, but whole.
    pub async fn put_from(
        &self,
        key: &BlobKey,
        content: impl AsyncRead + Send + Unpin,
    ) -> Result<BlobInfo, BlobError> {
        match &self.engine {
            Engine::Directory { writer, .. } => writer.write(key, content).await?,
            Engine::S3(store) => s3::write(store, key, content).await?,
        }
        self.head(key).await
    }

    pub async fn get(&self, key: &BlobKey) -> Result<Vec<u8>, BlobError> {
        let content = self.get_pieces(key).await?;
        content.pieces.try_concat().await
    }

    pub async fn get_pieces(&self, key: &BlobKey) -> Result<BlobContent, BlobError> {
        let failed = {
            let key = key.clone();
            move |error| BlobError::from_store(BlobAction::Read, &key, error)
        };
        let found = self.store().get_opts(&key.path(), Default::default()).await;
        let found = found.map_err(&failed)?;
        Ok(BlobContent {
            info: info(key.clone(), &found.meta),
            pieces: found.into_stream().map_ok(|piece| piece.to_vec()).map_err(failed).boxed(),
        })
    }

    pub async fn head(&self, key: &BlobKey) -> Result<BlobInfo, BlobError> {
        let options = object_store::GetOptions { head: true, ..Default::default() };
        let found = self.store().get_opts(&key.path(), options).await;
        let found = found.map_err(|error| BlobError::from_store(BlobAction::Read, key, error))?;
        Ok(info(key.clone(), &found.meta))
    }

    /// Deletes for good. A blob that is not there is deleted already.
    pub async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        match &self.engine {
            Engine::Directory { writer, .. } => writer.remove(key).await,
            Engine::S3(store) => s3::remove(store, key).await,
        }
    }

    /// Every blob under a prefix, in no particular order.
    pub fn list(&self, prefix: &BlobPrefix) -> BoxStream<'static, Result<BlobInfo, BlobError>> {
        let name = prefix.clone();
        self.store()
            .list(Some(&prefix.path()))
            .map_err(move |error| BlobError::from_store(BlobAction::List, &name, error))
            // What somebody else put there under a name of another shape is not ours to show.
            .try_filter_map(|meta| async move {
                let key = meta.location.as_ref().parse().ok();
                Ok(key.map(|key| info(key, &meta)))
            })
            .boxed()
    }

    /// A link that opens this blob for whoever has it, until `expires_at`: a path on this server
    /// (`/blobs/…`) for a directory, an absolute address for S3, which allows seven days at most.
    pub async fn signed_url(
        &self,
        key: &BlobKey,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<String, BlobError> {
        match &self.engine {
            Engine::Directory { .. } => Ok(self.links.sign(key, expires_at)),
            Engine::S3(store) => s3::signed_url(store, key, now, expires_at).await,
        }
    }

    /// Checks what came back in a link of a directory, and answers which blob it opens.
    pub fn verify_link(
        &self,
        key: &str,
        expires: &str,
        signature: &str,
        now: Timestamp,
    ) -> Result<BlobKey, BadLink> {
        self.links.verify(key, expires, signature, now)
    }

    fn store(&self) -> &dyn ObjectStore {
        match &self.engine {
            Engine::Directory { reader, .. } => reader,
            Engine::S3(store) => store,
        }
    }
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.engine {
            Engine::Directory { .. } => "Blobs(directory)",
            Engine::S3(_) => "Blobs(s3)",
        })
    }
}

fn info(key: BlobKey, meta: &object_store::ObjectMeta) -> BlobInfo {
    let millis = meta.last_modified.timestamp_millis();
    BlobInfo {
        key,
        bytes: meta.size,
        modified_at: Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH),
    }
}
