//! What the timeout of a call means for a method.

use prost_reflect::{Kind, MethodDescriptor};

use crate::model::Deadline;

/// A pod's network takes longer than anything else that a runtime does, so starting a pod gets twice the timeout, as
/// the kubelet does it. The time that a request tells the runtime to wait is added. A pull and a stream have no limit,
/// and neither has a command that was given none.
pub(super) fn of(method: &MethodDescriptor) -> Deadline {
    // A request without that field belongs to another API, whose method of this name is something else.
    let wait = method.input().get_field_by_name("timeout").filter(|field| field.kind() == Kind::Int64);
    match (method.name(), wait) {
        (name, _) if method.is_server_streaming() && !name.starts_with("List") => Deadline::None,
        ("PullImage", _) => Deadline::None,
        ("RunPodSandbox", _) => Deadline::Twice,
        ("StopContainer", Some(field)) => Deadline::Grace(field.number()),
        ("ExecSync", Some(field)) => Deadline::Limit(field.number()),
        _ => Deadline::Timeout,
    }
}
