//! Calls of containerd's API, in a namespace. The methods are generated; messages are typed at the caller.

use bytes::Bytes;
use prost::Message;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use crate::generated::cri::VersionResponse;
use crate::generated::methods;
use crate::method::{Deadline, Method};
use crate::namespace::HEADER;
use crate::rpc::Client;

use crate::generated::containerd_methods::TRANSFER_TRANSFER;
pub(super) use crate::generated::containerd_methods::{
    CONTAINERS_DELETE, CONTAINERS_LIST, CONTENT_LIST, CONTENT_READ as CONTENT_READ_LONG, EVENTS_SUBSCRIBE,
    IMAGES_DELETE, IMAGES_LIST, INTROSPECTION_PLUGINS as PLUGINS, INTROSPECTION_SERVER as SERVER, LEASES_CREATE,
    LEASES_DELETE, NAMESPACES_LIST, SNAPSHOTS_LIST, SNAPSHOTS_MOUNTS, SNAPSHOTS_REMOVE, SNAPSHOTS_USAGE,
    STREAMING_STREAM as STREAM, TASKS_CHECKPOINT, TASKS_CLOSE_IO, TASKS_CREATE, TASKS_DELETE, TASKS_DELETE_PROCESS,
    TASKS_EXEC, TASKS_GET, TASKS_KILL, TASKS_LIST, TASKS_METRICS, TASKS_RESIZE_PTY, TASKS_RESUME, TASKS_START,
    TASKS_UPDATE, TASKS_WAIT, VERSION_VERSION as VERSION,
};

/// A namespace, and the way to it.
#[derive(Clone)]
pub(super) struct Space<'io> {
    /// Its calls say which namespace they are about.
    pub(super) client: Client<'io>,
    pub(super) name: String,
}

/// As long as the task takes to end.
pub(super) static TASKS_WAIT_LONG: Method = Method { deadline: Deadline::None, ..TASKS_WAIT };

/// What is read of content here is small: manifests and configs.
pub(super) static CONTENT_READ: Method = Method { deadline: Deadline::Timeout, ..CONTENT_READ_LONG };

/// As long as it takes to bring an image here, and to be asked for credentials.
pub(super) static TRANSFER: Method = Method { deadline: Deadline::None, ..TRANSFER_TRANSFER };

/// The metadata of a call that is about a namespace.
///
/// # Errors
/// The name can't be sent, which no name of a namespace is.
pub(super) fn metadata(mut metadata: MetadataMap, name: &str) -> Result<MetadataMap, Status> {
    let value = name.parse().map_err(|_| Status::invalid_argument(format!("{name:?} is no namespace")))?;
    metadata.insert(HEADER, value);
    Ok(metadata)
}

impl<'io> Space<'io> {
    /// The way to a namespace, over the channel of a client.
    ///
    /// # Errors
    /// As [`metadata`].
    pub(super) fn new(client: &Client<'io>, name: &str) -> Result<Self, Status> {
        let metadata = metadata(client.metadata().clone(), name)?;
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

/// A message of an answer.
///
/// # Errors
/// It is of another type.
pub(super) fn read<A: Message + Default>(method: &Method, bytes: Bytes) -> Result<A, Status> {
    let wrong = |error| Status::internal(format!("the answer of {} can't be read: {error}", method.name));
    A::decode(bytes).map_err(wrong)
}
