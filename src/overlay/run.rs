//! `crictl run`: runs a pod, and creates and starts a container in it.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{
    ContainerConfig, CreateContainerRequest, PodSandboxConfig, RunPodSandboxRequest, StartContainerRequest,
};
use crate::launch::{self, ContainerArgs, manifest};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "run",
    about: "Run a container in a pod of its own",
    usage: "[flags] CONTAINER-CONFIG POD-CONFIG",
    words: 2..=2,
    example: "crictl run --no-pull container.yaml pod.yaml",
    grouping: false,
    arguments: RunArgs::augment_args,
    env: launch::PULL_ENV,
    subcommands: &[launch::jsonschema::CONTAINER],
    step: "running container",
    calls: &["CreateContainer", "PullImage", "RunPodSandbox", "StartContainer"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct RunArgs {
    #[command(flatten)]
    container: ContainerArgs,
    /// Runtime handler of the pod
    #[arg(long, short, value_name = "HANDLER", default_value = "", hide_default_value = true)]
    runtime: String,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let [container_path, pod_path] = [0, 1].map(|at| parsed.word(at));
    let args: RunArgs = args(parsed)?;
    let pulls = args.container.pulls(!ctx.settings.disable_pull_on_run)?;
    launch::one_stdin(container_path, pod_path)?;
    if pulls {
        ctx.image().await?;
    }
    let runtime = launch::runtime(ctx, args.container.cancel_timeout).await?;
    let pod = manifest::pod(ctx, pod_path, args.container.strict)?;
    // Upstream reads this file when the pod is already running, and leaves the pod behind if the file is wrong.
    let container = manifest::container(ctx, container_path, args.container.strict)?;
    let pod_id = launch::run_pod(&runtime, pod_request(&pod, &args.runtime)).await?;
    let id = launch::create(ctx, &runtime, container_request(pod_id, container, pod), &args.container, pulls).await?;
    let started = runtime.start_container(StartContainerRequest { container_id: id.clone() }).await;
    started.map_err(|error| error.context(format!("starting the container {id:?}")))?;
    ctx.line(&id)
}

fn pod_request(pod: &PodSandboxConfig, handler: &str) -> RunPodSandboxRequest {
    RunPodSandboxRequest { config: Some(pod.clone()), runtime_handler: handler.to_owned() }
}

fn container_request(pod_id: String, container: ContainerConfig, pod: PodSandboxConfig) -> CreateContainerRequest {
    CreateContainerRequest { pod_sandbox_id: pod_id, config: Some(container), sandbox_config: Some(pod) }
}
