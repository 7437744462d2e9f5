//! The HTTP request that turns a connection into a SPDY connection.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, HOST, HeaderMap, HeaderValue, LOCATION, UPGRADE, USER_AGENT};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use crate::error::Error;
use crate::stream::dial::dial;
use crate::stream::pipe::Task;
use crate::stream::socket::Stream;
use crate::stream::target::Target;
use crate::stream::tls::Tls;

/// The header in which protocols are offered and chosen.
const PROTOCOL: &str = "x-stream-protocol-version";
/// How many redirects are followed; Go's clients follow as many.
const REDIRECTS: usize = 10;
/// How much of a refusing server's page is read at most.
const MAX_REFUSAL: usize = 64 << 10;

/// A connection that speaks SPDY from now on.
pub(super) struct Upgraded {
    pub(super) socket: Box<dyn Stream>,
    /// What was received after the answer.
    pub(super) early: Bytes,
    /// The protocol that the server chose.
    pub(super) protocol: String,
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The server answered with something else: it may support another transport.
    Refused(Error),
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Connects to a target and upgrades to SPDY, offering these protocols.
pub(super) async fn upgrade(
    target: &Target,
    tls: &Tls,
    env: &BTreeMap<String, String>,
    protocols: &[&str],
) -> Result<Upgraded, Refusal> {
    let (mut target, mut method) = (target.clone(), Method::POST);
    for _ in 0..=REDIRECTS {
        let broken = |error: &dyn std::fmt::Display| Error::failure(format!("no answer from {target}: {error}"));
        let socket = TokioIo::new(dial(&target, tls, env).await?);
        let (mut sender, connection) = http1::handshake(socket).await.map_err(|error| broken(&error))?;
        let _driver = Task::spawn(async move { drop(connection.with_upgrades().await) });
        let request = request(method, &target, protocols)?;
        let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
        match response.status() {
            StatusCode::SWITCHING_PROTOCOLS if is_spdy(response.headers()) => return Ok(upgraded(response).await?),
            status if status.is_redirection() => {
                let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
                let location = location.ok_or_else(|| broken(&"it redirects without saying where"))?;
                (target, method) = (target.redirect(location)?, Method::GET);
            }
            _ => return Err(Refusal::Refused(refused(response, &target).await)),
        }
    }
    Err(Refusal::Failed(Error::failure(format!("{target} redirects too often"))))
}

fn request(method: Method, target: &Target, protocols: &[&str]) -> Result<Request<Empty<Bytes>>, Error> {
    let mut request = Request::builder()
        .method(method)
        .uri(target.path.as_str())
        .header(HOST, target.authority())
        .header(USER_AGENT, concat!("crictl/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "SPDY/3.1");
    for protocol in protocols {
        request = request.header(PROTOCOL, *protocol);
    }
    request.body(Empty::new()).map_err(|error| Error::failure(error.to_string()))
}

fn is_spdy(headers: &HeaderMap) -> bool {
    let has = |name, word: &str| {
        headers.get(name).is_some_and(|value: &HeaderValue| {
            String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase().contains(word)
        })
    };
    has(CONNECTION, "upgrade") && has(UPGRADE, "spdy/3.1")
}

async fn upgraded(response: Response<Incoming>) -> Result<Upgraded, Error> {
    let protocol = response.headers().get(PROTOCOL).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let broken = || Error::failure("the connection broke while it was upgraded to SPDY");
    let socket = hyper::upgrade::on(response).await.map_err(|_| broken())?;
    let parts = socket.downcast::<TokioIo<Box<dyn Stream>>>().map_err(|_| broken())?;
    Ok(Upgraded { socket: parts.io.into_inner(), early: parts.read_buf, protocol: protocol.unwrap_or_default() })
}

/// The error of a server that doesn't upgrade, in its own words if it has any.
async fn refused(response: Response<Incoming>, target: &Target) -> Error {
    let status = response.status();
    let body = Limited::new(response.into_body(), MAX_REFUSAL).collect();
    let body = tokio::time::timeout(Duration::from_secs(5), body).await;
    let body = body.ok().and_then(Result::ok).map(|body| body.to_bytes()).unwrap_or_default();
    Error::failure(reason(&body)).context(format!("{target} refused to upgrade to SPDY with status {status}"))
}

/// What a refusing server says: a JSON object's `message` or `error`, or the whole text.
pub(super) fn reason(body: &[u8]) -> String {
    let object: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let member = |name| object.as_ref()?.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    match String::from_utf8_lossy(body).trim() {
        "" => "no reason given".to_owned(),
        text => member("message").or_else(|| member("error")).unwrap_or_else(|| text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_servers_own() {
        assert_eq!(reason(br#"{"kind":"Status","message":"boom"}"#), "boom");
        assert_eq!(reason(br#"{"error":"boom"}"#), "boom");
        assert_eq!(reason(b" forbidden \n"), "forbidden");
        assert_eq!(reason(b" \n"), "no reason given");
    }

    #[test]
    fn an_upgrade_to_something_else_is_none() {
        let headers = |connection: &'static str, upgrade: &'static str| {
            HeaderMap::from_iter([
                (CONNECTION, HeaderValue::from_static(connection)),
                (UPGRADE, HeaderValue::from_static(upgrade)),
            ])
        };
        assert!(is_spdy(&headers("keep-alive, Upgrade", "SPDY/3.1")));
        assert!(!is_spdy(&headers("Upgrade", "websocket")));
        assert!(!is_spdy(&headers("close", "SPDY/3.1")));
        assert!(!is_spdy(&HeaderMap::new()));
    }
}
