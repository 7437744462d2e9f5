//! Which containers, pods and images a command means: the filters that several
//! commands share, the server's first and then ours.

pub(crate) mod image;
mod pattern;
pub(crate) mod required;

use std::collections::BTreeMap;

use clap::Args;
use regex::Regex;

use crate::context::Context;
use crate::error::Error;
use crate::generated::cri;
use crate::gotext::{go_int, label};

/// Label of a container that names its pod.
pub(crate) const POD_NAME: &str = "io.kubernetes.pod.name";
/// Label of a container that names its pod's namespace.
pub(crate) const POD_NAMESPACE: &str = "io.kubernetes.pod.namespace";

/// A label's value, or `unknown`: containers that no kubelet made have none.
pub(crate) fn label_or_unknown<'a>(labels: &'a BTreeMap<String, String>, key: &str) -> &'a str {
    labels.get(key).map_or("unknown", String::as_str)
}

/// What containers are wanted. The flags of every command that selects containers.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Containers {
    /// Containers of this image, by name or id
    #[arg(long, value_name = "IMAGE", default_value = "", hide_default_value = true)]
    pub(crate) image: String,
    /// Containers with this label; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) label: Vec<String>,
    /// The newest N containers of any state; 0 for no limit
    #[arg(long, short = 'n', value_name = "N", default_value = "0", value_parser = go_int)]
    pub(crate) last: i64,
    /// The newest container of any state
    #[arg(long, short)]
    pub(crate) latest: bool,
    /// Containers whose name this regular expression is found in
    #[arg(long, value_name = "REGEX", default_value = "", hide_default_value = true)]
    pub(crate) name: String,
    /// Containers of this pod
    #[arg(long, short, value_name = "POD-ID", default_value = "", hide_default_value = true)]
    pub(crate) pod: String,
    /// Containers of this state: created, running, exited or unknown
    #[arg(long, short, value_name = "STATE", default_value = "", hide_default_value = true)]
    pub(crate) state: String,
    // What follows is a flag of some commands only.
    #[arg(skip)]
    pub(crate) id: String,
    /// A regular expression that is found in the namespace of the container's pod.
    #[arg(skip)]
    pub(crate) namespace: String,
    #[arg(skip)]
    pub(crate) all: bool,
}

impl Containers {
    /// The server's part of the filter.
    ///
    /// # Errors
    /// A state or a label that is none.
    pub(crate) fn request(&self) -> Result<cri::ListContainersRequest, Error> {
        let wanted = match self.state.to_lowercase().as_str() {
            "" if self.all => None,
            "" | "running" => Some(cri::ContainerState::ContainerRunning),
            "created" => Some(cri::ContainerState::ContainerCreated),
            "exited" => Some(cri::ContainerState::ContainerExited),
            "unknown" => Some(cri::ContainerState::ContainerUnknown),
            _ => return Err(Error::failure("--state should be one of created, running, exited or unknown")),
        };
        // The newest containers are the newest of any state, even where a state was named.
        let state = wanted.filter(|_| !self.latest && self.last <= 0);
        Ok(cri::ListContainersRequest {
            filter: Some(cri::ContainerFilter {
                id: self.id.clone(),
                state: state.map(|state| cri::ContainerStateValue { state: state.into() }),
                pod_sandbox_id: self.pod.clone(),
                label_selector: labels("label", &self.label)?,
            }),
        })
    }

    /// Our part of the filter, the newest first. The images are another request's business.
    fn choose(&self, containers: Vec<cri::Container>) -> Result<Vec<cri::Container>, Error> {
        let name = pattern("name", &self.name)?;
        let namespace = pattern("namespace", &self.namespace)?;
        let mut chosen: Vec<_> = containers
            .into_iter()
            .filter(|container| {
                let named = container.metadata.as_ref().is_some_and(|metadata| name.is_match(&metadata.name));
                named && namespace.is_match(label_or_unknown(&container.labels, POD_NAMESPACE))
            })
            .collect();
        chosen.sort_by_key(|container| std::cmp::Reverse(container.created_at));
        chosen.truncate(limit(self.latest, self.last));
        Ok(chosen)
    }
}

/// Lists the containers that are wanted, the newest first.
///
/// # Errors
/// A filter that is wrong, before anything is sent; a call that fails.
pub(crate) async fn containers(ctx: &mut Context<'_>, wanted: &Containers) -> Result<Vec<cri::Container>, Error> {
    let request = wanted.request()?;
    // An expression that is none is refused before anything is sent.
    wanted.choose(Vec::new())?;
    ctx.reach_image_service().await?;
    let mut containers = ctx.runtime().await?.list_containers(request).await?.containers;
    if !wanted.image.is_empty() {
        let images = ctx.image().await?;
        let mut matching = Vec::new();
        for container in containers {
            let used = container.image.as_ref().map_or("", |image| &image.image);
            let filter = images.image_status(image_status(&wanted.image)).await?;
            let filter = required::image(&filter, &wanted.image)?;
            let response = images.image_status(image_status(used)).await?;
            let used = required::image(&response, used)?;
            if filter.zip(used).is_some_and(|(filter, used)| filter.id == used.id) {
                matching.push(container);
            }
        }
        containers = matching;
    }
    wanted.choose(containers)
}

/// Asks for the status of one image, tersely.
pub(crate) fn image_status(image: &str) -> cri::ImageStatusRequest {
    cri::ImageStatusRequest { image: Some(image_spec(image)), verbose: false }
}

/// An image by its name or id alone.
pub(crate) fn image_spec(image: &str) -> cri::ImageSpec {
    cri::ImageSpec { image: image.to_owned(), ..Default::default() }
}

/// What pods are wanted. The flags of every command that selects pods.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Pods {
    /// Pods with this label; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) label: Vec<String>,
    /// The newest N pods; 0 for no limit
    #[arg(long, short = 'n', value_name = "N", default_value = "0", value_parser = go_int)]
    pub(crate) last: i64,
    /// The newest pod
    #[arg(long, short)]
    pub(crate) latest: bool,
    /// Pods whose name this regular expression is found in
    #[arg(long, value_name = "REGEX", default_value = "", hide_default_value = true)]
    pub(crate) name: String,
    /// Pods whose namespace this regular expression is found in
    #[arg(long, value_name = "REGEX", default_value = "", hide_default_value = true)]
    pub(crate) namespace: String,
    /// Pods of this state: ready or notready
    #[arg(long, short, value_name = "STATE", default_value = "", hide_default_value = true)]
    pub(crate) state: String,
    /// The id or the beginning of it, a flag of some commands only.
    #[arg(skip)]
    pub(crate) id: String,
}

impl Pods {
    /// The server's part of the filter.
    ///
    /// # Errors
    /// A state or a label that is none.
    pub(crate) fn request(&self) -> Result<cri::ListPodSandboxRequest, Error> {
        let state = match self.state.to_lowercase().as_str() {
            "" => None,
            "ready" => Some(cri::PodSandboxState::SandboxReady),
            "notready" => Some(cri::PodSandboxState::SandboxNotready),
            _ => return Err(Error::failure("--state should be ready or notready")),
        };
        Ok(cri::ListPodSandboxRequest {
            filter: Some(cri::PodSandboxFilter {
                id: self.id.clone(),
                state: state.map(|state| cri::PodSandboxStateValue { state: state.into() }),
                label_selector: labels("label", &self.label)?,
            }),
        })
    }

    fn choose(&self, pods: Vec<cri::PodSandbox>) -> Result<Vec<cri::PodSandbox>, Error> {
        let name = pattern("name", &self.name)?;
        let namespace = pattern("namespace", &self.namespace)?;
        let mut chosen: Vec<_> = pods
            .into_iter()
            .filter(|pod| {
                let metadata = pod.metadata.as_ref();
                metadata.is_some_and(|it| name.is_match(&it.name) && namespace.is_match(&it.namespace))
            })
            .collect();
        chosen.sort_by_key(|pod| std::cmp::Reverse(pod.created_at));
        chosen.truncate(limit(self.latest, self.last));
        Ok(chosen)
    }
}

/// Lists the pods that are wanted, the newest first.
///
/// # Errors
/// A filter that is wrong, before anything is sent; a call that fails.
pub(crate) async fn pods(ctx: &mut Context<'_>, wanted: &Pods) -> Result<Vec<cri::PodSandbox>, Error> {
    let request = wanted.request()?;
    wanted.choose(Vec::new())?;
    wanted.choose(ctx.runtime().await?.list_pod_sandbox(request).await?.items)
}

/// `k=v` words as a map. The flag is named in the error.
///
/// # Errors
/// A word that has not exactly one `=`.
pub(crate) fn labels(flag: &str, words: &[String]) -> Result<BTreeMap<String, String>, Error> {
    words.iter().map(|word| label(word).map_err(|error| Error::failure(format!("--{flag}: {error}")))).collect()
}

/// A regular expression that is searched for; an empty one is found everywhere.
fn pattern(flag: &str, text: &str) -> Result<Regex, Error> {
    pattern::compile(text).map_err(|_| Error::failure(format!("--{flag} {text:?} is not a regular expression")))
}

fn limit(latest: bool, last: i64) -> usize {
    match usize::try_from(last) {
        Ok(last) if last > 0 => last,
        _ if latest => 1,
        _ => usize::MAX,
    }
}
