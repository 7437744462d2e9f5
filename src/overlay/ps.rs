//! `crictl ps`: the containers.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{Container, ContainerState, ListContainersResponse};
use crate::namespace;
use crate::select::required;
use crate::select::{self, Containers, POD_NAME, POD_NAMESPACE, image_status, label_or_unknown};
use crate::view::{Encoding, LIST, Table, View, block, human};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "ps",
    about: "List containers",
    example: "crictl ps -a --name nginx",
    arguments: PsArgs::augment_args,
    values: &[("output", LIST), ("state", &["created", "running", "exited", "unknown"])],
    calls: &["ImageStatus", "ListContainers"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct PsArgs {
    /// Show containers in every state, not only running ones
    #[arg(long, short)]
    all: bool,
    /// The container with this id, or with an id that starts like this
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    id: String,
    /// Containers whose pod's namespace matches this regular expression
    #[arg(long, value_name = "REGEX", default_value = "", hide_default_value = true)]
    namespace: String,
    /// Show ids in full
    #[arg(long)]
    no_trunc: bool,
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    output: String,
    /// Show only ids
    #[arg(long, short)]
    quiet: bool,
    /// Show the image's first tag instead of its id
    #[arg(long, short)]
    resolve_image_path: bool,
    /// Show a paragraph for each container
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    wanted: Containers,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: PsArgs = args(parsed)?;
    let containers = select::containers(ctx, &wanted(&args)).await?;
    ctx.look_elsewhere(containers.is_empty(), "containers", "ps -a").await;
    if let Some(encoding) = Encoding::of_list(&args.output)? {
        return ctx.print(&View::list(&ListContainersResponse { containers }, encoding));
    }
    let images = match args.resolve_image_path && !args.quiet && !args.verbose {
        true => tags(ctx, &containers, args.no_trunc).await?,
        false => containers.iter().map(|container| image(container, args.no_trunc)).collect(),
    };
    let view = view(&containers, &images, &args, ctx.now())?;
    ctx.print(&view)
}

fn wanted(args: &PsArgs) -> Containers {
    Containers { id: args.id.clone(), namespace: args.namespace.clone(), all: args.all, ..args.wanted.clone() }
}

/// The first tag of each container's image, looked up by the name that would be shown otherwise.
async fn tags(ctx: &mut Context<'_>, containers: &[Container], no_trunc: bool) -> Result<Vec<String>, Error> {
    let images = ctx.image().await?;
    let mut tags = Vec::new();
    for container in containers {
        let shown = image(container, no_trunc);
        let response = images.image_status(image_status(&shown)).await?;
        let tag = required::image(&response, &shown)?.and_then(|image| image.repo_tags.first());
        tags.push(tag.unwrap_or(&shown).clone());
    }
    Ok(tags)
}

/// The image as the table shows it. Only digests are cut; a kubelet gives an id where people expect a name.
fn image(container: &Container, no_trunc: bool) -> String {
    let image = container.image.as_ref().map_or("", |image| &image.image);
    match image.split_once(':') {
        Some((_, hex)) if !no_trunc && human::is_digest(image) => human::short_id(hex, "").to_owned(),
        _ => image.to_owned(),
    }
}

fn view(containers: &[Container], images: &[String], args: &PsArgs, now: i64) -> Result<View, Error> {
    if args.quiet {
        return Ok(View::Text(containers.iter().map(|container| container.id.clone()).collect()));
    }
    if args.verbose {
        let paragraphs: Result<Vec<_>, _> = containers.iter().map(|container| paragraph(container, now)).collect();
        return Ok(View::Text(paragraphs?.concat()));
    }
    let rows: Result<_, _> = containers.iter().zip(images).map(|it| row(it.0, it.1, args.no_trunc, now)).collect();
    let columns = ["CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD", "NAMESPACE"];
    let table = Table { columns: columns.into(), rows: rows? };
    let marks = containers.iter().map(|container| namespace::mark(&container.annotations));
    Ok(View::Table(table.with_namespaces(marks)))
}

fn row(container: &Container, image: &str, no_trunc: bool, now: i64) -> Result<Vec<String>, Error> {
    let id = |id: &str| if no_trunc { id.to_owned() } else { human::short_id(id, "").to_owned() };
    let metadata = container.metadata.clone().unwrap_or_default();
    Ok(vec![
        id(&container.id),
        image.to_owned(),
        human::ago(container.created_at, now),
        state(container.state)?.to_owned(),
        metadata.name,
        metadata.attempt.to_string(),
        id(&container.pod_sandbox_id),
        label_or_unknown(&container.labels, POD_NAME).to_owned(),
        label_or_unknown(&container.labels, POD_NAMESPACE).to_owned(),
    ])
}

fn paragraph(container: &Container, now: i64) -> Result<Vec<String>, Error> {
    let metadata = container.metadata.clone().unwrap_or_default();
    let image = container.image.as_ref().map(|image| format!("Image: {}", image.image));
    Ok([
        vec![
            format!("ID: {}", container.id),
            format!("PodID: {}", container.pod_sandbox_id),
            format!("Namespace: {}", label_or_unknown(&container.labels, POD_NAMESPACE)),
        ],
        block::line("Name", &metadata.name),
        vec![format!("Attempt: {}", metadata.attempt), format!("State: {}", state(container.state)?)],
        image.into_iter().collect(),
        vec![format!("Created: {}", human::ago(container.created_at, now))],
        block::entries("Labels", &container.labels),
        block::entries("Annotations", &container.annotations),
        vec![String::new()],
    ]
    .concat())
}

fn state(number: i32) -> Result<&'static str, Error> {
    match ContainerState::try_from(number) {
        Ok(ContainerState::ContainerCreated) => Ok("Created"),
        Ok(ContainerState::ContainerRunning) => Ok("Running"),
        Ok(ContainerState::ContainerExited) => Ok("Exited"),
        Ok(ContainerState::ContainerUnknown) => Ok("Unknown"),
        Err(_) => Err(Error::failure(format!(
            "the runtime gave a container the state {number}, which the CRI does not define"
        ))),
    }
}
