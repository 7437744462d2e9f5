//! Pods and containers.

use std::convert::Infallible;

use crictl::cri::*;
use tokio_stream::StreamExt;
use tonic::codegen::BoxStream;
use tonic::{Request, Status};

use super::runtime_service_server::RuntimeService;
use super::{Answer, Fake, answer};

#[tonic::async_trait]
impl RuntimeService for Fake {
    async fn version(&self, _: Request<VersionRequest>) -> Answer<VersionResponse> {
        let said = self.called("Version").await?.version.clone();
        answer(said.unwrap_or_else(|| VersionResponse {
            version: "0.1.0".to_owned(),
            runtime_name: "fake".to_owned(),
            runtime_version: "v1.2.3".to_owned(),
            runtime_api_version: "v1".to_owned(),
        }))
    }

    async fn status(&self, request: Request<StatusRequest>) -> Answer<StatusResponse> {
        let state = self.called("Status").await?;
        let condition = |name: &str| RuntimeCondition { r#type: name.to_owned(), status: true, ..Default::default() };
        let conditions = vec![condition("RuntimeReady"), condition("NetworkReady")];
        let usual = || StatusResponse { status: Some(RuntimeStatus { conditions }), ..Default::default() };
        let info = state.info(request.get_ref().verbose);
        answer(StatusResponse { info, ..state.status.clone().unwrap_or_else(usual) })
    }

    async fn run_pod_sandbox(&self, request: Request<RunPodSandboxRequest>) -> Answer<RunPodSandboxResponse> {
        let mut state = self.called("RunPodSandbox").await?;
        let request = request.into_inner();
        let config = request.config.ok_or_else(|| Status::invalid_argument("no config"))?;
        let id = state.id();
        state.pods.push(PodSandbox {
            id: id.clone(),
            metadata: config.metadata,
            created_at: now(),
            labels: config.labels,
            annotations: config.annotations,
            runtime_handler: request.runtime_handler,
            ..Default::default()
        });
        answer(RunPodSandboxResponse { pod_sandbox_id: id })
    }

    async fn stop_pod_sandbox(&self, request: Request<StopPodSandboxRequest>) -> Answer<StopPodSandboxResponse> {
        let mut state = self.called("StopPodSandbox").await?;
        state.pod(&request.get_ref().pod_sandbox_id)?.state = PodSandboxState::SandboxNotready.into();
        answer(StopPodSandboxResponse {})
    }

    async fn remove_pod_sandbox(&self, request: Request<RemovePodSandboxRequest>) -> Answer<RemovePodSandboxResponse> {
        let mut state = self.called("RemovePodSandbox").await?;
        let id = state.pod(&request.get_ref().pod_sandbox_id)?.id.clone();
        state.pods.retain(|pod| pod.id != id);
        state.containers.retain(|container| container.pod_sandbox_id != id);
        answer(RemovePodSandboxResponse {})
    }

    async fn list_pod_sandbox(&self, request: Request<ListPodSandboxRequest>) -> Answer<ListPodSandboxResponse> {
        let state = self.called("ListPodSandbox").await?;
        let filter = request.into_inner().filter.unwrap_or_default();
        let wanted = |pod: &&PodSandbox| {
            pod.id.starts_with(&filter.id)
                && filter.state.is_none_or(|state| state.state == pod.state)
                && filter.label_selector.iter().all(|(key, value)| pod.labels.get(key) == Some(value))
        };
        answer(ListPodSandboxResponse { items: state.pods.iter().filter(wanted).cloned().collect() })
    }

    async fn pod_sandbox_status(&self, request: Request<PodSandboxStatusRequest>) -> Answer<PodSandboxStatusResponse> {
        let mut state = self.called("PodSandboxStatus").await?;
        let info = state.info(request.get_ref().verbose);
        if let Some(response) = state.pod_statuses.get(&request.get_ref().pod_sandbox_id) {
            return answer(PodSandboxStatusResponse { info, ..response.clone() });
        }
        let pod = state.pod(&request.get_ref().pod_sandbox_id)?.clone();
        let status = PodSandboxStatus {
            id: pod.id,
            metadata: pod.metadata,
            state: pod.state,
            created_at: pod.created_at,
            labels: pod.labels,
            annotations: pod.annotations,
            runtime_handler: pod.runtime_handler,
            ..Default::default()
        };
        answer(PodSandboxStatusResponse { status: Some(status), info, ..Default::default() })
    }

    async fn create_container(&self, request: Request<CreateContainerRequest>) -> Answer<CreateContainerResponse> {
        let mut state = self.called("CreateContainer").await?;
        let request = request.into_inner();
        let config = request.config.ok_or_else(|| Status::invalid_argument("no config"))?;
        let pod_sandbox_id = state.pod(&request.pod_sandbox_id)?.id.clone();
        state.configs.push(config.clone());
        let id = state.id();
        let image_ref = config.image.as_ref().map(|image| image.image.clone()).unwrap_or_default();
        state.containers.push(Container {
            id: id.clone(),
            pod_sandbox_id,
            metadata: config.metadata,
            image: config.image,
            image_ref,
            created_at: now(),
            labels: config.labels,
            annotations: config.annotations,
            ..Default::default()
        });
        answer(CreateContainerResponse { container_id: id })
    }

    async fn start_container(&self, request: Request<StartContainerRequest>) -> Answer<StartContainerResponse> {
        let mut state = self.called("StartContainer").await?;
        state.container(&request.get_ref().container_id)?.state = ContainerState::ContainerRunning.into();
        answer(StartContainerResponse {})
    }

    async fn stop_container(&self, request: Request<StopContainerRequest>) -> Answer<StopContainerResponse> {
        let mut state = self.called("StopContainer").await?;
        state.container(&request.get_ref().container_id)?.state = ContainerState::ContainerExited.into();
        answer(StopContainerResponse {})
    }

    async fn remove_container(&self, request: Request<RemoveContainerRequest>) -> Answer<RemoveContainerResponse> {
        let mut state = self.called("RemoveContainer").await?;
        let id = state.container(&request.get_ref().container_id)?.id.clone();
        state.containers.retain(|container| container.id != id);
        answer(RemoveContainerResponse {})
    }

    async fn list_containers(&self, request: Request<ListContainersRequest>) -> Answer<ListContainersResponse> {
        let state = self.called("ListContainers").await?;
        let filter = request.into_inner().filter.unwrap_or_default();
        let wanted = |container: &&Container| {
            container.id.starts_with(&filter.id)
                && container.pod_sandbox_id.starts_with(&filter.pod_sandbox_id)
                && filter.state.is_none_or(|state| state.state == container.state)
                && filter.label_selector.iter().all(|(key, value)| container.labels.get(key) == Some(value))
        };
        answer(ListContainersResponse { containers: state.containers.iter().filter(wanted).cloned().collect() })
    }

    async fn container_status(&self, request: Request<ContainerStatusRequest>) -> Answer<ContainerStatusResponse> {
        let mut state = self.called("ContainerStatus").await?;
        let info = state.info(request.get_ref().verbose);
        if let Some(response) = state.container_statuses.get(&request.get_ref().container_id) {
            return answer(ContainerStatusResponse { info, ..response.clone() });
        }
        let container = state.container(&request.get_ref().container_id)?.clone();
        let status = ContainerStatus {
            log_path: state.logs.get(&container.id).map(|path| path.display().to_string()).unwrap_or_default(),
            id: container.id,
            metadata: container.metadata,
            state: container.state,
            created_at: container.created_at,
            started_at: container.created_at,
            image: container.image,
            image_ref: container.image_ref,
            labels: container.labels,
            annotations: container.annotations,
            ..Default::default()
        };
        answer(ContainerStatusResponse { status: Some(status), info })
    }

    /// Knows the shell's `echo` and `exit`.
    async fn exec(&self, _: Request<ExecRequest>) -> Answer<ExecResponse> {
        let url = self.called("Exec").await?.stream_url.clone();
        answer(ExecResponse { url })
    }

    async fn attach(&self, _: Request<AttachRequest>) -> Answer<AttachResponse> {
        let url = self.called("Attach").await?.stream_url.clone();
        answer(AttachResponse { url })
    }

    async fn port_forward(&self, _: Request<PortForwardRequest>) -> Answer<PortForwardResponse> {
        let url = self.called("PortForward").await?.stream_url.clone();
        answer(PortForwardResponse { url })
    }

    async fn exec_sync(&self, request: Request<ExecSyncRequest>) -> Answer<ExecSyncResponse> {
        let mut state = self.called("ExecSync").await?;
        let request = request.into_inner();
        state.container(&request.container_id)?;
        let mut response = ExecSyncResponse::default();
        match request.cmd.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["echo", words @ ..] => response.stdout = format!("{}\n", words.join(" ")).into(),
            ["exit", code] => {
                response.exit_code = code.parse().map_err(|_| Status::invalid_argument("no exit code"))?;
                response.stderr = "told to".into();
            }
            other => return Err(Status::internal(format!("exec: {other:?}: executable file not found in $PATH"))),
        }
        answer(response)
    }

    async fn stream_containers(
        &self,
        _: Request<StreamContainersRequest>,
    ) -> Answer<BoxStream<StreamContainersResponse>> {
        let state = self.called("StreamContainers").await?;
        let one = |container: &Container| Ok(StreamContainersResponse { containers: vec![container.clone()] });
        answer(Box::pin(tokio_stream::iter(state.containers.iter().map(one).collect::<Vec<_>>())))
    }

    async fn get_container_events(&self, _: Request<GetEventsRequest>) -> Answer<BoxStream<ContainerEventResponse>> {
        let (events, open) = {
            let mut state = self.state();
            state.calls.push("GetContainerEvents");
            (state.events.clone(), state.hanging.contains(&"GetContainerEvents"))
        };
        let events = tokio_stream::iter(events.into_iter().map(Ok));
        match open {
            true => {
                answer(Box::pin(events.chain(StreamExt::map(tokio_stream::pending(), |end: Infallible| match end {}))))
            }
            false => answer(Box::pin(events)),
        }
    }
}

fn now() -> i64 {
    let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(elapsed.as_nanos()).unwrap()
}
