//! `crictl inspectp`: everything about pods.

use clap::Args;
use jiff::tz::TimeZone;

use crate::args::go::Parsed;
use crate::check;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{PodSandboxState, PodSandboxStatus, PodSandboxStatusRequest, PodSandboxStatusResponse};
use crate::schema::{self, Value};
use crate::select::{self, Pods};
use crate::view::{Encoding, View, block, human, status};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "inspectp",
    about: "Show the status of pods",
    usage: "[flags] [POD-ID...]",
    example: "crictl inspectp --name web -o table",
    arguments: InspectpArgs::augment_args,
    values: &[("output", &["json", "yaml", "go-template", "table"]), ("state", &["ready", "notready"])],
    calls: &["ListPodSandbox", "PodSandboxStatus"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct InspectpArgs {
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
    wanted: Pods,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: InspectpArgs = args(parsed)?;
    let ids = match parsed.positionals.as_slice() {
        [] => select::pods(ctx, &args.wanted).await?.into_iter().map(|pod| pod.id).collect(),
        ids => ids.to_vec(),
    };
    if ids.is_empty() {
        ctx.error("no pod matches");
        return Err(Error::help());
    }
    let runtime = ctx.runtime().await?;
    let mut documents = Vec::new();
    for id in ids {
        let response = runtime.pod_sandbox_status(request(&id, &args)).await?;
        let status = check::pod(&response)?;
        if args.output == "table" {
            ctx.print(&View::Text(table(status, &response, !args.quiet, ctx.zone())))?;
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

fn request(id: &str, args: &InspectpArgs) -> PodSandboxStatusRequest {
    PodSandboxStatusRequest { pod_sandbox_id: id.to_owned(), verbose: !args.quiet }
}

fn document(status: &PodSandboxStatus, response: &PodSandboxStatusResponse, zone: &TimeZone) -> Result<Value, Error> {
    let mut value = status::nulls::<PodSandboxStatus>(schema::view(status));
    value.set("createdAt", Value::from(human::rfc3339(status.created_at, zone)));
    status::document(Value::object([("status", value)]), &response.info)
}

fn table(status: &PodSandboxStatus, response: &PodSandboxStatusResponse, verbose: bool, zone: &TimeZone) -> String {
    let metadata = status.metadata.clone().unwrap_or_default();
    let state = PodSandboxState::try_from(status.state);
    let addresses = status.network.as_ref().map(|network| {
        let more = network.additional_ips.iter().map(|more| format!("Additional IP: {}\n", more.ip));
        format!("IP Addresses: {}\n{}", network.ip, more.collect::<String>())
    });
    [
        format!("ID: {}\n", status.id),
        block::line("Name", &metadata.name),
        block::line("UID", &metadata.uid),
        block::line("Namespace", &metadata.namespace),
        format!("Attempt: {}\n", metadata.attempt),
        format!("Status: {}\n", state.map_or_else(|_| status.state.to_string(), |it| it.as_str_name().to_owned())),
        format!("Created: {}\n", human::date_time(status.created_at, zone)),
        addresses.unwrap_or_default(),
        block::entries("Labels", &status.labels),
        block::entries("Annotations", &status.annotations),
        if verbose { block::info(&response.info) } else { String::new() },
    ]
    .concat()
}
