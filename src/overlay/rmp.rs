//! `crictl rmp`: removes pods.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::batch;
use crate::command::{ANY, Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri;
use crate::rpc::Client;
use crate::select::required;

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "rmp",
    about: "Remove pods",
    usage: "[flags] (POD-ID... | --all)",
    words: ANY,
    example: "crictl rmp --force 8f4a1c2b9d3e7",
    arguments: RmpArgs::augment_args,
    calls: &["ListPodSandbox", "PodSandboxStatus", "RemovePodSandbox", "StopPodSandbox"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct RmpArgs {
    /// Remove all pods
    #[arg(long, short)]
    all: bool,
    /// Stop the pod first if it is ready
    #[arg(long, short)]
    force: bool,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: RmpArgs = args(parsed)?;
    let runtime = ctx.runtime().await?;
    let ids = match args.all {
        true => {
            let pods = runtime.list_pod_sandbox(cri::ListPodSandboxRequest::default()).await?.items;
            pods.into_iter().map(|pod| pod.id).collect()
        }
        false => parsed.positionals.clone(),
    };
    match ids.as_slice() {
        [] if args.all => ctx.info("No pods to remove"),
        [] => return Err(Error::help()),
        _ => {}
    }
    batch::at_once(ctx, &ids, async |id, lines| remove(&runtime, id, args.force, lines).await).await
}

type RuntimeService<'io> = crate::generated::client::RuntimeService<Client<'io>>;

/// Removes one pod.
async fn remove(runtime: &RuntimeService<'_>, id: &str, force: bool, lines: &mut Vec<String>) -> Result<(), Error> {
    let pod_sandbox_id = id.to_owned();
    let request = cri::PodSandboxStatusRequest { pod_sandbox_id: pod_sandbox_id.clone(), verbose: false };
    let ready = is_ready(runtime.pod_sandbox_status(request).await)
        .map_err(|error| error.context(format!("getting the status of pod {id:?}")))?;
    if ready {
        if !force {
            return Err(Error::failure(format!("pod {id:?} is ready")).hint("stop it first, or use --force"));
        }
        let request = cri::StopPodSandboxRequest { pod_sandbox_id: pod_sandbox_id.clone() };
        let stopped = runtime.stop_pod_sandbox(request).await;
        stopped.map_err(|error| error.context(format!("stopping pod {id:?}")))?;
        lines.push(format!("Stopped sandbox {id}"));
    }
    let removing = |error: Error| error.context(format!("removing pod {id:?}"));
    batch::given(id).map_err(removing)?;
    runtime.remove_pod_sandbox(cri::RemovePodSandboxRequest { pod_sandbox_id }).await.map_err(removing)?;
    lines.push(format!("Removed sandbox {id}"));
    Ok(())
}

/// Whether the pod is ready; a pod without a status counts as ready.
fn is_ready(response: Result<cri::PodSandboxStatusResponse, Error>) -> Result<bool, Error> {
    let response = response?;
    match response.status {
        Some(_) => Ok(required::pod(&response)?.state == i32::from(cri::PodSandboxState::SandboxReady)),
        None => Ok(true),
    }
}
