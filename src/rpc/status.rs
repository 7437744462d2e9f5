//! From a gRPC status to an error in plain words: the cause first, and a hint if one is known.

use std::error::Error as _;
use std::io;
use std::sync::Arc;

use tonic::{Code, Status};

use crate::error::{Error, lower};
use crate::method::Method;
use crate::rpc::connect::Dial;
use crate::rpc::details;

/// How the message of a call begins that we gave up.
pub(super) const GAVE_UP: &str = "no answer from";

/// The server that was called, and the terms of the call.
pub(crate) struct Peer<'a> {
    /// The endpoint as errors name it.
    pub(super) place: &'a str,
    /// The hint if nobody serves the endpoint.
    pub(super) hint: &'a str,
    /// The largest message that is accepted.
    pub(super) max_message: usize,
}

/// An answer with more values than we have room for.
#[derive(Debug, thiserror::Error)]
#[error("the answer has more than {0} values")]
struct TooMany(usize);

/// The status of a call whose answer would take more memory than its size allows.
pub(super) fn too_many(limit: usize) -> Status {
    let mut status = Status::resource_exhausted(TooMany(limit).to_string());
    status.set_source(Arc::new(TooMany(limit)));
    status
}

/// The error of a failed call, with the details that the server gives beyond the message.
pub(crate) fn error(method: &'static Method, status: &Status, peer: &Peer<'_>) -> Error {
    details::words(status).into_iter().fold(plain(method, status, peer), Error::hint)
}

fn plain(method: &'static Method, status: &Status, peer: &Peer<'_>) -> Error {
    let endpoint = peer.place;
    if let Some(Dial(cause)) = source(status) {
        return unreachable(cause, endpoint, peer.hint, |cause| Error::call(method.name, Code::Unavailable, cause));
    }
    let message = status.message();
    match status.code() {
        // tonic has its own code for a message over the limit; Go's clients say ResourceExhausted, and scripts know
        // that.
        Code::OutOfRange if message.contains("decoded message length too large") => {
            let limit = size(peer.max_message);
            Error::call(method.name, Code::ResourceExhausted, format!("the answer is larger than {limit}"))
                .said(message)
                .hint(TOO_LARGE)
        }
        code if source::<TooMany>(status).is_some() => Error::call(method.name, code, message).hint(TOO_LARGE),
        Code::DeadlineExceeded => {
            let error = Error::call(method.name, status.code(), message).hint("raise the limit with --timeout");
            // Go's clients use these words when they give up by themselves.
            if message.starts_with(GAVE_UP) { error.said("context deadline exceeded") } else { error }
        }
        code if source::<tonic::transport::Error>(status).is_some() => {
            // hyper reports a request as cancelled if the connection ended before it was sent; we did not cancel it.
            let broken = [Code::Unknown, Code::Internal, Code::Cancelled].contains(&code);
            let code = if broken { Code::Unavailable } else { code };
            let detail = root(status);
            Error::call(
                method.name,
                code,
                format!("the server at {endpoint} broke the connection or does not speak gRPC: {detail}"),
            )
            .said(detail)
        }
        code if message.is_empty() => Error::call(method.name, code, "the runtime gives no reason").said(message),
        code => Error::call(method.name, code, message),
    }
}

/// The hint for an answer that is too large.
const TOO_LARGE: &str = "narrow the request, for example with an id or a label, or raise the limit with --max-msg-size";

/// A size in the largest unit that it is a multiple of.
fn size(bytes: usize) -> String {
    let units =
        [("GiB", 30), ("MiB", 20), ("KiB", 10)].into_iter().filter(|(_, shift)| bytes >> shift << shift == bytes);
    match units.map(|(unit, shift)| (unit, bytes >> shift)).find(|(_, count)| *count > 0) {
        Some((unit, count)) => format!("{count} {unit}"),
        None => format!("{bytes} bytes"),
    }
}

/// The error of an endpoint that nobody answers at; `make` decides its kind.
pub(crate) fn unreachable(cause: &io::Error, endpoint: &str, hint: &str, make: impl FnOnce(String) -> Error) -> Error {
    // The system's own words follow ours, because people search for them.
    let said = lower(cause);
    let (place, owner) = match cfg!(windows) {
        true => ("pipe", "run as Administrator, or as the user that owns the pipe"),
        false => ("socket", "run as root, or as the user that owns the socket"),
    };
    match cause.kind() {
        io::ErrorKind::NotFound => make(format!("no {place} at {endpoint}: {said}")).said(said).hint(hint),
        io::ErrorKind::ConnectionRefused => make(format!("nobody listens at {endpoint}: {said}")).said(said).hint(hint),
        io::ErrorKind::PermissionDenied => {
            make(format!("no permission to open {endpoint}: {said}")).said(said).hint(owner)
        }
        _ => make(format!("cannot connect to {endpoint}: {said}")).said(said),
    }
}

/// Whether tonic itself gave up on the call.
pub(super) fn is_timeout(status: &Status) -> bool {
    source::<tonic::TimeoutExpired>(status).is_some()
}

/// Whether the endpoint exists but nobody listens, as while a runtime restarts.
pub(super) fn is_refused(status: &Status) -> bool {
    let kind = source(status).map(|Dial(cause)| cause.kind());
    matches!(kind, Some(io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset))
}

/// The first error of a type among a status's sources.
fn source<E: std::error::Error + 'static>(status: &Status) -> Option<&E> {
    sources(status).find_map(|error| error.downcast_ref())
}

/// The innermost of a status's sources, in words.
pub(super) fn root(status: &Status) -> String {
    match sources(status).last() {
        Some(cause) => cause.downcast_ref().map_or_else(|| cause.to_string(), lower),
        None => status.message().to_owned(),
    }
}

fn sources(status: &Status) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(status.source(), |error: &&(dyn std::error::Error + 'static)| (*error).source())
}
