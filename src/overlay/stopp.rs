//! `crictl stopp`: stops pods.

use crate::args::go::Parsed;
use crate::command::Overlay;
use crate::command::batch;
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::StopPodSandboxRequest;

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "stopp",
    about: "Stop pods and what runs in them",
    usage: "POD-ID...",
    words: 1..=usize::MAX,
    example: "crictl stopp 8f4a1c2b9d3e7",
    grouping: false,
    calls: &["StopPodSandbox"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let runtime = ctx.runtime().await?;
    batch::in_turn(ctx, &parsed.positionals, "stopping pod", async |id| {
        runtime.stop_pod_sandbox(request(id)).await?;
        Ok(format!("Stopped sandbox {id}"))
    })
    .await
}

fn request(id: &str) -> StopPodSandboxRequest {
    StopPodSandboxRequest { pod_sandbox_id: id.to_owned() }
}
