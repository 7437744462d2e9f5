//! `crictl inspecti`: everything about images.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::inspection::{self, InspectionArgs};
use crate::command::{ANY, Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{Image, ImageStatusRequest, ImageStatusResponse};
use crate::schema::{self, Value};
use crate::select::required;
use crate::select::{image, image_spec};
use crate::view::{STATUS, block, human, status};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "inspecti",
    about: "Show the status of images",
    usage: "[flags] [IMAGE...]",
    words: ANY,
    example: "crictl inspecti busybox:latest",
    arguments: InspectiArgs::augment_args,
    values: &[("output", STATUS)],
    calls: &["ImageStatus", "ListImages"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct InspectiArgs {
    #[command(flatten)]
    show: InspectionArgs,
    /// Without images: narrow the list, before=X, dangling=true|false, reference=REGEX, since=X; may be repeated
    #[arg(long, short, value_name = "FILTER")]
    filter: Vec<String>,
    /// Without images: the images with this name
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: InspectiArgs = args(parsed)?;
    let ids: Vec<_> = match parsed.positionals.as_slice() {
        [] => image::images(ctx, &args.name, &args.filter).await?.into_iter().map(|image| image.id).collect(),
        ids => ids.to_vec(),
    };
    let images = ctx.image().await?;
    inspection::show(ctx, &args.show, &ids, async |_, id| {
        let response = images.image_status(request(id, args.show.quiet)).await?;
        let image = required::image(&response, id)?.ok_or_else(|| image::missing(id))?;
        let table = || table(image, &response, !args.show.quiet);
        args.show.status(table, || document(image, &response))
    })
    .await
}

fn request(id: &str, quiet: bool) -> ImageStatusRequest {
    ImageStatusRequest { image: Some(image_spec(id)), verbose: !quiet }
}

fn document(image: &Image, response: &ImageStatusResponse) -> Result<Value, Error> {
    status::document(Value::object([("status", schema::view(image))]), &response.info)
}

fn table(image: &Image, response: &ImageStatusResponse, verbose: bool) -> Vec<String> {
    [
        vec![format!("ID: {}", image.id)],
        block::lines("Tag", &image.repo_tags),
        block::lines("Digest", &image.repo_digests),
        vec![format!("Size: {}", human::size(image.size, 3))],
        block::line_if(verbose, || block::info(&response.info)),
    ]
    .concat()
}
