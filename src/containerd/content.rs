//! What an image consists of: the documents in the content store that its name leads to, as
//! opencontainers/image-spec (`image-index.md`, `manifest.md`, `config.md`) and Docker before it have them.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tonic::{Code, Status};

use crate::containerd::call::{self, Space};
use crate::containerd::platform::{self, Platform};
use crate::generated::containerd::services::content::v1::{ReadContentRequest, ReadContentResponse};
use crate::generated::containerd::types::Descriptor;

/// The largest document that is read. Real ones have kilobytes.
const LARGEST: i64 = 8 << 20;

/// What an image is, on one platform.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    /// The digest of the configuration, which is what the CRI calls the id. Of an image whose content is not there, that
    /// of its target.
    pub(super) id: String,
    /// What containerd's own CRI counts (`core/images/usage` with a manifest limit of one): all documents from the
    /// target down to the layers, as they are compressed.
    pub(super) size: u64,
    pub(super) user: String,
    pub(super) stop_signal: String,
}

#[derive(Debug, Default, Deserialize)]
struct Index {
    #[serde(default)]
    manifests: Vec<Part>,
}

#[derive(Debug, Deserialize)]
struct Manifest {
    config: Part,
    #[serde(default)]
    layers: Vec<Part>,
}

/// A document that another one names.
#[derive(Debug, Deserialize)]
struct Part {
    digest: String,
    #[serde(default)]
    size: i64,
    #[serde(default)]
    platform: Option<Platform>,
}

#[derive(Debug, Default, Deserialize)]
struct Config {
    config: Option<Settings>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Settings {
    user: Option<String>,
    stop_signal: Option<String>,
}

impl Space<'_> {
    /// What an image is that leads to this target.
    ///
    /// # Errors
    /// A call failed. That the content is not there, or is none of an image, is no error: names may be all there is.
    pub(super) async fn facts(&self, target: &Descriptor) -> Result<Facts, Status> {
        let bare = Facts { id: target.digest.clone(), size: unsigned(target.size), ..Default::default() };
        let (manifest, size): (Manifest, _) = match is_index(&target.media_type) {
            true => {
                let Some(index) = self.document::<Index>(&target.digest, target.size).await? else { return Ok(bare) };
                match self.manifest(index).await? {
                    Some((manifest, size)) => (manifest, bare.size.saturating_add(size)),
                    None => return Ok(bare),
                }
            }
            false => match self.document(&target.digest, target.size).await? {
                Some(manifest) => (manifest, bare.size),
                None => return Ok(bare),
            },
        };
        let parts = manifest.layers.iter().chain([&manifest.config]);
        let size = parts.fold(size, |sum, part| sum.saturating_add(unsigned(part.size)));
        let config = self.document::<Config>(&manifest.config.digest, manifest.config.size).await?;
        let settings = config.and_then(|config| config.config).unwrap_or_default();
        Ok(Facts {
            id: manifest.config.digest,
            size,
            user: settings.user.unwrap_or_default(),
            stop_signal: settings.stop_signal.unwrap_or_default(),
        })
    }

    /// The manifest of the platform that containerd runs on, and its size; else the first one that is there.
    async fn manifest(&self, index: Index) -> Result<Option<(Manifest, u64)>, Status> {
        let host = self.platform().await?;
        let mut parts = index.manifests;
        // Stable: among equals it is the index that has an order.
        parts.sort_by_key(|part| std::cmp::Reverse(platform::fit(part.platform.as_ref(), host.as_ref())));
        for part in parts {
            if let Some(manifest) = self.document(&part.digest, part.size).await? {
                return Ok(Some((manifest, unsigned(part.size))));
            }
        }
        Ok(None)
    }

    /// A document of the content store; nothing where it is not there, or is something else.
    async fn document<D: DeserializeOwned>(&self, digest: &str, size: i64) -> Result<Option<D>, Status> {
        if size > LARGEST {
            return Ok(None);
        }
        // No more than what is largest of what does not say how large it is.
        let size = if size > 0 { size } else { LARGEST };
        let request = ReadContentRequest { digest: digest.to_owned(), offset: 0, size };
        match self.collect::<ReadContentResponse>(&call::CONTENT_READ, &request).await {
            Ok(pieces) => {
                let bytes: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.data).collect();
                Ok(serde_json::from_slice(&bytes).ok())
            }
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(status),
        }
    }
}

fn is_index(media_type: &str) -> bool {
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"]
        .contains(&media_type)
}

/// A size; unknown ones are negative.
fn unsigned(size: i64) -> u64 {
    u64::try_from(size).unwrap_or_default()
}
