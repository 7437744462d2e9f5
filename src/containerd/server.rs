//! What containerd says of itself, and of the filesystems that hold a namespace.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::json;
use tonic::Status;

use crate::containerd::call::{self, Space};
use crate::containerd::number;
use crate::generated::containerd::services::introspection::v1::{Plugin, ServerResponse};
use crate::generated::containerd::services::snapshots::v1::{
    ListSnapshotsRequest, ListSnapshotsResponse, UsageRequest, UsageResponse,
};
use crate::generated::containerd::services::version::v1::VersionResponse;
use crate::generated::cri;
use crate::rpc::AT_ONCE;

/// The snapshotter that is used where nobody names another one (containerd's `defaults`).
const SNAPSHOTTER: &str = "overlayfs";

impl Space<'_> {
    /// The version of containerd. The other two are what the CRI has for a constant.
    pub(super) async fn version(&self) -> Result<cri::VersionResponse, Status> {
        let version: VersionResponse = self.call(&call::VERSION, &()).await?;
        Ok(cri::VersionResponse {
            version: "0.1.0".to_owned(),
            runtime_name: "containerd".to_owned(),
            runtime_version: version.version,
            runtime_api_version: "v1".to_owned(),
        })
    }

    /// The two conditions that the CRI requires: whether containers can run, and that there is no network of pods.
    pub(super) async fn status(&self, request: &cri::StatusRequest) -> Result<cri::StatusResponse, Status> {
        let runtime = self.plugins("io.containerd.runtime.v2").await?;
        let broken = runtime.iter().find_map(|plugin| plugin.init_err.as_ref());
        let condition = |kind: &str, status, reason: &str, message: String| cri::RuntimeCondition {
            r#type: kind.to_owned(),
            status,
            reason: reason.to_owned(),
            message,
        };
        let ready = match (runtime.as_slice(), broken) {
            ([], _) => condition("RuntimeReady", false, "NoRuntime", "containerd has no runtime for tasks".to_owned()),
            (_, Some(error)) => condition("RuntimeReady", false, "RuntimeFailed", error.message.clone()),
            (_, None) => condition("RuntimeReady", true, "", String::new()),
        };
        let network = self.lacks("Pod").message().to_owned();
        let network = condition("NetworkReady", false, "NoPods", network);
        let info = match request.verbose {
            true => self.server_info().await?,
            false => BTreeMap::new(),
        };
        let status = Some(cri::RuntimeStatus { conditions: vec![ready, network] });
        Ok(cri::StatusResponse { status, info, ..Default::default() })
    }

    async fn server_info(&self) -> Result<BTreeMap<String, String>, Status> {
        let server: ServerResponse = self.call(&call::SERVER, &()).await?;
        let version: VersionResponse = self.call(&call::VERSION, &()).await?;
        let labels = self.namespaces().await?.into_iter().find(|space| space.name == self.name);
        let labels = labels.map(|space| space.labels).unwrap_or_default();
        let deprecations: Vec<_> =
            server.deprecations.iter().map(|it| json!({ "id": it.id, "message": it.message })).collect();
        let server = json!({
            "uuid": server.uuid, "pid": server.pid, "pidns": server.pidns,
            "version": version.version, "revision": version.revision, "deprecations": deprecations,
        });
        let namespace = json!({ "name": self.name, "labels": labels });
        Ok([("server", server), ("containerdNamespace", namespace)]
            .map(|(key, value)| (key.to_owned(), value.to_string()))
            .into())
    }

    /// What the snapshots of the namespace take, by snapshotter: the first is the usual one, which the CRI has even
    /// where it is empty.
    pub(super) async fn image_fs_info(&self) -> Result<cri::ImageFsInfoResponse, Status> {
        let mut roots: Vec<_> = self.snapshotters().await?.into_iter().collect();
        roots.sort_by_key(|(name, _)| name != SNAPSHOTTER);
        let mut filesystems = Vec::new();
        for (index, (snapshotter, root)) in roots.into_iter().enumerate() {
            let usage = self.used(&snapshotter).await?;
            if index == 0 || usage.is_some() {
                let (size, inodes) = usage.unwrap_or_default();
                filesystems.push(cri::FilesystemUsage {
                    timestamp: self.now(),
                    fs_id: Some(cri::FilesystemIdentifier { mountpoint: root }),
                    used_bytes: number(size),
                    inodes_used: number(inodes),
                });
            }
        }
        Ok(cri::ImageFsInfoResponse { image_filesystems: filesystems, ..Default::default() })
    }

    /// The bytes and inodes of all snapshots of a snapshotter, if there are any.
    async fn used(&self, snapshotter: &str) -> Result<Option<(u64, u64)>, Status> {
        let request = ListSnapshotsRequest { snapshotter: snapshotter.to_owned(), ..Default::default() };
        let listed: Vec<ListSnapshotsResponse> = self.collect(&call::SNAPSHOTS_LIST, &request).await?;
        let snapshots = listed.into_iter().flat_map(|listed| listed.info).map(|info| async move {
            let request = UsageRequest { snapshotter: snapshotter.to_owned(), key: info.name };
            // One that is gone by now takes nothing.
            Ok::<_, Status>(self.find::<UsageResponse>(&call::SNAPSHOTS_USAGE, &request).await?.unwrap_or_default())
        });
        let usages: Vec<UsageResponse> = stream::iter(snapshots).buffered(AT_ONCE).try_collect().await?;
        let unsigned = |number: i64| u64::try_from(number).unwrap_or_default();
        let sum = usages.iter().fold((0u64, 0u64), |sum, usage| {
            (sum.0.saturating_add(unsigned(usage.size)), sum.1.saturating_add(unsigned(usage.inodes)))
        });
        Ok((!usages.is_empty()).then_some(sum))
    }

    /// The snapshotters that work here, and where each keeps its snapshots.
    pub(super) async fn snapshotters(&self) -> Result<BTreeMap<String, String>, Status> {
        let plugins = self.plugins("io.containerd.snapshotter.v1").await?.into_iter();
        let working = plugins.filter(|plugin| plugin.init_err.is_none());
        Ok(working.map(|Plugin { id, mut exports, .. }| (id, exports.remove("root").unwrap_or_default())).collect())
    }

    /// The time, in nanoseconds since 1970.
    pub(super) fn now(&self) -> i64 {
        let elapsed = self.client.now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX)
    }
}
