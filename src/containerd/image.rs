//! Images. containerd has names, each of which leads to a digest, and no images: here all names of one digest are an
//! image with several tags, as the CRI knows it. Whoever asks by one name is told of that name, and whoever removes by
//! one name removes that name alone.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tonic::Status;

use crate::containerd::call::{self, Space};
use crate::containerd::content::Facts;
use crate::generated::containerd::services::containers::v1::Container;
use crate::generated::containerd::services::images::v1::{
    DeleteImageRequest, Image as Name, ListImagesRequest, ListImagesResponse,
};
use crate::generated::containerd::types::Descriptor;
use crate::generated::cri;
use crate::rpc::AT_ONCE;

/// The label of what the kubelet does not collect (containerd's `internal/cri/labels`).
const PINNED: (&str, &str) = ("io.cri-containerd.pinned", "pinned");

/// The names of one image.
#[derive(Clone, Debug)]
struct Named {
    names: Vec<Name>,
    facts: Facts,
}

impl Space<'_> {
    pub(super) async fn list_images(
        &self,
        request: &cri::ListImagesRequest,
    ) -> Result<cri::ListImagesResponse, Status> {
        let wanted = request.filter.as_ref().and_then(|filter| filter.image.as_ref());
        let names = self.names().await?;
        let images = match wanted.map_or("", |image| image.image.as_str()) {
            "" => self.named(names).await?,
            word => self.meant(names, word).await?.into_iter().collect(),
        };
        Ok(cri::ListImagesResponse { images: images.iter().map(image).collect() })
    }

    pub(super) async fn image_status(
        &self,
        request: &cri::ImageStatusRequest,
    ) -> Result<cri::ImageStatusResponse, Status> {
        let word = request.image.as_ref().map_or("", |image| image.image.as_str());
        let found = self.meant(self.names().await?, word).await?;
        Ok(cri::ImageStatusResponse { image: found.as_ref().map(image), info: BTreeMap::new() })
    }

    /// Removes a name, or all names of an id. That there is no such image is no error, as the CRI has it.
    pub(super) async fn remove_image(
        &self,
        request: &cri::RemoveImageRequest,
    ) -> Result<cri::RemoveImageResponse, Status> {
        let word = request.image.as_ref().map_or("", |image| image.image.as_str());
        let found = self.meant(self.names().await?, word).await?;
        for name in found.into_iter().flat_map(|image| image.names) {
            // Synchronously: what nobody needs any more is gone when the command is done.
            let request = DeleteImageRequest { name: name.name, sync: true, ..Default::default() };
            self.find::<()>(&call::IMAGES_DELETE, &request).await?;
        }
        Ok(cri::RemoveImageResponse {})
    }

    /// What the image of a container is, if it is still there.
    pub(super) async fn image_of(&self, container: &Container) -> Result<Option<Facts>, Status> {
        if container.image.is_empty() {
            return Ok(None);
        }
        let names = self.names().await?;
        match names.into_iter().find(|name| name.name == container.image).and_then(|name| name.target) {
            Some(target) => self.facts(&target).await.map(Some),
            None => Ok(None),
        }
    }

    async fn names(&self) -> Result<Vec<Name>, Status> {
        let names: ListImagesResponse = self.call(&call::IMAGES_LIST, &ListImagesRequest::default()).await?;
        Ok(names.images)
    }

    /// The image that a word means: a name in full or as Docker shortens it, or else the beginning of an id or digest.
    async fn meant(&self, names: Vec<Name>, word: &str) -> Result<Option<Named>, Status> {
        let full = full_name(word);
        let named = [word, &full].into_iter().find_map(|wanted| names.iter().find(|name| name.name == wanted));
        if let Some(name) = named {
            return Ok(self.named(vec![name.clone()]).await?.pop());
        }
        let Some(hex) = digest(word) else { return Ok(None) };
        let is_meant = |digest: &str| digest.split_once(':').is_some_and(|(_, own)| own.starts_with(hex));
        let mut found = self.named(names).await?;
        found
            .retain(|image| is_meant(&image.facts.id) || image.names.iter().any(|name| is_meant(&target(name).digest)));
        match found.as_slice() {
            [_, _, ..] => {
                let ids: Vec<_> = found.iter().map(|image| image.facts.id.as_str()).collect();
                Err(Status::invalid_argument(format!("{word:?} is the beginning of several ids: {}", ids.join(", "))))
            }
            _ => Ok(found.pop()),
        }
    }

    /// The names as images, in the order of the names.
    async fn named(&self, names: Vec<Name>) -> Result<Vec<Named>, Status> {
        let mut targets: Vec<Descriptor> = Vec::new();
        for name in &names {
            let target = target(name);
            if !targets.iter().any(|known| known.digest == target.digest) {
                targets.push(target);
            }
        }
        let facts = targets.into_iter().map(|target| async move {
            let facts = self.facts(&target).await?;
            Ok::<_, Status>((target.digest, facts))
        });
        let facts: BTreeMap<String, Facts> = stream::iter(facts).buffered(AT_ONCE).try_collect().await?;
        let mut images: Vec<Named> = Vec::new();
        for name in names {
            let Some(facts) = facts.get(&target(&name).digest) else { continue };
            match images.iter_mut().find(|image| image.facts.id == facts.id) {
                Some(image) => image.names.push(name),
                None => images.push(Named { names: vec![name], facts: facts.clone() }),
            }
        }
        Ok(images)
    }
}

fn target(name: &Name) -> Descriptor {
    name.target.clone().unwrap_or_default()
}

/// An image in the CRI's words. A name with a tag is a tag; every name is a digest too, as the CRI has both of what it
/// pulls.
fn image(image: &Named) -> cri::Image {
    let mut tags = Vec::new();
    let mut digests: Vec<String> = Vec::new();
    for name in &image.names {
        let (repository, tag) = repository(&name.name);
        if tag.is_some() {
            tags.push(name.name.clone());
        }
        let digest = match name.name.contains('@') {
            true => name.name.clone(),
            false => format!("{repository}@{}", target(name).digest),
        };
        if !digests.contains(&digest) {
            digests.push(digest);
        }
    }
    let (uid, username) = user(&image.facts.user);
    let is_pinned = |name: &Name| name.labels.get(PINNED.0).is_some_and(|value| value == PINNED.1);
    cri::Image {
        id: image.facts.id.clone(),
        repo_tags: tags,
        repo_digests: digests,
        size: image.facts.size,
        uid,
        username,
        pinned: image.names.iter().any(is_pinned),
        ..Default::default()
    }
}

/// The user that an image's processes are, as containerd's own CRI has it (`getUserFromImage` in
/// `internal/cri/server/images/image_status.go`): without the group, a number as a number.
fn user(user: &str) -> (Option<cri::Int64Value>, String) {
    let user = user.split(':').next().unwrap_or_default();
    match user.parse() {
        Ok(value) => (Some(cri::Int64Value { value }), String::new()),
        Err(_) => (None, user.to_owned()),
    }
}

/// A name without tag and digest, and its tag. The port of a registry is no tag.
fn repository(name: &str) -> (&str, Option<&str>) {
    let name = name.split('@').next().unwrap_or_default();
    let last = name.rfind('/').map_or(0, |at| at + 1);
    match name[last..].split_once(':') {
        Some((short, tag)) => (&name[..last + short.len()], Some(tag)),
        None => (name, None),
    }
}

/// A name in full, as Docker shortens it (distribution/reference, `normalize.go`): `busybox` is
/// `docker.io/library/busybox:latest`.
pub(super) fn full_name(name: &str) -> String {
    let domain = |first: &str| first.contains(['.', ':']) || first == "localhost";
    let rest = match name.split_once('/') {
        Some((first, _)) if domain(first) => name.to_owned(),
        Some(_) => format!("docker.io/{name}"),
        None => format!("docker.io/library/{name}"),
    };
    match name.contains('@') || repository(&rest).1.is_some() {
        true => rest,
        false => format!("{rest}:latest"),
    }
}

/// The hexadecimal digits of an id, a digest, or the beginning of one.
fn digest(word: &str) -> Option<&str> {
    let hex = word.split_once('@').map_or(word, |(_, digest)| digest);
    let hex = hex.strip_prefix("sha256:").unwrap_or(hex);
    Some(hex).filter(|hex| !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_and_filled_up() {
        assert_eq!(repository("r:5000/a/b:1@sha256:x"), ("r:5000/a/b", Some("1")));
        assert_eq!(repository("r:5000/a"), ("r:5000/a", None));
        assert_eq!(repository("job"), ("job", None));
        for (short, full) in [
            ("busybox", "docker.io/library/busybox:latest"),
            ("busybox:1", "docker.io/library/busybox:1"),
            ("a/b", "docker.io/a/b:latest"),
            ("r.io/b", "r.io/b:latest"),
            ("localhost/b:2", "localhost/b:2"),
            ("r:5000/b", "r:5000/b:latest"),
            ("b@sha256:aa", "docker.io/library/b@sha256:aa"),
        ] {
            assert_eq!(full_name(short), full, "{short}");
        }
    }

    #[test]
    fn users_are_numbers_or_names_without_their_groups() {
        let uid = |value| Some(cri::Int64Value { value });
        assert_eq!(user("1000:1000"), (uid(1000), String::new()));
        assert_eq!(user("ada:dev"), (None, "ada".to_owned()));
        assert_eq!(user(""), (None, String::new()));
    }

    #[test]
    fn only_hexadecimal_digits_are_a_digest() {
        assert_eq!(digest("sha256:aF0"), Some("aF0"));
        assert_eq!(digest("b@sha256:aa"), Some("aa"));
        assert_eq!((digest("busybox"), digest("")), (None, None));
    }
}
