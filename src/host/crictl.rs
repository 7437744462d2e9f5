//! What is asked of a containerd: crictl, in this process, with its endpoint preset.

use std::ffi::OsString;
use std::io;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Buffer, Crictl, Io};

/// One of containerd's namespaces, and how much is in it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Namespace {
    pub(super) name: String,
    pub(super) containers: u64,
    pub(super) running: u64,
    pub(super) images: u64,
}

/// What crictl prints, or why it fails, in one line.
pub(super) fn ask<'a>(crictl: &Crictl, args: impl IntoIterator<Item = &'a str>) -> Result<String, String> {
    let (out, err) = (Buffer::default(), Buffer::default());
    let mut io = Io::buffers(io::empty(), out.clone(), err.clone());
    let args = ["crictl"].into_iter().chain(args);
    match crictl.run(args, std::iter::empty::<(OsString, OsString)>(), &mut io) {
        0 => Ok(out.text()),
        _ => Err(message(&err.text())),
    }
}

/// Whether containerd has recovered its containers: the CRI's `Version` is answered before, this call is not.
pub(super) fn has_recovered(crictl: &Crictl) -> bool {
    ask(crictl, ["pods", "--quiet"]).is_ok()
}

/// Why containerd is not in health by the CRI's `Status`.
pub(super) fn health(crictl: &Crictl) -> Result<(), String> {
    let status = ask(crictl, ["--timeout", "10s", "info"])?;
    let status: Value = serde_json::from_str(&status).map_err(|error| error.to_string())?;
    let conditions = status["status"]["conditions"].as_array().into_iter().flatten();
    let ready =
        conditions.filter(|condition| condition["type"] == "RuntimeReady").find(|ready| ready["status"] != true);
    ready
        .map_or(Ok(()), |ready| Err(format!("it is not ready: {} {}", text(&ready["reason"]), text(&ready["message"]))))
}

/// The version of the runtime that answers.
pub(super) fn version(crictl: &Crictl) -> Result<String, String> {
    let text = ask(crictl, ["version"])?;
    let version = text.lines().find_map(|line| line.strip_prefix("RuntimeVersion:"));
    Ok(version.unwrap_or_default().trim().to_owned())
}

/// The namespaces of a containerd that answers.
pub(super) fn namespaces(crictl: &Crictl) -> Result<Vec<Namespace>, String> {
    #[derive(Deserialize)]
    struct All {
        namespaces: Vec<Namespace>,
    }
    let all = ask(crictl, ["ns", "--output", "json"])?;
    serde_json::from_str(&all).map(|all: All| all.namespaces).map_err(|error| error.to_string())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The message of the last log line.
fn message(log: &str) -> String {
    let line = log.lines().last().unwrap_or_default();
    let message = line.split_once(" msg=").map_or(line, |(_, message)| message);
    serde_json::from_str(message).unwrap_or_else(|_| message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_the_one_of_the_log_line() {
        assert_eq!(message("time=\"x\" level=fatal msg=\"no \\\"x\\\"\"\n"), "no \"x\"");
        assert_eq!(message("time=\"x\" level=fatal msg=no\n"), "no");
        assert_eq!(message(""), "");
    }

    #[test]
    fn who_does_not_answer_is_told_why() {
        let (endpoint, missing) = match cfg!(windows) {
            true => ("npipe:////./pipe/missing", "no pipe at "),
            false => ("unix:///missing.sock", "no socket at "),
        };
        let crictl = Crictl::new().endpoint(endpoint).hint("start it");
        assert!(!has_recovered(&crictl));
        let error = health(&crictl).unwrap_err();
        assert!(error.starts_with(missing) && error.ends_with("; start it"), "{error}");
    }
}
