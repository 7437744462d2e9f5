//! `crictl metricdescs`: which metrics `crictl metricsp` can show.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::ListMetricDescriptorsRequest;
use crate::schema;
use crate::view::{DOCUMENT, Encoding, View};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "metricdescs",
    about: "List the metrics that pods can have, and their labels",
    example: "crictl metricdescs -o yaml",
    arguments: MetricdescsArgs::augment_args,
    values: &[("output", DOCUMENT)],
    calls: &["ListMetricDescriptors"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct MetricdescsArgs {
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "json")]
    output: String,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: MetricdescsArgs = args(parsed)?;
    let encoding = Encoding::of_document(&args.output).ok_or_else(Error::help)?;
    let response = ctx.runtime().await?.list_metric_descriptors(ListMetricDescriptorsRequest {}).await?;
    ctx.print(&View::List(schema::view(&response), encoding))
}
