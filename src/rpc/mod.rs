//! Calls to a runtime: one lazy channel per endpoint, a deadline per call, errors that name
//! the method. Messages travel as bytes, so `crictl rpc` and the commands share one path.

mod codec;
pub(crate) mod connect;
pub(crate) mod deadline;
pub(crate) mod endpoint;
pub(crate) mod export;
mod retry;
pub(crate) mod status;

use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};

use crate::error::Error;
use crate::generated::methods;
use crate::log::{Level, Logger};
use crate::method::{Caller, Method};
use crate::rpc::codec::BytesCodec;
use crate::rpc::endpoint::Endpoint;
use crate::schema::{self, Described};
use crate::trace::{Call, Tracer};

/// The largest response that is taken. Go's clients of the CRI take as much.
const MAX_RESPONSE: usize = 16 << 20;

/// A channel to one endpoint, and how its calls are made. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client<'io> {
    channel: Channel,
    endpoint: Rc<Endpoint>,
    /// How long a call may take; `None` is for ever.
    deadline: Option<Duration>,
    log: Rc<Logger<'io>>,
    tracer: Tracer,
    /// Further attempts where nobody listens; negative for ever.
    retries: i64,
    /// What helps where nobody serves the endpoint.
    hint: Option<Rc<str>>,
}

impl<'io> Client<'io> {
    /// A client whose channel connects when the first call is made.
    pub(crate) fn new(
        endpoint: Endpoint,
        deadline: Duration,
        hint: Option<&str>,
        log: &Rc<Logger<'io>>,
        tracer: &Tracer,
    ) -> Self {
        Self {
            channel: connect::channel(&endpoint),
            endpoint: Rc::new(endpoint),
            deadline: Some(deadline),
            log: Rc::clone(log),
            tracer: tracer.clone(),
            retries: 0,
            hint: hint.map(Rc::from),
        }
    }

    /// The same channel with another deadline.
    pub(crate) fn with_deadline(&self, deadline: Option<Duration>) -> Self {
        Self { deadline, ..self.clone() }
    }

    /// The same channel, and so many further attempts to connect; negative for ever.
    pub(crate) fn with_retries(self, retries: i64) -> Self {
        Self { retries, ..self }
    }

    /// Where the channel leads.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// How long a call may take.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// Calls a unary method with an encoded request.
    pub(crate) async fn unary_bytes(&self, method: &'static Method, request: Vec<u8>) -> Result<Bytes, Error> {
        self.debug(method, &request);
        let mut span = self.tracer.call(method);
        span.sent(request.len());
        let body = Bytes::from(request);
        let call = async || {
            let mut grpc = self.grpc().await?;
            let path = PathAndQuery::from_static(method.path);
            let mut request = self.request(body.clone());
            span.inject(request.metadata_mut());
            Ok(grpc.unary(request, path, BytesCodec).await?.into_inner())
        };
        match self.retried(async || self.within(call()).await).await {
            Ok(response) => {
                span.received(response.len());
                span.ended(&Status::ok(""));
                Ok(response)
            }
            Err(status) => {
                span.ended(&status);
                Err(self.failed(method, &status).await)
            }
        }
    }

    /// Calls a method that answers with a stream; the deadline is for the call, not for the stream.
    pub(crate) async fn stream_bytes(&self, method: &'static Method, request: Vec<u8>) -> Result<Bodies<'io>, Error> {
        self.debug(method, &request);
        let mut span = self.tracer.call(method);
        span.sent(request.len());
        let body = Bytes::from(request);
        let call = async || {
            let mut grpc = self.grpc().await?;
            let path = PathAndQuery::from_static(method.path);
            let mut request = Request::new(body.clone());
            span.inject(request.metadata_mut());
            Ok(grpc.server_streaming(request, path, BytesCodec).await?.into_inner())
        };
        match self.retried(call).await {
            Ok(bodies) => Ok(Bodies { bodies, method, client: self.clone(), span }),
            Err(status) => {
                span.ended(&status);
                Err(self.failed(method, &status).await)
            }
        }
    }

    async fn grpc(&self) -> Result<Grpc<Channel>, Status> {
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(MAX_RESPONSE);
        grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
        Ok(grpc)
    }

    /// The request with the deadline in its metadata, so that the server gives up when we do.
    fn request(&self, body: Bytes) -> Request<Bytes> {
        let mut request = Request::new(body);
        if let Some(deadline) = self.deadline {
            request.set_timeout(deadline);
        }
        request
    }

    async fn within<T>(&self, call: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
        let Some(deadline) = self.deadline else { return call.await };
        // A timer's shortest time is a millisecond, within which a runtime may answer.
        let call = async { if deadline.is_zero() { std::future::pending().await } else { call.await } };
        match tokio::time::timeout(deadline, call).await {
            // tonic keeps the deadline that it finds in the metadata too, and calls that a cancellation.
            Ok(Err(status)) if !status::is_timeout(&status) => Err(status),
            Ok(Ok(answer)) => Ok(answer),
            _ => Err(Status::deadline_exceeded(format!("no answer from {} within {deadline:?}", self.endpoint))),
        }
    }

    /// The error of a failed call. For a method that the server lacks, asks it for its name and version.
    async fn failed(&self, method: &'static Method, status: &Status) -> Error {
        let error = status::error(method, status, &self.endpoint, self.hint.as_deref());
        if status.code() != Code::Unimplemented || method.name == methods::VERSION.name {
            return error;
        }
        let version = async {
            let path = PathAndQuery::from_static(methods::VERSION.path);
            Ok(self.grpc().await?.unary(self.request(Bytes::new()), path, BytesCodec).await?.into_inner())
        };
        let runtime = self.within(version).await.ok().and_then(|bytes| {
            let version: crate::generated::cri::VersionResponse = prost::Message::decode(bytes).ok()?;
            Some(format!("{} {}", version.runtime_name, version.runtime_version))
        });
        match runtime {
            Some(runtime) => error.hint(format!("{runtime} does not implement {}", method.name)),
            None => error,
        }
    }

    /// Secrets are left out: the request is shown through its table, which knows them.
    fn debug(&self, method: &'static Method, request: &[u8]) {
        self.log.write(Level::Debug, || {
            let shown = schema::decode_redacted(method.request, request).unwrap_or_default();
            let shown = serde_json::to_string(&shown).unwrap_or_default();
            format!("calling {} at {}: {shown}", method.name, self.endpoint)
        });
    }
}

impl<'io> Caller for Client<'io> {
    type Error = Error;
    type Stream<Response: Described> = Messages<'io, Response>;

    async fn unary<Request: Described, Response: Described>(
        &self,
        method: &'static Method,
        request: Request,
    ) -> Result<Response, Error> {
        let bytes = self.unary_bytes(method, request.encode_to_vec()).await?;
        read(method, bytes)
    }

    async fn stream<Request: Described, Response: Described>(
        &self,
        method: &'static Method,
        request: Request,
    ) -> Result<Messages<'io, Response>, Error> {
        let bodies = self.stream_bytes(method, request.encode_to_vec()).await?;
        Ok(Messages { bodies, response: PhantomData })
    }
}

fn read<Response: Described>(method: &'static Method, bytes: Bytes) -> Result<Response, Error> {
    Response::decode(bytes).map_err(|error| Error::answer(method.name, Response::SCHEMA.name, error))
}

/// The encoded messages of a stream.
pub(crate) struct Bodies<'io> {
    bodies: Streaming<Bytes>,
    method: &'static Method,
    client: Client<'io>,
    span: Call,
}

impl Bodies<'_> {
    /// The next message, or nothing at the end of the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        match self.bodies.message().await {
            Ok(Some(body)) => {
                self.span.received(body.len());
                Ok(Some(body))
            }
            Ok(None) => {
                self.span.ended(&Status::ok(""));
                Ok(None)
            }
            Err(status) => {
                self.span.ended(&status);
                Err(self.client.failed(self.method, &status).await)
            }
        }
    }
}

/// The messages of a stream.
pub(crate) struct Messages<'io, Response> {
    bodies: Bodies<'io>,
    response: PhantomData<Response>,
}

impl<Response: Described> Messages<'_, Response> {
    /// The next message, or nothing at the end of the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<Response>, Error> {
        let body = self.bodies.next().await?;
        body.map(|body| read(self.bodies.method, body)).transpose()
    }
}
