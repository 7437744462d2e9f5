//! Containers: from containerd's record and its task to what the CRI says of a container.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tonic::Status;

use crate::containerd::call::{self, Space};
use crate::containerd::state::{self, State};
use crate::containerd::{has_labels, log, nanos, spec};
use crate::generated::containerd::services::containers::v1::{
    Container, ListContainersRequest, ListContainersResponse,
};
use crate::generated::containerd::services::tasks::v1::{GetRequest, GetResponse, ListTasksRequest, ListTasksResponse};
use crate::generated::containerd::v1::types::Process;
use crate::generated::cri;

/// The labels that name a container, nerdctl's (its `pkg/labels`) and the kubelet's.
const NAMES: [&str; 2] = ["nerdctl/name", "io.kubernetes.container.name"];

/// What stands for the image of a container that was made from a folder, as `ctr run --rootfs` does. The CRI knows no
/// container without an image.
const NO_IMAGE: &str = "<none>";

impl Space<'_> {
    pub(super) async fn list_containers(
        &self,
        request: &cri::ListContainersRequest,
    ) -> Result<cri::ListContainersResponse, Status> {
        let filter = request.filter.clone().unwrap_or_default();
        let containers = async {
            match filter.id.as_str() {
                "" => self.containers(Vec::new()).await,
                id => self.starting_with(id).await,
            }
        };
        let (containers, tasks) = tokio::try_join!(containers, self.tasks())?;
        let listed = containers.iter().map(|container| listed(container, &state::of(tasks.get(&container.id))));
        let wanted = |container: &cri::Container| {
            let state = filter.state.as_ref().is_none_or(|wanted| wanted.state == container.state);
            let pod = filter.pod_sandbox_id.is_empty() || filter.pod_sandbox_id == container.pod_sandbox_id;
            state && pod && has_labels(filter.label_selector.iter(), &container.labels)
        };
        Ok(cri::ListContainersResponse { containers: listed.filter(wanted).collect() })
    }

    pub(super) async fn container_status(
        &self,
        request: &cri::ContainerStatusRequest,
    ) -> Result<cri::ContainerStatusResponse, Status> {
        let container = self.container(&request.container_id).await?;
        self.status_of(&container, request.verbose).await
    }

    /// The status of a container, and what else there is to say of it.
    pub(super) async fn status_of(
        &self,
        container: &Container,
        verbose: bool,
    ) -> Result<cri::ContainerStatusResponse, Status> {
        let task = self.task(&container.id).await?;
        let state = state::of(task.as_ref());
        let spec = spec::document(container.spec.as_ref());
        let listed = listed(container, &state);
        let log = self.log(container, task.as_ref());
        // The image may be gone, or never have been there: its name is all that is known then.
        let image = self.image_of(container).await?;
        let image_id = image.map(|image| image.id).unwrap_or_default();
        let status = cri::ContainerStatus {
            image_ref: if image_id.is_empty() { listed.image_ref } else { image_id.clone() },
            image_id,
            id: listed.id,
            metadata: listed.metadata,
            image: listed.image,
            state: listed.state,
            created_at: listed.created_at,
            started_at: match state.state {
                cri::ContainerState::ContainerRunning => self.started(state.pid, listed.created_at).await?,
                _ => 0,
            },
            finished_at: state.finished_at,
            exit_code: state.exit_code,
            reason: state.reason.to_owned(),
            labels: listed.labels,
            mounts: spec::mounts(&spec),
            annotations: log.remark().into_iter().collect(),
            log_path: log.path(),
            resources: spec::resources(&spec),
            ..Default::default()
        };
        let info = verbose.then(|| ("info".to_owned(), self.info(container, task.as_ref(), &spec)));
        Ok(cri::ContainerStatusResponse { status: Some(status), info: info.into_iter().collect() })
    }

    /// What the CRI has no field for. The members that containerd's own CRI has too are called as there (`ContainerInfo`
    /// in `internal/cri/server/container_status.go`).
    fn info(&self, container: &Container, task: Option<&Process>, spec: &Value) -> String {
        let runtime = container.runtime.clone().unwrap_or_default();
        let io = task.map(|task| {
            json!({ "stdin": task.stdin, "stdout": task.stdout, "stderr": task.stderr, "terminal": task.terminal })
        });
        let info = json!({
            "containerdNamespace": self.name,
            "sandboxID": container.sandbox,
            "pid": task.map_or(0, |task| task.pid),
            "snapshotKey": container.snapshot_key,
            "snapshotter": container.snapshotter,
            "runtimeType": runtime.name,
            "runtimeOptions": spec::options(runtime.options.as_ref()),
            "io": io,
            "runtimeSpec": spec,
        });
        info.to_string()
    }

    /// Where the log of a container is.
    pub(super) fn log(&self, container: &Container, task: Option<&Process>) -> log::Log {
        log::of(container, task, self.is_local())
    }

    /// The container that an id, or the beginning of one, means.
    ///
    /// # Errors
    /// There is none, or there are several.
    pub(super) async fn container(&self, id: &str) -> Result<Container, Status> {
        let mut found = self.starting_with(id).await?;
        match (found.pop(), found.as_slice()) {
            (None, _) => Err(Status::not_found(format!("no container {id:?} in containerd's namespace {}", self.name))),
            (Some(container), []) => Ok(container),
            (Some(last), others) => {
                let mut ids: Vec<_> = others.iter().chain([&last]).map(|container| container.id.as_str()).collect();
                ids.sort_unstable();
                Err(Status::invalid_argument(format!("{id:?} is the beginning of several ids: {}", ids.join(", "))))
            }
        }
    }

    /// The container of this very id: while one is waited for, it may go, and its id be only the beginning of others.
    ///
    /// # Errors
    /// There is none.
    pub(super) async fn exactly(&self, id: &str) -> Result<Container, Status> {
        let found = self.starting_with(id).await?.into_iter().find(|container| container.id == id);
        found.ok_or_else(|| Status::not_found(format!("no container {id:?} in containerd's namespace {}", self.name)))
    }

    /// The containers whose ids begin so, or the one that has just this id.
    pub(super) async fn starting_with(&self, id: &str) -> Result<Vec<Container>, Status> {
        // What no id has in it is found nowhere, and would have to be quoted in an expression (containerd's
        // `pkg/identifiers` and `pkg/filters`).
        let named = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if id.is_empty() || !id.bytes().all(named) {
            return Ok(Vec::new());
        }
        let expression = format!("id~=\"^{}\"", id.replace('.', "[.]"));
        let mut found = self.containers(vec![expression]).await?;
        if found.iter().any(|container| container.id == id) {
            found.retain(|container| container.id == id);
        }
        Ok(found)
    }

    /// The containers that pass one of these filters, or all.
    pub(super) async fn containers(&self, filters: Vec<String>) -> Result<Vec<Container>, Status> {
        let request = ListContainersRequest { filters };
        Ok(self.call::<ListContainersResponse>(&call::CONTAINERS_LIST, &request).await?.containers)
    }

    /// The task of each container that has one.
    pub(super) async fn tasks(&self) -> Result<BTreeMap<String, Process>, Status> {
        let tasks: ListTasksResponse = self.call(&call::TASKS_LIST, &ListTasksRequest::default()).await?;
        // The id of a task's first process is that of its container; the container's own field is left empty.
        Ok(tasks.tasks.into_iter().map(|task| (task.id.clone(), task)).collect())
    }

    /// The task of a container, if it has one.
    pub(super) async fn task(&self, id: &str) -> Result<Option<Process>, Status> {
        let request = GetRequest { container_id: id.to_owned(), ..Default::default() };
        let found: Option<GetResponse> = self.find(&call::TASKS_GET, &request).await?;
        Ok(found.and_then(|found| found.process))
    }
}

fn listed(container: &Container, state: &State) -> cri::Container {
    let image = if container.image.is_empty() { NO_IMAGE } else { &container.image };
    cri::Container {
        id: container.id.clone(),
        pod_sandbox_id: container.sandbox.clone(),
        metadata: Some(metadata(container)),
        image: Some(cri::ImageSpec { image: image.to_owned(), ..Default::default() }),
        image_ref: image.to_owned(),
        state: state.state.into(),
        created_at: nanos(container.created_at.as_ref()),
        labels: container.labels.clone(),
        ..Default::default()
    }
}

/// What a container is called. A container without a name is called by its id.
pub(super) fn metadata(container: &Container) -> cri::ContainerMetadata {
    let name = NAMES.iter().find_map(|label| container.labels.get(*label)).filter(|name| !name.is_empty());
    cri::ContainerMetadata { name: name.unwrap_or(&container.id).clone(), ..Default::default() }
}
