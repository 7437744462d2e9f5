//! Which images a command means, and what an image is called.

use std::cmp::Ordering;

use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{Image, ImageFilter, ListImagesRequest};

/// Requests the images with a name, or all images. An empty name is sent too, as in upstream.
pub(crate) fn list_images(name: &str) -> ListImagesRequest {
    ListImagesRequest { filter: Some(ImageFilter { image: Some(super::image_spec(name)) }) }
}

/// Lists the images with a name that pass the filters, sorted.
///
/// # Errors
/// The call fails, or a filter is invalid; an empty list is never filtered.
pub(crate) async fn images(ctx: &mut Context<'_>, name: &str, filters: &[String]) -> Result<Vec<Image>, Error> {
    let mut images = sorted(ctx.image().await?.list_images(list_images(name)).await?.images);
    for filter in filters {
        if !images.is_empty() || filter != &filters[0] {
            images = filtered(images, filter)?;
        }
    }
    Ok(images)
}

/// There is no such image. Scripts read what is between `msg="` and the next quote, so the name is not quoted.
pub(crate) fn missing(name: &str) -> Error {
    Error::failure(format!("no such image {name} present"))
}

fn filtered(mut images: Vec<Image>, filter: &str) -> Result<Vec<Image>, Error> {
    match filter.split_once('=') {
        Some(("dangling", wanted)) => images.retain(|image| wanted == image.repo_tags.is_empty().to_string()),
        Some(("reference", wanted)) => {
            let pattern = super::pattern::compile(wanted)
                .map_err(|_| Error::failure(format!("--filter reference: {wanted:?} is not a regular expression")))?;
            images.retain(|image| pattern.is_match(repository(image)) || repository(image) == wanted);
        }
        Some(("since", mark)) => images = until(images, mark),
        Some(("before", mark)) => {
            images.reverse();
            images = until(images, mark);
            images.reverse();
        }
        _ => {
            return Err(Error::failure(format!("--filter {filter:?}: use before, dangling, reference or since")));
        }
    }
    Ok(images)
}

/// The images before the first that `mark` names: a `name:tag`, the beginning of an id, or `name@digest`.
fn until(images: Vec<Image>, mark: &str) -> Vec<Image> {
    let tag = |image: &Image| {
        let (name, tag) = tags(image).swap_remove(0);
        format!("{name}:{tag}") == mark
    };
    // Images that the mark can't tell apart are left out.
    let comparable = |image: &Image| match (mark.contains(':'), mark.contains('@')) {
        (_, false) => true,
        (true, true) => !image.repo_digests.is_empty(),
        (false, true) => false,
    };
    let named = |image: &Image| match (mark.contains(':'), mark.contains('@')) {
        (true, false) => tag(image),
        (false, _) => image.id.starts_with(mark),
        (true, true) => image.repo_digests[0].starts_with(mark),
    };
    images.into_iter().filter(comparable).take_while(|image| !named(image)).collect()
}

/// The repository of the first digest, or `<none>`.
pub(crate) fn repository(image: &Image) -> &str {
    digest(image).0
}

/// Repository and digest, from the first digest of the image.
pub(crate) fn digest(image: &Image) -> (&str, &str) {
    match image.repo_digests.first().map(|digest| digest.split('@').collect::<Vec<_>>()).as_deref() {
        None => ("<none>", "<none>"),
        Some([name, digest]) => (name, digest),
        Some(_) => ("errorName", "errorRepoDigest"),
    }
}

/// Name and tag of each tag of the image; at least one pair.
pub(crate) fn tags(image: &Image) -> Vec<(String, String)> {
    let fallback = repository(image);
    if image.repo_tags.is_empty() {
        return vec![(fallback.to_owned(), "<none>".to_owned())];
    }
    let pair = |tag: &String| match tag.rsplit_once(':') {
        None => ("errorRepoTag".to_owned(), "errorRepoTag".to_owned()),
        Some(("<none>", tag)) => (fallback.to_owned(), tag.to_owned()),
        Some((name, tag)) => (name.to_owned(), tag.to_owned()),
    };
    image.repo_tags.iter().map(pair).collect()
}

/// Sorted by [`compare`]. The library's sort may panic, because the comparison is not a total order when only some
/// images have tags. Short lists are sorted by insertion, as Go's library does.
fn sorted(images: Vec<Image>) -> Vec<Image> {
    const RUN: usize = 12;
    if images.len() > RUN {
        let mut left = images;
        let right = sorted(left.split_off(left.len() / 2));
        return merged(sorted(left), right);
    }
    let mut run: Vec<Image> = Vec::with_capacity(images.len());
    for image in images {
        let at = run.iter().rposition(|earlier| compare(&image, earlier) != Ordering::Less);
        run.insert(at.map_or(0, |at| at + 1), image);
    }
    run
}

fn merged(left: Vec<Image>, right: Vec<Image>) -> Vec<Image> {
    let mut all = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    loop {
        let next = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if compare(b, a) == Ordering::Less => right.next(),
            (Some(_), _) => left.next(),
            (None, _) => right.next(),
        };
        match next {
            Some(image) => all.push(image),
            None => return all,
        }
    }
}

/// By first tag if both have one, else by first digest if both have one, else by id.
fn compare(a: &Image, b: &Image) -> Ordering {
    match (a.repo_tags.first(), b.repo_tags.first(), a.repo_digests.first(), b.repo_digests.first()) {
        (Some(a), Some(b), _, _) | (_, _, Some(a), Some(b)) => a.cmp(b),
        _ => a.id.cmp(&b.id),
    }
}
