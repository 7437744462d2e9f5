//! What a task says of its container: containerd's container is only a record, and its task is what runs.

use crate::containerd::nanos;
use crate::generated::containerd::v1::types::{Process, Status};
use crate::generated::cri::ContainerState;

/// The state of a container.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    pub(super) state: ContainerState,
    /// One word, as the CRI has it.
    pub(super) reason: &'static str,
    pub(super) exit_code: i32,
    /// In nanoseconds; 0 where it has not ended.
    pub(super) finished_at: i64,
    /// 0 where there is no process.
    pub(super) pid: u32,
}

/// The state of a container with this task.
///
/// `Completed` and `Error` are the words of containerd's own CRI (`internal/cri/server/container_status.go`). A task
/// whose shim does not answer is not listed by containerd (`addTasks` in `plugins/services/tasks/local.go`), and looks
/// like none.
pub(super) fn of(task: Option<&Process>) -> State {
    let Some(task) = task else {
        return State {
            state: ContainerState::ContainerCreated,
            reason: "no task",
            exit_code: 0,
            finished_at: 0,
            pid: 0,
        };
    };
    let (state, reason) = match task.status() {
        Status::Created => (ContainerState::ContainerCreated, ""),
        Status::Running => (ContainerState::ContainerRunning, ""),
        // The CRI has no such states. What is paused goes on where it stands, so it runs.
        Status::Paused => (ContainerState::ContainerRunning, "Paused"),
        Status::Pausing => (ContainerState::ContainerRunning, "Pausing"),
        Status::Stopped if task.exit_status == 0 => (ContainerState::ContainerExited, "Completed"),
        Status::Stopped => (ContainerState::ContainerExited, "Error"),
        Status::Unknown => (ContainerState::ContainerUnknown, ""),
    };
    let exited = state == ContainerState::ContainerExited;
    State {
        state,
        reason,
        exit_code: if exited { task.exit_status.cast_signed() } else { 0 },
        finished_at: if exited { nanos(task.exited_at.as_ref()) } else { 0 },
        pid: task.pid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(status: Status, exit_status: u32) -> (ContainerState, &'static str, i32, i64) {
        let exited_at = Some(prost_types::Timestamp { seconds: 7, nanos: 1 });
        let state = of(Some(&Process { status: status.into(), exit_status, exited_at, ..Default::default() }));
        (state.state, state.reason, state.exit_code, state.finished_at)
    }

    #[test]
    fn a_task_decides_the_state_and_only_an_end_has_a_code_and_a_time() {
        use ContainerState::{ContainerCreated, ContainerExited, ContainerRunning, ContainerUnknown};
        assert_eq!(state(Status::Created, 3), (ContainerCreated, "", 0, 0));
        assert_eq!(state(Status::Running, 3), (ContainerRunning, "", 0, 0));
        assert_eq!(state(Status::Paused, 0), (ContainerRunning, "Paused", 0, 0));
        assert_eq!(state(Status::Pausing, 0), (ContainerRunning, "Pausing", 0, 0));
        assert_eq!(state(Status::Stopped, 0), (ContainerExited, "Completed", 0, 7_000_000_001));
        assert_eq!(state(Status::Stopped, 137), (ContainerExited, "Error", 137, 7_000_000_001));
        assert_eq!(state(Status::Unknown, 3), (ContainerUnknown, "", 0, 0));
        assert_eq!((of(None).state, of(None).reason), (ContainerCreated, "no task"));
    }
}
