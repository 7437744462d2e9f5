//! The `jsonschema` subcommands: the schemas of the config files, for editors.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::Overlay;
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{ContainerConfig, PodSandboxConfig};
use crate::schema::{Described, json_schema};
use crate::view::{Encoding, View};

/// For commands that read a pod's config.
pub(crate) const POD: Overlay = Overlay {
    name: "jsonschema",
    aliases: &["js"],
    about: "Print the JSON schema of a pod's config file",
    usage: "",
    example: "crictl runp jsonschema > pod.schema.json",
    grouping: false,
    run: |ctx, _| Box::pin(async { pod(ctx) }),
    ..Overlay::DEFAULT
};

/// For commands that read a container's config too.
pub(crate) const CONTAINER: Overlay = Overlay {
    name: "jsonschema",
    aliases: &["js"],
    about: "Print the JSON schemas of the config files",
    example: "crictl run jsonschema --container > container.schema.json",
    arguments: SchemaArgs::augment_args,
    run: |ctx, parsed| Box::pin(async { chosen(ctx, parsed) }),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct SchemaArgs {
    /// The schema of a container's config file
    #[arg(long, short)]
    container: bool,
    /// The schema of a pod's config file
    #[arg(long, short)]
    pod: bool,
}

/// As in upstream, it counts whether a flag was given, not whether it is true.
fn chosen(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let given = |name: &str| parsed.given.iter().any(|flag| flag == name);
    if !given("pod") && !given("container") {
        return Err(Error::help());
    }
    if given("pod") {
        pod(ctx)?;
    }
    if given("container") {
        print::<ContainerConfig>(ctx, "https://k8s.io/cri-api/pkg/apis/runtime/v1/container-config")?;
    }
    Ok(())
}

fn pod(ctx: &mut Context<'_>) -> Result<(), Error> {
    print::<PodSandboxConfig>(ctx, "https://k8s.io/cri-api/pkg/apis/runtime/v1/pod-sandbox-config")
}

fn print<M: Described>(ctx: &mut Context<'_>, id: &str) -> Result<(), Error> {
    ctx.print(&View::List(json_schema(M::SCHEMA, id), Encoding::Json))
}
