//! Answers without what would crash the gRPC library: it takes the details of a status for base64 without looking.

use base64::Engine as _;
use http::{HeaderMap, Response};
use http_body_util::BodyExt as _;
use hyper::body::Frame;
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

/// Drops details that are none.
fn check(headers: &mut HeaderMap) {
    const DETAILS: &str = "grpc-status-details-bin";
    if headers.get(DETAILS).is_some_and(|value| LENIENT.decode(value).is_err()) {
        headers.remove(DETAILS);
    }
}
