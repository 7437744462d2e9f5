//! A scripted CRI server on a unix socket.
//!
//! It serves every method of the two services from their descriptors; what it answers comes from a
//! fixture. It knows nothing of containers, nor of the program under test.

use std::collections::HashMap;
use std::convert::Infallible;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use serde_json::{Map, Value, json};
use tokio::net::UnixListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::replay::Result;
use crate::replay::codec::BytesCodec;
use crate::replay::rule::{Answer, Rule};
use crate::replay::subst::Subst;

const SERVICES: [&str; 2] = ["runtime.v1.RuntimeService", "runtime.v1.ImageService"];

/// How long an answer that never comes is held back.
const FOREVER: Duration = Duration::from_secs(600);

/// The calls received, by all servers of a case in one order.
#[derive(Default)]
pub(crate) struct Calls {
    received: Mutex<Vec<Value>>,
    count: watch::Sender<usize>,
}

impl Calls {
    pub(crate) fn push(&self, call: Value) {
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.push(call);
        self.count.send_replace(received.len());
    }

    /// A copy of what was received so far.
    pub(crate) fn received(&self) -> Vec<Value> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until a method was called so many times.
    pub(crate) async fn reached(&self, method: &str, count: usize) {
        let mut changes = self.count.subscribe();
        let seen = |call: &&Value| call["method"] == method;
        while self.received().iter().filter(seen).count() < count {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

/// A running server; it ends, with its connections, when dropped.
pub(crate) struct Fake {
    _connections: JoinSet<()>,
}

struct Server {
    methods: HashMap<String, Method>,
    tag: Option<&'static str>,
    subst: Arc<Subst>,
    calls: Arc<Calls>,
}

struct Method {
    name: String,
    request: MessageDescriptor,
    streaming: bool,
    rules: Mutex<Vec<Rule>>,
}

impl Fake {
    /// Serves `fixture` on `socket`; `tag` marks the calls of a second server.
    pub(crate) fn start(
        schema: &DescriptorPool,
        fixture: Map<String, Value>,
        socket: &Path,
        tag: Option<&'static str>,
        subst: &Arc<Subst>,
        calls: &Arc<Calls>,
    ) -> Result<Self> {
        let server =
            Arc::new(Server { methods: methods(schema, fixture)?, tag, subst: subst.clone(), calls: calls.clone() });
        let listener = UnixListener::bind(socket)?;
        let mut connections = JoinSet::new();
        connections.spawn(serve(listener, server));
        Ok(Self { _connections: connections })
    }
}

fn methods(schema: &DescriptorPool, mut fixture: Map<String, Value>) -> Result<HashMap<String, Method>> {
    let mut methods = HashMap::new();
    for service in SERVICES {
        let service = schema.get_service_by_name(service).ok_or("the descriptors are not those of the CRI")?;
        for method in service.methods() {
            let spec = fixture.remove(method.name());
            let rules = Rule::list(spec.unwrap_or_else(|| json!([])), &method.output())?;
            let path = format!("/{}/{}", service.full_name(), method.name());
            methods.insert(
                path,
                Method {
                    name: method.name().to_owned(),
                    request: method.input(),
                    streaming: method.is_server_streaming(),
                    rules: Mutex::new(rules),
                },
            );
        }
    }
    match fixture.keys().next() {
        Some(unknown) => Err(format!("fixture: no method {unknown:?}").into()),
        None => Ok(methods),
    }
}

async fn serve(listener: UnixListener, server: Arc<Server>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let server = server.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let server = server.clone();
                async move { Ok::<_, Infallible>(server.respond(request).await) }
            });
            // A client may leave as it likes: how the connection ends says nothing about the case.
            let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

impl Server {
    async fn respond(self: Arc<Self>, request: http::Request<Incoming>) -> http::Response<tonic::body::Body> {
        let path = request.uri().path().to_owned();
        let Some(method) = self.methods.get(&path) else {
            self.log(&path, &Value::Null);
            return Status::unimplemented("Method not found!").into_http();
        };
        let mut grpc = tonic::server::Grpc::new(BytesCodec)
            .max_decoding_message_size(usize::MAX)
            .max_encoding_message_size(usize::MAX);
        let server = &self;
        if method.streaming {
            let stream = tower::service_fn(async |request: Request<Bytes>| {
                let answer = server.answer(&path, request.get_ref());
                Ok(Response::new(play(answer)))
            });
            grpc.server_streaming(stream, request).await
        } else {
            let unary = tower::service_fn(async |request: Request<Bytes>| {
                let answer = server.answer(&path, request.get_ref())?;
                tokio::time::sleep(answer.delay).await;
                if answer.hold {
                    tokio::time::sleep(FOREVER).await;
                }
                answer.end.map(Response::new)
            });
            grpc.unary(unary, request).await
        }
    }

    /// Takes note of a request and finds the answer.
    fn answer(&self, path: &str, request: &[u8]) -> std::result::Result<Answer, Status> {
        let method = &self.methods[path];
        let request = DynamicMessage::decode(method.request.clone(), request)
            .map_err(|error| error.to_string())
            .and_then(|message| serde_json::to_value(message).map_err(|error| error.to_string()))
            .unwrap_or_else(|error| json!({"@undecodable": error}));
        let mut rules = method.rules.lock().unwrap_or_else(PoisonError::into_inner);
        self.log(&method.name, &request);
        let rule = rules
            .iter_mut()
            .find_map(|rule| rule.takes(&request, &self.subst).then_some(&*rule))
            .ok_or_else(|| Status::unimplemented(format!("unknown method {}", method.name)))?;
        rule.answer(&self.subst).map_err(|error| Status::internal(format!("fixture: {error}")))
    }

    fn log(&self, method: &str, request: &Value) {
        let mut call = json!({"method": method, "request": request});
        if let Some(tag) = self.tag {
            call["server"] = tag.into();
        }
        self.calls.push(call);
    }
}

type Item = std::result::Result<Bytes, Status>;

/// Sends the items of an answer as they fall due.
fn play(answer: std::result::Result<Answer, Status>) -> ReceiverStream<Item> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let end = match answer {
            Ok(answer) => send_items(answer, &sender).await,
            Err(status) => Some(status),
        };
        if let Some(status) = end {
            // Nobody to tell if the client left.
            let _ = sender.send(Err(status)).await;
        }
    });
    ReceiverStream::new(receiver)
}

/// The error to end with, if there is one and the client is still there.
async fn send_items(answer: Answer, sender: &mpsc::Sender<Item>) -> Option<Status> {
    tokio::time::sleep(answer.delay).await;
    for (index, item) in answer.items.into_iter().enumerate() {
        if index > 0 {
            tokio::time::sleep(answer.item_delay).await;
        }
        sender.send(Ok(item)).await.ok()?;
    }
    if answer.hold {
        tokio::select! {
            () = sender.closed() => return None,
            () = tokio::time::sleep(FOREVER) => {}
        }
    }
    answer.end.err()
}
