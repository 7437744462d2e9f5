//! `crictl runp`: runs a pod without containers.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::RunPodSandboxRequest;
use crate::gotext::GoDuration;
use crate::launch::{self, manifest};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "runp",
    about: "Run a pod",
    usage: "[flags] POD-CONFIG",
    words: 1..=1,
    example: "crictl runp --runtime kata pod.yaml",
    grouping: false,
    arguments: RunpArgs::augment_args,
    subcommands: &[launch::jsonschema::POD],
    calls: &["RunPodSandbox"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct RunpArgs {
    /// Half the time that the call may take, in place of the global --timeout
    #[arg(long, short = 'T', value_name = "DURATION", default_value = "0s", hide_default_value = true)]
    cancel_timeout: GoDuration,
    /// Runtime handler of the pod
    #[arg(long, short, value_name = "HANDLER", default_value = "", hide_default_value = true)]
    runtime: String,
    /// Refuse a config file with unknown fields, instead of warning
    #[arg(long)]
    strict: bool,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let path = parsed.word(0);
    if path.is_empty() {
        return Err(Error::help());
    }
    let args: RunpArgs = args(parsed)?;
    let runtime = launch::runtime(ctx, args.cancel_timeout).await?;
    let config = manifest::pod(ctx, path, args.strict)?;
    let request = RunPodSandboxRequest { config: Some(config), runtime_handler: args.runtime };
    let id = launch::run_pod(&runtime, request).await?;
    ctx.line(&id)
}
