//! Answers without what the gRPC library can't bear: it takes the details of a status for base64 without looking and
//! crashes, and it drops a message that is not UTF-8.

use base64::Engine as _;
use http::{HeaderMap, HeaderValue, Response};
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use tonic::body::Body;
use tonic::transport::Channel;
use tower::ServiceExt as _;
use tower::util::MapResponse;

use crate::schema::LENIENT;

/// A channel whose answers can be read.
pub(super) type Sound = MapResponse<Channel, fn(Response<Body>) -> Response<Body>>;

pub(super) fn sound(channel: Channel) -> Sound {
    channel.map_response(response)
}

fn response(response: Response<Body>) -> Response<Body> {
    let frame = |frame: Frame<_>| match frame.into_trailers() {
        Ok(mut trailers) => {
            check(&mut trailers);
            Frame::trailers(trailers)
        }
        Err(data) => data,
    };
    let mut response = response.map(|body| Body::new(body.map_frame(frame)));
    check(response.headers_mut());
    response
}

/// Drops details that are none; replaces what is no text in a message.
fn check(headers: &mut HeaderMap) {
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
