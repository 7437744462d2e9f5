//! The in-process tests: the library against a fake runtime, with the whole observable result in each assertion.

#![cfg(unix)]
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)] // Tests, not the library.

mod bad_input;
mod config;
mod containerd;
mod embed;
mod encoding;
mod endpoint;
mod golden;
mod hostile;
mod interrupt;
mod layers;
mod learn;
mod manual;
mod overlay;
mod program;
mod property;
mod retry;
mod rpc;
mod run;
mod schema;
mod serve;
mod stream;
mod support;
mod terminal;
mod tracing;
mod tree;

use crictl::cri::*;
use support::run::NOW;

const HOUR: i64 = 3_600_000_000_000;

/// A running container that has what the CRI requires of one.
fn container(id: &str) -> Container {
    Container {
        id: id.to_owned(),
        metadata: Some(ContainerMetadata { name: format!("name-of-{id}"), attempt: 0 }),
        image: Some(ImageSpec { image: "busybox:latest".to_owned(), ..Default::default() }),
        image_ref: "sha256:1".to_owned(),
        state: ContainerState::ContainerRunning.into(),
        created_at: NOW - HOUR,
        ..Default::default()
    }
}

/// A pod that is ready and has what the CRI requires of one.
fn pod(id: &str) -> PodSandbox {
    let metadata = PodSandboxMetadata {
        name: format!("name-of-{id}"),
        namespace: "default".to_owned(),
        uid: format!("uid-of-{id}"),
        attempt: 0,
    };
    PodSandbox { id: id.to_owned(), metadata: Some(metadata), created_at: NOW - HOUR, ..Default::default() }
}

/// An image with one tag.
fn image(id: &str, tag: &str) -> Image {
    let digest = format!("{}@sha256:{}", tag.split(':').next().unwrap(), "d".repeat(64));
    Image {
        id: format!("sha256:{id}"),
        repo_tags: vec![tag.to_owned()],
        repo_digests: vec![digest],
        size: 1_234_567,
        ..Default::default()
    }
}

fn map<const N: usize>(entries: [(&str, &str); N]) -> std::collections::BTreeMap<String, String> {
    entries.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}
