//! What every call of a [`Client`] consists of: its request, its answer, its deadline, its lines in log and trace.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::uri::PathAndQuery;
use tokio::time::Instant;
use tonic::client::Grpc;
use tonic::{Request, Status, Streaming};

use crate::error::hide;
use crate::log::Level;
use crate::method::Method;
use crate::rpc::codec::BytesCodec;
use crate::rpc::rerun::Rerun;
use crate::rpc::{Client, Limit, response, status};
use crate::schema;
use crate::trace::Call;

/// A message may contain one value for each so many bytes of the size limit. What runtimes send has more bytes per
/// value; but an empty container takes two bytes on the wire and kilobytes in memory.
const BYTES_PER_VALUE: usize = 6;

/// A call that has begun: its span, and its line in the log.
pub(super) struct OpenCall<'io> {
    span: Call,
    rerun: Rerun<'io>,
}

impl OpenCall<'_> {
    pub(super) fn received(&mut self, size: usize) {
        self.span.received(size);
    }

    pub(super) fn ended(&mut self, status: &Status) {
        self.span.ended(status);
        self.rerun.ended(status);
    }
}

impl<'io> Client<'io> {
    pub(super) fn begin(&self, method: &'static Method, requests: &[Bytes]) -> OpenCall<'io> {
        self.log.write(Level::Debug, || format!("calling {} at {}", method.name, self.endpoint));
        let mut span = self.tracer.call(method);
        requests.iter().for_each(|request| span.sent(request.len()));
        OpenCall { span, rerun: Rerun::new(self, method, requests) }
    }

    pub(super) async fn send(
        &self,
        method: &'static Method,
        request: Request<Vec<Bytes>>,
    ) -> Result<tonic::Response<Streaming<Bytes>>, Status> {
        let sent = self.owed.debt();
        let channel = response::checked(self.channel.clone(), &self.owed);
        let mut grpc = Grpc::new(channel).max_decoding_message_size(self.max_message);
        grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
        let request = request.map(stream::iter);
        grpc.streaming(request, PathAndQuery::from_static(method.path), BytesCodec::owing(sent)).await
    }

    /// The one message of an answer.
    pub(super) async fn one(&self, method: &'static Method, request: Request<Vec<Bytes>>) -> Result<Bytes, Status> {
        let mut bodies = self.send(method, request).await?.into_inner();
        let body = bodies.message().await?.ok_or_else(|| Status::internal("expected one message, got none"))?;
        self.check_size(method, Some(&body))?;
        match bodies.message().await? {
            None => Ok(body),
            Some(_) => Err(Status::internal("expected one message, got several")),
        }
    }

    /// Refuses a message that would take far more memory than its size suggests.
    pub(super) fn check_size(&self, method: &Method, body: Option<&[u8]>) -> Result<(), Status> {
        let limit = self.max_message / BYTES_PER_VALUE;
        match body.is_some_and(|body| schema::has_more_values(method.response, body, limit)) {
            true => Err(status::too_many(limit)),
            false => Ok(()),
        }
    }

    /// The request with its metadata, including the deadline, so that the server gives up when we do.
    pub(super) fn request(
        &self,
        bodies: Vec<Bytes>,
        deadline: Option<Duration>,
        underway: &OpenCall<'_>,
    ) -> Request<Vec<Bytes>> {
        let mut request = Request::new(bodies);
        *request.metadata_mut() = (*self.metadata).clone();
        underway.span.inject(request.metadata_mut());
        if let Some(deadline) = deadline {
            request.set_timeout(deadline);
        }
        request
    }

    /// Waits for part of a call, until the call's deadline, which counts from its start, or until the server has owed
    /// something for longer than the timeout; the latter also ends calls without a deadline.
    pub(super) async fn within<T>(
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
        match tokio::time::timeout_at(end, call).await {
            // tonic applies the deadline in the metadata too, and reports it as a cancellation.
            Ok(Err(status)) if !status::is_timeout(&status) => Err(status),
            Ok(Ok(answer)) => Ok(answer),
            _ => Err(late(deadline)),
        }
    }

    /// The status without the hidden words. A status from our own side contains none.
    pub(super) fn discreet(&self, status: Status) -> Status {
        let message = hide(status.message(), &self.hidden);
        let details = String::from_utf8_lossy(status.details());
        match message == status.message() && !self.hidden.iter().any(|word| details.contains(word)) {
            true => status,
            false => Status::new(status.code(), message),
        }
    }
}
