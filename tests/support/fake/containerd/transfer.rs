//! Images from registries, and the streams on which credentials are asked for.

use crictl::generated::containerd::services::streaming::v1::StreamInit;
use crictl::generated::containerd::services::transfer::v1::TransferRequest;
use crictl::generated::containerd::types::transfer::*;
use prost::Message;
use prost_types::Any;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::BoxStream;
use tonic::{Request, Status, Streaming};

use super::super::{Answer, Fake, answer};
use super::server::containerd::services::streaming::v1::streaming_server::Streaming as StreamingService;
use super::server::containerd::services::transfer::v1::transfer_server::Transfer;

/// A stream that somebody has opened.
pub struct Stream {
    send: mpsc::Sender<Result<Any, Status>>,
    received: Streaming<Any>,
}

#[tonic::async_trait]
impl StreamingService for Fake {
    async fn stream(&self, request: Request<Streaming<Any>>) -> Answer<BoxStream<Any>> {
        drop(self.own("Streaming.Stream", &request)?);
        let mut received = request.into_inner();
        let first = received.message().await?.ok_or_else(|| Status::invalid_argument("no name"))?;
        assert_eq!(first.type_url, "containerd.services.streaming.v1.StreamInit");
        let id = StreamInit::decode(first.value.as_slice()).unwrap().id;
        let (send, messages) = mpsc::channel(4);
        let known = Any { type_url: "google.protobuf.Empty".to_owned(), value: Vec::new() };
        send.send(Ok(known)).await.unwrap();
        self.state().containerd.get_or_insert_default().streams.insert(id, Stream { send, received });
        answer(Box::pin(ReceiverStream::new(messages)))
    }
}

#[tonic::async_trait]
impl Transfer for Fake {
    async fn transfer(&self, request: Request<TransferRequest>) -> Answer<()> {
        let read = |any: &Option<Any>| any.clone().unwrap();
        let (source, destination) = (read(&request.get_ref().source), read(&request.get_ref().destination));
        assert_eq!(source.type_url, "containerd.types.transfer.OCIRegistry");
        assert_eq!(destination.type_url, "containerd.types.transfer.ImageStore");
        let source = OciRegistry::decode(source.value.as_slice()).unwrap();
        let destination = ImageStore::decode(destination.value.as_slice()).unwrap();
        let wanted = {
            let mut held = self.own("Transfer.Transfer", &request)?;
            let containerd = held.containerd();
            containerd.pulls.push((source.clone(), destination.clone()));
            containerd.credentials.clone()
        };
        if let Some((user, password)) = wanted {
            let given = self.ask(&source).await?;
            if (given.username, given.secret) != (user, password) {
                let why = "failed to resolve image: pull access denied, repository does not exist or may require authorization: authorization failed";
                return Err(Status::unknown(why));
            }
        }
        let mut held = self.own("Transfer.Stored", &request)?;
        let name = &destination.name;
        let found = held.containerd().registry.get(&source.reference).cloned();
        let target = found.ok_or_else(|| Status::not_found(format!("failed to resolve image: {name}: not found")))?;
        let space = held.space();
        space.images.retain(|image| image.name != *name);
        *space = std::mem::take(space).image(name, &target);
        answer(())
    }
}

impl Fake {
    /// Asks for the credentials of a registry, on the stream that was named for it.
    async fn ask(&self, source: &OciRegistry) -> Result<AuthResponse, Status> {
        let id = source.resolver.clone().unwrap_or_default().auth_stream;
        let found = self.state().containerd.get_or_insert_default().streams.remove(&id);
        let Some(mut stream) = found else { return Ok(AuthResponse::default()) };
        let host = source.reference.split('/').next().unwrap().to_owned();
        let request = AuthRequest { host, reference: source.reference.clone(), ..Default::default() };
        let type_url = "containerd.types.transfer.AuthRequest".to_owned();
        stream.send.send(Ok(Any { type_url, value: request.encode_to_vec() })).await.unwrap();
        let answer = stream.received.message().await?.ok_or_else(|| Status::unavailable("nobody answers"))?;
        assert_eq!(answer.type_url, "containerd.types.transfer.AuthResponse");
        Ok(AuthResponse::decode(answer.value.as_slice()).unwrap())
    }
}
