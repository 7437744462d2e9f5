//! Typed calls, for a host that wants data and not text.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::runtime::Handle;
use tokio::time::Instant;
use tonic::{Code, Request, Status};

use crate::error::Error;
pub use crate::generated::client::{ImageService, RuntimeService};
use crate::method::{Caller, Method};
use crate::rpc::wire::Wire;
use crate::rpc::{endpoint, status};
use crate::schema::Described;

/// The timeout of a call if none is set, as on the command line.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A runtime to call. Clones share one connection, and may be used on any thread of a tokio runtime.
///
/// ```no_run
/// # async fn list() -> Result<(), Box<dyn std::error::Error>> {
/// use crictl::client::Client;
/// use crictl::cri::ListContainersRequest;
///
/// let client = Client::connect("unix:///run/containerd/containerd.sock").await?;
/// for container in client.runtime().list_containers(ListContainersRequest::default()).await?.containers {
///     println!("{} {}", container.id, container.created_at);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    wire: Wire,
}

/// Why a call failed: in one line, what happened, the method and the code, and what may help.
#[derive(Clone, Debug)]
pub struct CallError {
    error: Box<Error>,
    code: Code,
    details: Bytes,
}

/// The responses of a stream, as they arrive; the first error ends it.
pub struct Responses<Response>(Pin<Box<dyn Stream<Item = Result<Response, CallError>> + Send>>);

impl Client {
    /// A client of the runtime at an endpoint: `unix://PATH`, `tcp://HOST:PORT` or, on Windows, `npipe:PATH`. It
    /// connects when the first call is made, and again after the connection was lost.
    ///
    /// # Errors
    /// The endpoint is not one, or there is no tokio runtime to connect on.
    #[expect(clippy::unused_async, reason = "it belongs to a runtime, and may wait for the connection one day")]
    pub async fn connect(endpoint: &str) -> Result<Self, CallError> {
        let refused = |cause| CallError {
            error: Box::new(Error::failure(cause)),
            code: Code::InvalidArgument,
            details: Bytes::new(),
        };
        if Handle::try_current().is_err() {
            return Err(refused("a client needs a tokio runtime".to_owned()));
        }
        let endpoint = endpoint::parse(endpoint).map_err(refused)?;
        Ok(Self { wire: Wire::new(&endpoint, TIMEOUT) })
    }

    /// The same connection with another timeout, of which each method makes its deadline: pulling an image and streams
    /// have none, stopping a container has its grace period on top.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { wire: self.wire.with_timeout(timeout) }
    }

    /// The calls of the runtime service.
    #[must_use]
    pub fn runtime(&self) -> RuntimeService<Self> {
        RuntimeService(self.clone())
    }

    /// The calls of the image service.
    #[must_use]
    pub fn image(&self) -> ImageService<Self> {
        ImageService(self.clone())
    }

    fn request(&self, method: &'static Method, message: &impl Described) -> (Request<Vec<Bytes>>, Option<Duration>) {
        let body = message.encode_to_vec();
        let deadline = self.wire.deadline(method, &body);
        let mut request = Request::new(vec![Bytes::from(body)]);
        if let Some(deadline) = deadline {
            request.set_timeout(deadline);
        }
        (request, deadline)
    }

    fn error(&self, method: &'static Method, status: &Status) -> CallError {
        let hint = "is the runtime running?";
        CallError {
            error: Box::new(status::error(method, status, &self.wire.peer(hint))),
            code: status.code(),
            details: Bytes::copy_from_slice(status.details()),
        }
    }

    fn read<Response: Described>(method: &'static Method, body: Bytes) -> Result<Response, CallError> {
        Response::decode(body).map_err(|error| CallError {
            error: Box::new(Error::answer(method.name, Response::SCHEMA.name, error)),
            code: Code::Internal,
            details: Bytes::new(),
        })
    }
}

impl Caller for Client {
    type Error = CallError;
    type Stream<Response: Described> = Responses<Response>;

    async fn unary<Request: Described, Response: Described>(
        &self,
        method: &'static Method,
        request: Request,
    ) -> Result<Response, CallError> {
        let (request, deadline) = self.request(method, &request);
        let answer = self.wire.within(deadline, Instant::now(), self.wire.one(method, request)).await;
        Self::read(method, answer.map_err(|status| self.error(method, &status))?)
    }

    async fn stream<Request: Described, Response: Described>(
        &self,
        method: &'static Method,
        request: Request,
    ) -> Result<Responses<Response>, CallError> {
        let (request, deadline) = self.request(method, &request);
        let since = Instant::now();
        let opened = self.wire.within(deadline, since, self.wire.send(method, request.map(stream::iter))).await;
        let bodies = opened.map_err(|status| self.error(method, &status))?.into_inner();
        let next = move |state: Option<(Self, tonic::Streaming<Bytes>)>| async move {
            let (client, mut bodies) = state?;
            let body = client.wire.message(method, deadline, since, bodies.message()).await;
            match body.map_err(|status| client.error(method, &status)).transpose()? {
                Ok(body) => Some((Self::read(method, body), Some((client, bodies)))),
                Err(error) => Some((Err(error), None)),
            }
        };
        Ok(Responses(stream::unfold(Some((self.clone(), bodies)), next).boxed()))
    }
}

impl<Response> Stream for Responses<Response> {
    type Item = Result<Response, CallError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl<Response> fmt::Debug for Responses<Response> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Responses")
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.wire.place).finish()
    }
}

impl CallError {
    /// The gRPC code: the server's, or the one that fits what happened on the way to it.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What the server sent beyond its message: an encoded `google.rpc.Status`, empty if there is nothing.
    #[must_use]
    pub fn details(&self) -> &[u8] {
        &self.details
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error.line())
    }
}

impl std::error::Error for CallError {}
