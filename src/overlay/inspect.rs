//! `crictl inspect`: everything about containers.

use clap::Args;
use jiff::tz::TimeZone;

use crate::args::go::Parsed;
use crate::command::inspection::{self, InspectionArgs};
use crate::command::{ANY, Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{ContainerState, ContainerStatus, ContainerStatusRequest, ContainerStatusResponse};
use crate::schema::{self, Value};
use crate::select::required;
use crate::select::{self, Containers};
use crate::view::{STATUS, block, human, status};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "inspect",
    about: "Show the status of containers",
    usage: "[flags] [CONTAINER-ID...]",
    words: ANY,
    example: "crictl inspect --name nginx --latest",
    grouping: false,
    arguments: InspectArgs::augment_args,
    values: &[("output", STATUS), ("state", &["created", "running", "exited", "unknown"])],
    calls: &["ContainerStatus", "ImageStatus", "ListContainers"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct InspectArgs {
    #[command(flatten)]
    show: InspectionArgs,
    /// Without ids: containers of every state, not only running ones
    #[arg(long, short)]
    all: bool,
    /// Without ids: containers whose pod's namespace this regular expression is found in
    #[arg(long, value_name = "REGEX", default_value = "", hide_default_value = true)]
    namespace: String,
    #[command(flatten, next_help_heading = "Without ids")]
    wanted: Containers,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: InspectArgs = args(parsed)?;
    let ids: Vec<_> = match parsed.positionals.as_slice() {
        [] => select::containers(ctx, &wanted(&args)).await?.into_iter().map(|container| container.id).collect(),
        ids => ids.to_vec(),
    };
    let runtime = ctx.runtime().await?;
    inspection::show(ctx, &args.show, &ids, async |ctx, id| {
        let response = runtime.container_status(request(id, args.show.quiet)).await?;
        let status = required::container(&response)?;
        let table = || table(status, &response, !args.show.quiet, ctx.now());
        args.show.status(table, || document(status, &response, ctx.zone()))
    })
    .await
}

fn wanted(args: &InspectArgs) -> Containers {
    Containers { namespace: args.namespace.clone(), all: args.all, ..args.wanted.clone() }
}

fn request(id: &str, quiet: bool) -> ContainerStatusRequest {
    ContainerStatusRequest { container_id: id.to_owned(), verbose: !quiet }
}

fn document(status: &ContainerStatus, response: &ContainerStatusResponse, zone: &TimeZone) -> Result<Value, Error> {
    let time = |happened: bool, nanos| match happened {
        true => Value::from(human::rfc3339(nanos, zone)),
        false => Value::from(human::GO_ZERO_TIME),
    };
    let state = ContainerState::try_from(status.state);
    let finished = match state {
        Ok(ContainerState::ContainerExited) => true,
        Ok(ContainerState::ContainerUnknown) => status.finished_at > 0,
        _ => false,
    };
    let mut value = status::nulls::<ContainerStatus>(schema::view(status));
    value.set("createdAt", time(true, status.created_at));
    value.set("startedAt", time(state != Ok(ContainerState::ContainerCreated), status.started_at));
    value.set("finishedAt", time(finished, status.finished_at));
    status::document(Value::object([("status", value)]), &response.info)
}

fn table(status: &ContainerStatus, response: &ContainerStatusResponse, verbose: bool, now: i64) -> Vec<String> {
    let metadata = status.metadata.clone().unwrap_or_default();
    let state = ContainerState::try_from(status.state);
    let ago = |label: &str, show, nanos| block::line_if(show, || format!("{label}: {}", human::ago(nanos, now)));
    let name = state.map_or_else(|_| status.state.to_string(), |state| state.as_str_name().to_owned());
    let exited = state == Ok(ContainerState::ContainerExited);
    [
        vec![format!("ID: {}", status.id)],
        block::line("Name", &metadata.name),
        block::line_if(metadata.attempt != 0, || format!("Attempt: {}", metadata.attempt)),
        vec![format!("State: {name}")],
        ago("Created", true, status.created_at),
        ago("Started", state != Ok(ContainerState::ContainerCreated), status.started_at),
        ago("Finished", exited && status.finished_at > 0, status.finished_at),
        block::line_if(exited, || format!("Exit Code: {}", status.exit_code)),
        block::entries("Labels", &status.labels),
        block::entries("Annotations", &status.annotations),
        block::line_if(verbose, || block::info(&response.info)),
    ]
    .concat()
}
