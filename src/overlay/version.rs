//! `crictl version`: shows the runtime's name and versions.

use crate::args::go::Parsed;
use crate::command::Overlay;
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{VersionRequest, VersionResponse};
use crate::view::View;

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "version",
    about: "Show the name and the version of the runtime",
    example: "crictl version",
    grouping: false,
    step: "getting the runtime version",
    calls: &["Version"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

async fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<(), Error> {
    let runtime = ctx.runtime().await?;
    // Upstream first asks without a version. A runtime may answer only one of the two requests, and this command is
    // there to find that out.
    runtime.version(request("")).await?;
    let response = runtime.version(request("v1")).await?;
    ctx.print(&view(&response)?)
}

/// The version is that of the kubelet's runtime API.
fn request(version: &str) -> VersionRequest {
    VersionRequest { version: version.to_owned() }
}

/// A runtime that leaves one of the four empty breaks the CRI's contract; upstream refuses it too.
fn view(response: &VersionResponse) -> Result<View, Error> {
    let fields = [
        ("Version", &response.version),
        ("RuntimeName", &response.runtime_name),
        ("RuntimeVersion", &response.runtime_version),
        ("RuntimeApiVersion", &response.runtime_api_version),
    ];
    let missing: Vec<_> =
        [0, 1, 3, 2].into_iter().filter(|at| fields[*at].1.is_empty()).map(|at| fields[at].0).collect();
    if !missing.is_empty() {
        return Err(Error::failure(format!("the runtime's version lacks {}", missing.join(", "))));
    }
    Ok(View::Text(fields.iter().map(|(name, value)| format!("{name}:  {value}")).collect()))
}
