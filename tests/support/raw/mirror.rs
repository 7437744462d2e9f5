//! A server of any API: it keeps what it is sent.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::{Raw, serve};
use crate::support::run::{Output, crictl};

/// What a call brought: the path of its method, and the bytes of its message.
pub type Call = (String, Vec<u8>);

/// Such a server.
pub struct Mirror {
    raw: Raw,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Mirror {
    /// Answers each call with the messages that it brought.
    pub fn serve() -> Self {
        Self::answering(|_, message| Some(message.to_vec()))
    }

    /// Answers with bytes, or with nothing where it does not know the method.
    pub fn answering(answer: fn(&str, &[u8]) -> Option<Vec<u8>>) -> Self {
        let calls = Arc::<Mutex<Vec<Call>>>::default();
        let kept = calls.clone();
        let raw = serve(move |stream| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let service = service_fn(|request| {
                let kept = kept.clone();
                async move { Ok::<_, Infallible>(respond(request, &kept, answer).await) }
            });
            let _ = runtime.block_on(async {
                stream.set_nonblocking(true).unwrap();
                let stream = tokio::net::UnixStream::from_std(stream).unwrap();
                http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await
            });
        });
        Self { raw, calls }
    }

    /// Runs `crictl` against it.
    pub fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Output {
        crictl(args, &[("CONTAINER_RUNTIME_ENDPOINT", &self.raw.endpoint)], "")
    }

    /// Runs `crictl`, which succeeds with one call, and returns that.
    pub fn call<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Call {
        let args: Vec<_> = args.into_iter().collect();
        let output = self.run(args.iter().copied());
        assert_eq!((output.status, output.errors()), (0, String::new()), "{args:?}");
        let mut calls = self.take();
        assert_eq!(calls.len(), 1, "{args:?}");
        calls.remove(0)
    }

    /// What it was sent since this was asked last.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

type Answer = http::Response<http_body_util::combinators::BoxBody<Bytes, Infallible>>;

async fn respond(
    request: http::Request<Incoming>,
    calls: &Mutex<Vec<Call>>,
    answer: fn(&str, &[u8]) -> Option<Vec<u8>>,
) -> Answer {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let (mut frames, mut status) = (Vec::new(), "0");
    let mut rest = &body[..];
    // A message comes after a byte that says whether it is compressed, and four of its length.
    while let Some((head, after)) = rest.split_first_chunk::<5>() {
        let length = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
        let message = after[..length].to_vec();
        rest = &after[length..];
        match answer(&path, &message) {
            Some(message) => {
                frames.extend([&[0], &u32::try_from(message.len()).unwrap().to_be_bytes()[..], &message].concat());
            }
            None => status = "12",
        }
        calls.lock().unwrap().push((path.clone(), message));
    }
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", http::HeaderValue::from_static(status));
    let body = Full::new(Bytes::from(frames)).with_trailers(std::future::ready(Some(Ok(trailers))));
    http::Response::builder().header("content-type", "application/grpc").body(body.boxed()).unwrap()
}
