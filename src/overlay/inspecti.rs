//! `crictl inspecti`: everything about images.

use clap::Args;

use crate::args::go::Parsed;
use crate::check;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{Image, ImageStatusRequest, ImageStatusResponse};
use crate::schema::{self, Value};
use crate::select::{image, image_spec};
use crate::view::{Encoding, View, block, human, status};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "inspecti",
    about: "Show the status of images",
    usage: "[flags] [IMAGE...]",
    example: "crictl inspecti busybox:latest",
    arguments: InspectiArgs::augment_args,
    values: &[("output", &["json", "yaml", "go-template", "table"])],
    calls: &["ImageStatus", "ListImages"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct InspectiArgs {
    /// Without images: narrow the list, before=X, dangling=true|false, reference=REGEX, since=X; may be repeated
    #[arg(long, short, value_name = "FILTER")]
    filter: Vec<String>,
    /// Without images: the images of this name
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
    /// Output format: json, yaml, go-template or table
    #[arg(long, short, value_name = "FORMAT", default_value = "", hide_default_value = true)]
    output: String,
    /// Only the status, without what the runtime adds to it
    #[arg(long, short)]
    quiet: bool,
    /// Go template, for -o go-template
    #[arg(long, value_name = "TEMPLATE", default_value = "", hide_default_value = true)]
    template: String,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: InspectiArgs = args(parsed)?;
    let ids = match parsed.positionals.as_slice() {
        [] => image::images(ctx, &args.name, &args.filter).await?.into_iter().map(|image| image.id).collect(),
        ids => ids.to_vec(),
    };
    if ids.is_empty() {
        ctx.error("no image matches");
        return Err(Error::help());
    }
    let images = ctx.image().await?;
    let mut documents = Vec::new();
    for id in ids {
        let response = images.image_status(request(&id, &args)).await?;
        let image = check::image(&response, &id)?.ok_or_else(|| missing(&id))?;
        if args.output == "table" {
            ctx.print(&View::Text(table(image, &response, !args.quiet)))?;
        } else {
            documents.push(status::document(Value::object([("status", schema::view(image))]), &response.info)?);
        }
    }
    match (args.output.as_str(), status::join(documents)) {
        ("table", _) | (_, None) => Ok(()),
        (output, Some(document)) => {
            ctx.print(&View::Status(document, Encoding::of_status_or_template(output, &args.template)?))
        }
    }
}

fn request(id: &str, args: &InspectiArgs) -> ImageStatusRequest {
    ImageStatusRequest { image: Some(image_spec(id)), verbose: !args.quiet }
}

fn missing(id: &str) -> Error {
    Error::failure(format!("no such image {id:?} present"))
}

fn table(image: &Image, response: &ImageStatusResponse, verbose: bool) -> String {
    let lines = |label: &str, values: &[String]| values.iter().map(|it| format!("{label}: {it}\n")).collect::<String>();
    [
        format!("ID: {}\n", image.id),
        lines("Tag", &image.repo_tags),
        lines("Digest", &image.repo_digests),
        format!("Size: {}\n", human::size(image.size, 3)),
        if verbose { block::info(&response.info) } else { String::new() },
    ]
    .concat()
}
