//! How long a call may take: the timeout, and what the method does with it.

use std::time::Duration;

use prost::Message as _;

use crate::generated::cri::{ExecSyncRequest, StopContainerRequest};
use crate::method::{Flow, Method};

/// The deadline of a call under a timeout; nothing is for ever.
///
/// A pod's network takes longer than anything else a runtime does, so that starting one gets twice the time, as the
/// kubelet gives it. What the request tells the runtime to wait comes on top. A pull and a stream take as long as they
/// take, and so does a command that was given no limit.
pub(crate) fn of(method: &Method, request: &[u8], timeout: Duration) -> Option<Duration> {
    match method.name {
        _ if method.flow == Flow::ServerStream => None,
        "PullImage" => None,
        "RunPodSandbox" => Some(timeout.saturating_mul(2)),
        "StopContainer" => {
            let grace = StopContainerRequest::decode(request).map(|request| request.timeout).unwrap_or_default();
            let seconds = Duration::from_secs(grace.unsigned_abs());
            // Runtimes take a negative time for none at all, and upstream counts it.
            Some(if grace < 0 { timeout.saturating_sub(seconds) } else { timeout.saturating_add(seconds) })
        }
        "ExecSync" => match ExecSyncRequest::decode(request).map(|request| request.timeout) {
            Ok(limit @ 1..) => Some(timeout.saturating_add(Duration::from_secs(limit.unsigned_abs()))),
            Ok(_) | Err(_) => None,
        },
        _ => Some(timeout),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::methods;

    #[test]
    fn what_a_request_tells_the_runtime_to_wait_comes_on_top() {
        let seconds = |method, request: &[u8]| of(method, request, Duration::from_secs(3)).map(|limit| limit.as_secs());
        let stop = |timeout| StopContainerRequest { timeout, ..Default::default() }.encode_to_vec();
        let exec = |timeout| ExecSyncRequest { timeout, ..Default::default() }.encode_to_vec();
        assert_eq!(seconds(&methods::VERSION, &[]), Some(3));
        assert_eq!(seconds(&methods::RUN_POD_SANDBOX, &[]), Some(6));
        for (timeout, limit) in [(0, 3), (2, 5), (-1, 2), (-9, 0)] {
            assert_eq!(seconds(&methods::STOP_CONTAINER, &stop(timeout)), Some(limit), "{timeout}");
        }
        for (timeout, limit) in [(0, None), (-1, None), (2, Some(5))] {
            assert_eq!(seconds(&methods::EXEC_SYNC, &exec(timeout)), limit, "{timeout}");
        }
        for method in [&methods::PULL_IMAGE, &methods::GET_CONTAINER_EVENTS] {
            assert_eq!(seconds(method, &[]), None, "{}", method.name);
        }
    }
}
