//! `crictl create`: creates a container in a running pod.

use crate::args::go::Parsed;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{ContainerConfig, CreateContainerRequest, PodSandboxConfig};
use crate::launch::{self, ContainerArgs, manifest};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "create",
    about: "Create a container in a pod",
    usage: "[flags] POD-ID CONTAINER-CONFIG POD-CONFIG",
    words: 3..=3,
    example: "crictl create --with-pull f84dd361f8dc5 container.yaml pod.yaml",
    grouping: false,
    arguments: <ContainerArgs as clap::Args>::augment_args,
    env: launch::PULL_ENV,
    subcommands: &[launch::jsonschema::CONTAINER],
    calls: &["CreateContainer", "PullImage"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let [pod_id, container_path, pod_path] = [0, 1, 2].map(|at| parsed.word(at));
    let args: ContainerArgs = args(parsed)?;
    let pulls = args.pulls(ctx.settings.pull_image_on_create)?;
    launch::one_stdin(container_path, pod_path)?;
    if pulls {
        ctx.image().await?;
    }
    let runtime = launch::runtime(ctx, args.cancel_timeout).await?;
    let container = manifest::container(ctx, container_path, args.strict)?;
    // Upstream takes an empty path to mean: send no pod config.
    let pod = match pod_path {
        "" => None,
        path => Some(manifest::pod(ctx, path, args.strict)?),
    };
    let id = launch::create(ctx, &runtime, request(pod_id, container, pod), &args, pulls).await?;
    ctx.line(&id)
}

fn request(pod_id: &str, container: ContainerConfig, pod: Option<PodSandboxConfig>) -> CreateContainerRequest {
    CreateContainerRequest { pod_sandbox_id: pod_id.to_owned(), config: Some(container), sandbox_config: pod }
}
