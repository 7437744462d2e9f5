//! The commands in a namespace of containerd's, against its own services.

mod all;
mod checkpoint;
mod container;
mod events;
mod exec;
mod hint;
mod image;
mod logs;
mod pull;
mod raw;
mod refusal;

use crictl::generated::containerd::services::introspection::v1::Plugin;
use crictl::generated::containerd::types::Platform;
use crictl::generated::containerd::v1::types::Status as TaskStatus;
use serde_json::json;

use crate::support::fake::containerd::Space;
use crate::support::fake::{Fake, Served};
use crate::support::run::Output;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A namespace with a job that runs, one that has failed, one that was killed, and one without a task.
fn jobs() -> Space {
    Space::default()
        .container("job-1", Some((TaskStatus::Running, 0)))
        .with(|job| {
            job.labels.insert("nerdctl/name".to_owned(), "build".to_owned());
        })
        .container("job-2", Some((TaskStatus::Stopped, 3)))
        .container("job-3", Some((TaskStatus::Stopped, 137)))
        .container("job-4", None)
}

/// A namespace with an image for several machines under two names, and one whose content is not there.
fn images() -> Space {
    let mut space = Space::default();
    let config = json!({ "config": { "User": "1000:0", "StopSignal": "SIGQUIT" } });
    let config = space.blob("application/vnd.oci.image.config.v1+json", &sha("c"), &config);
    let layers = json!([{ "digest": sha("1"), "size": 1000 }, { "digest": sha("2"), "size": 234 }]);
    let manifest = json!({ "config": { "digest": config.digest, "size": 500 }, "layers": layers });
    let manifest = space.blob(MANIFEST, &sha("a"), &manifest);
    let platform = |os: &str, architecture: &str| json!({ "os": os, "architecture": architecture });
    let index = json!({ "manifests": [
        { "digest": sha("e"), "size": 9, "platform": platform("linux", "s390x") },
        { "digest": sha("f"), "size": 9, "platform": platform("unknown", "unknown") },
        { "digest": manifest.digest, "size": 300, "platform": platform("linux", "amd64") },
    ] });
    // Of the other machine the manifest is there too: its platform alone decides.
    space.blob(MANIFEST, &sha("e"), &json!({ "config": { "digest": sha("9"), "size": 1 } }));
    let mut target = space.blob(INDEX, &sha("b"), &index);
    target.size = 100;
    let mut gone = target.clone();
    (gone.digest, gone.size) = (sha("d"), 77);
    space
        .image("docker.io/library/busybox:1", &target)
        .image("docker.io/library/busybox:latest", &target)
        .image("job-image", &gone)
}

fn sha(digit: &str) -> String {
    format!("sha256:{}", digit.repeat(64))
}

/// A containerd of this machine's kind with these namespaces.
fn containerd<'a>(spaces: impl IntoIterator<Item = (&'a str, Space)>) -> Fake {
    let fake = spaces.into_iter().fold(Fake::new(), |fake, (name, space)| fake.space(name, space));
    let platform = Platform { os: "linux".to_owned(), architecture: "amd64".to_owned(), ..Default::default() };
    let plugin = |kind: &str, id: &str, root: Option<&str>| Plugin {
        r#type: kind.to_owned(),
        id: id.to_owned(),
        platforms: vec![platform.clone()],
        exports: root.map(|root| ("root".to_owned(), root.to_owned())).into_iter().collect(),
        ..Default::default()
    };
    fake.with(|state| {
        state.containerd.get_or_insert_default().plugins = vec![
            plugin("io.containerd.runtime.v2", "task", None),
            plugin("io.containerd.snapshotter.v1", "overlayfs", Some("/var/lib/overlay")),
            plugin("io.containerd.snapshotter.v1", "native", Some("/var/lib/native")),
        ];
    })
}

/// Runs a command in namespace `ephemerd`.
fn run<'a>(served: &Served, args: impl IntoIterator<Item = &'a str>) -> Output {
    // Much goes on at once when all tests run.
    served.run(["--timeout", "60s", "--ns", "ephemerd"].into_iter().chain(args))
}

/// What is in a namespace now.
fn space(served: &Served, name: &str) -> Space {
    served.fake.state().containerd.as_ref().unwrap().spaces[name].clone()
}
