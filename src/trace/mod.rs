//! `--enable-tracing`: a span for the run and one for each call, sent to an OpenTelemetry collector at the end of the
//! run, however it ended. Without the flag nothing happens. This module only records; it does not know how to send.

mod otlp;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::SystemTime;

use prost::Message as _;
use tonic::metadata::{AsciiMetadataValue, MetadataMap};
use uuid::Uuid;

use crate::error::Error;
use crate::io::Clock;
use crate::method::Method;
use otlp::{Event, Export, Resource, ResourceSpans, Scope, ScopeSpans, Span, SpanKind, number, text};

/// Where a trace goes, and whether to make one.
#[derive(Clone, Debug)]
pub(crate) struct Collector {
    /// `host:port`.
    pub(crate) address: String,
    /// How many runs per million are traced; negative for all.
    pub(crate) rate: i64,
}

/// The trace of a run, if there is one. Clones share it.
#[derive(Clone)]
pub(crate) struct Tracer(Option<Rc<Trace>>);

struct Trace {
    id: [u8; 16],
    /// The run's own span.
    root: [u8; 8],
    /// Whether it is recorded. Servers are told the trace either way, so that they make the same choice.
    sampled: bool,
    started: u64,
    clock: Clock,
    /// The calls that have ended.
    calls: RefCell<Vec<Span>>,
}

impl Tracer {
    /// Starts the trace of a run.
    pub(crate) fn start(collector: Option<&Collector>, clock: &Clock) -> Self {
        Self(collector.map(|collector| {
            let id = random().to_be_bytes();
            Rc::new(Trace {
                id,
                root: span_id(),
                sampled: is_sampled(id, collector.rate),
                started: nanos(clock.now()),
                clock: clock.clone(),
                calls: RefCell::default(),
            })
        }))
    }

    /// Starts the span of a call. It ends when it is dropped, so that an abandoned call has a span too.
    pub(crate) fn call(&self, method: &'static Method) -> Call {
        Call(self.0.as_ref().map(|trace| {
            let name = method.path.trim_start_matches('/');
            let (service, _) = name.split_once('/').unwrap_or((name, ""));
            let attributes =
                vec![text("rpc.system", "grpc"), text("rpc.service", service), text("rpc.method", method.name)];
            let span = Span {
                span_id: span_id().to_vec(),
                parent_span_id: trace.root.to_vec(),
                attributes,
                ..trace.span(name, SpanKind::Client, nanos(trace.clock.now()))
            };
            Open { trace: Rc::clone(trace), span, sent: 0, received: 0 }
        }))
    }

    /// Ends the trace; returns the request for its collector, if it is recorded. `host` is the machine's name, if the
    /// system does not provide it.
    pub(crate) fn finish(&self, command: &str, error: Option<&Error>, host: Option<&str>) -> Option<Vec<u8>> {
        let trace = self.0.as_ref().filter(|trace| trace.sampled)?;
        let end = nanos(trace.clock.now());
        let mut root = Span {
            span_id: trace.root.to_vec(),
            end_time_unix_nano: end,
            attributes: vec![text("command", command)],
            ..trace.span(command, SpanKind::Internal, trace.started)
        };
        if let Some(error) = error.filter(|error| error.exit() != 0) {
            let attributes = vec![text("exception.message", error.line())];
            root.events.push(Event { time_unix_nano: end, name: "exception".to_owned(), attributes });
            root.status = Some(otlp::Status::error(error.line()));
        }
        let mut spans = trace.calls.take();
        spans.push(root);
        Some(request(spans, host).encode_to_vec())
    }
}

impl Trace {
    fn span(&self, name: &str, kind: SpanKind, start: u64) -> Span {
        Span {
            trace_id: self.id.to_vec(),
            name: name.to_owned(),
            kind: kind.into(),
            start_time_unix_nano: start,
            flags: self.sampled.into(),
            ..Span::default()
        }
    }
}

/// A call in progress.
pub(crate) struct Call(Option<Open>);

struct Open {
    trace: Rc<Trace>,
    span: Span,
    sent: i64,
    received: i64,
}

impl Call {
    /// Tells the server which trace the call belongs to, as W3C's Trace Context specifies.
    pub(crate) fn inject(&self, metadata: &mut MetadataMap) {
        let Some(Open { trace, span, .. }) = &self.0 else { return };
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let parent = format!("00-{}-{}-{:02x}", hex(&trace.id), hex(&span.span_id), span.flags);
        if let Ok(parent) = AsciiMetadataValue::try_from(parent) {
            metadata.insert("traceparent", parent);
        }
    }

    /// A message of this many bytes was sent.
    pub(crate) fn sent(&mut self, size: usize) {
        if let Some(open) = &mut self.0 {
            open.sent += 1;
            open.message("SENT", open.sent, size);
        }
    }

    /// A message of this many bytes was received.
    pub(crate) fn received(&mut self, size: usize) {
        if let Some(open) = &mut self.0 {
            open.received += 1;
            open.message("RECEIVED", open.received, size);
        }
    }

    /// The call ended with this status.
    pub(crate) fn ended(&mut self, status: &tonic::Status) {
        if let Some(Open { span, .. }) = &mut self.0 {
            let code = status.code();
            span.attributes.push(number("rpc.grpc.status_code", i64::from(i32::from(code))));
            span.status = (code != tonic::Code::Ok).then(|| otlp::Status::error(status.message()));
        }
    }
}

impl Open {
    fn message(&mut self, kind: &str, id: i64, size: usize) {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        let attributes =
            vec![text("message.type", kind), number("message.id", id), number("message.uncompressed_size", size)];
        let time_unix_nano = nanos(self.trace.clock.now());
        self.span.events.push(Event { time_unix_nano, name: "message".to_owned(), attributes });
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut span = std::mem::take(&mut self.span);
        span.end_time_unix_nano = nanos(self.trace.clock.now());
        self.trace.calls.borrow_mut().push(span);
    }
}

fn request(spans: Vec<Span>, host: Option<&str>) -> Export {
    #[cfg(unix)]
    let node = rustix::system::uname();
    #[cfg(unix)]
    let host = node.nodename().to_str().ok().or(host);
    let mut attributes = vec![text("service.name", "cri-tools"), number("process.pid", std::process::id().into())];
    attributes.extend(host.map(|host| text("host.name", host)));
    let scope = Scope { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans }];
    Export { resource_spans: vec![ResourceSpans { resource: Some(Resource { attributes }), scope_spans }] }
}

/// Whether a trace is among `rate` of a million: decided by its id, so that others who see the id agree.
fn is_sampled(id: [u8; 16], rate: i64) -> bool {
    let Ok(rate) = u128::try_from(rate) else { return true };
    let place = (u128::from_be_bytes(id) & u128::from(u64::MAX)) >> 1;
    place < (rate << 63) / 1_000_000
}

/// 128 random bits. A random UUID has 122; a second one supplies the bits in its fixed places.
fn random() -> u128 {
    Uuid::new_v4().as_u128() ^ Uuid::new_v4().as_u128().rotate_left(64)
}

fn span_id() -> [u8; 8] {
    let [id @ .., _, _, _, _, _, _, _, _] = random().to_be_bytes();
    id
}

fn nanos(time: SystemTime) -> u64 {
    let elapsed = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_takes_its_share_of_the_ids() {
        let ids: Vec<[u8; 16]> = (0..1000).map(|_| random().to_be_bytes()).collect();
        let share = |rate| ids.iter().filter(|id| is_sampled(**id, rate)).count();
        assert_eq!((share(-1), share(0), share(1_000_000), share(i64::MAX)), (1000, 0, 1000, 1000));
        assert!((150..350).contains(&share(250_000)), "{}", share(250_000));
    }

    #[test]
    fn a_small_enough_id_is_taken() {
        let id = |low: u64| u128::from(low).to_be_bytes();
        assert!(is_sampled(id(0), 1));
        assert!(!is_sampled(id(u64::MAX), 999_999));
    }
}
