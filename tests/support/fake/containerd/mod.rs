//! containerd's own services, beside the CRI: what is in its namespaces, and what becomes of it.

mod exec;
mod image;
mod lease;
mod task;
mod transfer;

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard};

use crictl::generated::containerd::services::containers::v1::Container;
use crictl::generated::containerd::services::events::v1::SubscribeRequest;
use crictl::generated::containerd::services::images::v1::Image;
use crictl::generated::containerd::services::introspection::v1::*;
use crictl::generated::containerd::services::namespaces::v1::*;
use crictl::generated::containerd::services::version::v1::VersionResponse;
use crictl::generated::containerd::types::transfer::{ImageStore, OciRegistry};
use crictl::generated::containerd::types::{Descriptor, Envelope};
use crictl::generated::containerd::v1::types::{Process, Status as TaskStatus};
use prost_types::{Any, Timestamp};
use tokio::sync::Notify;
use tonic::codegen::BoxStream;
use tonic::service::Routes;
use tonic::{Request, Status};

pub use exec::Exec;

use super::{Answer, Fake, State, answer};

/// What the build script writes.
mod server {
    include!(concat!(env!("OUT_DIR"), "/containerd_server.rs"));
}

use server::containerd::services::containers::v1::containers_server::ContainersServer;
use server::containerd::services::content::v1::content_server::ContentServer;
use server::containerd::services::events::v1::events_server::{Events, EventsServer};
use server::containerd::services::images::v1::images_server::ImagesServer;
use server::containerd::services::introspection::v1::introspection_server::{Introspection, IntrospectionServer};
use server::containerd::services::leases::v1::leases_server::LeasesServer;
use server::containerd::services::namespaces::v1::namespaces_server::{Namespaces, NamespacesServer};
use server::containerd::services::snapshots::v1::snapshots_server::SnapshotsServer;
use server::containerd::services::streaming::v1::streaming_server::StreamingServer;
use server::containerd::services::tasks::v1::tasks_server::TasksServer;
use server::containerd::services::transfer::v1::transfer_server::TransferServer;
use server::containerd::services::version::v1::version_server::{Version, VersionServer};

/// What containerd keeps.
#[derive(Default)]
pub struct Containerd {
    pub spaces: BTreeMap<String, Space>,
    pub plugins: Vec<Plugin>,
    /// The calls, each with its namespace: `ephemerd Tasks.List`.
    pub calls: Vec<String>,
    /// A method that fails, and how.
    pub failure: Option<(&'static str, Status)>,
    /// What has happened.
    pub events: Vec<Envelope>,
    /// The processes beside those of the containers, by their ids.
    pub execs: BTreeMap<String, Exec>,
    /// What became of those that were deleted.
    pub deleted: Vec<Exec>,
    /// What registries have: names, and where each leads to.
    pub registry: BTreeMap<String, Descriptor>,
    /// Whom they let in, if not everybody.
    pub credentials: Option<(String, String)>,
    /// What was asked to be pulled.
    pub pulls: Vec<(OciRegistry, ImageStore)>,
    /// The leases that are held.
    pub leases: Vec<String>,
    streams: BTreeMap<String, transfer::Stream>,
    ended: Arc<Notify>,
}

/// A namespace.
#[derive(Clone, Default)]
pub struct Space {
    pub labels: BTreeMap<String, String>,
    pub containers: Vec<Container>,
    pub tasks: Vec<Process>,
    pub images: Vec<Image>,
    /// The content, by its digest.
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// The bytes and inodes of each snapshot, by its key.
    pub snapshots: BTreeMap<String, (i64, i64)>,
    /// What tasks use.
    pub metrics: BTreeMap<String, Any>,
    /// Tasks end by `KILL` alone.
    pub stubborn: bool,
    /// The signals that were sent.
    pub signals: Vec<(String, u32)>,
    /// What tasks may use, as they were told.
    pub resources: Vec<Any>,
    /// Where the output of the tasks goes that were made here.
    pub outputs: Vec<String>,
}

impl Space {
    /// A container, and its task in this state with this exit status, if it has one.
    pub fn container(mut self, id: &str, task: Option<(TaskStatus, u32)>) -> Self {
        self.containers.push(Container {
            id: id.to_owned(),
            image: "docker.io/library/busybox:1".to_owned(),
            snapshotter: "overlayfs".to_owned(),
            snapshot_key: id.to_owned(),
            created_at: Some(Timestamp { seconds: 1_749_999_000, nanos: 0 }),
            ..Default::default()
        });
        self.snapshots.insert(id.to_owned(), (4096, 7));
        self.tasks.extend(task.map(|(status, exit_status)| Process {
            id: id.to_owned(),
            pid: 4242,
            status: status.into(),
            stdout: format!("file:///jobs/{id}.log"),
            exit_status,
            exited_at: Some(Timestamp { seconds: 1_749_999_500, nanos: 0 }),
            ..Default::default()
        }));
        self
    }

    /// Changes the container that was made last.
    pub fn with(mut self, change: impl FnOnce(&mut Container)) -> Self {
        change(self.containers.last_mut().unwrap());
        self
    }

    /// A document in the content store; what leads to it.
    pub fn blob(&mut self, media_type: &str, digest: &str, document: &serde_json::Value) -> Descriptor {
        let bytes = document.to_string().into_bytes();
        let size = i64::try_from(bytes.len()).unwrap();
        self.blobs.insert(digest.to_owned(), bytes);
        Descriptor { media_type: media_type.to_owned(), digest: digest.to_owned(), size, ..Default::default() }
    }

    /// A name that leads somewhere.
    pub fn image(mut self, name: &str, target: &Descriptor) -> Self {
        let target = Some(target.clone());
        self.images.push(Image { name: name.to_owned(), target, ..Default::default() });
        self
    }
}

impl Fake {
    /// Is a containerd with this namespace.
    pub fn space(self, name: &str, space: Space) -> Self {
        self.with(|state| {
            state.containerd.get_or_insert_default().spaces.insert(name.to_owned(), space);
        })
    }

    pub(super) fn own_services(&self, routes: Routes) -> Routes {
        routes
            .add_service(ContainersServer::new(self.clone()))
            .add_service(TasksServer::new(self.clone()))
            .add_service(ImagesServer::new(self.clone()))
            .add_service(ContentServer::new(self.clone()))
            .add_service(SnapshotsServer::new(self.clone()))
            .add_service(LeasesServer::new(self.clone()))
            .add_service(NamespacesServer::new(self.clone()))
            .add_service(EventsServer::new(self.clone()))
            .add_service(IntrospectionServer::new(self.clone()))
            .add_service(StreamingServer::new(self.clone()))
            .add_service(TransferServer::new(self.clone()))
            .add_service(VersionServer::new(self.clone()))
    }

    /// Notes a call and the namespace it is about, and fails it if it is meant to fail.
    fn own<T>(&self, method: &'static str, request: &Request<T>) -> Result<Held<'_>, Status> {
        let header = request.metadata().get("containerd-namespace");
        let name = header.and_then(|name| name.to_str().ok()).unwrap_or_default().to_owned();
        let mut state = self.state();
        let containerd = state.containerd.get_or_insert_default();
        containerd.calls.push(format!("{name} {method}"));
        match &containerd.failure {
            Some((failing, status)) if *failing == method => Err(status.clone()),
            _ => Ok(Held { state, name }),
        }
    }
}

/// The state, and the namespace that a call is about.
struct Held<'a> {
    state: MutexGuard<'a, State>,
    name: String,
}

impl Held<'_> {
    fn containerd(&mut self) -> &mut Containerd {
        self.state.containerd.get_or_insert_default()
    }

    /// The namespace; as in containerd, one that nobody has made is empty.
    fn space(&mut self) -> &mut Space {
        let name = self.name.clone();
        self.containerd().spaces.entry(name).or_default()
    }

    fn task(&mut self, id: &str) -> Result<&mut Process, Status> {
        let found = self.space().tasks.iter_mut().find(|task| task.id == id);
        found.ok_or_else(|| Status::not_found(format!("task {id} not found: not found")))
    }
}

#[tonic::async_trait]
impl Namespaces for Fake {
    async fn list(&self, request: Request<ListNamespacesRequest>) -> Answer<ListNamespacesResponse> {
        let mut held = self.own("Namespaces.List", &request)?;
        let spaces = held.containerd().spaces.iter();
        let namespaces = spaces.map(|(name, space)| Namespace { name: name.clone(), labels: space.labels.clone() });
        answer(ListNamespacesResponse { namespaces: namespaces.collect() })
    }
}

#[tonic::async_trait]
impl Introspection for Fake {
    async fn plugins(&self, request: Request<PluginsRequest>) -> Answer<PluginsResponse> {
        let mut held = self.own("Introspection.Plugins", &request)?;
        let filters = request.into_inner().filters;
        let mut plugins = held.containerd().plugins.clone();
        plugins.retain(|plugin| filters.contains(&format!("type=={}", plugin.r#type)));
        answer(PluginsResponse { plugins })
    }

    async fn server(&self, request: Request<()>) -> Answer<ServerResponse> {
        self.own("Introspection.Server", &request)?;
        answer(ServerResponse { uuid: "u-1".to_owned(), pid: 17, ..Default::default() })
    }
}

#[tonic::async_trait]
impl Events for Fake {
    async fn subscribe(&self, request: Request<SubscribeRequest>) -> Answer<BoxStream<Envelope>> {
        let mut held = self.own("Events.Subscribe", &request)?;
        let filters = request.into_inner().filters;
        let passes = |event: &&Envelope| {
            let term = |term: &str| match term.split_once("!=") {
                Some(("namespace", value)) => value != format!("\"{}\"", event.namespace),
                _ => [("namespace", &event.namespace), ("topic", &event.topic)]
                    .iter()
                    .any(|(field, value)| term == format!("{field}==\"{value}\"")),
            };
            filters.iter().any(|filter| filter.split(',').all(term))
        };
        let events: Vec<_> = held.containerd().events.iter().filter(passes).cloned().map(Ok).collect();
        answer(Box::pin(tokio_stream::iter(events)))
    }
}

#[tonic::async_trait]
impl Version for Fake {
    async fn version(&self, request: Request<()>) -> Answer<VersionResponse> {
        self.own("Version.Version", &request)?;
        answer(VersionResponse { version: "v2.3.0".to_owned(), revision: "abc".to_owned() })
    }
}
