//! `crictl inspect`: everything about containers.

use clap::Args;
use jiff::tz::TimeZone;

use crate::args::go::Parsed;
use crate::check;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{ContainerState, ContainerStatus, ContainerStatusRequest, ContainerStatusResponse};
use crate::schema::{self, Value};
use crate::select::{self, Containers};
use crate::view::{Encoding, View, block, human, status};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "inspect",
    about: "Show the status of containers",
    usage: "[flags] [CONTAINER-ID...]",
    example: "crictl inspect --name nginx --latest",
    grouping: false,
    arguments: InspectArgs::augment_args,
    values: &[
        ("output", &["json", "yaml", "go-template", "table"]),
        ("state", &["created", "running", "exited", "unknown"]),
    ],
    calls: &["ContainerStatus", "ImageStatus", "ListContainers"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct InspectArgs {
    /// Without ids: containers of every state, not only running ones
    #[arg(long, short)]
    all: bool,
    /// Without ids: containers whose pod's namespace this regular expression is found in
    #[arg(long, value_name = "REGEX", default_value = "", hide_default_value = true)]
    namespace: String,
    /// Output format: json, yaml, go-template or table
    #[arg(long, short, value_name = "FORMAT", default_value = "", hide_default_value = true)]
    output: String,
    /// Only the status, without what the runtime adds to it
    #[arg(long, short)]
    quiet: bool,
    /// Go template, for -o go-template
    #[arg(long, value_name = "TEMPLATE", default_value = "", hide_default_value = true)]
    template: String,
    #[command(flatten, next_help_heading = "Without ids")]
    wanted: Containers,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: InspectArgs = args(parsed)?;
    let ids = match parsed.positionals.as_slice() {
        [] => select::containers(ctx, &wanted(&args)).await?.into_iter().map(|container| container.id).collect(),
        ids => ids.to_vec(),
    };
    if ids.is_empty() {
        ctx.error("no container matches");
        return Err(Error::help());
    }
    let runtime = ctx.runtime().await?;
    let mut documents = Vec::new();
    for id in ids {
        let response = runtime.container_status(request(&id, &args)).await?;
        let status = check::container(&response)?;
        if args.output == "table" {
            ctx.print(&View::Text(table(status, &response, !args.quiet, ctx.now())))?;
        } else {
            documents.push(document(status, &response, ctx.zone())?);
        }
    }
    match (args.output.as_str(), status::join(documents)) {
        ("table", _) | (_, None) => Ok(()),
        (output, Some(document)) => {
            ctx.print(&View::Status(document, Encoding::of_status_or_template(output, &args.template)?))
        }
    }
}

fn wanted(args: &InspectArgs) -> Containers {
    Containers { namespace: args.namespace.clone(), all: args.all, ..args.wanted.clone() }
}

fn request(id: &str, args: &InspectArgs) -> ContainerStatusRequest {
    ContainerStatusRequest { container_id: id.to_owned(), verbose: !args.quiet }
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

fn table(status: &ContainerStatus, response: &ContainerStatusResponse, verbose: bool, now: i64) -> String {
    let metadata = status.metadata.clone().unwrap_or_default();
    let state = ContainerState::try_from(status.state);
    let ago = |label: &str, show: bool, nanos| match show {
        true => format!("{label}: {}\n", human::ago(nanos, now)),
        false => String::new(),
    };
    let exited = state == Ok(ContainerState::ContainerExited);
    [
        format!("ID: {}\n", status.id),
        block::line("Name", &metadata.name),
        if metadata.attempt == 0 { String::new() } else { format!("Attempt: {}\n", metadata.attempt) },
        format!("State: {}\n", state.map_or_else(|_| status.state.to_string(), |it| it.as_str_name().to_owned())),
        ago("Created", true, status.created_at),
        ago("Started", state != Ok(ContainerState::ContainerCreated), status.started_at),
        ago("Finished", exited && status.finished_at > 0, status.finished_at),
        if exited { format!("Exit Code: {}\n", status.exit_code) } else { String::new() },
        block::entries("Labels", &status.labels),
        block::entries("Annotations", &status.annotations),
        if verbose { block::info(&response.info) } else { String::new() },
    ]
    .concat()
}
