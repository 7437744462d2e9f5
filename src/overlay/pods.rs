//! `crictl pods`: lists pod sandboxes.

use clap::Args;
use jiff::tz::TimeZone;

use crate::args::go::Parsed;
use crate::command::{ANY, Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{ListPodSandboxResponse, PodSandbox, PodSandboxState};
use crate::schema;
use crate::select::{self, Pods};
use crate::view::{Encoding, LIST, Table, View, block, human};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "pods",
    about: "List pods",
    words: ANY,
    example: "crictl pods --namespace kube-system --state ready",
    arguments: PodsArgs::augment_args,
    values: &[("output", LIST), ("state", &["ready", "notready"])],
    calls: &["ListPodSandbox"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct PodsArgs {
    /// The pod with this id, or with an id that starts like this
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    id: String,
    /// Show ids in full
    #[arg(long)]
    no_trunc: bool,
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    output: String,
    /// Show only ids
    #[arg(long, short)]
    quiet: bool,
    /// Show a paragraph for each pod
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    wanted: Pods,
}

/// Positionals are ignored, as in upstream.
async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: PodsArgs = args(parsed)?;
    let items = select::pods(ctx, &wanted(&args)).await?;
    if let Some(encoding) = Encoding::of_list(&args.output)? {
        return ctx.print(&View::List(schema::view(&ListPodSandboxResponse { items }), encoding));
    }
    let view = view(&items, &args, ctx.now(), ctx.zone())?;
    ctx.print(&view)
}

fn wanted(args: &PodsArgs) -> Pods {
    Pods { id: args.id.clone(), ..args.wanted.clone() }
}

fn view(pods: &[PodSandbox], args: &PodsArgs, now: i64, zone: &TimeZone) -> Result<View, Error> {
    if args.quiet {
        return Ok(View::Text(pods.iter().map(|pod| pod.id.clone()).collect()));
    }
    if args.verbose {
        let paragraphs: Result<Vec<_>, _> = pods.iter().map(|pod| paragraph(pod, zone)).collect();
        return Ok(View::Text(paragraphs?.concat()));
    }
    let rows: Result<_, _> = pods.iter().map(|pod| row(pod, args.no_trunc, now)).collect();
    let columns = ["POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME"];
    Ok(View::Table(Table { columns: columns.into(), rows: rows? }))
}

fn row(pod: &PodSandbox, no_trunc: bool, now: i64) -> Result<Vec<String>, Error> {
    let metadata = pod.metadata.clone().unwrap_or_default();
    Ok(vec![
        if no_trunc { pod.id.clone() } else { human::short_id(&pod.id, "").to_owned() },
        human::ago(pod.created_at, now),
        state(pod.state)?.to_owned(),
        metadata.name,
        metadata.namespace,
        metadata.attempt.to_string(),
        handler(pod).to_owned(),
    ])
}

fn paragraph(pod: &PodSandbox, zone: &TimeZone) -> Result<Vec<String>, Error> {
    let metadata = pod.metadata.clone().unwrap_or_default();
    Ok([
        vec![format!("ID: {}", pod.id)],
        block::line("Name", &metadata.name),
        block::line("UID", &metadata.uid),
        block::line("Namespace", &metadata.namespace),
        block::line_if(metadata.attempt != 0, || format!("Attempt: {}", metadata.attempt)),
        vec![format!("Status: {}", state(pod.state)?), format!("Created: {}", human::date_time(pod.created_at, zone))],
        block::entries("Labels", &pod.labels),
        block::entries("Annotations", &pod.annotations),
        vec![format!("Runtime: {}", handler(pod)), String::new()],
    ]
    .concat())
}

fn handler(pod: &PodSandbox) -> &str {
    if pod.runtime_handler.is_empty() { "(default)" } else { &pod.runtime_handler }
}

fn state(number: i32) -> Result<&'static str, Error> {
    match PodSandboxState::try_from(number) {
        Ok(PodSandboxState::SandboxReady) => Ok("Ready"),
        Ok(PodSandboxState::SandboxNotready) => Ok("NotReady"),
        Err(_) => {
            Err(Error::failure(format!("the runtime gave a pod the state {number}, which the CRI does not define")))
        }
    }
}
