//! A runtime whose one container has the large log.

#[allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used)]
#[path = "../../../tests/support/fake/mod.rs"]
mod fake;

use std::path::Path;

use crictl::cri::{Container, ContainerMetadata, ImageSpec};

use self::fake::Fake;

/// Serves it, until the process ends. The container is called `large`.
pub(crate) fn serve(log: &Path, socket: &Path) {
    let container = Container {
        id: "large".to_owned(),
        metadata: Some(ContainerMetadata { name: "large".to_owned(), attempt: 0 }),
        image: Some(ImageSpec { image: "busybox".to_owned(), ..Default::default() }),
        image_ref: "sha256:1".to_owned(),
        state: crictl::cri::ContainerState::ContainerExited.into(),
        created_at: 1,
        ..Default::default()
    };
    let fake = Fake::new().containers([container]);
    fake.state().logs.insert("large".to_owned(), log.to_owned());
    fake.serve_at(socket);
}
