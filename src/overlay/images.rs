//! `crictl images`: the images on the node.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{Image, ListImagesResponse};
use crate::namespace;
use crate::select::image;
use crate::view::{Encoding, LIST, Table, View, block, human};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "images",
    aliases: &["image", "img"],
    about: "List images",
    usage: "[flags] [REPOSITORY[:TAG]]",
    words: 0..=1,
    example: "crictl images --digests --filter dangling=false",
    arguments: ImagesArgs::augment_args,
    values: &[("output", LIST)],
    calls: &["ListImages"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct ImagesArgs {
    /// Show digests
    #[arg(long)]
    digests: bool,
    /// Narrow the list: before=X, dangling=true|false, reference=REGEX, since=X; may be repeated
    #[arg(long, short, value_name = "FILTER")]
    filter: Vec<String>,
    /// Show ids and digests in full
    #[arg(long)]
    no_trunc: bool,
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "", hide_default_value = true)]
    output: String,
    /// Show whether the image is pinned, that is, kept from garbage collection
    #[arg(long)]
    pinned: bool,
    /// Show only ids
    #[arg(long, short)]
    quiet: bool,
    /// Show a paragraph for each image
    #[arg(long, short)]
    verbose: bool,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: ImagesArgs = args(parsed)?;
    let images = image::images(ctx, parsed.word(0), &args.filter).await?;
    ctx.look_elsewhere(images.is_empty(), "images", "images").await;
    // Any other word means a table. Upstream never refused one, so scripts may rely on it.
    if let Some(encoding) = Encoding::named(&args.output) {
        return ctx.print(&View::list(&ListImagesResponse { images }, encoding));
    }
    ctx.print(&view(&images, &args))
}

fn view(images: &[Image], args: &ImagesArgs) -> View {
    if args.quiet {
        return View::Text(images.iter().map(|image| image.id.clone()).collect());
    }
    if args.verbose {
        return View::Text(images.iter().flat_map(paragraph).collect());
    }
    let digests = args.digests.then_some("DIGEST");
    let pinned = args.pinned.then_some("PINNED");
    let columns = ["IMAGE", "TAG"].into_iter().chain(digests).chain(["IMAGE ID", "SIZE"]).chain(pinned);
    let rows: Vec<_> =
        images.iter().flat_map(|image| rows(image, args).into_iter().map(move |row| (mark(image), row))).collect();
    let (marks, rows): (Vec<_>, _) = rows.into_iter().unzip();
    View::Table(Table { columns: columns.collect(), rows }.with_namespaces(marks.into_iter()))
}

fn mark(image: &Image) -> Option<&str> {
    image.spec.as_ref().and_then(|spec| namespace::mark(&spec.annotations))
}

/// One row for each tag.
fn rows(image: &Image, args: &ImagesArgs) -> Vec<Vec<String>> {
    let short = |text: &str| match args.no_trunc {
        true => text.to_owned(),
        false => human::short_id(text, "sha256:").to_owned(),
    };
    let digest = args.digests.then(|| short(image::digest(image).1));
    let pinned = args.pinned.then(|| image.pinned.to_string());
    let row = |(name, tag)| {
        let rest = [short(&image.id), human::size(image.size, 3)];
        [name, tag].into_iter().chain(digest.clone()).chain(rest).chain(pinned.clone()).collect()
    };
    image::tags(image).into_iter().map(row).collect()
}

fn paragraph(image: &Image) -> Vec<String> {
    let uid = image.uid.as_ref().map(|uid| match uid.value {
        0 => "Uid: ".to_owned(),
        value => format!("Uid: value:{value}"),
    });
    [
        vec![format!("ID: {}", image.id)],
        block::lines("RepoTags", &image.repo_tags),
        block::lines("RepoDigests", &image.repo_digests),
        block::line_if(image.size != 0, || format!("Size: {}", image.size)),
        uid.into_iter().collect(),
        block::line("Username", &image.username),
        block::line_if(image.pinned, || "Pinned: true".to_owned()),
        vec![String::new()],
    ]
    .concat()
}
