//! Which containers, pods and images a command means: the filters that several commands share, those that the server
//! applies and then our own.

pub(crate) mod image;
pub(crate) mod log;
mod pattern;
pub(crate) mod required;

use std::cmp::Reverse;
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

/// A label's value, or `unknown`: containers that no kubelet made lack these labels.
pub(crate) fn label_or_unknown<'a>(labels: &'a BTreeMap<String, String>, key: &str) -> &'a str {
    labels.get(key).map_or("unknown", String::as_str)
}

/// The containers to select. The flags of every command that selects containers.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Containers {
    /// Containers of this image, by name or id
    #[arg(long, value_name = "IMAGE", default_value = "", hide_default_value = true)]
    pub(crate) image: String,
    /// Containers with this label; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) label: Vec<String>,
    /// The newest N containers in any state; 0 for no limit
    #[arg(long, short = 'n', value_name = "N", default_value = "0", value_parser = go_int)]
    pub(crate) last: i64,
    /// The newest container in any state
    #[arg(long, short)]
    pub(crate) latest: bool,
    /// Containers whose name matches this regular expression
    #[arg(long, value_name = "REGEX", default_value = "", hide_default_value = true)]
    pub(crate) name: String,
    /// Containers of this pod
    #[arg(long, short, value_name = "POD-ID", default_value = "", hide_default_value = true)]
    pub(crate) pod: String,
    /// Containers in this state: created, running, exited or unknown
    #[arg(long, short, value_name = "STATE", default_value = "", hide_default_value = true)]
    pub(crate) state: String,
    // Only some commands have the flags that follow.
    #[arg(skip)]
    pub(crate) id: String,
    /// A regular expression that must match the namespace of the container's pod.
    #[arg(skip)]
    pub(crate) namespace: String,
    #[arg(skip)]
    pub(crate) all: bool,
}

impl Containers {
    /// The part of the filter that the server applies.
    ///
    /// # Errors
    /// A state or a label is invalid.
    pub(crate) fn request(&self) -> Result<cri::ListContainersRequest, Error> {
        let wanted = match self.state.to_lowercase().as_str() {
            "" if self.all => None,
            "" | "running" => Some(cri::ContainerState::ContainerRunning),
            "created" => Some(cri::ContainerState::ContainerCreated),
            "exited" => Some(cri::ContainerState::ContainerExited),
            "unknown" => Some(cri::ContainerState::ContainerUnknown),
            _ => return Err(Error::failure("--state should be one of created, running, exited or unknown")),
        };
        // The newest containers are the newest in any state, even if a state was given.
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

    fn choice(&self) -> Result<Choice, Error> {
        Choice::new(&self.name, &self.namespace, self.latest, self.last)
    }
}

/// The part of a filter that we apply.
struct Choice {
    name: Regex,
    namespace: Regex,
    /// How many to keep.
    count: usize,
}

impl Choice {
    fn new(name: &str, namespace: &str, latest: bool, last: i64) -> Result<Self, Error> {
        let count = match usize::try_from(last) {
            Ok(last) if last > 0 => last,
            _ if latest => 1,
            _ => usize::MAX,
        };
        Ok(Self { name: pattern("name", name)?, namespace: pattern("namespace", namespace)?, count })
    }

    /// Chooses among items, newest first. `facts` tells an item's name, if it has one, its namespace, and when it was
    /// created.
    fn of<Item>(&self, mut items: Vec<Item>, facts: impl Fn(&Item) -> (Option<&str>, &str, i64)) -> Vec<Item> {
        items.retain(|item| {
            let (name, namespace, _) = facts(item);
            name.is_some_and(|name| self.name.is_match(name)) && self.namespace.is_match(namespace)
        });
        items.sort_by_key(|item| Reverse(facts(item).2));
        items.truncate(self.count);
        items
    }
}

/// Lists the selected containers, newest first.
///
/// # Errors
/// A filter is wrong, which is found before anything is sent, or a call fails.
pub(crate) async fn containers(ctx: &mut Context<'_>, wanted: &Containers) -> Result<Vec<cri::Container>, Error> {
    let (request, choice) = (wanted.request()?, wanted.choice()?);
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
    Ok(choice.of(containers, |container| {
        let name = container.metadata.as_ref().map(|metadata| metadata.name.as_str());
        (name, label_or_unknown(&container.labels, POD_NAMESPACE), container.created_at)
    }))
}

/// The newest attempt of each container; earlier attempts have logs of their own, which `--previous` shows.
pub(crate) fn newest(containers: &[cri::Container]) -> Vec<String> {
    let mut seen = Vec::new();
    let mut ids = Vec::new();
    for container in containers {
        let key = (&container.pod_sandbox_id, container.metadata.as_ref().map(|metadata| &metadata.name));
        if !seen.contains(&key) {
            seen.push(key);
            ids.push(container.id.clone());
        }
    }
    ids
}

/// Requests the status of one image, without details.
pub(crate) fn image_status(image: &str) -> cri::ImageStatusRequest {
    cri::ImageStatusRequest { image: Some(image_spec(image)), verbose: false }
}

/// An image given by its name or id alone.
pub(crate) fn image_spec(image: &str) -> cri::ImageSpec {
    cri::ImageSpec { image: image.to_owned(), ..Default::default() }
}

/// The pods to select. The flags of every command that selects pods.
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
    /// Pods whose name matches this regular expression
    #[arg(long, value_name = "REGEX", default_value = "", hide_default_value = true)]
    pub(crate) name: String,
    /// Pods whose namespace matches this regular expression
    #[arg(long, value_name = "REGEX", default_value = "", hide_default_value = true)]
    pub(crate) namespace: String,
    /// Pods in this state: ready or notready
    #[arg(long, short, value_name = "STATE", default_value = "", hide_default_value = true)]
    pub(crate) state: String,
    /// The id or the start of it; only some commands have a flag for it.
    #[arg(skip)]
    pub(crate) id: String,
}

impl Pods {
    /// The part of the filter that the server applies.
    ///
    /// # Errors
    /// A state or a label is invalid.
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

    fn choice(&self) -> Result<Choice, Error> {
        Choice::new(&self.name, &self.namespace, self.latest, self.last)
    }
}

/// Lists the selected pods, newest first.
///
/// # Errors
/// A filter is wrong, which is found before anything is sent, or a call fails.
pub(crate) async fn pods(ctx: &mut Context<'_>, wanted: &Pods) -> Result<Vec<cri::PodSandbox>, Error> {
    let (request, choice) = (wanted.request()?, wanted.choice()?);
    let pods = ctx.runtime().await?.list_pod_sandbox(request).await?.items;
    Ok(choice.of(pods, |pod| {
        let metadata = pod.metadata.as_ref();
        let name = metadata.map(|metadata| metadata.name.as_str());
        (name, metadata.map_or("", |metadata| &metadata.namespace), pod.created_at)
    }))
}

/// Parses `k=v` words into a map. The error names the flag.
///
/// # Errors
/// A word does not have exactly one `=`.
pub(crate) fn labels(flag: &str, words: &[String]) -> Result<BTreeMap<String, String>, Error> {
    words.iter().map(|word| label(word).map_err(|error| Error::failure(format!("--{flag}: {error}")))).collect()
}

/// Compiles a regular expression to search for; an empty one matches everything.
fn pattern(flag: &str, text: &str) -> Result<Regex, Error> {
    pattern::compile(text).map_err(|_| Error::failure(format!("--{flag} {text:?} is not a regular expression")))
}
