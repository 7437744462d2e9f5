//! A runtime without containers: it keeps what it is told and answers from that. What it does not implement
//! answers `Unimplemented`, from the stubs of the generated server.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use crictl::cri::*;
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

include!(concat!(env!("OUT_DIR"), "/server.rs"));

use image_service_server::{ImageService, ImageServiceServer};
use runtime_service_server::{RuntimeService, RuntimeServiceServer};

/// The runtime; clones are the same one.
#[derive(Clone, Default)]
pub struct Fake(Arc<Mutex<State>>);

/// What the runtime keeps.
#[derive(Default)]
pub struct State {
    pub pods: Vec<PodSandbox>,
    pub containers: Vec<Container>,
    pub images: Vec<Image>,
    /// The extra information of verbose answers.
    pub info: std::collections::BTreeMap<String, String>,
    /// Where the containers' logs are, by id.
    pub logs: std::collections::BTreeMap<String, PathBuf>,
    /// The methods that were called.
    pub calls: Vec<&'static str>,
    /// A method that fails, and how.
    pub failure: Option<(&'static str, Status)>,
    made: u64,
}

type Answer<T> = Result<Response<T>, Status>;

impl Fake {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn containers(self, containers: impl IntoIterator<Item = Container>) -> Self {
        self.state().containers.extend(containers);
        self
    }

    pub fn pods(self, pods: impl IntoIterator<Item = PodSandbox>) -> Self {
        self.state().pods.extend(pods);
        self
    }

    pub fn images(self, images: impl IntoIterator<Item = Image>) -> Self {
        self.state().images.extend(images);
        self
    }

    pub fn info(self, key: &str, value: &str) -> Self {
        self.state().info.insert(key.to_owned(), value.to_owned());
        self
    }

    pub fn failing(self, method: &'static str, status: Status) -> Self {
        self.state().failure = Some((method, status));
        self
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Serves on a socket until the process ends.
    pub fn serve_at(&self, socket: &Path) {
        let (fake, socket) = (self.clone(), socket.to_owned());
        let (ready, served) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = UnixListener::bind(&socket).unwrap();
                ready.send(()).unwrap();
                let runtime = RuntimeServiceServer::new(fake.clone()).max_encoding_message_size(usize::MAX);
                let server = Server::builder().add_service(runtime).add_service(ImageServiceServer::new(fake));
                server.serve_with_incoming(UnixListenerStream::new(listener)).await.unwrap();
            });
        });
        served.recv().unwrap();
    }

    /// Notes the call, and fails it if it is meant to fail.
    fn called(&self, method: &'static str) -> Result<MutexGuard<'_, State>, Status> {
        let mut state = self.state();
        state.calls.push(method);
        match &state.failure {
            Some((failing, status)) if *failing == method => Err(status.clone()),
            _ => Ok(state),
        }
    }
}

impl State {
    /// A new id, as long as a real one.
    fn id(&mut self) -> String {
        self.made += 1;
        format!("{:064x}", u128::from(self.made).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
    }

    fn container(&mut self, id: &str) -> Result<&mut Container, Status> {
        let found = self.containers.iter_mut().find(|container| !id.is_empty() && container.id.starts_with(id));
        found.ok_or_else(|| Status::not_found(format!("no container {id:?}")))
    }

    fn pod(&mut self, id: &str) -> Result<&mut PodSandbox, Status> {
        let found = self.pods.iter_mut().find(|pod| !id.is_empty() && pod.id.starts_with(id));
        found.ok_or_else(|| Status::not_found(format!("no pod {id:?}")))
    }

    fn image(&self, name: &str) -> Option<&Image> {
        self.images.iter().find(|image| image.id == name || image.repo_tags.iter().any(|tag| tag == name))
    }

    fn info(&self, verbose: bool) -> std::collections::BTreeMap<String, String> {
        if verbose { self.info.clone() } else { Default::default() }
    }
}

fn now() -> i64 {
    let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(elapsed.as_nanos()).unwrap()
}

fn answer<T>(message: T) -> Answer<T> {
    Ok(Response::new(message))
}

#[tonic::async_trait]
impl RuntimeService for Fake {
    async fn version(&self, _: Request<VersionRequest>) -> Answer<VersionResponse> {
        let _state = self.called("Version")?;
        answer(VersionResponse {
            version: "0.1.0".to_owned(),
            runtime_name: "fake".to_owned(),
            runtime_version: "v1.2.3".to_owned(),
            runtime_api_version: "v1".to_owned(),
        })
    }

    async fn status(&self, request: Request<StatusRequest>) -> Answer<StatusResponse> {
        let state = self.called("Status")?;
        let condition = |name: &str| RuntimeCondition { r#type: name.to_owned(), status: true, ..Default::default() };
        answer(StatusResponse {
            status: Some(RuntimeStatus { conditions: vec![condition("RuntimeReady"), condition("NetworkReady")] }),
            info: state.info(request.get_ref().verbose),
            ..Default::default()
        })
    }

    async fn run_pod_sandbox(&self, request: Request<RunPodSandboxRequest>) -> Answer<RunPodSandboxResponse> {
        let mut state = self.called("RunPodSandbox")?;
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
        let mut state = self.called("StopPodSandbox")?;
        state.pod(&request.get_ref().pod_sandbox_id)?.state = PodSandboxState::SandboxNotready.into();
        answer(StopPodSandboxResponse {})
    }

    async fn remove_pod_sandbox(&self, request: Request<RemovePodSandboxRequest>) -> Answer<RemovePodSandboxResponse> {
        let mut state = self.called("RemovePodSandbox")?;
        let id = state.pod(&request.get_ref().pod_sandbox_id)?.id.clone();
        state.pods.retain(|pod| pod.id != id);
        state.containers.retain(|container| container.pod_sandbox_id != id);
        answer(RemovePodSandboxResponse {})
    }

    async fn list_pod_sandbox(&self, request: Request<ListPodSandboxRequest>) -> Answer<ListPodSandboxResponse> {
        let state = self.called("ListPodSandbox")?;
        let filter = request.into_inner().filter.unwrap_or_default();
        let wanted = |pod: &&PodSandbox| {
            pod.id.starts_with(&filter.id)
                && filter.state.is_none_or(|state| state.state == pod.state)
                && filter.label_selector.iter().all(|(key, value)| pod.labels.get(key) == Some(value))
        };
        answer(ListPodSandboxResponse { items: state.pods.iter().filter(wanted).cloned().collect() })
    }

    async fn pod_sandbox_status(&self, request: Request<PodSandboxStatusRequest>) -> Answer<PodSandboxStatusResponse> {
        let mut state = self.called("PodSandboxStatus")?;
        let info = state.info(request.get_ref().verbose);
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
        let mut state = self.called("CreateContainer")?;
        let request = request.into_inner();
        let config = request.config.ok_or_else(|| Status::invalid_argument("no config"))?;
        let pod_sandbox_id = state.pod(&request.pod_sandbox_id)?.id.clone();
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
        let mut state = self.called("StartContainer")?;
        state.container(&request.get_ref().container_id)?.state = ContainerState::ContainerRunning.into();
        answer(StartContainerResponse {})
    }

    async fn stop_container(&self, request: Request<StopContainerRequest>) -> Answer<StopContainerResponse> {
        let mut state = self.called("StopContainer")?;
        state.container(&request.get_ref().container_id)?.state = ContainerState::ContainerExited.into();
        answer(StopContainerResponse {})
    }

    async fn remove_container(&self, request: Request<RemoveContainerRequest>) -> Answer<RemoveContainerResponse> {
        let mut state = self.called("RemoveContainer")?;
        let id = state.container(&request.get_ref().container_id)?.id.clone();
        state.containers.retain(|container| container.id != id);
        answer(RemoveContainerResponse {})
    }

    async fn list_containers(&self, request: Request<ListContainersRequest>) -> Answer<ListContainersResponse> {
        let state = self.called("ListContainers")?;
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
        let mut state = self.called("ContainerStatus")?;
        let info = state.info(request.get_ref().verbose);
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

    async fn stream_containers(
        &self,
        _: Request<StreamContainersRequest>,
    ) -> Answer<tonic::codegen::BoxStream<StreamContainersResponse>> {
        let state = self.called("StreamContainers")?;
        let one = |container: &Container| Ok(StreamContainersResponse { containers: vec![container.clone()] });
        answer(Box::pin(tokio_stream::iter(state.containers.iter().map(one).collect::<Vec<_>>())))
    }
}

#[tonic::async_trait]
impl ImageService for Fake {
    async fn list_images(&self, request: Request<ListImagesRequest>) -> Answer<ListImagesResponse> {
        let state = self.called("ListImages")?;
        let name = request.into_inner().filter.and_then(|filter| filter.image).unwrap_or_default().image;
        let wanted = |image: &&Image| name.is_empty() || state.image(&name).is_some_and(|found| found.id == image.id);
        answer(ListImagesResponse { images: state.images.iter().filter(wanted).cloned().collect() })
    }

    async fn image_status(&self, request: Request<ImageStatusRequest>) -> Answer<ImageStatusResponse> {
        let state = self.called("ImageStatus")?;
        let request = request.into_inner();
        let image = state.image(&request.image.unwrap_or_default().image).cloned();
        answer(ImageStatusResponse { image, info: state.info(request.verbose) })
    }

    async fn pull_image(&self, request: Request<PullImageRequest>) -> Answer<PullImageResponse> {
        let mut state = self.called("PullImage")?;
        let name = request.into_inner().image.unwrap_or_default().image;
        let id = format!("sha256:{}", state.id());
        state.images.push(Image { id: id.clone(), repo_tags: vec![name], size: 1_088_813, ..Default::default() });
        answer(PullImageResponse { image_ref: id })
    }

    async fn remove_image(&self, request: Request<RemoveImageRequest>) -> Answer<RemoveImageResponse> {
        let mut state = self.called("RemoveImage")?;
        let id = state.image(&request.into_inner().image.unwrap_or_default().image).map(|image| image.id.clone());
        state.images.retain(|image| Some(&image.id) != id.as_ref());
        answer(RemoveImageResponse {})
    }
}

/// A runtime that is served, for as long as this lives.
pub struct Served {
    pub fake: Fake,
    pub socket: PathBuf,
    _folder: tempfile::TempDir,
}

impl Fake {
    /// Serves on a socket of its own.
    pub fn serve(self) -> Served {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("cri.sock");
        self.serve_at(&socket);
        Served { fake: self, socket, _folder: folder }
    }
}
