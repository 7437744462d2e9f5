//! What the CRI requires of a status. Like upstream, we refuse a status that lacks it: a runtime that leaves out an id
//! or a time is broken, and no command could do anything sensible with its answer.

use crate::error::Error;
use crate::generated::cri::{
    ContainerStatus, ContainerStatusResponse, Image, ImageStatusResponse, PodSandboxStatus, PodSandboxStatusResponse,
};

/// The status of a container.
///
/// # Errors
/// The status is missing, or lacks what the CRI requires.
pub(crate) fn container(response: &ContainerStatusResponse) -> Result<&ContainerStatus, Error> {
    let status = response.status.as_ref();
    let status = status.ok_or_else(|| Error::failure("the runtime's answer has no container status"))?;
    let metadata = status.metadata.as_ref();
    lacks(
        &format!("container status {:?}", status.id),
        &[
            (status.id.is_empty(), "id"),
            (metadata.is_none(), "metadata"),
            (metadata.is_some_and(|metadata| metadata.name.is_empty()), "name"),
            (status.created_at == 0, "time of creation"),
            (status.image.as_ref().is_none_or(|image| image.image.is_empty()), "image"),
            (status.image_ref.is_empty(), "image reference"),
        ],
    )?;
    Ok(status)
}

/// The status of a pod.
///
/// # Errors
/// The status is missing, or lacks what the CRI requires.
pub(crate) fn pod(response: &PodSandboxStatusResponse) -> Result<&PodSandboxStatus, Error> {
    let status = response.status.as_ref().ok_or_else(|| Error::failure("the runtime's answer has no pod status"))?;
    let metadata = status.metadata.as_ref();
    lacks(
        &format!("pod status {:?}", status.id),
        &[
            (status.id.is_empty(), "id"),
            (metadata.is_none(), "metadata"),
            (metadata.is_some_and(|metadata| metadata.name.is_empty()), "name"),
            (metadata.is_some_and(|metadata| metadata.namespace.is_empty()), "namespace"),
            (metadata.is_some_and(|metadata| metadata.uid.is_empty()), "uid"),
            (status.created_at == 0, "time of creation"),
        ],
    )?;
    Ok(status)
}

/// The image that was asked for, or nothing if the runtime does not have it.
///
/// # Errors
/// The image lacks what the CRI requires.
pub(crate) fn image<'a>(response: &'a ImageStatusResponse, name: &str) -> Result<Option<&'a Image>, Error> {
    let Some(image) = &response.image else { return Ok(None) };
    lacks(&format!("status of image {name:?}"), &[(image.id.is_empty(), "id"), (image.size == 0, "size")])?;
    Ok(Some(image))
}

fn lacks(what: &str, parts: &[(bool, &str)]) -> Result<(), Error> {
    match parts.iter().find(|(missing, _)| *missing) {
        Some((_, part)) => Err(Error::failure(format!("the runtime's {what} has no {part}"))),
        None => Ok(()),
    }
}
