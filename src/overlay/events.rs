//! `crictl events`: what happens to containers, as it happens.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::{Error, either};
use crate::generated::cri::{ContainerEventResponse, GetEventsRequest};
use crate::print;
use crate::schema;
use crate::view::{Encoding, TEMPLATE, View};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "events",
    aliases: &["event"],
    about: "Show container events as they happen",
    example: "crictl events -o go-template --template '{{.containerEventType}} {{.containerId}}'",
    arguments: EventsArgs::augment_args,
    values: &[("output", TEMPLATE)],
    calls: &["GetContainerEvents"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct EventsArgs {
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "json")]
    output: String,
    /// Go template, for -o go-template
    #[arg(long, value_name = "TEMPLATE", default_value = "", hide_default_value = true)]
    template: String,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let encoding = encoding(&args(parsed)?)?;
    let mut events = ctx.runtime().await?.get_container_events(GetEventsRequest {}).await?;
    while let Some(event) = events.next().await? {
        show(ctx, &event, &encoding)?;
    }
    Ok(())
}

/// How events are written. Decided before the runtime is called, because the first event may be hours away.
fn encoding(args: &EventsArgs) -> Result<Encoding, Error> {
    match args.output.as_str() {
        "json" | "yaml" if !args.template.is_empty() => {
            Err(Error::failure(format!("template can't be used with {:?} format", args.output))
                .hint("use it with -o go-template"))
        }
        "go-template" => Encoding::of_template(&args.template),
        output => Encoding::named(output)
            .ok_or_else(|| Error::failure(format!("don't support {output:?} format: use {}", either(TEMPLATE)))),
    }
}

/// If the template fails on an event, a line says so in its place; the events that follow are still shown.
fn show(ctx: &mut Context<'_>, event: &ContainerEventResponse, encoding: &Encoding) -> Result<(), Error> {
    match print::render(&View::List(schema::view(event), encoding.clone()), ctx.io.out_is_terminal) {
        Ok(text) => ctx.bytes(text.as_bytes()),
        Err(error) => ctx.line(&format!("failed to format an event: {}", error.line())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(output: &str, template: &str) -> Result<Encoding, Error> {
        encoding(&EventsArgs { output: output.to_owned(), template: template.to_owned() })
    }

    #[test]
    fn a_template_is_for_its_own_format_only() {
        assert!(given("json", "").is_ok());
        assert!(given("json", "{{.x}}").is_err());
        assert!(given("yaml", "{{.x}}").is_err());
        assert!(given("go-template", "").is_ok());
    }

    #[test]
    fn a_template_that_is_none_is_an_error_before_the_first_event() {
        assert!(given("go-template", "{{.x").is_err());
        assert!(given("go-template", "{{if .x}}").is_err());
    }

    #[test]
    fn there_are_no_tables_of_events() {
        assert!(given("table", "").is_err());
        assert!(given("", "").is_err());
    }
}
