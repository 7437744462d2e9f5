//! Every namespace at once: lists are the CRI's and those of every other namespace, each item with a mark of where it is
//! from; what has an id is found wherever it is; the rest is the CRI's alone.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::future::{LocalBoxFuture, try_join_all};
use futures_util::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use prost::Message;
use tonic::{Code, Status};

use crate::containerd::call::Space;
use crate::containerd::contents::KIND;
use crate::containerd::events::{Events, events, marked};
use crate::containerd::{decoded, encoded, exec, only, words};
use crate::generated::cri;
use crate::method::Method;
use crate::namespace::{CRI, MARK};
use crate::rpc::{Answer, Bodies, Client, StandIn};
use crate::stream::local::Place;

/// The methods that are about one container, whose id is the first field of each request.
const OF_A_CONTAINER: [&str; 11] = [
    "ContainerStatus",
    "StartContainer",
    "StopContainer",
    "RemoveContainer",
    "UpdateContainerResources",
    "ContainerStats",
    "ReopenContainerLog",
    "Exec",
    "ExecSync",
    "Attach",
    "CheckpointContainer",
];

pub(super) struct All;

impl StandIn for All {
    fn answer<'io>(
        &self,
        client: Client<'io>,
        method: &'static Method,
        request: Bytes,
    ) -> LocalBoxFuture<'io, Result<Answer<'io>, Status>> {
        Box::pin(async move {
            let every = Every::new(&client).await?;
            match method.flow.answers_several() {
                false => every.answer(method, request).await.map(only),
                true if method.name == "GetContainerEvents" => {
                    let others = events(Space::new(&client, CRI)?, &format!("!=\"{CRI}\""));
                    let all = stream::select(every.cri_events(method, &request), others);
                    Ok(all.map(|event| encoded(&event?)).boxed_local())
                }
                true => Ok(every.cri_stream(method, &request).boxed_local()),
            }
        })
    }

    fn place<'io>(&self, client: Client<'io>, url: String) -> Place<'io> {
        exec::place(&client, url)
    }

    fn words(&self) -> Vec<String> {
        words("all")
    }
}

/// The namespaces that there are.
struct Every<'io> {
    /// The CRI, which answers for its own.
    cri: Client<'io>,
    spaces: Vec<Space<'io>>,
}

impl<'io> Every<'io> {
    async fn new(client: &Client<'io>) -> Result<Self, Status> {
        let spaces = Space::new(client, CRI)?.every().await?;
        Ok(Self { cri: client.behind(client.metadata().clone()), spaces })
    }

    async fn answer(&self, method: &'static Method, request: Bytes) -> Result<Bytes, Status> {
        match method.name {
            "ListContainers" => self.list_containers(method, &request).await,
            "ListContainerStats" => self.list_stats(method, &request).await,
            "ListImages" => self.list_images(method, &request).await,
            "ImageFsInfo" => self.image_fs_info(method, &request).await,
            "ImageStatus" => self.of_an_image(method, &request).await,
            "RemoveImage" => self.of_an_image(method, &request).await,
            "PullImage" => Err(Status::invalid_argument(
                "an image is pulled into one namespace of containerd; name it with --containerd-namespace",
            )),
            name if OF_A_CONTAINER.contains(&name) => self.of_a_container(method, &request).await,
            _ => self.cri.answer(method, request.to_vec()).await,
        }
    }

    /// The messages of a stream of the CRI.
    fn cri_stream(
        &self,
        method: &'static Method,
        request: &Bytes,
    ) -> impl Stream<Item = Result<Bytes, Status>> + use<'io> {
        let (cri, request) = (self.cri.clone(), request.to_vec());
        let next =
            |mut bodies: Bodies<'io>| async move { Ok(bodies.message().await?.map(|message| (message, bodies))) };
        let opened = async move { Ok::<_, Status>(stream::try_unfold(cri.open(method, request).await?, next)) };
        stream::once(opened).try_flatten()
    }

    /// The CRI's events, if it is served.
    fn cri_events(&self, method: &'static Method, request: &Bytes) -> Events<'io> {
        let served = |event: &Result<Bytes, Status>| {
            let missing = event.as_ref().is_err_and(|status| status.code() == Code::Unimplemented);
            futures_util::future::ready(!missing)
        };
        let events = self.cri_stream(method, request).filter(served);
        events.map(|event| Ok(marked(decoded(&event?)?, CRI))).boxed_local()
    }

    async fn list_containers(&self, method: &'static Method, request: &Bytes) -> Result<Bytes, Status> {
        let mut all = cri::ListContainersResponse::default();
        for (name, part) in self.parts::<cri::ListContainersResponse>(method, request).await? {
            all.containers.extend(part.containers.into_iter().map(|mut container| {
                mark(&mut container.annotations, name);
                container
            }));
        }
        encoded(&all)
    }

    async fn list_stats(&self, method: &'static Method, request: &Bytes) -> Result<Bytes, Status> {
        let mut all = cri::ListContainerStatsResponse::default();
        for (name, part) in self.parts::<cri::ListContainerStatsResponse>(method, request).await? {
            all.stats.extend(part.stats.into_iter().map(|mut stats| {
                mark(&mut stats.attributes.get_or_insert_default().annotations, name);
                stats
            }));
        }
        encoded(&all)
    }

    async fn list_images(&self, method: &'static Method, request: &Bytes) -> Result<Bytes, Status> {
        let mut all = cri::ListImagesResponse::default();
        for (name, part) in self.parts::<cri::ListImagesResponse>(method, request).await? {
            all.images.extend(part.images.into_iter().map(|mut image| {
                mark(&mut image.spec.get_or_insert_default().annotations, name);
                image
            }));
        }
        encoded(&all)
    }

    /// What all namespaces take together of each filesystem.
    async fn image_fs_info(&self, method: &'static Method, request: &Bytes) -> Result<Bytes, Status> {
        let mut all = cri::ImageFsInfoResponse::default();
        for (_, part) in self.parts::<cri::ImageFsInfoResponse>(method, request).await? {
            part.image_filesystems.into_iter().for_each(|usage| add(&mut all.image_filesystems, usage));
            part.container_filesystems.into_iter().for_each(|usage| add(&mut all.container_filesystems, usage));
        }
        encoded(&all)
    }

    /// The answers of all namespaces, the CRI's first.
    async fn parts<Response: Message + Default>(
        &self,
        method: &'static Method,
        request: &Bytes,
    ) -> Result<Vec<(&str, Response)>, Status> {
        let own = async {
            let bytes = self.cri(method, request).await?;
            let response = bytes.map(|bytes| decoded(&bytes)).transpose()?;
            Ok::<_, Status>(response.map(|response| (CRI, response)))
        };
        let others = self.spaces.iter().filter(|space| space.name != CRI).map(|space| async {
            let bytes = space.answer(method, request).await?;
            Ok::<_, Status>((space.name.as_str(), decoded(&bytes)?))
        });
        let (own, others) = tokio::try_join!(own, try_join_all(others))?;
        Ok(own.into_iter().chain(others).collect())
    }

    /// What the CRI answers, if it is served: a containerd that only builds or runs Docker's containers has it off.
    async fn cri(&self, method: &'static Method, request: &Bytes) -> Result<Option<Bytes>, Status> {
        match self.cri.answer(method, request.to_vec()).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(status) if status.code() == Code::Unimplemented => Ok(None),
            Err(status) => Err(status),
        }
    }

    /// Answers where the container of a request is.
    async fn of_a_container(&self, method: &'static Method, request: &Bytes) -> Result<Bytes, Status> {
        // Its other fields are other ones in each request.
        let start: cri::StartContainerRequest = decoded(request)?;
        let id = start.container_id.as_str();
        let found = self.spaces.iter().map(|space| async move {
            let mut found = space.starting_with(id).await?;
            // What the CRI calls a container is one of several kinds there.
            found.retain(|container| {
                space.name != CRI || container.labels.get(KIND).is_some_and(|it| it == "container")
            });
            Ok::<_, Status>(found.into_iter().map(|container| (container.id, space)).collect::<Vec<_>>())
        });
        let mut found: Vec<_> = try_join_all(found).await?.into_iter().flatten().collect();
        if found.iter().any(|(full, _)| full == id) {
            found.retain(|(full, _)| full == id);
        }
        match one(id, &found)? {
            Some(space) => self.at(space, method, request).await,
            None => Err(Status::not_found(format!("no container {id:?} in any namespace of containerd"))),
        }
    }

    /// Answers where the image of a request is, which is the first field of each.
    async fn of_an_image(&self, method: &'static Method, request: &Bytes) -> Result<Bytes, Status> {
        let wanted = &cri::ImageStatusRequest { verbose: false, ..decoded(request)? };
        let found = self.spaces.iter().map(|space| async move {
            let found = space.image_status(wanted).await?.image;
            Ok::<_, Status>(found.map(|image| (image.id, space)))
        });
        let found: Vec<_> = try_join_all(found).await?.into_iter().flatten().collect();
        let name = wanted.image.as_ref().map_or("", |image| image.image.as_str());
        match one(name, &found)? {
            Some(space) => self.at(space, method, request).await,
            // The CRI has no error for it: there is nothing in the answer.
            None => Ok(Bytes::new()),
        }
    }

    /// Answers in a namespace: the CRI in its own.
    async fn at(&self, space: &Space<'_>, method: &'static Method, request: &Bytes) -> Result<Bytes, Status> {
        match space.name.as_str() {
            CRI => self.cri.answer(method, request.to_vec()).await,
            _ => space.answer(method, request).await,
        }
    }
}

/// The one namespace where something is, if it is anywhere.
fn one<'a, 'io>(id: &str, found: &[(String, &'a Space<'io>)]) -> Result<Option<&'a Space<'io>>, Status> {
    match found {
        [] => Ok(None),
        [(_, space)] => Ok(Some(space)),
        several => {
            let places: Vec<_> = several.iter().map(|(full, space)| format!("{full} in {}", space.name)).collect();
            let places = places.join(", ");
            Err(Status::invalid_argument(format!(
                "{id:?} is in several places: {places}; name one with --containerd-namespace"
            )))
        }
    }
}

fn mark(annotations: &mut BTreeMap<String, String>, name: &str) {
    annotations.insert(MARK.to_owned(), name.to_owned());
}

/// Adds what a filesystem is used for to what is known of it.
fn add(filesystems: &mut Vec<cri::FilesystemUsage>, usage: cri::FilesystemUsage) {
    let Some(known) = filesystems.iter_mut().find(|known| known.fs_id == usage.fs_id) else {
        return filesystems.push(usage);
    };
    let sum = |known: &mut Option<cri::UInt64Value>, more: Option<cri::UInt64Value>| {
        if let Some(more) = more {
            let known = known.get_or_insert_default();
            known.value = known.value.saturating_add(more.value);
        }
    };
    sum(&mut known.used_bytes, usage.used_bytes);
    sum(&mut known.inodes_used, usage.inodes_used);
    // The sum is no newer than its oldest part, as containerd's own CRI has it.
    known.timestamp = known.timestamp.min(usage.timestamp);
}
