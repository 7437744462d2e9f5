//! Which log a command means, and why it can't be read.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, lower};
use crate::generated::cri::{ContainerState, ContainerStatus};
use crate::logs::{self, rotation};
use crate::select::POD_NAME;

/// Whose log it is, and where it is.
#[derive(Debug, PartialEq)]
pub(crate) struct Log {
    pub(crate) id: String,
    pub(crate) container: String,
    pub(crate) pod: String,
    pub(crate) path: PathBuf,
    /// It has neither times nor names of streams.
    pub(crate) plain: bool,
    pub(crate) running: bool,
}

impl Log {
    /// The log of a container, or of the instance before it.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn of(status: &ContainerStatus, previous: bool) -> Result<Self, Error> {
        let metadata = status.metadata.clone().unwrap_or_default();
        if status.log_path.is_empty() {
            let why = status.annotations.get(logs::NONE).map(String::as_str);
            return Err(Error::failure(format!("container {} has no log path", status.id))
                .hint(why.unwrap_or("the container was created without one, or its runtime keeps logs elsewhere")));
        }
        let path = match (previous, metadata.attempt.checked_sub(1)) {
            (false, _) => PathBuf::from(&status.log_path),
            (true, Some(attempt)) => rotation::previous(Path::new(&status.log_path), attempt)?,
            (true, None) => {
                return Err(Error::failure(format!("previous terminated container {} not found", metadata.name))
                    .hint("this is its first instance"));
            }
        };
        Ok(Self {
            id: status.id.clone(),
            container: metadata.name,
            pod: status.labels.get(POD_NAME).cloned().unwrap_or_default(),
            path,
            plain: status.annotations.get(logs::PLAIN.0).is_some_and(|value| value == logs::PLAIN.1),
            running: status.state() == ContainerState::ContainerRunning,
        })
    }

    /// Why it can't be read, and what may help. `endpoint` is that of the runtime, if it was named.
    pub(crate) fn unreadable(&self, cause: &io::Error, endpoint: Option<&str>) -> Error {
        let path = self.path.display();
        let said = lower(cause);
        let remote = endpoint.filter(|endpoint| endpoint.starts_with("tcp:"));
        match (cause.kind(), remote) {
            (io::ErrorKind::NotFound, Some(endpoint)) => {
                Error::failure(format!("the log {path} is not on this machine: {said}"))
                    .hint(format!("run crictl on the machine that serves {endpoint}"))
            }
            (io::ErrorKind::NotFound, None) => Error::failure(format!("the log {path} does not exist: {said}"))
                .hint("the log was removed, or the runtime is on another machine or in another container"),
            (io::ErrorKind::PermissionDenied, _) => {
                Error::failure(format!("no permission to read the log {path}: {said}")).hint("run as root")
            }
            _ => Error::failure(said).context(format!("opening the log {path}")),
        }
        .context(format!("container {}", self.id))
    }
}
