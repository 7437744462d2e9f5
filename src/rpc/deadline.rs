//! How long a call may take: the timeout, and what the method does with it.

use std::time::Duration;

use prost::Message as _;

use crate::generated::cri::{ExecSyncRequest, StopContainerRequest};
use crate::method::{Flow, Method};

/// The deadline of a call under a timeout; nothing is for ever.
///
/// Starting a pod may pull its image and gets twice the time. What the request tells the runtime to wait comes on
/// top. A pull takes as long as it takes, and so does a command that was given no limit.
pub(crate) fn of(method: &Method, request: &[u8], timeout: Duration) -> Option<Duration> {
    let seconds = |seconds: i64| Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    match method.name {
        _ if method.flow == Flow::ServerStream => None,
        "PullImage" => None,
        "RunPodSandbox" => Some(timeout.saturating_mul(2)),
        "StopContainer" => {
            let grace = StopContainerRequest::decode(request).map(|request| request.timeout).unwrap_or_default();
            Some(timeout.saturating_add(seconds(grace)))
        }
        "ExecSync" => match ExecSyncRequest::decode(request).map(|request| request.timeout) {
            Ok(0) | Err(_) => None,
            Ok(limit) => Some(timeout.saturating_add(seconds(limit))),
        },
        _ => Some(timeout),
    }
}
