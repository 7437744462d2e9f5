//! Calls to a runtime: one lazy channel per endpoint, a deadline per call, errors that name
//! the method. Messages travel as bytes, so `crictl rpc` and the commands share one path.

mod call;
mod codec;
pub(crate) mod connect;
mod converse;
pub(crate) mod deadline;
pub(crate) mod details;
pub(crate) mod endpoint;
pub(crate) mod export;
mod live;
pub(crate) mod metadata;
mod owed;
mod parting;
mod pieces;
pub(crate) mod rerun;
mod response;
mod retry;
mod stand_in;
pub(crate) mod status;
mod stream;
mod typed;
pub(crate) mod wire;

use std::rc::Rc;
use std::slice;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::stream::iter;
use tokio::time::Instant;
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Status};

use crate::error::Error;
use crate::generated::methods;
use crate::log::Logger;
use crate::method::{Deadline, Method};
use crate::rpc::connect::Connection;
pub(crate) use crate::rpc::converse::Sender;
use crate::rpc::endpoint::Endpoint;
use crate::rpc::owed::Owed;
pub(crate) use crate::rpc::parting::Parting;
pub(crate) use crate::rpc::stand_in::{Answer, StandIn};
use crate::rpc::stream::Source;
pub(crate) use crate::rpc::stream::{Bodies, Messages};
use crate::rpc::wire::{Limit, Wire};
use crate::trace::Tracer;

/// How many calls go on at once where a command makes many. A runtime that removes a thousand containers at once only
/// gets slower.
pub(crate) const AT_ONCE: usize = 8;

/// A channel to one endpoint, and how its calls are made. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client<'io> {
    wire: Wire,
    endpoint: Rc<Endpoint>,
    /// The flag that names the endpoint, if an endpoint was named.
    named: Option<&'static str>,
    /// What is sent with every call.
    metadata: Rc<MetadataMap>,
    log: Rc<Logger<'io>>,
    tracer: Tracer,
    /// How many more times to try to connect; negative for no limit.
    retries: i64,
    /// The hint if nobody serves the endpoint.
    hint: Rc<str>,
    /// Words that the server may repeat and that must not be shown.
    hidden: Rc<[String]>,
    /// Who answers the CRI's methods, where that is not the server.
    stand_in: Option<Rc<dyn StandIn>>,
}

impl<'io> Client<'io> {
    /// A client whose channel connects when the first call is made.
    pub(crate) fn new(endpoint: Endpoint, timeout: Duration, log: &Rc<Logger<'io>>, tracer: &Tracer) -> Self {
        Self {
            wire: Wire::new(&endpoint, timeout),
            endpoint: Rc::new(endpoint),
            named: None,
            metadata: Rc::default(),
            log: Rc::clone(log),
            tracer: tracer.clone(),
            retries: 0,
            hint: Rc::default(),
            hidden: Rc::default(),
            stand_in: None,
        }
    }

    /// The same channel with another timeout; each method derives its own deadline from it.
    pub(crate) fn with_timeout(self, timeout: Duration) -> Self {
        self.limited(Limit::Timeout(timeout))
    }

    /// The same channel with this deadline for every method.
    pub(crate) fn with_deadline(self, deadline: Duration) -> Self {
        self.limited(Limit::Deadline(deadline))
    }

    fn limited(self, limit: Limit) -> Self {
        Self { wire: Wire { limit, ..self.wire }, ..self }
    }

    /// The same channel with so many further attempts to connect; negative for no limit.
    pub(crate) fn with_retries(self, retries: i64) -> Self {
        Self { retries, ..self }
    }

    /// The same channel, with the root flag that names its endpoint, the name that errors give the endpoint, and their
    /// hint.
    pub(crate) fn named(self, flag: Option<&'static str>, place: String, hint: String) -> Self {
        Self { named: flag, wire: Wire { place: Arc::from(place), ..self.wire }, hint: Rc::from(hint), ..self }
    }

    /// A separate channel to the same endpoint.
    pub(crate) fn with_connection(self, connection: &Connection) -> Self {
        let owed = Owed::default();
        let channel = connect::channel(&self.endpoint, connection, &owed);
        Self { wire: Wire { channel, owed, ..self.wire }, ..self }
    }

    /// The same channel, with metadata for every call.
    pub(crate) fn with_metadata(self, metadata: MetadataMap) -> Self {
        Self { metadata: Rc::new(metadata), ..self }
    }

    /// The same channel with another limit on the size of messages, in bytes, if one is given.
    pub(crate) fn with_max_message(self, size: Option<u64>) -> Self {
        let size = size.map(|size| usize::try_from(size).unwrap_or(usize::MAX));
        Self { wire: Wire { max_message: size.unwrap_or(self.wire.max_message), ..self.wire }, ..self }
    }

    /// The same channel; errors, logs and traces of its calls never contain these words.
    pub(crate) fn hiding(self, words: Vec<String>) -> Self {
        Self { hidden: words.into(), ..self }
    }

    /// What is sent with every call.
    pub(crate) fn metadata(&self) -> &MetadataMap {
        &self.metadata
    }

    /// Where the channel leads.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The time, as log lines have it.
    pub(crate) fn now(&self) -> SystemTime {
        self.log.now()
    }

    /// How long a call may take; nothing means no limit.
    pub(crate) fn deadline(&self, method: &Method, request: &[u8]) -> Option<Duration> {
        match self.wire.limit {
            // Each of the calls that are made for it has that time.
            Limit::Timeout(_) if self.stand_in.is_some() && method.deadline == Deadline::Timeout => None,
            _ => self.wire.deadline(method, request),
        }
    }

    /// Calls a unary method with an encoded request.
    pub(crate) async fn unary_bytes(&self, method: &'static Method, request: Vec<u8>) -> Result<Bytes, Error> {
        match self.answer(method, request).await {
            Ok(response) => Ok(response),
            Err(status) => Err(self.error(method, &status).await),
        }
    }

    /// As [`Client::unary_bytes`], for whoever wants the status itself.
    ///
    /// # Errors
    /// The call failed.
    pub(crate) async fn answer(&self, method: &'static Method, request: Vec<u8>) -> Result<Bytes, Status> {
        let body = Bytes::from(request);
        let mut underway = self.begin(method, slice::from_ref(&body));
        let deadline = self.deadline(method, &body);
        let answer = match &self.stand_in {
            Some(stand_in) => {
                self.wire.within(deadline, Instant::now(), self.stood_in(&**stand_in, method, body)).await
            }
            None => {
                let call = async || self.wire.one(method, self.request(vec![body.clone()], deadline, &underway)).await;
                self.retried(async || self.wire.within(deadline, Instant::now(), call()).await).await
            }
        };
        let answer = answer.map_err(|status| self.discreet(status));
        match &answer {
            Ok(response) => {
                underway.received(response.len());
                underway.ended(&Status::ok(""));
            }
            Err(status) => underway.ended(status),
        }
        answer
    }

    /// Calls a method that answers with a stream.
    pub(crate) async fn stream_bytes(&self, method: &'static Method, request: Vec<u8>) -> Result<Bodies<'io>, Error> {
        match self.open(method, request).await {
            Ok(bodies) => Ok(bodies),
            Err(status) => Err(self.error(method, &status).await),
        }
    }

    /// Calls a method of either kind, for a caller that needs the whole answer. The deadline covers all of it.
    ///
    /// # Errors
    /// The call failed before a header arrived.
    pub(crate) async fn open(&self, method: &'static Method, request: Vec<u8>) -> Result<Bodies<'io>, Status> {
        self.open_several(method, vec![request]).await
    }

    /// As [`Client::open`], also for a method that takes a stream of requests: these are all of it. The first of them has
    /// the word on the deadline.
    ///
    /// # Errors
    /// As [`Client::open`].
    pub(crate) async fn open_several(
        &self,
        method: &'static Method,
        requests: Vec<Vec<u8>>,
    ) -> Result<Bodies<'io>, Status> {
        let requests: Vec<_> = requests.into_iter().map(Bytes::from).collect();
        let first = requests.first().cloned().unwrap_or_default();
        let mut underway = self.begin(method, &requests);
        let deadline = self.deadline(method, &first);
        let since = Instant::now();
        let opened = match &self.stand_in {
            Some(stand_in) => {
                let answer = stand_in.answer(self.clone(), method, first);
                let answer = self.wire.within(deadline, since, answer).await;
                answer.map(|answer| (MetadataMap::new(), Source::StandIn(answer), since))
            }
            None => {
                let call = async |since| {
                    let request = self.request(requests.clone(), deadline, &underway);
                    let (headers, bodies, _) = self.wire.send(method, request.map(iter)).await?.into_parts();
                    Ok((headers, Source::Wire(Box::new(bodies)), since))
                };
                self.retried(async || {
                    let since = Instant::now();
                    self.wire.within(deadline, since, call(since)).await
                })
                .await
            }
        };
        match opened {
            Ok((headers, bodies, since)) => {
                Ok(Bodies { bodies, headers, method, client: self.clone(), underway, deadline, since })
            }
            Err(status) => {
                underway.ended(&status);
                Err(status)
            }
        }
    }

    /// Waits for what a live server sends without delay: its greeting, its taking of our requests, the rest of what it
    /// has begun to send.
    pub(crate) async fn settled(&self) {
        self.wire.owed.settled().await;
    }

    /// The error of a failed call. If the server lacks the method, asks it for its name and version.
    pub(crate) async fn error(&self, method: &'static Method, status: &Status) -> Error {
        let peer = self.wire.peer(&self.hint);
        let error = status::error(method, status, &peer);
        // What stands in has said already who does not implement what.
        if status.code() != Code::Unimplemented || method.name == methods::VERSION.name || self.stand_in.is_some() {
            return error;
        }
        let version = self.wire.one(&methods::VERSION, Request::new(vec![Bytes::new()]));
        let deadline = self.deadline(&methods::VERSION, &[]);
        let runtime = self.wire.within(deadline, Instant::now(), version).await.ok().and_then(|bytes| {
            let version: crate::generated::cri::VersionResponse = prost::Message::decode(bytes).ok()?;
            Some(format!("{} {}", version.runtime_name, version.runtime_version))
        });
        match runtime {
            Some(runtime) => error.hint(format!("{runtime} does not implement {}", method.name)),
            None => error,
        }
    }
}
