//! The way to one server. It knows neither log nor trace, and any thread may use it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use http::uri::PathAndQuery;
use tokio::time::Instant;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};

use crate::method::Method;
use crate::rpc::codec::BytesCodec;
use crate::rpc::connect::{self, Connection};
use crate::rpc::endpoint::Endpoint;
use crate::rpc::owed::Owed;
use crate::rpc::status::Peer;
use crate::rpc::{deadline, response, status};
use crate::schema;

/// The largest message that is accepted unless another limit is set, the same as for Go's CRI clients.
const MAX_MESSAGE: usize = 16 << 20;

/// A message may contain one value for each so many bytes of the size limit. What runtimes send has more bytes per
/// value; but an empty container takes two bytes on the wire and kilobytes in memory.
const BYTES_PER_VALUE: usize = 6;

/// A channel to one endpoint, and what its calls may take. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(super) channel: Channel,
    pub(super) owed: Owed,
    pub(super) max_message: usize,
    pub(super) limit: Limit,
    /// The endpoint as errors name it.
    pub(crate) place: Arc<str>,
}

/// How long calls may take.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    /// How each method derives its deadline from this, see [`deadline::of`].
    Timeout(Duration),
    Deadline(Duration),
    /// What the call allows that they are a part of.
    None,
}

impl Wire {
    /// A channel that connects when the first call is made.
    pub(crate) fn new(endpoint: &Endpoint, timeout: Duration) -> Self {
        let owed = Owed::default();
        Self {
            channel: connect::channel(endpoint, &Connection::default(), &owed),
            owed,
            max_message: MAX_MESSAGE,
            limit: Limit::Timeout(timeout),
            place: Arc::from(endpoint.to_string()),
        }
    }

    /// The same channel with another timeout.
    pub(crate) fn with_timeout(self, timeout: Duration) -> Self {
        Self { limit: Limit::Timeout(timeout), ..self }
    }

    /// The server as errors describe it, with the hint if nobody serves the endpoint.
    pub(crate) fn peer<'a>(&'a self, hint: &'a str) -> Peer<'a> {
        Peer { place: &self.place, hint, max_message: self.max_message }
    }

    /// How long a call may take; nothing means no limit.
    pub(crate) fn deadline(&self, method: &Method, request: &[u8]) -> Option<Duration> {
        let deadline = match self.limit {
            Limit::Timeout(timeout) => deadline::of(method, request, timeout),
            Limit::Deadline(deadline) => Some(deadline),
            Limit::None => None,
        };
        deadline.filter(|deadline| *deadline < deadline::FOR_EVER)
    }

    /// Sends the requests of a call, each as soon as there is one.
    pub(crate) async fn send(
        &self,
        method: &'static Method,
        request: Request<impl Stream<Item = Bytes> + Send + 'static>,
    ) -> Result<tonic::Response<Streaming<Bytes>>, Status> {
        let sent = self.owed.debt();
        let channel = response::checked(self.channel.clone(), &self.owed);
        let mut grpc = Grpc::new(channel).max_decoding_message_size(self.max_message);
        grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
        grpc.streaming(request, PathAndQuery::from_static(method.path), BytesCodec::owing(sent)).await
    }

    /// The one message of an answer.
    pub(crate) async fn one(&self, method: &'static Method, request: Request<Vec<Bytes>>) -> Result<Bytes, Status> {
        let mut bodies = self.send(method, request.map(stream::iter)).await?.into_inner();
        let body = bodies.message().await?.ok_or_else(|| Status::internal("expected one message, got none"))?;
        self.check_size(method, Some(&body))?;
        match bodies.message().await? {
            None => Ok(body),
            Some(_) => Err(Status::internal("expected one message, got several")),
        }
    }

    /// The next message of an answer, which `next` brings, under the deadline of the call.
    pub(crate) async fn message(
        &self,
        method: &Method,
        deadline: Option<Duration>,
        since: Instant,
        next: impl Future<Output = Result<Option<Bytes>, Status>>,
    ) -> Result<Option<Bytes>, Status> {
        let message = async {
            let body = next.await?;
            self.check_size(method, body.as_deref())?;
            Ok(body)
        };
        self.within(deadline, since, message).await
    }

    /// Refuses a message that would take far more memory than its size suggests.
    fn check_size(&self, method: &Method, body: Option<&[u8]>) -> Result<(), Status> {
        let limit = self.max_message / BYTES_PER_VALUE;
        match body.is_some_and(|body| schema::has_more_values(method.response, body, limit)) {
            true => Err(status::too_many(limit)),
            false => Ok(()),
        }
    }

    /// Waits for part of a call, until the call's deadline, which counts from its start, or until the server has owed
    /// something for longer than the timeout; the latter also ends calls without a deadline.
    pub(crate) async fn within<T>(
        &self,
        deadline: Option<Duration>,
        since: Instant,
        call: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, Status> {
        let late =
            |time: Duration| Status::deadline_exceeded(format!("{} {} within {time:?}", status::GAVE_UP, self.place));
        let call = async {
            let Limit::Timeout(timeout) = self.limit else { return call.await };
            tokio::select! {
                biased;
                answer = call => answer,
                () = self.owed.overdue(timeout) => Err(late(timeout)),
            }
        };
        let Some(deadline) = deadline else { return call.await };
        let Some(end) = since.checked_add(deadline) else { return call.await };
        // A timer runs for at least a millisecond, in which a runtime may answer.
        let call = async { if deadline.is_zero() { std::future::pending().await } else { call.await } };
        // tonic applies the deadline in the metadata too, here and on a server that is made with it, and reports it as a
        // cancellation.
        let is_late =
            |status: &Status| status::is_timeout(status) || status.code() == Code::Cancelled && Instant::now() >= end;
        match tokio::time::timeout_at(end, call).await {
            Ok(Err(status)) if !is_late(&status) => Err(status),
            Ok(Ok(answer)) => Ok(answer),
            _ => Err(late(deadline)),
        }
    }
}
