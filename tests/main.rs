//! The in-process tests: the library against a fake runtime, with the whole observable result in each assertion.

#![cfg(unix)]
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)] // Tests, not the library.

mod layers;
mod overlay;
mod rpc;
mod schema;
mod support;
mod tree;

use crictl::cri::{Container, ContainerMetadata, ContainerState, ImageSpec};

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
