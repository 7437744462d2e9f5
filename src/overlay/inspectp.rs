//! `crictl inspectp`: everything about pods.

use clap::Args;
use jiff::tz::TimeZone;

use crate::args::go::Parsed;
use crate::command::inspection::{self, InspectionArgs};
use crate::command::{ANY, Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{PodSandboxState, PodSandboxStatus, PodSandboxStatusRequest, PodSandboxStatusResponse};
use crate::schema::{self, Value};
use crate::select::required;
use crate::select::{self, Pods};
use crate::view::{STATUS, block, human, status};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "inspectp",
    about: "Show the status of pods",
    usage: "[flags] [POD-ID...]",
    words: ANY,
    example: "crictl inspectp --name web -o table",
    arguments: InspectpArgs::augment_args,
    values: &[("output", STATUS), ("state", &["ready", "notready"])],
    calls: &["ListPodSandbox", "PodSandboxStatus"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct InspectpArgs {
    #[command(flatten)]
    show: InspectionArgs,
    #[command(flatten, next_help_heading = "Without ids")]
    wanted: Pods,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: InspectpArgs = args(parsed)?;
    let ids: Vec<_> = match parsed.positionals.as_slice() {
        [] => select::pods(ctx, &args.wanted).await?.into_iter().map(|pod| pod.id).collect(),
        ids => ids.to_vec(),
    };
    let runtime = ctx.runtime().await?;
    inspection::show(ctx, &args.show, &ids, async |ctx, id| {
        let response = runtime.pod_sandbox_status(request(id, args.show.quiet)).await?;
        let status = required::pod(&response)?;
        let table = || table(status, &response, !args.show.quiet, ctx.zone());
        args.show.status(table, || document(status, &response, ctx.zone()))
    })
    .await
}

fn request(id: &str, quiet: bool) -> PodSandboxStatusRequest {
    PodSandboxStatusRequest { pod_sandbox_id: id.to_owned(), verbose: !quiet }
}

fn document(status: &PodSandboxStatus, response: &PodSandboxStatusResponse, zone: &TimeZone) -> Result<Value, Error> {
    let mut value = status::nulls::<PodSandboxStatus>(schema::view(status));
    value.set("createdAt", Value::from(human::rfc3339(status.created_at, zone)));
    status::document(Value::object([("status", value)]), &response.info)
}

fn table(
    status: &PodSandboxStatus,
    response: &PodSandboxStatusResponse,
    verbose: bool,
    zone: &TimeZone,
) -> Vec<String> {
    let metadata = status.metadata.clone().unwrap_or_default();
    let state = PodSandboxState::try_from(status.state);
    let name = state.map_or_else(|_| status.state.to_string(), |state| state.as_str_name().to_owned());
    let addresses = status.network.iter().flat_map(|network| {
        let more = network.additional_ips.iter().map(|more| format!("Additional IP: {}", more.ip));
        std::iter::once(format!("IP Addresses: {}", network.ip)).chain(more)
    });
    [
        vec![format!("ID: {}", status.id)],
        block::line("Name", &metadata.name),
        block::line("UID", &metadata.uid),
        block::line("Namespace", &metadata.namespace),
        vec![
            format!("Attempt: {}", metadata.attempt),
            format!("Status: {name}"),
            format!("Created: {}", human::date_time(status.created_at, zone)),
        ],
        addresses.collect(),
        block::entries("Labels", &status.labels),
        block::entries("Annotations", &status.annotations),
        block::line_if(verbose, || block::info(&response.info)),
    ]
    .concat()
}
