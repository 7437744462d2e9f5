//! Pulling images: a call with no deadline of its own, and what the CRI requires of its answer.

use crate::context::Context;
use crate::error::Error;
use crate::generated::client::ImageService;
use crate::generated::cri::{AuthConfig, ContainerConfig, ImageSpec, PodSandboxConfig, PullImageRequest};
use crate::gotext::GoDuration;
use crate::schema;

/// Pulls an image and returns the runtime's reference to it.
///
/// # Errors
/// The timeout is negative, the call fails, or its answer has no reference.
pub(crate) async fn pull(
    ctx: &mut Context<'_>,
    request: PullImageRequest,
    timeout: GoDuration,
) -> Result<String, Error> {
    if timeout.0 < 0 {
        return Err(Error::failure("--pull-timeout should be bigger than 0"));
    }
    let name = request.image.as_ref().map(|image| image.image.clone()).unwrap_or_default();
    let client = ctx.image().await?.0;
    let images = ImageService(match timeout.positive() {
        Some(deadline) => client.with_deadline(deadline),
        None => client,
    });
    let pulled = images.pull_image(request).await;
    let image_ref = pulled.map_err(|error| error.step("pulling image").context(format!("image {name:?}")))?.image_ref;
    if image_ref.is_empty() {
        return Err(Error::failure(format!("the runtime gave no reference for the image {name:?} it pulled")));
    }
    Ok(image_ref)
}

/// The images that a container needs, its own and those of its mounts, each with the message to show while pulling it.
pub(super) fn needed(config: &ContainerConfig) -> Vec<(String, ImageSpec)> {
    let image = config.image.clone().unwrap_or_default();
    let own = (format!("Pulling container image: {}", image.image), spec(&image, &image));
    // Looked up by name: a mount has no image before 1.32.
    let mounts = config.mounts.iter().filter_map(|mount| Some((mount, schema::part::<_, ImageSpec>(mount, "image")?)));
    let mounts = mounts.filter(|(_, volume)| !volume.image.is_empty()).map(|(mount, volume)| {
        let path = &mount.container_path;
        let said = format!("Pulling image {} to be mounted to container path: {path}", volume.image);
        (said, spec(&volume, &image))
    });
    std::iter::once(own).chain(mounts).collect()
}

/// The image spec for a pull. As in upstream, the container image's annotations are sent with every image that has none
/// of its own.
fn spec(image: &ImageSpec, container: &ImageSpec) -> ImageSpec {
    let own = if image.annotations.is_empty() { container } else { image };
    ImageSpec { image: image.image.clone(), annotations: own.annotations.clone(), ..Default::default() }
}

/// The request to pull one of them.
pub(super) fn request(image: ImageSpec, auth: Option<AuthConfig>, pod: Option<PodSandboxConfig>) -> PullImageRequest {
    PullImageRequest { image: Some(image), auth, sandbox_config: pod }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::cri::Mount;

    fn annotated(image: &str, annotation: &str) -> ImageSpec {
        let annotations = (!annotation.is_empty()).then(|| ("k".to_owned(), annotation.to_owned()));
        ImageSpec { image: image.to_owned(), annotations: annotations.into_iter().collect(), ..Default::default() }
    }

    fn mount(image: Option<ImageSpec>) -> Mount {
        Mount { container_path: "/v".to_owned(), image, ..Default::default() }
    }

    #[test]
    fn volume_images_are_pulled_by_their_own_name_and_annotations() {
        let config = ContainerConfig {
            image: Some(ImageSpec { image_ref: "ref".to_owned(), ..annotated("web:1", "a") }),
            mounts: vec![
                mount(Some(annotated("vol:1", "b"))),
                mount(Some(annotated("vol:2", ""))),
                mount(Some(annotated("", "c"))),
                mount(None),
            ],
            ..Default::default()
        };
        let expected = [
            ("Pulling container image: web:1".to_owned(), annotated("web:1", "a")),
            ("Pulling image vol:1 to be mounted to container path: /v".to_owned(), annotated("vol:1", "b")),
            ("Pulling image vol:2 to be mounted to container path: /v".to_owned(), annotated("vol:2", "a")),
        ];
        assert_eq!(needed(&config), expected);
    }
}
