//! What the timeout of a call means to a method.

use prost_reflect::{Kind, MethodDescriptor};

use crate::model::Deadline;

/// A pod's network takes longer than anything else a runtime does, so that starting one gets twice the time, as the
/// kubelet gives it. What the request tells the runtime to wait comes on top. A pull and a stream take as long as they
/// take, and so does a command that was given no limit.
pub(super) fn of(method: &MethodDescriptor) -> Deadline {
    // A request without that field is of another API, whose method of this name is something else.
    let wait = method.input().get_field_by_name("timeout").filter(|field| field.kind() == Kind::Int64);
    match (method.name(), wait) {
        _ if method.is_server_streaming() => Deadline::None,
        ("PullImage", _) => Deadline::None,
        ("RunPodSandbox", _) => Deadline::Twice,
        ("StopContainer", Some(field)) => Deadline::Grace(field.number()),
        ("ExecSync", Some(field)) => Deadline::Limit(field.number()),
        _ => Deadline::Timeout,
    }
}
