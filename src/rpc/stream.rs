//! The answer to a call, message by message.

use std::marker::PhantomData;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::StreamExt as _;
use tokio::time::Instant;
use tonic::metadata::MetadataMap;
use tonic::{Status, Streaming};

use crate::error::Error;
use crate::method::Method;
use crate::rpc::call::OpenCall;
use crate::rpc::typed::read;
use crate::rpc::{Answer, Client};
use crate::schema::Described;

/// The encoded messages of an answer.
pub(crate) struct Bodies<'io> {
    pub(super) bodies: Source<'io>,
    pub(super) headers: MetadataMap,
    pub(super) method: &'static Method,
    pub(super) client: Client<'io>,
    pub(super) underway: OpenCall<'io>,
    /// How long the whole answer may take.
    pub(super) deadline: Option<Duration>,
    /// When the call was made: the deadline counts from then.
    pub(super) since: Instant,
}

/// Where the messages come from.
pub(super) enum Source<'io> {
    Wire(Box<Streaming<Bytes>>),
    /// Whoever answers in the server's place.
    StandIn(Answer<'io>),
}

impl Source<'_> {
    async fn message(&mut self) -> Result<Option<Bytes>, Status> {
        match self {
            Self::Wire(bodies) => bodies.message().await,
            Self::StandIn(answer) => answer.next().await.transpose(),
        }
    }

    async fn trailers(&mut self) -> Result<Option<MetadataMap>, Status> {
        match self {
            Self::Wire(bodies) => bodies.trailers().await,
            Self::StandIn(_) => Ok(None),
        }
    }
}

impl Bodies<'_> {
    /// What came before the first message.
    pub(crate) fn headers(&self) -> &MetadataMap {
        &self.headers
    }

    /// The next message, or nothing at the end.
    ///
    /// # Errors
    /// The call failed.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        match self.message().await {
            Ok(body) => Ok(body),
            Err(status) => Err(self.client.error(self.method, &status).await),
        }
    }

    /// As [`Bodies::next`], for a caller that needs the status itself.
    ///
    /// # Errors
    /// The call failed.
    pub(crate) async fn message(&mut self) -> Result<Option<Bytes>, Status> {
        let next = self.bodies.message();
        let body = self.client.wire.message(self.method, self.deadline, self.since, next).await;
        match &body {
            Ok(Some(body)) => self.underway.received(body.len()),
            Ok(None) => self.underway.ended(&Status::ok("")),
            Err(status) => self.underway.ended(status),
        }
        body
    }

    /// What came after the last message.
    ///
    /// # Errors
    /// The call failed.
    pub(crate) async fn trailers(&mut self) -> Result<MetadataMap, Status> {
        Ok(self.client.wire.within(self.deadline, self.since, self.bodies.trailers()).await?.unwrap_or_default())
    }
}

/// The messages of a stream.
pub(crate) struct Messages<'io, Response> {
    pub(super) bodies: Bodies<'io>,
    pub(super) response: PhantomData<Response>,
}

impl<Response: Described> Messages<'_, Response> {
    /// The next message, or nothing at the end of the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<Response>, Error> {
        let body = self.bodies.next().await?;
        body.map(|body| read(self.bodies.method, body)).transpose()
    }
}
