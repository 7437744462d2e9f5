//! What happens to containers, in the CRI's form: four of containerd's events (their topics are in
//! `plugins/services/containers/local.go` and `core/runtime/events.go`, their content is in `api/events`).

use futures_util::stream::{self, LocalBoxStream, StreamExt as _, TryStreamExt as _};
use prost::Message;
use prost_types::Any;
use tonic::{Code, Status};

use crate::containerd::call::{self, Space};
use crate::containerd::{nanos, state};
use crate::generated::containerd::events::{ContainerCreate, ContainerDelete, TaskExit, TaskStart};
use crate::generated::containerd::services::events::v1::SubscribeRequest;
use crate::generated::containerd::types::Envelope;
use crate::generated::containerd::v1::types::{Process, Status as TaskStatus};
use crate::generated::cri::{self, ContainerEventType};
use crate::namespace::MARK;
use crate::rpc::Bodies;

const CREATED: &str = "/containers/create";
const STARTED: &str = "/tasks/start";
const EXITED: &str = "/tasks/exit";
const DELETED: &str = "/containers/delete";

/// The CRI's events.
pub(super) type Events<'io> = LocalBoxStream<'io, Result<cri::ContainerEventResponse, Status>>;

/// The events of some namespaces: `== "name"` or `!= "name"`, as containerd's filters have it. Go's server answers a
/// stream with its first message, so nothing is waited for before the events are.
pub(super) fn events<'io>(space: Space<'io>, namespaces: &str) -> Events<'io> {
    let filter = |topic: &str| format!("namespace{namespaces},topic==\"{topic}\"");
    let filters = [CREATED, STARTED, EXITED, DELETED].map(filter).into();
    let request = SubscribeRequest { filters }.encode_to_vec();
    let opened = async move {
        match space.client.open(&call::EVENTS_SUBSCRIBE, request).await {
            Ok(bodies) => Ok(stream::try_unfold((space, bodies), next)),
            Err(status) => Err(space.explained(status).await),
        }
    };
    stream::once(opened).try_flatten().boxed_local()
}

/// The next event that the CRI has too.
async fn next<'io>(
    (space, mut bodies): (Space<'io>, Bodies<'io>),
) -> Result<Option<(cri::ContainerEventResponse, (Space<'io>, Bodies<'io>))>, Status> {
    while let Some(bytes) = bodies.message().await? {
        let envelope: Envelope = call::read(&call::EVENTS_SUBSCRIBE, bytes)?;
        let at = Space::new(&space.client, &envelope.namespace)?;
        if let Some(event) = at.event(&envelope).await? {
            return Ok(Some((marked(event, &at.name), (space, bodies))));
        }
    }
    Ok(None)
}

/// An event with a mark on all that it tells of.
pub(super) fn marked(mut event: cri::ContainerEventResponse, namespace: &str) -> cri::ContainerEventResponse {
    for status in &mut event.containers_statuses {
        status.annotations.insert(MARK.to_owned(), namespace.to_owned());
    }
    event
}

impl Space<'_> {
    async fn event(&self, envelope: &Envelope) -> Result<Option<cri::ContainerEventResponse>, Status> {
        let event = envelope.event.as_ref();
        let (kind, id, exit) = match envelope.topic.as_str() {
            CREATED => (ContainerEventType::ContainerCreatedEvent, read::<ContainerCreate>(event)?.id, None),
            STARTED => (ContainerEventType::ContainerStartedEvent, read::<TaskStart>(event)?.container_id, None),
            DELETED => (ContainerEventType::ContainerDeletedEvent, read::<ContainerDelete>(event)?.id, None),
            EXITED => {
                let exit: TaskExit = read(event)?;
                (ContainerEventType::ContainerStoppedEvent, exit.container_id.clone(), Some(exit))
            }
            _ => return Ok(None),
        };
        // A command in the container has ended, not the container.
        if exit.as_ref().is_some_and(|exit| exit.id != exit.container_id) {
            return Ok(None);
        }
        let mut status = match kind {
            ContainerEventType::ContainerDeletedEvent => None,
            _ => self.still(&id).await?,
        };
        if let Some(exit) = exit {
            // The event knows how it ended, whatever has become of the task since.
            let task = Process { exit_status: exit.exit_status, exited_at: exit.exited_at, ..Process::default() };
            let ended = state::of(Some(&Process { status: TaskStatus::Stopped.into(), ..task }));
            let status = status.get_or_insert_with(|| cri::ContainerStatus { id: id.clone(), ..Default::default() });
            status.state = ended.state.into();
            status.reason = ended.reason.to_owned();
            (status.exit_code, status.finished_at) = (ended.exit_code, ended.finished_at);
        }
        Ok(Some(cri::ContainerEventResponse {
            container_id: id,
            container_event_type: kind.into(),
            created_at: nanos(envelope.timestamp.as_ref()),
            containers_statuses: status.into_iter().collect(),
            ..Default::default()
        }))
    }

    /// The status of a container, if it is still there.
    async fn still(&self, id: &str) -> Result<Option<cri::ContainerStatus>, Status> {
        let status = async { self.status_of(&self.exactly(id).await?, false).await };
        match status.await {
            Ok(response) => Ok(response.status),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(status),
        }
    }
}

fn read<M: Message + Default>(event: Option<&Any>) -> Result<M, Status> {
    let bytes = event.map(|event| event.value.as_slice()).unwrap_or_default();
    M::decode(bytes).map_err(|error| Status::internal(format!("an event can't be read: {error}")))
}
