//! Images, content and snapshots.

use crictl::generated::containerd::services::content::v1::*;
use crictl::generated::containerd::services::images::v1::*;
use crictl::generated::containerd::services::snapshots::v1::{
    Info as Snapshot, ListSnapshotsRequest, ListSnapshotsResponse, MountsRequest, MountsResponse,
    RemoveSnapshotRequest, UsageRequest, UsageResponse,
};
use tokio_stream::iter;
use tonic::codegen::BoxStream;
use tonic::{Request, Status};

use super::super::{Answer, Fake, answer};
use super::server::containerd::services::content::v1::content_server::Content;
use super::server::containerd::services::images::v1::images_server::Images;
use super::server::containerd::services::snapshots::v1::snapshots_server::Snapshots;

#[tonic::async_trait]
impl Images for Fake {
    async fn list(&self, request: Request<ListImagesRequest>) -> Answer<ListImagesResponse> {
        let mut held = self.own("Images.List", &request)?;
        answer(ListImagesResponse { images: held.space().images.clone() })
    }

    async fn delete(&self, request: Request<DeleteImageRequest>) -> Answer<()> {
        let mut held = self.own("Images.Delete", &request)?;
        let name = request.into_inner().name;
        held.space().images.retain(|image| image.name != name);
        answer(())
    }
}

#[tonic::async_trait]
impl Content for Fake {
    async fn list(&self, request: Request<ListContentRequest>) -> Answer<BoxStream<ListContentResponse>> {
        let mut held = self.own("Content.List", &request)?;
        let infos = held.space().blobs.iter().map(|(digest, bytes)| Info {
            digest: digest.clone(),
            size: i64::try_from(bytes.len()).unwrap(),
            ..Default::default()
        });
        // containerd sends what it has in several messages.
        let messages: Vec<_> = infos.map(|info| Ok(ListContentResponse { info: vec![info] })).collect();
        answer(Box::pin(iter(messages)))
    }

    async fn read(&self, request: Request<ReadContentRequest>) -> Answer<BoxStream<ReadContentResponse>> {
        let mut held = self.own("Content.Read", &request)?;
        let digest = request.into_inner().digest;
        let found = held.space().blobs.get(&digest).cloned();
        let bytes = found.ok_or_else(|| Status::not_found(format!("content {digest}: not found")))?;
        let pieces: Vec<_> = bytes.chunks(16).map(<[u8]>::to_vec).collect();
        answer(Box::pin(iter(pieces.into_iter().map(|data| Ok(ReadContentResponse { offset: 0, data })))))
    }
}

#[tonic::async_trait]
impl Snapshots for Fake {
    async fn list(&self, request: Request<ListSnapshotsRequest>) -> Answer<BoxStream<ListSnapshotsResponse>> {
        let mut held = self.own("Snapshots.List", &request)?;
        let wanted = request.into_inner().snapshotter == "overlayfs";
        let keys = held.space().snapshots.keys().filter(|_| wanted);
        let info = keys.map(|name| Snapshot { name: name.clone(), ..Default::default() });
        let messages = vec![Ok(ListSnapshotsResponse { info: info.collect() })];
        answer(Box::pin(iter(messages)))
    }

    async fn usage(&self, request: Request<UsageRequest>) -> Answer<UsageResponse> {
        let mut held = self.own("Snapshots.Usage", &request)?;
        let key = request.into_inner().key;
        let found = held.space().snapshots.get(&key).copied();
        let (size, inodes) = found.ok_or_else(|| Status::not_found(format!("snapshot {key}: not found")))?;
        answer(UsageResponse { size, inodes })
    }

    async fn mounts(&self, request: Request<MountsRequest>) -> Answer<MountsResponse> {
        self.own("Snapshots.Mounts", &request)?;
        answer(MountsResponse::default())
    }

    async fn remove(&self, request: Request<RemoveSnapshotRequest>) -> Answer<()> {
        let mut held = self.own("Snapshots.Remove", &request)?;
        let key = request.into_inner().key;
        held.space().snapshots.remove(&key);
        answer(())
    }
}
