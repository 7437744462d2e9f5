//! Which of several manifests is that of the machine: the rules of containerd's `platforms` module, in short.

use serde::Deserialize;
use tonic::Status;

use crate::containerd::call::{self, Space};
use crate::generated::containerd::services::introspection::v1::{Plugin, PluginsRequest, PluginsResponse};

/// A platform, as the index of an image names it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Platform {
    pub(super) os: String,
    pub(super) architecture: String,
    pub(super) variant: String,
}

impl Space<'_> {
    /// The platform that containerd runs containers on; nothing where it does not say.
    pub(super) async fn platform(&self) -> Result<Option<Platform>, Status> {
        let plugins = self.plugins("io.containerd.runtime.v2").await?;
        let platform = plugins.into_iter().flat_map(|plugin| plugin.platforms).next();
        Ok(platform.map(|it| Platform { os: it.os, architecture: it.architecture, variant: it.variant }))
    }

    /// The plugins of a type.
    pub(super) async fn plugins(&self, kind: &str) -> Result<Vec<Plugin>, Status> {
        let request = PluginsRequest { filters: vec![format!("type=={kind}")] };
        Ok(self.call::<PluginsResponse>(&call::PLUGINS, &request).await?.plugins)
    }
}

/// How well a manifest fits a machine: the higher, the better. What names no platform, as an old index does, may be for
/// any; an attestation is for `unknown`.
pub(super) fn fit(manifest: Option<&Platform>, host: Option<&Platform>) -> u8 {
    let (Some(manifest), Some(host)) = (manifest, host) else { return 1 };
    let same = manifest.os == host.os && manifest.architecture == host.architecture;
    match same {
        true if variant(manifest) == variant(host) => 3,
        true => 2,
        false => 0,
    }
}

/// The variant; that of 64-bit ARM is v8 where none is named.
fn variant(platform: &Platform) -> &str {
    match (platform.architecture.as_str(), platform.variant.as_str()) {
        ("arm64", "") => "v8",
        (_, variant) => variant,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_own_platform_fits_best_and_an_attestation_least() {
        let platform = |os: &str, architecture: &str, variant: &str| Platform {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.to_owned(),
        };
        let host = platform("linux", "arm64", "v8");
        let fit = |other: &Platform| fit(Some(other), Some(&host));
        assert_eq!(fit(&platform("linux", "arm64", "")), 3);
        assert_eq!(fit(&platform("linux", "arm64", "v9")), 2);
        assert_eq!(fit(&platform("unknown", "unknown", "")), 0);
        assert_eq!(super::fit(None, Some(&host)), 1);
    }
}
