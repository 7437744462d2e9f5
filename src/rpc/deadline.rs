//! How long a call may take: the timeout, and what each method makes of it.

use std::time::Duration;

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use crate::error::Error;
use crate::method::{Deadline, Method};

/// A time this long counts as no deadline: gRPC can't tell a server of more than 11,000 years, and the library aborts
/// the process if it is asked to.
pub(super) const FOR_EVER: Duration = Duration::from_hours(24 * 365 * 100);
/// Refuses a time that no call can last, for the call's own limit and for the time that the runtime is told to wait.
///
/// # Errors
/// The time is that long.
pub(crate) fn check(limit: Duration, seconds: i64) -> Result<(), Error> {
    let nanos = i128::try_from(limit.as_nanos()).unwrap_or(i128::MAX);
    match i64::try_from(nanos.saturating_add(i128::from(seconds) * 1_000_000_000)) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::failure(format!("--timeout {seconds} is longer than a call can last, 292 years"))),
    }
}

/// The deadline of a call under a timeout; nothing means no deadline.
pub(crate) fn of(method: &Method, request: &[u8], timeout: Duration) -> Option<Duration> {
    match method.deadline {
        Deadline::None => None,
        Deadline::Timeout => Some(timeout),
        Deadline::Twice => Some(timeout.saturating_mul(2)),
        Deadline::Grace(field) => {
            let grace = number(request, field);
            let seconds = Duration::from_secs(grace.unsigned_abs());
            // Runtimes take a negative time for none at all, but upstream counts it.
            Some(if grace < 0 { timeout.saturating_sub(seconds) } else { timeout.saturating_add(seconds) })
        }
        Deadline::Limit(field) => match number(request, field) {
            limit @ 1.. => Some(timeout.saturating_add(Duration::from_secs(limit.unsigned_abs()))),
            _ => None,
        },
    }
}

/// The number in a field of a request; the default if the field was not sent.
fn number(request: &[u8], field: u32) -> i64 {
    let mut rest = request;
    let mut number = 0;
    while let Ok((found, wire)) = decode_key(&mut rest) {
        let read = match (found == field, wire) {
            (true, WireType::Varint) => decode_varint(&mut rest).map(|value| number = value as i64),
            _ => skip_field(wire, found, &mut rest, DecodeContext::default()),
        };
        if read.is_err() {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::generated::cri::{ExecSyncRequest, StopContainerRequest};
    use crate::generated::methods;

    #[test]
    fn a_time_that_no_call_can_last_is_refused() {
        let limit = Duration::from_secs(2);
        assert!(check(limit, 9_223_372_034).is_ok() && check(limit, -1).is_ok());
        assert!(check(limit, 9_223_372_036).is_err() && check(limit, i64::MIN).is_err());
        assert!(check(Duration::MAX, 1).is_err());
    }

    #[test]
    fn the_longest_times_add_up_to_no_overflow() {
        let stop = StopContainerRequest { timeout: i64::MAX, ..Default::default() }.encode_to_vec();
        let exec = ExecSyncRequest { timeout: i64::MAX, ..Default::default() }.encode_to_vec();
        let requests =
            [(&methods::STOP_CONTAINER, stop), (&methods::EXEC_SYNC, exec), (&methods::RUN_POD_SANDBOX, vec![])];
        for (method, request) in requests {
            assert_eq!(of(method, &request, Duration::MAX), Some(Duration::MAX), "{}", method.name);
        }
    }

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
