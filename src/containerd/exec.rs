//! Commands in a running container, by a process beside its own. A shim writes a command's output to FIFOs and reads its
//! input from one (`core/runtime/v2/README.md` of containerd); we are at the other ends, so this takes a containerd on
//! the same machine.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::BytesMut;
use futures_util::FutureExt as _;
use prost::Message as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tonic::Status;
use uuid::Uuid;

use crate::containerd::call::{self, Space};
use crate::containerd::fifo::{Fifos, Folder, Outputs};
use crate::containerd::task::refused;
use crate::containerd::{signal, spec};
use crate::generated::containerd::services::containers::v1::Container;
use crate::generated::containerd::services::tasks::v1::{
    CloseIoRequest, DeleteProcessRequest, DeleteResponse, ExecProcessRequest, KillRequest, ResizePtyRequest,
    StartRequest, StartResponse, WaitRequest, WaitResponse,
};
use crate::generated::cri;
use crate::rpc::endpoint::Endpoint;
use crate::rpc::{Client, Parting};
use crate::stream::local::{Far, Feed, Inputs, Place, Sizes, pair};
use crate::stream::status::Failed;
use crate::stream::{Session, Wanted};

/// Before the namespace and the request, in the URL that is answered. Nothing has been done yet where it leads to: the
/// command begins when its streams are opened.
const SCHEME: &str = "containerd-exec://";

/// How much of each output `ExecSync` returns at most, as containerd's own CRI has it.
const LARGEST: usize = 16 << 20;

/// As much as a FIFO holds.
const CHUNK: usize = 64 << 10;

/// How long nothing comes of a command that has ended before what it left running is no longer listened to. A shim
/// waits as long (`waitTimeout` in `cmd/containerd-shim-runc-v2/process/exec.go`).
const QUIET: Duration = Duration::from_secs(2);

impl Space<'_> {
    pub(super) async fn exec(&self, request: &cri::ExecRequest) -> Result<cri::ExecResponse, Status> {
        self.socket()?;
        let container = self.container(&request.container_id).await?;
        self.check_running(&container).await?;
        let request = cri::ExecRequest { container_id: container.id, ..request.clone() };
        let token = URL_SAFE_NO_PAD.encode(request.encode_to_vec());
        Ok(cri::ExecResponse { url: format!("{SCHEME}{}/{token}", self.name) })
    }

    pub(super) async fn exec_sync(&self, request: &cri::ExecSyncRequest) -> Result<cri::ExecSyncResponse, Status> {
        let wanted = Wanted::default();
        let (mut near, far) = pair(wanted);
        let container = self.container(&request.container_id).await?;
        let all = async {
            let run = self.run(&container, &request.cmd, wanted, far);
            let (status, stdout, stderr) = tokio::join!(run, near.stdout.rest(LARGEST), near.stderr.rest(LARGEST));
            let exit_code = status?.cast_signed();
            Ok(cri::ExecSyncResponse { stdout: stdout.0, stderr: stderr.0, exit_code })
        };
        match u64::try_from(request.timeout) {
            // What is dropped ends the command.
            Ok(seconds @ 1..) => match tokio::time::timeout(Duration::from_secs(seconds), all).await {
                Ok(response) => response,
                Err(_) => Err(Status::deadline_exceeded(format!("timeout {seconds}s exceeded"))),
            },
            _ => all.await,
        }
    }

    /// Runs a command to its end, and returns its exit status.
    async fn run(&self, container: &Container, command: &[String], wanted: Wanted, far: Far) -> Result<u32, Status> {
        self.check_running(container).await?;
        let spec = spec::document(container.spec.as_ref());
        let spec = spec::process(&spec, command, wanted.tty)
            .ok_or_else(|| refused(container, "has no process in its specification that a command could be like"))?;
        let exec_id = format!("crictl-{}", Uuid::new_v4().simple());
        let failed = |error: io::Error| {
            let socket = self.client.endpoint();
            Status::failed_precondition(format!(
                "can't make a folder for the command's streams beside {socket}: {error}"
            ))
        };
        let folder = Folder::beside(self.socket()?, &exec_id).map_err(failed)?;
        let fifos = Fifos::new(folder, wanted).map_err(failed)?;
        let outputs = fifos.outputs().map_err(failed)?;
        let path = |path: Option<PathBuf>| path.map(|path| path.display().to_string()).unwrap_or_default();
        let request = ExecProcessRequest {
            container_id: container.id.clone(),
            stdin: path(fifos.stdin()),
            stdout: path(Some(fifos.stdout())),
            stderr: path(fifos.stderr()),
            terminal: wanted.tty,
            spec: Some(spec),
            exec_id: exec_id.clone(),
        };
        // The guard comes first: a call that is dropped may have been heard.
        let process = Process::new(self, container.id.clone(), exec_id);
        let started = async {
            self.call::<()>(&call::TASKS_EXEC, &request).await?;
            self.call::<StartResponse>(&call::TASKS_START, &process.start()).await
        };
        let status = match started.await {
            Ok(_) => Ok(self.serve(&process, &fifos, outputs, far).await?),
            Err(status) => Err(status),
        };
        let deleted = self.find::<DeleteResponse>(&call::TASKS_DELETE_PROCESS, &process.delete()).await;
        process.forget();
        // Why it could not be started is the better news.
        status.and_then(|status| deleted.map(|_| status))
    }

    /// Serves the streams of a process that runs, until it has ended and they have.
    async fn serve(&self, process: &Process, fifos: &Fifos, outputs: Outputs, far: Far) -> Result<u32, Status> {
        let (stdout, stderr, held) = outputs;
        // By now the shim has opened its own ends.
        drop(held);
        let (tell, ended) = watch::channel(false);
        let outputs = async {
            let errors = async {
                match stderr {
                    Some(stderr) => feed(stderr, far.stderr, ended.clone()).await,
                    None => far.stderr.end().await,
                }
            };
            tokio::join!(feed(stdout, far.stdout, ended.clone()), errors);
        };
        let exited = async {
            let request = process.wait();
            let exited = self.call::<WaitResponse>(&call::TASKS_WAIT_LONG, &request).await;
            // Even where the wait has failed: the output of what can't be waited for may never end.
            tell.send_replace(true);
            exited
        };
        let served = async { tokio::join!(exited, outputs).0 };
        let input = async {
            let failed = |error: io::Error| Status::internal(format!("the command's input can't be opened: {error}"));
            if let Some(stdin) = fifos.input().await.map_err(failed)? {
                take(stdin, far.stdin).await;
                // The shim holds an end of its own, which lets others leave without ending the input.
                let _ = self.find::<()>(&call::TASKS_CLOSE_IO, &process.close_input()).await;
            }
            std::future::pending().await
        };
        tokio::select! {
            exited = served => exited.map(|exited| exited.exit_status),
            never = input => never,
            never = self.resize(process, far.sizes) => never,
        }
    }

    /// Gives the terminal of a process its size, whenever that changes.
    async fn resize(&self, process: &Process, mut sizes: Sizes) -> Result<u32, Status> {
        while let Some(size) = sizes.next().await {
            // A size that can't be set is a smaller evil than a command that ends for it.
            let _ = self.find::<()>(&call::TASKS_RESIZE_PTY, &process.resize(size)).await;
        }
        std::future::pending().await
    }

    /// containerd's socket, beside which there is a place for FIFOs.
    fn socket(&self) -> Result<&Path, Status> {
        match self.client.endpoint() {
            Endpoint::Unix(path) => Ok(path),
            endpoint => Err(Status::failed_precondition(format!(
                "commands in a namespace of containerd have their streams in FIFOs, which takes a unix socket of this \
                 machine, not {endpoint}"
            ))),
        }
    }
}

/// Writes all of the input, for as long as anybody reads it.
async fn take(mut stdin: impl AsyncWrite + Unpin, mut inputs: Inputs) {
    while let Some(bytes) = inputs.next().await {
        if stdin.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

/// Passes on all of an output, to its end, or until what a command has left running has been silent for a while since
/// the command itself ended.
async fn feed(mut output: impl AsyncRead + Unpin, feed: Feed, ended: watch::Receiver<bool>) {
    loop {
        let mut bytes = BytesMut::with_capacity(CHUNK);
        let mut ended = ended.clone();
        let quiet = async {
            let _ = ended.wait_for(|ended| *ended).await;
            tokio::time::sleep(QUIET).await;
        };
        let read = tokio::select! {
            biased;
            read = output.read_buf(&mut bytes) => read,
            () = quiet => break,
        };
        if !matches!(read, Ok(1..)) || !feed.send(bytes.freeze()).await {
            break;
        }
    }
    feed.end().await;
}

/// Where the streams are that a URL of ours, or of any other server, leads to.
pub(super) fn place<'io>(client: &Client<'io>, url: String) -> Place<'io> {
    let Some((space, request)) = read(client, &url) else { return Place::At(url) };
    Place::Here(Box::new(move |wanted| {
        let (near, far) = pair(wanted);
        let served = async move {
            let run =
                async { space.run(&space.exactly(&request.container_id).await?, &request.cmd, wanted, far).await };
            match run.await {
                Ok(0) => Ok(()),
                Ok(status) => Err(Failed::Exit(u8::try_from(status).unwrap_or(u8::MAX))),
                Err(status) => Err(Failed::Remote(status.message().to_owned())),
            }
        };
        Session::local(near, served.boxed_local())
    }))
}

fn read<'io>(client: &Client<'io>, url: &str) -> Option<(Space<'io>, cri::ExecRequest)> {
    let (namespace, token) = url.strip_prefix(SCHEME)?.split_once('/')?;
    let request = cri::ExecRequest::decode(URL_SAFE_NO_PAD.decode(token).ok()?.as_slice()).ok()?;
    Some((Space::new(client, namespace).ok()?, request))
}

/// A process beside a container's own. If it is not known to be gone when it is dropped, it is killed and deleted, for
/// then nobody is left who would read what it writes: the run has been interrupted, or the user has detached.
struct Process {
    container_id: String,
    exec_id: String,
    /// The way there, as long as anything is.
    parting: Option<Parting>,
}

impl Process {
    fn new(space: &Space<'_>, container_id: String, exec_id: String) -> Self {
        Self { container_id, exec_id, parting: Some(space.client.parting()) }
    }

    /// There is nothing left to be done.
    fn forget(mut self) {
        self.parting = None;
    }

    fn start(&self) -> StartRequest {
        StartRequest { container_id: self.container_id.clone(), exec_id: self.exec_id.clone() }
    }

    fn wait(&self) -> WaitRequest {
        WaitRequest { container_id: self.container_id.clone(), exec_id: self.exec_id.clone() }
    }

    fn delete(&self) -> DeleteProcessRequest {
        DeleteProcessRequest { container_id: self.container_id.clone(), exec_id: self.exec_id.clone() }
    }

    fn close_input(&self) -> CloseIoRequest {
        let (container_id, exec_id) = (self.container_id.clone(), self.exec_id.clone());
        CloseIoRequest { container_id, exec_id, stdin: true }
    }

    fn resize(&self, (width, height): (u16, u16)) -> ResizePtyRequest {
        let (container_id, exec_id) = (self.container_id.clone(), self.exec_id.clone());
        ResizePtyRequest { container_id, exec_id, width: width.into(), height: height.into() }
    }

    fn kill(&self) -> KillRequest {
        let (container_id, exec_id) = (self.container_id.clone(), self.exec_id.clone());
        KillRequest { container_id, exec_id, signal: signal::KILL, all: false }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(parting) = self.parting.take() {
            parting.make(vec![
                (&call::TASKS_KILL, self.kill().encode_to_vec()),
                (&call::TASKS_WAIT, self.wait().encode_to_vec()),
                (&call::TASKS_DELETE_PROCESS, self.delete().encode_to_vec()),
            ]);
        }
    }
}
