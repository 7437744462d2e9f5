//! The config files of containers and pods: which fields are required, and which are filled in.

use uuid::Uuid;

use crate::context::Context;
use crate::document;
use crate::error::Error;
use crate::generated::cri::{ContainerConfig, PodSandboxConfig};

/// Reads the config of a container.
///
/// # Errors
/// It can't be read, or lacks what the CRI requires.
pub(crate) fn container(ctx: &mut Context<'_>, path: &str, strict: bool) -> Result<ContainerConfig, Error> {
    let config = document::read(ctx, path, strict)?;
    complete_container(config).map_err(|lacking| named(lacking, "container", path))
}

/// Reads the config of a pod. A pod without a uid gets a new one, so it must be read only once in a run.
///
/// # Errors
/// As [`container`].
pub(crate) fn pod(ctx: &mut Context<'_>, path: &str, strict: bool) -> Result<PodSandboxConfig, Error> {
    let config: PodSandboxConfig = document::read(ctx, path, strict)?;
    let config = complete_pod(config, || Uuid::new_v4().to_string()).map_err(|lacking| named(lacking, "pod", path))?;
    if config.linux.as_ref().is_some_and(|linux| linux.cgroup_parent.is_empty()) {
        ctx.warn("cgroup_parent is not set. Use `runtime-config` to get the runtime cgroup driver");
    }
    Ok(config)
}

fn named(lacking: &str, kind: &str, path: &str) -> Error {
    Error::failure(format!("{lacking} is not set")).context(format!("checking the {kind} config {path:?}"))
}

/// Checks a container's config; the error is the name of the missing field.
fn complete_container(mut config: ContainerConfig) -> Result<ContainerConfig, &'static str> {
    match &config.metadata {
        None => return Err("metadata"),
        Some(metadata) if metadata.name.is_empty() => return Err("metadata.name"),
        Some(_) => {}
    }
    let image = config.image.as_mut().ok_or("image")?;
    if image.image.is_empty() {
        return Err("image.image");
    }
    // A kubelet resolves `image` to an id and keeps the name that the user wrote here. We resolve nothing.
    if image.user_specified_image.is_empty() {
        image.user_specified_image.clone_from(&image.image);
    }
    Ok(config)
}

/// Checks a pod's config and fills in its uid; the error is the name of the missing field.
fn complete_pod(mut config: PodSandboxConfig, uid: impl FnOnce() -> String) -> Result<PodSandboxConfig, &'static str> {
    let metadata = config.metadata.as_mut().ok_or("metadata")?;
    if metadata.uid.is_empty() {
        metadata.uid = uid();
    }
    match (metadata.name.is_empty(), metadata.namespace.is_empty()) {
        (true, _) => Err("metadata.name"),
        (_, true) => Err("metadata.namespace"),
        _ => Ok(config),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::cri::{ContainerMetadata, ImageSpec, PodSandboxMetadata};

    fn image(image: &str, written: &str) -> ImageSpec {
        ImageSpec { image: image.to_owned(), user_specified_image: written.to_owned(), ..Default::default() }
    }

    #[test]
    fn a_container_needs_a_name_and_an_image() {
        let mut config = ContainerConfig::default();
        assert_eq!(complete_container(config.clone()), Err("metadata"));
        config.metadata = Some(ContainerMetadata::default());
        assert_eq!(complete_container(config.clone()), Err("metadata.name"));
        config.metadata = Some(ContainerMetadata { name: "web".to_owned(), attempt: 0 });
        assert_eq!(complete_container(config.clone()), Err("image"));
        config.image = Some(image("", "nginx"));
        assert_eq!(complete_container(config.clone()), Err("image.image"));
        config.image = Some(image("nginx", ""));
        let complete = complete_container(config.clone()).expect("nothing is missing");
        assert_eq!(complete.image, Some(image("nginx", "nginx")));
        config.image = Some(image("sha256:1", "nginx"));
        let complete = complete_container(config).expect("nothing is missing");
        assert_eq!(complete.image, Some(image("sha256:1", "nginx")));
    }

    #[test]
    fn a_pod_needs_a_name_and_a_namespace_and_gets_a_uid() {
        let pod = |name: &str, namespace: &str, uid: &str| PodSandboxConfig {
            metadata: Some(PodSandboxMetadata {
                name: name.to_owned(),
                namespace: namespace.to_owned(),
                uid: uid.to_owned(),
                attempt: 0,
            }),
            ..Default::default()
        };
        let complete = |config| complete_pod(config, || "new".to_owned());
        assert_eq!(complete(PodSandboxConfig::default()), Err("metadata"));
        assert_eq!(complete(pod("", "prod", "")), Err("metadata.name"));
        assert_eq!(complete(pod("web", "", "")), Err("metadata.namespace"));
        assert_eq!(complete(pod("web", "prod", "")), Ok(pod("web", "prod", "new")));
        assert_eq!(complete(pod("web", "prod", "u")), Ok(pod("web", "prod", "u")));
    }
}
