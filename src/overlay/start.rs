//! `crictl start`: starts containers.

use crate::args::go::Parsed;
use crate::command::batch;
use crate::command::{ANY, Overlay};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::StartContainerRequest;

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "start",
    about: "Start containers that were created",
    usage: "CONTAINER-ID...",
    words: ANY,
    example: "crictl start 2b6ac5d2f5ef4",
    grouping: false,
    calls: &["StartContainer"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    if parsed.positionals.is_empty() {
        return Err(Error::failure("start needs the id of a container"));
    }
    let runtime = ctx.runtime().await?;
    batch::in_turn(ctx, &parsed.positionals, "starting container", async |id| {
        runtime.start_container(request(id)).await?;
        Ok(id.to_owned())
    })
    .await
}

fn request(id: &str) -> StartContainerRequest {
    StartContainerRequest { container_id: id.to_owned() }
}
