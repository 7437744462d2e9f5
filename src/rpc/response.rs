//! Checks answers: whole messages, then a status, and nothing that would crash the gRPC library.

use std::pin::Pin;
use std::task::{Context, Poll};

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use hyper::body::{Body as _, Frame};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tower::ServiceExt as _;

use crate::rpc::owed::{Debt, Owed};
use crate::rpc::pieces::{Pieces, messages};
use crate::schema::LENIENT;

const STATUS: &str = "grpc-status";

/// A channel whose answers are either valid or an error.
pub(super) fn checked(
    channel: Channel,
    owed: &Owed,
) -> impl GrpcService<Body, ResponseBody = Body, Error = tonic::transport::Error, Future: Send> + Send + use<> {
    let owed = owed.clone();
    channel.map_response(move |response| check(response, &owed))
}

fn check(mut response: Response<Body>, owed: &Owed) -> Response<Body> {
    check_status(response.headers_mut());
    // If the answer is not gRPC, its HTTP status says why.
    if response.status() != StatusCode::OK {
        return response;
    }
    let status = response.headers().contains_key(STATUS);
    response.map(|body| match status && body.is_end_stream() {
        true => body,
        false => Body::new(Checked { body, messages: messages(), owed: owed.clone(), half: None, ended: status }),
    })
}

/// Removes what the gRPC library can't handle: it decodes the details of a status as base64 without checking and
/// crashes, and it drops a message that is not UTF-8. Invalid details are dropped, invalid text in a message is
/// replaced.
fn check_status(headers: &mut HeaderMap) {
    const DETAILS: &str = "grpc-status-details-bin";
    const MESSAGE: &str = "grpc-message";
    let message = headers.get(MESSAGE).map(|value| percent_decode(value.as_bytes()));
    if let Some(broken) = message.filter(|message| message.clone().decode_utf8().is_err()) {
        let text = utf8_percent_encode(&broken.decode_utf8_lossy(), NON_ALPHANUMERIC).to_string();
        if let Ok(text) = HeaderValue::from_str(&text) {
            headers.insert(MESSAGE, text);
        }
    }
    if headers.get(DETAILS).is_some_and(|value| LENIENT.decode(value).is_err()) {
        headers.remove(DETAILS);
    }
}

/// The body of an answer.
struct Checked {
    body: Body,
    messages: Pieces<5>,
    owed: Owed,
    /// The rest of a message.
    half: Option<Debt>,
    /// The status has arrived, or its absence has been reported.
    ended: bool,
}

impl hyper::body::Body for Checked {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Pending => {
                if !self.messages.is_whole() && self.half.is_none() {
                    self.half = Some(self.owed.debt());
                }
                Poll::Pending
            }
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(self.frame(frame))),
            Poll::Ready(None) if !self.ended || !self.messages.is_whole() => Poll::Ready(Some(Err(self.cut()))),
            end => end,
        }
    }
}

impl Checked {
    fn frame(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, Status> {
        let mut trailers = match frame.into_trailers() {
            Ok(trailers) => trailers,
            Err(frame) => {
                self.messages.take(frame.data_ref().map_or(&[], Bytes::as_ref), |_| ());
                if self.messages.is_whole() {
                    self.half = None;
                }
                return Ok(frame);
            }
        };
        check_status(&mut trailers);
        self.ended |= trailers.contains_key(STATUS);
        // The error's own words are more useful than a report that something before them is missing.
        let good = trailers.get(STATUS).is_none_or(|status| status == "0");
        match good && !(self.ended && self.messages.is_whole()) {
            true => Err(self.cut()),
            false => Ok(Frame::trailers(trailers)),
        }
    }

    /// What is wrong with an answer that has ended.
    fn cut(&mut self) -> Status {
        let whole = std::mem::replace(&mut self.messages, messages()).is_whole();
        let status = std::mem::replace(&mut self.ended, true);
        match (whole, status) {
            (false, _) => Status::internal("the answer ends in the middle of a message"),
            (true, _) => Status::new(Code::Unknown, "the answer ends without a status"),
        }
    }
}
