//! `crictl info`: the runtime's condition and configuration.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{RuntimeHandler, StatusRequest, StatusResponse};
use crate::schema::{self, Described, Kind, Value};
use crate::view::{Encoding, TEMPLATE, View, status, unsupported};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "info",
    about: "Show the condition and the configuration of the runtime",
    example: "crictl info -o yaml",
    arguments: InfoArgs::augment_args,
    values: &[("output", TEMPLATE)],
    step: "getting status of runtime",
    calls: &["Status"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct InfoArgs {
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "json")]
    output: String,
    /// Show only the condition, without what the runtime adds to it
    #[arg(long, short)]
    quiet: bool,
    /// Go template, for -o go-template
    #[arg(long, value_name = "TEMPLATE", default_value = "", hide_default_value = true)]
    template: String,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: InfoArgs = args(parsed)?;
    let response = ctx.runtime().await?.status(request(&args)).await?;
    let document = document(&response)?;
    // An empty format is an error here; the other commands that show a status take it for json.
    if args.output.is_empty() {
        return Err(unsupported("", TEMPLATE));
    }
    ctx.print(&View::Status(document, Encoding::of_status(&args.output, &args.template)?))
}

fn request(args: &InfoArgs) -> StatusRequest {
    StatusRequest { verbose: !args.quiet }
}

/// Handlers and features are written as Go's JSON encoder writes structs, unlike the status beside them, because
/// upstream does that.
fn document(response: &StatusResponse) -> Result<Value, Error> {
    let runtime = response.status.as_ref().filter(|status| status.conditions.len() >= 2);
    let runtime = runtime.ok_or_else(|| Error::failure("the runtime's status lacks its two conditions"))?;
    let mut members = Value::object([("status", schema::view(runtime))]);
    if !response.runtime_handlers.is_empty() {
        let handlers = response.runtime_handlers.iter();
        let handlers = handlers.map(|handler| status::go_struct(RuntimeHandler::SCHEMA, &schema::view(handler)));
        members.set("runtimeHandlers", Value::List(handlers.collect()));
    }
    // Looked up by name: there are no features before 1.32.
    if let (Some(Kind::Message(features)), Some(value)) =
        (StatusResponse::SCHEMA.field("features").map(|field| field.kind), schema::view(response).get("features"))
    {
        members.set("features", status::go_struct(features, value));
    }
    status::document(members, &response.info)
}
