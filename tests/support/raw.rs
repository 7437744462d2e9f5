//! Servers that are no runtime.

pub mod mirror;

use std::convert::Infallible;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread;

use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};

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

/// Speaks gRPC, and answers every call with one message of these bytes.
pub fn answering(message: &'static str) -> Raw {
    serve(move |stream| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let service = service_fn(move |_| async move {
            let length = u32::try_from(message.len()).unwrap().to_be_bytes().map(char::from);
            let frame = ['\0'].into_iter().chain(length).collect::<String>() + message;
            let response =
                http::Response::builder().header("content-type", "application/grpc").header("grpc-status", "0");
            Ok::<_, Infallible>(response.body(frame).unwrap())
        });
        let _ = runtime.block_on(async {
            stream.set_nonblocking(true).unwrap();
            let stream = tokio::net::UnixStream::from_std(stream).unwrap();
            http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await
        });
    })
}

fn serve(answer: impl Fn(UnixStream) + Send + Sync + Clone + 'static) -> Raw {
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
