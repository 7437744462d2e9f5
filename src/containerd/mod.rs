//! The CRI's methods, answered by calls of containerd's own API in one of its namespaces: job containers, Docker's and
//! nerdctl's, builds. Commands speak the CRI and can't tell, so what containerd has and the CRI has not is put into the
//! CRI's words here and nowhere else. What is known of containerd is from its sources; each file names where.
//!
//! One file for each concern: [`container`] and [`task`] (what runs), [`exec`] and [`fifo`] (commands in it), [`events`]
//! (what happens to it), [`checkpoint`], [`image`], [`content`] and [`pull`], [`stats`], [`server`] (what containerd says
//! of itself), [`spec`] and [`log`] (what a container's fields mean), [`all`] (several namespaces at once), [`contents`]
//! (what is in each). Calls are made in [`call`] alone.

mod all;
mod call;
mod checkpoint;
mod container;
mod content;
mod contents;
mod events;
mod exec;
#[cfg_attr(not(target_os = "linux"), path = "no_fifo.rs")]
mod fifo;
mod image;
mod log;
mod platform;
mod process;
mod pull;
mod server;
mod signal;
mod spec;
mod state;
mod stats;
mod task;

use std::rc::Rc;

use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, StreamExt as _};
use prost::Message;
use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::containerd::call::Space;
use crate::error::Error;
use crate::generated::cri;
use crate::method::Method;
use crate::namespace::{self, Wanted};
use crate::rpc::{Answer, Client, StandIn};
use crate::stream::local::Place;

pub(crate) use contents::{contents, elsewhere};

/// Who answers for these namespaces; nobody but the CRI for its own.
pub(crate) fn stand_in(wanted: &Wanted) -> Option<Rc<dyn StandIn>> {
    match wanted {
        Wanted::Cri => None,
        Wanted::One(name) => Some(Rc::new(One(Rc::from(name.as_str())))),
        Wanted::All => Some(Rc::new(all::All)),
    }
}

/// What a raw call of a method says of the namespace that it is about: nothing if it is not one of containerd's own.
///
/// # Errors
/// It would be about all namespaces.
pub(crate) fn metadata(wanted: &Wanted, method: &Method) -> Result<MetadataMap, Error> {
    if !method.path.starts_with("/containerd.") {
        return Ok(MetadataMap::new());
    }
    let name = match wanted {
        Wanted::Cri => namespace::CRI,
        Wanted::One(name) => name,
        Wanted::All => {
            let reason = format!("{} is about one namespace of containerd, not all of them", method.name);
            return Err(Error::usage(format!("--containerd-namespace: {reason}")));
        }
    };
    call::metadata(MetadataMap::new(), name).map_err(|status| Error::usage(status.message()))
}

/// One namespace.
struct One(Rc<str>);

impl StandIn for One {
    fn answer<'io>(
        &self,
        client: Client<'io>,
        method: &'static Method,
        request: Bytes,
    ) -> LocalBoxFuture<'io, Result<Answer<'io>, Status>> {
        let name = Rc::clone(&self.0);
        Box::pin(async move {
            let space = Space::new(&client, &name)?;
            match method.name {
                "GetContainerEvents" => {
                    let events = events::events(space, &format!("==\"{name}\""));
                    Ok(events.map(|event| encoded(&event?)).boxed_local())
                }
                _ => Ok(only(space.answer(method, &request).await?)),
            }
        })
    }

    fn place<'io>(&self, client: Client<'io>, url: String) -> Place<'io> {
        exec::place(&client, url)
    }

    fn words(&self) -> Vec<String> {
        words(&self.0)
    }
}

/// The words of the command line that choose a namespace.
fn words(name: &str) -> Vec<String> {
    ["--containerd-namespace", name].map(str::to_owned).into()
}

/// An answer of one message.
fn only<'io>(message: Bytes) -> Answer<'io> {
    stream::iter([Ok(message)]).boxed_local()
}

impl Space<'_> {
    /// Answers a method of the CRI.
    async fn answer(&self, method: &'static Method, request: &[u8]) -> Result<Bytes, Status> {
        match method.name {
            "ListContainers" => encoded(&self.list_containers(&decoded(request)?).await?),
            "ContainerStatus" => encoded(&self.container_status(&decoded(request)?).await?),
            "StartContainer" => encoded(&self.start_container(&decoded(request)?).await?),
            "StopContainer" => encoded(&self.stop_container(&decoded(request)?).await?),
            "RemoveContainer" => encoded(&self.remove_container(&decoded(request)?).await?),
            "UpdateContainerResources" => encoded(&self.update_container(&decoded(request)?).await?),
            "CheckpointContainer" => encoded(&self.checkpoint_container(&decoded(request)?).await?),
            "ListContainerStats" => encoded(&self.list_stats(&decoded(request)?).await?),
            "ContainerStats" => encoded(&self.container_stats(&decoded(request)?).await?),
            "ListImages" => encoded(&self.list_images(&decoded(request)?).await?),
            "ImageStatus" => encoded(&self.image_status(&decoded(request)?).await?),
            "PullImage" => encoded(&self.pull_image(&decoded(request)?).await?),
            "RemoveImage" => encoded(&self.remove_image(&decoded(request)?).await?),
            "ImageFsInfo" => encoded(&self.image_fs_info().await?),
            "Exec" => encoded(&self.exec(&decoded(request)?).await?),
            "ExecSync" => encoded(&self.exec_sync(&decoded(request)?).await?),
            "Version" => encoded(&self.version().await?),
            "Status" => encoded(&self.status(&decoded(request)?).await?),
            name => Err(self.lacks(name)),
        }
    }

    /// Says what a namespace has not, of which the CRI has methods.
    fn lacks(&self, method: &str) -> Status {
        let pods = method.contains("Pod") || ["PortForward", "CreateContainer"].contains(&method);
        let what = if pods { "pods" } else { method };
        Status::unimplemented(format!("containerd's namespace {} has no {what}", self.name))
    }
}

fn encoded(message: &impl Message) -> Result<Bytes, Status> {
    Ok(message.encode_to_vec().into())
}

fn decoded<M: Message + Default>(bytes: &[u8]) -> Result<M, Status> {
    M::decode(bytes).map_err(|error| Status::invalid_argument(format!("the request can't be read: {error}")))
}

/// A time as the CRI has it, in nanoseconds since 1970; 0 for none.
fn nanos(time: Option<&prost_types::Timestamp>) -> i64 {
    time.map_or(0, |time| time.seconds.saturating_mul(1_000_000_000).saturating_add(time.nanos.into()))
}

/// Whether every label that is wanted is there.
fn has_labels<'a>(
    mut wanted: impl Iterator<Item = (&'a String, &'a String)>,
    labels: &std::collections::BTreeMap<String, String>,
) -> bool {
    wanted.all(|(key, value)| labels.get(key) == Some(value))
}

fn number(value: u64) -> Option<cri::UInt64Value> {
    Some(cri::UInt64Value { value })
}
