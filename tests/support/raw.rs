//! Servers that are no runtime.

pub mod mirror;

use std::convert::Infallible;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::pin::Pin;
use std::thread;

use bytes::Bytes;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Body, Frame, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio_stream::{Stream, StreamExt as _};

use super::run::{Output, crictl};

/// A socket with such a server behind it.
pub struct Raw {
    pub endpoint: String,
    _folder: tempfile::TempDir,
}

/// Says the same to everyone, whatever is said to it, and hangs up where it is told to.
pub fn saying(words: &'static [u8], hang_up: bool) -> Raw {
    serve(move |mut stream| {
        let _ = stream.write_all(words);
        if !hang_up {
            let _ = stream.read_to_end(&mut Vec::new());
        }
    })
}

/// What is answered to every call, in gRPC.
#[derive(Clone, Default)]
pub struct Script {
    /// Names and values.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The messages, as they are encoded.
    pub messages: Vec<Vec<u8>>,
    /// What comes after them, as it is: a part of a message.
    pub rest: Vec<u8>,
    /// Behind the status, which is good unless it is here.
    pub trailers: Vec<(&'static str, &'static str)>,
    pub end: End,
    /// How many bytes a client may send on a stream, and how many streams it may open, where that is not as usual.
    pub window: Option<u32>,
    pub streams: Option<u32>,
}

/// How an answer ends.
#[derive(Clone, Copy, Default)]
pub enum End {
    /// With its trailers.
    #[default]
    Trailers,
    /// Without.
    Nothing,
    /// Never.
    Never,
}

/// Answers every call with one message of these bytes.
pub fn answering(message: impl Into<Vec<u8>>) -> Raw {
    Script { messages: vec![message.into()], ..Script::default() }.serve()
}

/// Answers every call with the script for its path.
pub fn scripted(script: impl Fn(&str) -> Script + Send + Sync + Clone + 'static) -> Raw {
    serve(move |stream| talk(stream, &http2::Builder::new(TokioExecutor::new()), script.clone()))
}

/// Answers the calls of one connection.
fn talk(
    stream: UnixStream,
    server: &http2::Builder<TokioExecutor>,
    script: impl Fn(&str) -> Script + Send + Sync + Clone + 'static,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let service = service_fn(move |request: http::Request<Incoming>| {
        let response = script(request.uri().path()).response();
        async move {
            // What can't be sent is not answered.
            let _ = request.into_body().collect().await;
            Ok::<_, Infallible>(response)
        }
    });
    let _ = runtime.block_on(async {
        stream.set_nonblocking(true).unwrap();
        let stream = tokio::net::UnixStream::from_std(stream).unwrap();
        server.serve_connection(TokioIo::new(stream), service).await
    });
}

impl Script {
    /// Serves on a socket of its own.
    pub fn serve(self) -> Raw {
        let mut server = http2::Builder::new(TokioExecutor::new());
        if let Some(window) = self.window {
            server.initial_stream_window_size(window);
        }
        if let Some(streams) = self.streams {
            server.max_concurrent_streams(streams);
        }
        serve(move |stream| {
            let script = self.clone();
            talk(stream, &server, move |_| script.clone());
        })
    }

    fn response(&self) -> http::Response<impl Body<Data = Bytes, Error = Infallible> + use<>> {
        let mut response = http::Response::builder().header("content-type", "application/grpc");
        for (name, value) in &self.headers {
            response = response.header(*name, *value);
        }
        let framed = |message: &Vec<u8>| {
            let length = u32::try_from(message.len()).unwrap().to_be_bytes();
            Frame::data(Bytes::from([&[0], &length[..], message].concat()))
        };
        let mut trailers = http::HeaderMap::new();
        // The last value of a name is the one that counts.
        for (name, value) in [("grpc-status", "0")].iter().chain(&self.trailers) {
            trailers.insert(*name, value.parse().unwrap());
        }
        let rest = Some(Frame::data(Bytes::from(self.rest.clone()))).filter(|_| !self.rest.is_empty());
        let trailers = matches!(self.end, End::Trailers).then(|| Frame::trailers(trailers));
        let frames: Vec<_> = self.messages.iter().map(framed).chain(rest).chain(trailers).map(Ok).collect();
        let after: Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Infallible>> + Send>> = match self.end {
            End::Never => Box::pin(tokio_stream::pending()),
            End::Trailers | End::Nothing => Box::pin(tokio_stream::empty()),
        };
        response.body(StreamBody::new(tokio_stream::iter(frames).chain(after))).unwrap()
    }
}

/// Does with every connection what it is told.
pub fn serve(answer: impl Fn(UnixStream) + Send + Sync + Clone + 'static) -> Raw {
    let folder = tempfile::tempdir().unwrap();
    let socket: PathBuf = folder.path().join("raw.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let answer = answer.clone();
            thread::spawn(move || answer(stream));
        }
    });
    Raw { endpoint: format!("unix://{}", socket.display()), _folder: folder }
}

impl Raw {
    /// Runs `crictl` against this server.
    pub fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Output {
        crictl(args, &[("CONTAINER_RUNTIME_ENDPOINT", &self.endpoint)], "")
    }
}
