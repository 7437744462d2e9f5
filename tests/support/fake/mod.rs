//! A runtime without containers: it keeps what it is told and answers from that. What it does not implement
//! answers `Unimplemented`, from the stubs of the generated server.

pub mod containerd;
mod image;
#[cfg(windows)]
mod pipe;
mod runtime;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use bytes::Bytes;
use crictl::cri::*;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio_stream::Stream;
use tokio_stream::wrappers::TcpListenerStream;
#[cfg(unix)]
use tokio_stream::wrappers::UnixListenerStream;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::Connected;
use tonic::{Response, Status};
use tower::layer::layer_fn;
use tower::{Service, service_fn};

include!(concat!(env!("OUT_DIR"), "/server.rs"));

pub use containerd::Containerd;
use image_service_server::ImageServiceServer;
use runtime_service_server::RuntimeServiceServer;

/// The runtime; clones are the same one.
#[derive(Clone, Default)]
pub struct Fake(Arc<Mutex<State>>);

/// What the runtime keeps.
#[derive(Default)]
pub struct State {
    pub pods: Vec<PodSandbox>,
    pub containers: Vec<Container>,
    pub images: Vec<Image>,
    /// What the containers were made with that were made here.
    pub configs: Vec<ContainerConfig>,
    /// The extra information of verbose answers.
    pub info: BTreeMap<String, String>,
    /// Where the containers' logs are, by id.
    pub logs: BTreeMap<String, PathBuf>,
    /// What it says of itself, where that is not the usual.
    pub version: Option<VersionResponse>,
    pub status: Option<StatusResponse>,
    /// Statuses that say more than the list does, or something wrong.
    pub container_statuses: BTreeMap<String, ContainerStatusResponse>,
    pub pod_statuses: BTreeMap<String, PodSandboxStatusResponse>,
    pub events: Vec<ContainerEventResponse>,
    /// Where it says that streams are served.
    pub stream_url: String,
    /// The methods that were called.
    pub calls: Vec<&'static str>,
    /// What came over the wire.
    pub requests: Vec<Wire>,
    /// What it serves beside the CRI, if it is a containerd.
    pub containerd: Option<Containerd>,
    /// What methods answer, whatever they are asked; the encoded messages.
    pub answers: BTreeMap<&'static str, Vec<u8>>,
    /// A method that fails, and how.
    pub failure: Option<(&'static str, Status)>,
    /// A method that never answers; of a stream, the end never comes.
    pub hanging: Vec<&'static str>,
    made: u64,
}

/// A call as it came over the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    pub path: String,
    pub authority: String,
    pub headers: http::HeaderMap,
    /// The message, behind its five bytes of frame.
    pub body: Vec<u8>,
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

    /// Has something changed in what it keeps.
    pub fn with(self, change: impl FnOnce(&mut State)) -> Self {
        change(&mut self.state());
        self
    }

    /// A method never answers.
    pub fn hanging(self, method: &'static str) -> Self {
        self.with(|state| state.hanging.push(method))
    }

    /// A method answers with this message, whatever it is asked.
    pub fn answering(self, method: &'static str, message: &impl prost::Message) -> Self {
        self.with(|state| drop(state.answers.insert(method, message.encode_to_vec())))
    }

    pub fn failing(self, method: &'static str, status: Status) -> Self {
        self.state().failure = Some((method, status));
        self
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Serves on a socket.
    #[cfg(unix)]
    pub async fn serve_on(self, listener: UnixListener) -> Result<(), tonic::transport::Error> {
        self.serve_with(UnixListenerStream::new(listener)).await
    }

    async fn serve_with<S>(self, connections: impl Stream<Item = io::Result<S>>) -> Result<(), tonic::transport::Error>
    where
        S: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    {
        let fake = self.clone();
        let noted = layer_fn(move |service: Routes| {
            let fake = fake.clone();
            service_fn(move |request| fake.clone().note(request, service.clone()))
        });
        let runtime = RuntimeServiceServer::new(self.clone()).max_encoding_message_size(usize::MAX);
        let routes = Routes::new(runtime).add_service(ImageServiceServer::new(self.clone()));
        let routes = if self.state().containerd.is_some() { self.own_services(routes) } else { routes };
        Server::builder().layer(noted).add_routes(routes).serve_with_incoming(connections).await
    }

    /// Keeps what came over the wire, and hands it on.
    async fn note(self, request: http::Request<Body>, mut service: Routes) -> Result<http::Response<Body>, Infallible> {
        // Whoever sends more when it is answered is not waited for.
        if request.uri().path().ends_with(".Streaming/Stream") {
            return service.call(request).await;
        }
        let (parts, body) = request.into_parts();
        let bytes = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        self.state().requests.push(Wire {
            path: parts.uri.path().to_owned(),
            authority: parts.uri.authority().map(ToString::to_string).unwrap_or_default(),
            headers: parts.headers.clone(),
            body: bytes.get(5..).unwrap_or_default().to_vec(),
        });
        match self.prepared(parts.uri.path()) {
            Some(answer) => Ok(answer),
            None => service.call(http::Request::from_parts(parts, Body::new(Full::new(bytes)))).await,
        }
    }

    /// The prepared answer of a method.
    fn prepared(&self, path: &str) -> Option<http::Response<Body>> {
        let mut state = self.state();
        let name = path.rsplit('/').next().unwrap_or_default();
        let (method, message) =
            state.answers.get_key_value(name).map(|(method, message)| (*method, message.clone()))?;
        state.calls.push(method);
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        let frame = Bytes::from([&[0], &length[..], &message].concat());
        let trailers = http::HeaderMap::from_iter([(Status::GRPC_STATUS, http::HeaderValue::from_static("0"))]);
        let frames = [Frame::data(frame), Frame::trailers(trailers)].map(Ok::<_, Infallible>);
        let answer = http::Response::builder().header(http::header::CONTENT_TYPE, "application/grpc");
        answer.body(Body::new(StreamBody::new(tokio_stream::iter(frames)))).ok()
    }

    /// Notes the call, and fails it if it is meant to fail.
    async fn called(&self, method: &'static str) -> Result<MutexGuard<'_, State>, Status> {
        let hangs = {
            let mut state = self.state();
            state.calls.push(method);
            state.hanging.contains(&method)
        };
        if hangs {
            pending::<()>().await;
        }
        let state = self.state();
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
        let named = |image: &&Image| image.id == name || image.repo_tags.iter().any(|tag| tag == name);
        self.images.iter().find(named)
    }

    fn info(&self, verbose: bool) -> BTreeMap<String, String> {
        if verbose { self.info.clone() } else { Default::default() }
    }
}

fn answer<T>(message: T) -> Answer<T> {
    Ok(Response::new(message))
}

/// A runtime that is served, for as long as this lives.
#[cfg(unix)]
pub struct Served {
    pub fake: Fake,
    pub socket: PathBuf,
    _folder: tempfile::TempDir,
}

impl Fake {
    /// Serves on a socket of its own.
    #[cfg(unix)]
    pub fn serve(self) -> Served {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("cri.sock");
        self.serve_at(&socket);
        Served { fake: self, socket, _folder: folder }
    }

    /// Serves on a TCP port of this machine until the process ends, and returns the port.
    pub fn serve_tcp(&self) -> u16 {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        let fake = self.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let incoming = TcpListenerStream::new(TcpListener::from_std(listener).unwrap());
                fake.serve_with(incoming).await.unwrap();
            });
        });
        port
    }

    /// Serves on a socket until the process ends.
    #[cfg(unix)]
    pub fn serve_at(&self, socket: &std::path::Path) {
        let listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
        listener.set_nonblocking(true).unwrap();
        let fake = self.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { fake.serve_on(UnixListener::from_std(listener).unwrap()).await.unwrap() });
        });
    }

    /// Serves on a named pipe until this is dropped, which a pipe's name outlives for a moment.
    #[cfg(windows)]
    pub fn serve_pipe(&self, name: &str) -> tokio::runtime::Runtime {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let connections = runtime.block_on(async { pipe::connections(name) }).unwrap();
        runtime.spawn(self.clone().serve_with(connections));
        runtime
    }
}

#[cfg(unix)]
impl Served {
    /// What `--runtime-endpoint` is given.
    pub fn endpoint(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// The request of the last call.
    pub fn last_request<M: prost::Message + Default>(&self) -> M {
        M::decode(&*self.fake.state().requests.last().unwrap().body).unwrap()
    }
}
