//! `crictl checkpoint`: writes the state of running containers to a file.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::batch;
use crate::command::{ANY, Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::CheckpointContainerRequest;

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "checkpoint",
    about: "Write the state of running containers to a file",
    usage: "--export PATH CONTAINER-ID...",
    words: ANY,
    example: "crictl checkpoint --export /var/tmp/state.tar 2b6ac5d2f5ef4",
    arguments: CheckpointArgs::augment_args,
    calls: &["CheckpointContainer"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct CheckpointArgs {
    /// The file to write, on the runtime's machine; each container overwrites it
    #[arg(long, short, value_name = "PATH", default_value = "", hide_default_value = true)]
    export: String,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: CheckpointArgs = args(parsed)?;
    if parsed.positionals.is_empty() {
        return Err(Error::failure("checkpoint needs the id of a container"));
    }
    if args.export.is_empty() {
        return Err(Error::failure("checkpoint needs a file to write to").hint("name it with --export PATH"));
    }
    let runtime = ctx.runtime().await?;
    let seconds = ctx.settings.timeout.as_secs();
    batch::in_turn(ctx, &parsed.positionals, "checkpointing container", async |id| {
        runtime.checkpoint_container(request(id, &args.export, seconds)).await?;
        Ok(id.to_owned())
    })
    .await
}

fn request(id: &str, path: &str, seconds: u64) -> CheckpointContainerRequest {
    CheckpointContainerRequest {
        container_id: id.to_owned(),
        location: path.to_owned(),
        timeout: i64::try_from(seconds).unwrap_or(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_names_the_file_and_the_limit_in_whole_seconds() {
        let request = request("c", "/state.tar", 2);
        assert_eq!((request.location.as_str(), request.timeout), ("/state.tar", 2));
    }
}
