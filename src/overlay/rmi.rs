//! `crictl rmi`: removes images.

use std::collections::BTreeSet;
use std::pin::pin;

use clap::Args;
use futures_util::stream::{self, StreamExt as _};

use crate::args::go::Parsed;
use crate::command::batch;
use crate::command::{ANY, Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{Image, ListContainersRequest, ListImagesRequest, RemoveImageRequest};
use crate::log::{Level, Logger};
use crate::rpc::{AT_ONCE, Client};
use crate::select::required;
use crate::select::{self, image_spec, image_status};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "rmi",
    about: "Remove images, each with all its tags",
    usage: "[flags] (IMAGE... | --all | --prune)",
    words: ANY,
    example: "crictl rmi --prune",
    arguments: RmiArgs::augment_args,
    calls: &["ImageStatus", "ListContainers", "ListImages", "RemoveImage"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct RmiArgs {
    /// Remove all images
    #[arg(long, short)]
    all: bool,
    /// Remove all images that no container uses and that are not pinned
    #[arg(long, short = 'q')]
    prune: bool,
}

type ImageService<'io> = crate::generated::client::ImageService<Client<'io>>;

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: RmiArgs = args(parsed)?;
    let images = ctx.image().await?;
    let mut ids = parsed.positionals.clone();
    if args.all || args.prune {
        let listed = images.list_images(ListImagesRequest::default()).await?.images;
        ids.extend(listed.into_iter().filter(|image| !(args.prune && image.pinned)).map(|image| image.id));
    }
    let used = match args.prune {
        true => used(ctx, &images).await?,
        false => BTreeSet::new(),
    };
    if ids.is_empty() && used.is_empty() {
        match args.all || args.prune {
            true => ctx.info("No images to remove"),
            false => return Err(Error::help()),
        }
    }
    let mut seen = used;
    ids.retain(|id| seen.insert(id.clone()));
    let log = ctx.log.clone();
    batch::at_once(ctx, &ids, async |id, lines| {
        let image = image(&images, id).await?;
        warn_of_tags(id, &image, &log);
        match remove(&images, id).await {
            Ok(()) => lines.extend(deleted(&image)),
            // Since the image was listed, a container may have started to use it, or it may have been removed.
            Err(error) if args.prune => log.failed(Level::Warning, &error),
            Err(error) => return Err(error),
        }
        Ok(())
    })
    .await
}

/// The ids of the images that containers use; each is asked for once, however many containers use it. An image whose
/// status can't be read counts as unused.
async fn used(ctx: &mut Context<'_>, images: &ImageService<'_>) -> Result<BTreeSet<String>, Error> {
    let containers = ctx.runtime().await?.list_containers(ListContainersRequest::default()).await?.containers;
    let names = containers.into_iter().map(|container| container.image.unwrap_or_default().image);
    let mut seen = BTreeSet::new();
    let names = names.filter(|name| seen.insert(name.clone()));
    let mut found = pin!(stream::iter(names).map(async |name| find(images, &name).await).buffered(AT_ONCE));
    let mut used = BTreeSet::new();
    while let Some(image) = found.next().await {
        match image {
            Ok(image) => {
                used.insert(image.unwrap_or_default().id);
            }
            Err(error) => ctx.failed(&error),
        }
    }
    Ok(used)
}

async fn find(images: &ImageService<'_>, name: &str) -> Result<Option<Image>, Error> {
    let context = |error: Error| error.context(format!("getting the status of image {name:?}"));
    let response = images.image_status(image_status(name)).await.map_err(context)?;
    required::image(&response, name).map(Option::<&Image>::cloned).map_err(context)
}

async fn image(images: &ImageService<'_>, id: &str) -> Result<Image, Error> {
    find(images, id).await?.ok_or_else(|| select::image::missing(id))
}

async fn remove(images: &ImageService<'_>, id: &str) -> Result<(), Error> {
    let removing = |error: Error| error.context(format!("removing image {id:?}"));
    batch::given(id).map_err(removing)?;
    images.remove_image(RemoveImageRequest { image: Some(image_spec(id)) }).await.map_err(removing)?;
    Ok(())
}

/// Warns that the CRI removes all tags of an image: a user who names one tag may not know that.
fn warn_of_tags(name: &str, image: &Image, log: &Logger<'_>) {
    let is_tag = !name.starts_with("sha256:") && name.contains([':', '/']);
    if is_tag && image.repo_tags.len() > 1 {
        log.write(Level::Warning, || format!("image {name:?} has several tags, and all of them are removed:"));
        for tag in &image.repo_tags {
            log.write(Level::Warning, || format!("  {tag}"));
        }
    }
}

/// What was deleted: the tags or, for an image pulled by digest, the digests.
fn deleted(image: &Image) -> Vec<String> {
    let names = if image.repo_tags.is_empty() { &image.repo_digests } else { &image.repo_tags };
    names.iter().map(|name| format!("Deleted: {name}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(tags: &[&str], digests: &[&str]) -> Image {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Image { repo_tags: owned(tags), repo_digests: owned(digests), ..Default::default() }
    }

    #[test]
    fn the_tags_of_a_deleted_image_are_named_or_else_its_digests() {
        assert_eq!(deleted(&image(&["a:1", "b:2"], &["a@sha256:1"])), ["Deleted: a:1", "Deleted: b:2"]);
        assert_eq!(deleted(&image(&[], &["a@sha256:1"])), ["Deleted: a@sha256:1"]);
        assert_eq!(deleted(&image(&[], &[])), [""; 0]);
    }
}
