//! `crictl stop`: stops running containers.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::batch;
use crate::command::{ANY, Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::StopContainerRequest;
use crate::gotext::go_int;
use crate::rpc::deadline;
use crate::select::{self, Containers};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "stop",
    about: "Stop running containers",
    usage: "[flags] (CONTAINER-ID... | --all)",
    words: ANY,
    example: "crictl stop --timeout 10 2b6ac5d2f5ef4",
    arguments: StopArgs::augment_args,
    calls: &["ListContainers", "StopContainer"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct StopArgs {
    /// Stop all running containers
    #[arg(long, short)]
    all: bool,
    /// Seconds that a container has to end before it is killed; 0 kills it at once
    #[arg(long, short, value_name = "SECONDS", default_value = "0", value_parser = go_int)]
    timeout: i64,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: StopArgs = args(parsed)?;
    deadline::check(ctx.settings.timeout, args.timeout)?;
    let ids = match (args.all, parsed.positionals.as_slice()) {
        (true, []) => running(ctx).await?,
        (true, _) => return Err(Error::failure("stop takes either container ids or --all, not both")),
        (false, []) => return Err(Error::failure("stop needs the id of a container, or --all")),
        (false, ids) => ids.to_vec(),
    };
    if ids.is_empty() {
        return ctx.line("No running containers found.");
    }
    let runtime = ctx.runtime().await?;
    batch::in_turn(ctx, &ids, "stopping container", async |id| {
        runtime.stop_container(request(id, args.timeout)).await?;
        Ok(id.to_owned())
    })
    .await
}

async fn running(ctx: &mut Context<'_>) -> Result<Vec<String>, Error> {
    let containers = select::containers(ctx, &Containers::default()).await?;
    Ok(containers.into_iter().map(|container| container.id).collect())
}

fn request(id: &str, timeout: i64) -> StopContainerRequest {
    StopContainerRequest { container_id: id.to_owned(), timeout }
}
