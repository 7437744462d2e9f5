//! `crictl metricsp`: the metrics of pods.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::watch;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::ListPodSandboxMetricsRequest;
use crate::schema;
use crate::view::{DOCUMENT, Encoding, View};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "metricsp",
    about: "List the metrics of pods and of their containers",
    example: "crictl metricsp -o yaml",
    arguments: MetricspArgs::augment_args,
    values: &[("output", DOCUMENT)],
    calls: &["ListPodSandboxMetrics"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct MetricspArgs {
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "json")]
    output: String,
    /// Repeat until interrupted
    #[arg(long, short)]
    watch: bool,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: MetricspArgs = args(parsed)?;
    let encoding = Encoding::of_document(&args.output).ok_or_else(Error::help)?;
    watch::repeat(ctx, args.watch, async |ctx| {
        let response = ctx.runtime().await?.list_pod_sandbox_metrics(ListPodSandboxMetricsRequest {}).await?;
        ctx.print(&View::List(schema::view(&response), encoding.clone()))
    })
    .await
}
