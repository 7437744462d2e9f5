//! The in-process tests: the library against a fake runtime, with the whole observable result in each assertion.

#![cfg(unix)]
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)] // Tests, not the library.

mod layers;
mod overlay;
mod rpc;
mod schema;
mod support;
mod tracing;
mod tree;

use crictl::cri::{Container, ContainerMetadata, ContainerState, ImageSpec, PodSandbox, PodSandboxMetadata};

/// A running container that has what the CRI requires of one.
fn container(id: &str) -> Container {
    Container {
        id: id.to_owned(),
        metadata: Some(ContainerMetadata { name: format!("name-of-{id}"), attempt: 0 }),
        image: Some(ImageSpec { image: "busybox:latest".to_owned(), ..Default::default() }),
        image_ref: "sha256:1".to_owned(),
        state: ContainerState::ContainerRunning.into(),
        created_at: support::run::NOW - 3_600_000_000_000,
        ..Default::default()
    }
}

/// A ready pod that has what the CRI requires of one.
fn pod(id: &str) -> PodSandbox {
    let metadata = PodSandboxMetadata {
        name: format!("name-of-{id}"),
        uid: format!("uid-of-{id}"),
        namespace: "default".to_owned(),
        attempt: 0,
    };
    PodSandbox {
        id: id.to_owned(),
        metadata: Some(metadata),
        created_at: support::run::NOW - 3_600_000_000_000,
        ..Default::default()
    }
}
