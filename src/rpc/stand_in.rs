//! One more server behind the same client: what answers the CRI's methods in the place of whoever listens at the
//! endpoint. Commands, and the generated clients that they call, can't tell it from the wire.

use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{LocalBoxStream, StreamExt as _};
use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::method::Method;
use crate::rpc::{Client, Limit};
use crate::stream::local::Place;

/// The messages of an answer: one, or those of a stream.
pub(crate) type Answer<'io> = LocalBoxStream<'io, Result<Bytes, Status>>;

/// Answers the CRI's methods by calls of its own, which it makes through the client that it is given.
pub(crate) trait StandIn {
    /// Begins to answer a call.
    fn answer<'io>(
        &self,
        client: Client<'io>,
        method: &'static Method,
        request: Bytes,
    ) -> LocalBoxFuture<'io, Result<Answer<'io>, Status>>;

    /// Where the streams are that it answered with this URL for.
    fn place<'io>(&self, client: Client<'io>, url: String) -> Place<'io>;

    /// The words of the command line that choose it.
    fn words(&self) -> Vec<String>;
}

impl<'io> Client<'io> {
    /// The same channel, and who answers the CRI's methods instead of the server there.
    pub(crate) fn answered_by(self, stand_in: Option<std::rc::Rc<dyn StandIn>>) -> Self {
        Self { stand_in, ..self }
    }

    /// Where the streams of a command are, of which the answer to a call has this URL.
    pub(crate) fn place(&self, url: String) -> Place<'io> {
        match &self.stand_in {
            Some(stand_in) => stand_in.place(self.clone(), url),
            None => Place::At(url),
        }
    }

    /// The same channel to the server itself, with this metadata. A call that is a part of another one has the timeout of
    /// any call; what has a deadline is the whole.
    pub(crate) fn behind(&self, metadata: MetadataMap) -> Self {
        let limit = match self.wire.limit {
            Limit::Deadline(_) if self.stand_in.is_some() => Limit::None,
            limit => limit,
        };
        Self { stand_in: None, ..self.clone() }.limited(limit).with_metadata(metadata)
    }

    /// The one message of an answer that is not the server's.
    pub(super) async fn stood_in(
        &self,
        stand_in: &dyn StandIn,
        method: &'static Method,
        request: Bytes,
    ) -> Result<Bytes, Status> {
        let mut answer = stand_in.answer(self.clone(), method, request).await?;
        answer.next().await.unwrap_or_else(|| Err(Status::internal("the answer has no message")))
    }
}
