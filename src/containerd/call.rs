//! Calls of containerd's API: the one place that knows their paths. Messages are typed at the caller; generated clients
//! will take this file's place.

use bytes::Bytes;
use prost::Message;
use tonic::{Code, Status};

use crate::generated::cri::VersionResponse;
use crate::generated::methods;
use crate::method::{Deadline, Flags, Flow, Method};
use crate::rpc::Client;
use crate::schema::{self, Fields};

/// A namespace, and the way to it.
#[derive(Clone)]
pub(super) struct Space<'io> {
    /// Its calls say which namespace they are about.
    pub(super) client: Client<'io>,
    pub(super) name: String,
}

/// What the requests and answers of these calls are to those who read tables: nothing is known of them there.
static MESSAGE: schema::Message = schema::Message { name: "containerd", doc: "", fields: Fields::Known(&[]) };

const fn method(service: &'static str, name: &'static str, path: &'static str, flow: Flow) -> Method {
    let (request, response, deadline, flags) = (&MESSAGE, &MESSAGE, Deadline::Timeout, Flags::Code);
    Method { service, name, path, command: "", doc: "", flow, request, response, deadline, flags }
}

/// As long as the task takes to end.
pub(super) static TASKS_WAIT_LONG: Method = Method { deadline: Deadline::None, ..TASKS_WAIT };

/// For as long as there is anybody to hear of events.
pub(super) static EVENTS_SUBSCRIBE: Method = Method { deadline: Deadline::None, ..SUBSCRIBE };

/// As long as it takes to bring an image here, and to be asked for credentials.
pub(super) static TRANSFER: Method = Method { deadline: Deadline::None, ..TRANSFER_SHORT };
pub(super) static STREAM: Method = Method { deadline: Deadline::None, ..STREAM_SHORT };

/// As long as it takes to write down what is read.
pub(super) static CONTENT_READ_LONG: Method = Method { deadline: Deadline::None, ..CONTENT_READ };

macro_rules! methods {
    ($($id:ident = $package:literal $service:literal $name:literal $flow:ident;)*) => {
        $(pub(super) static $id: Method = method(
            $service,
            // An error names the method, and several services have one of the same name.
            concat!($service, ".", $name),
            concat!("/containerd.services.", $package, ".v1.", $service, "/", $name),
            Flow::$flow,
        );)*
    };
}

methods! {
    CONTAINERS_LIST = "containers" "Containers" "List" Unary;
    CONTAINERS_DELETE = "containers" "Containers" "Delete" Unary;
    TASKS_LIST = "tasks" "Tasks" "List" Unary;
    TASKS_GET = "tasks" "Tasks" "Get" Unary;
    TASKS_CREATE = "tasks" "Tasks" "Create" Unary;
    TASKS_START = "tasks" "Tasks" "Start" Unary;
    TASKS_KILL = "tasks" "Tasks" "Kill" Unary;
    TASKS_WAIT = "tasks" "Tasks" "Wait" Unary;
    TASKS_DELETE = "tasks" "Tasks" "Delete" Unary;
    TASKS_RESUME = "tasks" "Tasks" "Resume" Unary;
    TASKS_CHECKPOINT = "tasks" "Tasks" "Checkpoint" Unary;
    TASKS_EXEC = "tasks" "Tasks" "Exec" Unary;
    TASKS_RESIZE_PTY = "tasks" "Tasks" "ResizePty" Unary;
    TASKS_CLOSE_IO = "tasks" "Tasks" "CloseIO" Unary;
    TASKS_DELETE_PROCESS = "tasks" "Tasks" "DeleteProcess" Unary;
    TASKS_UPDATE = "tasks" "Tasks" "Update" Unary;
    TASKS_METRICS = "tasks" "Tasks" "Metrics" Unary;
    IMAGES_LIST = "images" "Images" "List" Unary;
    IMAGES_DELETE = "images" "Images" "Delete" Unary;
    CONTENT_LIST = "content" "Content" "List" ServerStream;
    CONTENT_READ = "content" "Content" "Read" ServerStream;
    SNAPSHOTS_LIST = "snapshots" "Snapshots" "List" ServerStream;
    SNAPSHOTS_USAGE = "snapshots" "Snapshots" "Usage" Unary;
    SNAPSHOTS_MOUNTS = "snapshots" "Snapshots" "Mounts" Unary;
    SNAPSHOTS_REMOVE = "snapshots" "Snapshots" "Remove" Unary;
    NAMESPACES_LIST = "namespaces" "Namespaces" "List" Unary;
    PLUGINS = "introspection" "Introspection" "Plugins" Unary;
    SERVER = "introspection" "Introspection" "Server" Unary;
    LEASES_CREATE = "leases" "Leases" "Create" Unary;
    LEASES_DELETE = "leases" "Leases" "Delete" Unary;
    SUBSCRIBE = "events" "Events" "Subscribe" ServerStream;
    TRANSFER_SHORT = "transfer" "Transfer" "Transfer" Unary;
    STREAM_SHORT = "streaming" "Streaming" "Stream" ServerStream;
    VERSION = "version" "Version" "Version" Unary;
}

impl<'io> Space<'io> {
    /// The way to a namespace, over the channel of a client.
    ///
    /// # Errors
    /// The name can't be sent, which no name of a namespace is.
    pub(super) fn new(client: &Client<'io>, name: &str) -> Result<Self, Status> {
        let mut metadata = client.metadata().clone();
        let value = name.parse().map_err(|_| Status::invalid_argument(format!("{name:?} is no namespace")))?;
        // Where containerd's `pkg/namespaces` looks for it.
        metadata.insert("containerd-namespace", value);
        Ok(Self { client: client.behind(metadata), name: name.to_owned() })
    }

    /// Calls a method that answers with one message.
    ///
    /// # Errors
    /// The call failed.
    pub(super) async fn call<A: Message + Default>(
        &self,
        method: &'static Method,
        request: &impl Message,
    ) -> Result<A, Status> {
        match self.client.answer(method, request.encode_to_vec()).await {
            Ok(bytes) => read(method, bytes),
            Err(status) => Err(self.explained(status).await),
        }
    }

    /// As [`Space::call`], and nothing where there is no such thing.
    ///
    /// # Errors
    /// The call failed in any other way.
    pub(super) async fn find<A: Message + Default>(
        &self,
        method: &'static Method,
        request: &impl Message,
    ) -> Result<Option<A>, Status> {
        match self.call(method, request).await {
            Ok(answer) => Ok(Some(answer)),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(status),
        }
    }

    /// Calls a method that answers with a stream, and waits for all of it.
    ///
    /// # Errors
    /// The call failed.
    pub(super) async fn collect<A: Message + Default>(
        &self,
        method: &'static Method,
        request: &impl Message,
    ) -> Result<Vec<A>, Status> {
        let all = async {
            let mut bodies = self.client.open(method, request.encode_to_vec()).await?;
            let mut messages = Vec::new();
            while let Some(bytes) = bodies.message().await? {
                messages.push(read(method, bytes)?);
            }
            Ok(messages)
        };
        match all.await {
            Ok(messages) => Ok(messages),
            Err(status) => Err(self.explained(status).await),
        }
    }

    /// A server without the method may be another runtime, and then the namespace is the mistake.
    pub(super) async fn explained(&self, status: Status) -> Status {
        if status.code() != Code::Unimplemented {
            return status;
        }
        let version = self.client.answer(&methods::VERSION, Vec::new()).await;
        let version = version.ok().and_then(|bytes| VersionResponse::decode(bytes).ok());
        match version.map(|version| version.runtime_name) {
            Some(runtime) if runtime != "containerd" => {
                Status::unimplemented(format!("{runtime} has no namespaces of containerd"))
            }
            _ => status,
        }
    }

    /// The ways to every namespace that there is.
    ///
    /// # Errors
    /// The call failed.
    pub(super) async fn every(&self) -> Result<Vec<Space<'io>>, Status> {
        self.namespaces().await?.iter().map(|space| Space::new(&self.client, &space.name)).collect()
    }
}

fn read<A: Message + Default>(method: &Method, bytes: Bytes) -> Result<A, Status> {
    let wrong =
        |error| Status::internal(format!("the answer of {}.{} can't be read: {error}", method.service, method.name));
    A::decode(bytes).map_err(wrong)
}
