//! `--enable-tracing`: what a collector receives, and what a runtime is told of the trace.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crictl::cri::{VersionRequest, VersionResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span, status::StatusCode};
use tokio::net::{TcpListener, UnixListener};
use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
use tonic::transport::Server;
use tonic::{Request, Response, Status};

use crate::support::fake::runtime_service_server::{RuntimeService, RuntimeServiceServer};
use crate::support::run::{Output, crictl};

/// A collector on a port of its own, and a runtime on a socket of its own that implements `Version`.
#[derive(Clone, Default)]
struct Both {
    received: Arc<Mutex<Vec<ResourceSpans>>>,
    /// The metadata of the calls.
    parents: Arc<Mutex<Vec<String>>>,
}

#[tonic::async_trait]
impl TraceService for Both {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.received.lock().unwrap().extend(request.into_inner().resource_spans);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl RuntimeService for Both {
    async fn version(&self, request: Request<VersionRequest>) -> Result<Response<VersionResponse>, Status> {
        let parent = request.metadata().get("traceparent").map(|parent| parent.to_str().unwrap().to_owned());
        self.parents.lock().unwrap().extend(parent);
        let [version, runtime_name, runtime_version, runtime_api_version] =
            ["0.1.0", "fake", "1", "v1"].map(str::to_owned);
        Ok(Response::new(VersionResponse { version, runtime_name, runtime_version, runtime_api_version }))
    }
}

struct Served {
    both: Both,
    collector: String,
    socket: String,
    _folder: tempfile::TempDir,
}

fn serve() -> Served {
    let both = Both::default();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("cri.sock");
    let (ready, served) = std::sync::mpsc::channel();
    let (serving, path) = (both.clone(), socket.clone());
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let collector = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let socket = UnixListener::bind(&path).unwrap();
            ready.send(collector.local_addr().unwrap().to_string()).unwrap();
            let traces = Server::builder().add_service(TraceServiceServer::new(serving.clone()));
            let calls = Server::builder().add_service(RuntimeServiceServer::new(serving));
            let traces = traces.serve_with_incoming(TcpListenerStream::new(collector));
            let calls = calls.serve_with_incoming(UnixListenerStream::new(socket));
            tokio::try_join!(traces, calls).unwrap();
        });
    });
    let socket = socket.display().to_string();
    Served { both, collector: served.recv().unwrap(), socket, _folder: folder }
}

impl Served {
    fn run(&self, tracing: &[&str], command: &[&str]) -> Output {
        let global = ["-r", &self.socket, "--tracing-endpoint", &self.collector];
        crictl(global.iter().chain(tracing).chain(command).copied(), &[], "")
    }

    /// What arrived at the collector.
    fn received(&self) -> Vec<ResourceSpans> {
        self.both.received.lock().unwrap().clone()
    }

    fn spans(&self) -> Vec<Span> {
        self.received().into_iter().flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key).and_then(|found| found.value.clone());
    match found.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{key}: {other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_call_is_a_span_under_the_command_and_the_runtime_is_told() {
    let served = serve();
    let output = served.run(&["--enable-tracing"], &["rpc", "version"]);
    assert_eq!((output.status, output.errors()), (0, String::new()));

    let resource = served.received()[0].resource.clone().unwrap().attributes;
    assert_eq!(text(&resource, "service.name"), "cri-tools");
    assert_eq!(text(&resource, "process.pid"), std::process::id().to_string());
    assert!(!text(&resource, "host.name").is_empty());

    let [call, root] = served.spans().try_into().unwrap();
    assert_eq!((root.name.as_str(), text(&root.attributes, "command").as_str()), ("rpc", "rpc"));
    assert_eq!((root.status, root.parent_span_id), (None, Vec::new()));
    assert_eq!(call.name, "runtime.v1.RuntimeService/Version");
    assert_eq!(call.kind().as_str_name(), "SPAN_KIND_CLIENT");
    assert_eq!((&call.parent_span_id, &call.trace_id), (&root.span_id, &root.trace_id));
    assert_eq!(text(&call.attributes, "rpc.grpc.status_code"), "0");
    let events: Vec<_> = call.events.iter().map(|event| text(&event.attributes, "message.type")).collect();
    assert_eq!(events, ["SENT", "RECEIVED"]);
    let parent = format!("00-{}-{}-01", hex(&call.trace_id), hex(&call.span_id));
    assert_eq!(*served.both.parents.lock().unwrap(), [parent]);
}

#[test]
fn a_run_that_fails_is_sent_with_its_error() {
    let served = serve();
    let output = served.run(&["--enable-tracing"], &["ps"]);
    assert_eq!(output.status, 1);
    let spans = served.spans();
    let (root, calls) = spans.split_last().unwrap();
    let failed = |span: &Span| span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error);
    assert!(failed(root) && root.events[0].name == "exception", "{root:?}");
    let call = calls.iter().find(|span| span.name == "runtime.v1.RuntimeService/ListContainers").unwrap();
    assert!(failed(call));
    assert_eq!(text(&call.attributes, "rpc.grpc.status_code"), "12");
}

#[test]
fn what_is_not_asked_for_is_not_sent() {
    let served = serve();
    for tracing in
        [&["--enable-tracing=false"][..], &[], &["--enable-tracing", "--tracing-sampling-rate-per-million=0"]]
    {
        assert_eq!(served.run(tracing, &["rpc", "version"]).status, 0);
    }
    assert!(served.received().is_empty());
    // Only the third is a trace, and it says that nobody records it.
    let parents = served.both.parents.lock().unwrap();
    assert!(parents.len() == 1 && parents[0].ends_with("-00"), "{parents:?}");
}

#[test]
fn a_collector_that_does_not_answer_costs_a_line_and_no_more_than_the_timeout() {
    let served = serve();
    let closed = ["--enable-tracing", "--tracing-endpoint", "127.0.0.1:1"];
    let output = served.run(&closed, &["version"]);
    assert_eq!(output.status, 0);
    assert!(output.message().contains("tcp://127.0.0.1:1: connection refused"), "{output:?}");

    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let started = Instant::now();
    let output = served.run(&["-t", "300ms", "--enable-tracing", "--tracing-endpoint", &address], &["version"]);
    assert_eq!(output.status, 0);
    assert!(output.message().contains("no answer within 300ms"), "{output:?}");
    assert!(started.elapsed() < Duration::from_secs(4));
}
