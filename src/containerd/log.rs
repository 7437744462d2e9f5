//! Where a container's output goes: from what its task was given for standard output (`core/runtime/v2/README.md` of
//! containerd has the schemes; a plain path is a FIFO of whoever made the container, or a file).

use std::fs;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

use crate::containerd::process;
use crate::generated::containerd::services::containers::v1::Container;
use crate::generated::containerd::v1::types::Process;
use crate::logs;

/// Where nerdctl keeps what belongs to a container (its `pkg/labels`), its json-file log too.
const STATE_DIR: &str = "nerdctl/state-dir";

/// What nerdctl gives the task of a container for standard output.
pub(super) const LOG_URI: &str = "nerdctl/log-uri";

/// Where the output of a container is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Log {
    /// In a file, as it was written.
    File(PathBuf),
    /// In a file of JSON objects, as Docker and nerdctl write it.
    Json(PathBuf),
    /// In a FIFO, whose other end somebody else holds.
    Fifo(PathBuf),
    /// With a program that is no log of ours.
    Program(String),
    /// Nowhere.
    None,
}

impl Log {
    /// The path of a file, empty where there is none.
    pub(super) fn path(&self) -> String {
        match self {
            Self::File(path) | Self::Json(path) => path.display().to_string(),
            Self::Fifo(_) | Self::Program(_) | Self::None => String::new(),
        }
    }

    /// What there is to say of it, as an annotation.
    pub(super) fn remark(&self) -> Option<(String, String)> {
        let none = |why| Some((logs::NONE.to_owned(), why));
        match self {
            Self::File(_) => Some((logs::PLAIN.0.to_owned(), logs::PLAIN.1.to_owned())),
            Self::Json(_) => None,
            Self::Fifo(path) => {
                let readers = process::readers(Path::new("/proc"), path);
                let held = match readers.as_slice() {
                    [] => "which nobody in sight reads".to_owned(),
                    readers => format!("which is read by {}", readers.join(", ")),
                };
                none(format!("its output goes into the FIFO {}, {held}", path.display()))
            }
            Self::Program(uri) => none(format!("its output goes to {uri}")),
            Self::None => none("it has no task, or one whose output goes nowhere".to_owned()),
        }
    }
}

/// Where the output of a container is. A path says what it is only where it is `local`.
pub(super) fn of(container: &Container, task: Option<&Process>, local: bool) -> Log {
    let given = task.map(|task| task.stdout.as_str());
    let output = given.or_else(|| container.labels.get(LOG_URI).map(String::as_str)).unwrap_or_default();
    match output.split_once("://") {
        // containerd reads it as a URL: `%20` is a blank.
        Some(("file", path)) => Log::File(PathBuf::from(&*percent_decode_str(path).decode_utf8_lossy())),
        Some(("binary", _)) => match container.labels.get(STATE_DIR) {
            // nerdctl's `pkg/logging/jsonfile`: as Docker calls it.
            Some(folder) => Log::Json(PathBuf::from(folder).join(format!("{}-json.log", container.id))),
            None => Log::Program(output.to_owned()),
        },
        Some(_) => Log::Program(output.to_owned()),
        None if output.is_empty() => Log::None,
        None => match fs::metadata(output).ok().filter(|_| local) {
            Some(metadata) if metadata.is_file() => Log::File(PathBuf::from(output)),
            _ => Log::Fifo(PathBuf::from(output)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(output: &str, labels: &[(&str, &str)]) -> Log {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let container = Container { id: "c".to_owned(), labels, ..Default::default() };
        of(&container, Some(&Process { stdout: output.to_owned(), ..Default::default() }), true)
    }

    #[test]
    fn a_log_is_a_file_nerdctls_file_a_fifo_or_nowhere() {
        assert_eq!(log("file:///var/log/a%20b%zz.log", &[]).path(), "/var/log/a b%zz.log");
        let labels = [("nerdctl/state-dir", "/var/lib/nerdctl/1935db59/containers/default/c")];
        let path = "/var/lib/nerdctl/1935db59/containers/default/c/c-json.log";
        assert_eq!(log("binary:///usr/bin/nerdctl?_NERDCTL_INTERNAL_LOGGING=x", &labels), Log::Json(path.into()));
        assert_eq!(log("binary:///bin/log", &[]), Log::Program("binary:///bin/log".to_owned()));
        assert_eq!(log("", &[]), Log::None);
        let file = tempfile::NamedTempFile::new().expect("a file");
        let path = file.path().to_str().expect("a path");
        assert_eq!(log(path, &[]).path(), path);
        let gone = format!("{path}-stdout");
        assert_eq!(log(&gone, &[]), Log::Fifo(PathBuf::from(&gone)));
    }

    #[test]
    fn without_a_task_the_label_says_where_the_log_is() {
        let labels = [(LOG_URI.to_owned(), "file:///l".to_owned())].into();
        assert_eq!(of(&Container { labels, ..Default::default() }, None, true).path(), "/l");
    }
}
