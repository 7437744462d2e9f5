//! Leases, and what they hold: checkpoints.

use crictl::generated::containerd::services::leases::v1::*;
use crictl::generated::containerd::services::tasks::v1::{CheckpointTaskRequest, CheckpointTaskResponse};
use tonic::Request;

use super::super::{Answer, Fake, answer};
use super::server::containerd::services::leases::v1::leases_server::Leases;

#[tonic::async_trait]
impl Leases for Fake {
    async fn create(&self, request: Request<CreateRequest>) -> Answer<CreateResponse> {
        let mut held = self.own("Leases.Create", &request)?;
        let id = request.into_inner().id;
        held.containerd().leases.push(id.clone());
        answer(CreateResponse { lease: Some(Lease { id, ..Default::default() }) })
    }

    async fn delete(&self, request: Request<DeleteRequest>) -> Answer<()> {
        let mut held = self.own("Leases.Delete", &request)?;
        let DeleteRequest { id, sync } = request.into_inner();
        held.containerd().leases.retain(|lease| *lease != id);
        // What no lease holds any more is gone.
        if sync {
            held.space().blobs.retain(|digest, _| !digest.starts_with("sha256:checkpoint"));
        }
        answer(())
    }
}

impl Fake {
    pub(super) fn checkpoint_task(&self, request: Request<CheckpointTaskRequest>) -> Answer<CheckpointTaskResponse> {
        let lease = request.metadata().get("containerd-lease").and_then(|lease| lease.to_str().ok().map(str::to_owned));
        let mut held = self.own("Tasks.Checkpoint", &request)?;
        assert!(held.containerd().leases.contains(&lease.unwrap()));
        held.task(&request.into_inner().container_id)?;
        let space = held.space();
        let config = serde_json::json!({ "config": true });
        let config = space.blob(
            "application/vnd.containerd.container.checkpoint.config.v1+proto",
            "sha256:checkpoint-config",
            &config,
        );
        let state = serde_json::json!("the state of all processes");
        let tar = "application/vnd.containerd.container.criu.checkpoint.criu.tar";
        let state = space.blob(tar, "sha256:checkpoint-state", &state);
        answer(CheckpointTaskResponse { descriptors: vec![config, state] })
    }
}
