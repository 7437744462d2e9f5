//! What is done to what runs: start, stop, update, remove.

use std::time::Duration;

use tonic::{Code, Status};

use crate::containerd::call::{self, Space};
use crate::containerd::{log, signal, spec};
use crate::generated::containerd::services::containers::v1::{Container, DeleteContainerRequest};
use crate::generated::containerd::services::snapshots::v1::{MountsRequest, MountsResponse, RemoveSnapshotRequest};
use crate::generated::containerd::services::tasks::v1::{
    CreateTaskRequest, CreateTaskResponse, DeleteResponse, DeleteTaskRequest, KillRequest, ResumeTaskRequest,
    StartRequest, StartResponse, UpdateTaskRequest, WaitRequest, WaitResponse,
};
use crate::generated::containerd::v1::types::{Process, Status as TaskStatus};
use crate::generated::cri;
use crate::method::Method;

/// The label in which containerd's clients keep the stop signal of a container's image (its `client/signals.go`).
const STOP_SIGNAL: &str = "io.containerd.image.config.stop-signal";

impl Space<'_> {
    pub(super) async fn start_container(
        &self,
        request: &cri::StartContainerRequest,
    ) -> Result<cri::StartContainerResponse, Status> {
        let container = self.container(&request.container_id).await?;
        let task = self.task(&container.id).await?;
        match task.as_ref().map(Process::status) {
            None => {
                self.create_task(&container).await?;
                if let Err(status) = self.start_task(&container.id).await {
                    // What could not be started is not left behind; that it can't be deleted either is the lesser error.
                    let _ = self.delete_task(&container.id).await;
                    return Err(status);
                }
            }
            Some(TaskStatus::Created) => self.start_task(&container.id).await?,
            Some(TaskStatus::Stopped) => return Err(refused(&container, "has exited, and starts only once")),
            Some(_) => return Err(refused(&container, "is running")),
        }
        Ok(cri::StartContainerResponse {})
    }

    /// Makes the task of a container that has none, on its snapshot. Its output goes where its label says, else nowhere:
    /// whoever made the container would have held the other end.
    async fn create_task(&self, container: &Container) -> Result<(), Status> {
        let spec = spec::document(container.spec.as_ref());
        if spec::has_terminal(&spec) {
            return Err(refused(container, "has a terminal, and nobody to show it to"));
        }
        let (snapshotter, key) = (container.snapshotter.clone(), container.snapshot_key.clone());
        let rootfs = match key.is_empty() {
            true => Vec::new(),
            false => {
                let request = MountsRequest { snapshotter, key };
                self.call::<MountsResponse>(&call::SNAPSHOTS_MOUNTS, &request).await?.mounts
            }
        };
        let output = container.labels.get(log::LOG_URI).cloned().unwrap_or_default();
        let request = CreateTaskRequest {
            container_id: container.id.clone(),
            rootfs,
            stdout: output.clone(),
            stderr: output,
            ..Default::default()
        };
        self.call::<CreateTaskResponse>(&call::TASKS_CREATE, &request).await?;
        Ok(())
    }

    async fn start_task(&self, id: &str) -> Result<(), Status> {
        let request = StartRequest { container_id: id.to_owned(), ..Default::default() };
        self.call::<StartResponse>(&call::TASKS_START, &request).await.map(drop)
    }

    /// Refuses a container that does not run.
    pub(super) async fn check_running(&self, container: &Container) -> Result<(), Status> {
        match self.task(&container.id).await?.is_some_and(|task| task.status() == TaskStatus::Running) {
            true => Ok(()),
            false => Err(refused(container, "is not running")),
        }
    }

    /// Stops what runs: by its own signal, and after the timeout by `KILL`; at once without a timeout, as containerd's
    /// own CRI does it (`internal/cri/server/container_stop.go`).
    pub(super) async fn stop_container(
        &self,
        request: &cri::StopContainerRequest,
    ) -> Result<cri::StopContainerResponse, Status> {
        let container = self.container(&request.container_id).await?;
        let Some(task) = self.task(&container.id).await? else { return Ok(cri::StopContainerResponse {}) };
        if [TaskStatus::Created, TaskStatus::Stopped].contains(&task.status()) {
            return Ok(cri::StopContainerResponse {});
        }
        if let Ok(seconds @ 1..) = u64::try_from(request.timeout) {
            let signal = self.stop_signal(&container).await?;
            self.kill(&task, &container.id, signal).await?;
            // The time is up: there is one more signal.
            if let Ok(ended) =
                tokio::time::timeout(Duration::from_secs(seconds), self.wait(&call::TASKS_WAIT_LONG, &container.id))
                    .await
            {
                return ended.map(|()| cri::StopContainerResponse {});
            }
        }
        self.kill(&task, &container.id, signal::KILL).await?;
        self.wait(&call::TASKS_WAIT, &container.id).await.map(|()| cri::StopContainerResponse {})
    }

    /// The signal that stops a container: its label's, else its image's, else `TERM`.
    async fn stop_signal(&self, container: &Container) -> Result<u32, Status> {
        let label = container.labels.get(STOP_SIGNAL).cloned();
        let word = match label {
            Some(word) => word,
            None => self.image_of(container).await?.map(|image| image.stop_signal).unwrap_or_default(),
        };
        let wrong = || {
            Status::invalid_argument(format!(
                "{word:?}, by which container {:?} is stopped, is no signal",
                container.id
            ))
        };
        if word.is_empty() { Ok(signal::TERM) } else { signal::number(&word).ok_or_else(wrong) }
    }

    /// Sends a signal. What has ended, or is gone, needs none.
    async fn kill(&self, task: &Process, id: &str, signal: u32) -> Result<(), Status> {
        let request = KillRequest { container_id: id.to_owned(), signal, ..Default::default() };
        self.find::<()>(&call::TASKS_KILL, &request).await?;
        if [TaskStatus::Paused, TaskStatus::Pausing].contains(&task.status()) {
            // What is paused takes a signal when it goes on.
            let request = ResumeTaskRequest { container_id: id.to_owned() };
            match self.find::<()>(&call::TASKS_RESUME, &request).await {
                Err(status) if status.code() != Code::FailedPrecondition => return Err(status),
                _ => {}
            }
        }
        Ok(())
    }

    /// Waits for the end of a task. One that is gone has ended: whoever made it may delete it at once.
    async fn wait(&self, method: &'static Method, id: &str) -> Result<(), Status> {
        let request = WaitRequest { container_id: id.to_owned(), ..Default::default() };
        self.find::<WaitResponse>(method, &request).await.map(drop)
    }

    async fn delete_task(&self, id: &str) -> Result<(), Status> {
        let request = DeleteTaskRequest { container_id: id.to_owned() };
        self.find::<DeleteResponse>(&call::TASKS_DELETE, &request).await.map(drop)
    }

    /// Removes a container with its task and its snapshot. The record goes last, so that what fails can be tried again.
    pub(super) async fn remove_container(
        &self,
        request: &cri::RemoveContainerRequest,
    ) -> Result<cri::RemoveContainerResponse, Status> {
        let container = self.container(&request.container_id).await?;
        let id = container.id.clone();
        if let Some(task) = self.task(&id).await? {
            match task.status() {
                TaskStatus::Running | TaskStatus::Paused | TaskStatus::Pausing => {
                    return Err(refused(&container, "is running"));
                }
                // Its process is there and waits to be started: containerd deletes no task that has one.
                TaskStatus::Created if task.pid != 0 => {
                    self.kill(&task, &id, signal::KILL).await?;
                    self.wait(&call::TASKS_WAIT, &id).await?;
                }
                _ => {}
            }
            self.delete_task(&id).await?;
        }
        if !container.snapshot_key.is_empty() {
            let request = RemoveSnapshotRequest { snapshotter: container.snapshotter, key: container.snapshot_key };
            self.find::<()>(&call::SNAPSHOTS_REMOVE, &request).await?;
        }
        self.find::<()>(&call::CONTAINERS_DELETE, &DeleteContainerRequest { id }).await?;
        Ok(cri::RemoveContainerResponse {})
    }

    /// Changes what a running container may use.
    pub(super) async fn update_container(
        &self,
        request: &cri::UpdateContainerResourcesRequest,
    ) -> Result<cri::UpdateContainerResourcesResponse, Status> {
        let container = self.container(&request.container_id).await?;
        if request.linux.as_ref().is_some_and(|linux| linux.oom_score_adj != 0) {
            // runc sets it when the process starts (`LinuxResources` of the specification has none).
            return Err(refused(&container, "keeps the OOM score adjustment that it was started with"));
        }
        if self.task(&container.id).await?.is_none() {
            return Err(refused(&container, "has no task whose resources could be changed"));
        }
        let resources = Some(spec::update(request));
        let request = UpdateTaskRequest { container_id: container.id, resources, ..Default::default() };
        self.call::<()>(&call::TASKS_UPDATE, &request).await?;
        Ok(cri::UpdateContainerResourcesResponse {})
    }
}

/// Says why something can't be done to a container.
pub(super) fn refused(container: &Container, why: &str) -> Status {
    Status::failed_precondition(format!("container {:?} {why}", container.id))
}
