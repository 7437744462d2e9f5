//! `ephemerd status`: what `serve` tells of itself, and what its containerd answers.

use std::path::Path;

use clap::ValueEnum;
use serde::Serialize;

use crate::error::Error;
use crate::host::crictl::{self, Namespace};
use crate::host::lock::Lock;
use crate::host::paths::Paths;
use crate::host::state::{Phase, State};
use crate::host::{endpoint, hint};
use crate::visible::visible;
use crate::{Crictl, Io};

#[derive(clap::Args, Debug)]
pub(super) struct StatusArgs {
    /// Output format
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
}

/// What is known.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    /// `up`, `starting`, `stopping`, `silent` (it was up and does not answer) or `down`.
    state: &'static str,
    /// What `serve` tells, while one runs.
    #[serde(flatten)]
    serve: Option<State>,
    versions: Versions,
    endpoint: String,
    socket: Option<Socket>,
    /// None where containerd does not say.
    namespaces: Option<Vec<Namespace>>,
    /// Why containerd does not answer, or not all of it.
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
struct Versions {
    ephemerd: &'static str,
    containerd: Option<String>,
}

/// Who may open the socket.
#[derive(Debug, Serialize)]
struct Socket {
    uid: u32,
    gid: u32,
    /// In octal.
    mode: String,
}

/// Prints what is known, and returns 1 unless containerd is up.
///
/// # Errors
/// The result can't be written, or the file that names an endpoint is wrong.
pub(super) fn status(paths: &Paths, args: &StatusArgs, io: &mut Io) -> Result<u8, Error> {
    let status = look(paths, endpoint(paths)?);
    match args.output {
        Format::Json => writeln!(io.out, "{}", serde_json::to_string_pretty(&status).map_err(std::io::Error::from)?)?,
        Format::Table => {
            for (name, value) in lines(&status) {
                writeln!(io.out, "{name:<11} {}", visible(&value))?;
            }
        }
    }
    io.out.flush()?;
    Ok(u8::from(status.state != "up"))
}

fn look(paths: &Paths, endpoint: String) -> Status {
    let crictl = Crictl::new().endpoint(endpoint.as_str()).hint(hint(paths));
    let serve = State::read(paths).filter(|_| Lock::is_held(paths));
    let version = crictl::version(&crictl);
    // A containerd that is asked by TCP answers the CRI alone.
    let namespaces = version.clone().and_then(|_| crictl::namespaces(&crictl));
    let problem = namespaces.as_ref().err().cloned();
    // Who may not open the socket has to believe `serve`.
    let is_closed = problem.as_ref().is_some_and(|problem| problem.starts_with("no permission"));
    let state = match serve.as_ref().map(|serve| serve.phase) {
        _ if version.is_ok() => "up",
        Some(Phase::Starting) => "starting",
        Some(Phase::Stopping) => "stopping",
        Some(Phase::Up) if is_closed => "up",
        Some(Phase::Up) => "silent",
        None => "down",
    };
    let versions = Versions { ephemerd: env!("CARGO_PKG_VERSION"), containerd: version.ok() };
    let socket = socket(&paths.address());
    Status { state, serve, versions, endpoint, socket, namespaces: namespaces.ok(), problem }
}

#[cfg(unix)]
fn socket(address: &Path) -> Option<Socket> {
    use std::os::unix::fs::MetadataExt as _;
    let file = std::fs::metadata(address).ok()?;
    Some(Socket { uid: file.uid(), gid: file.gid(), mode: format!("{:04o}", file.mode() & 0o7777) })
}

/// A pipe has neither.
#[cfg(not(unix))]
fn socket(_: &Path) -> Option<Socket> {
    None
}

/// The lines of the table.
fn lines(status: &Status) -> Vec<(&'static str, String)> {
    let mut lines = vec![("STATE", status.state.to_owned())];
    let containerd = status.versions.containerd.as_deref().map(|version| format!("{version}, ")).unwrap_or_default();
    if let Some(serve) = &status.serve {
        let ephemerd = status.versions.ephemerd;
        lines.push(("EPHEMERD", format!("{ephemerd}, process {}, since {}", serve.pid, serve.since)));
        if let Some(running) = &serve.containerd {
            let left = if running.adopted { ", taken over from a killed serve" } else { "" };
            let line = format!("{containerd}process {}, since {}{left}", running.pid, running.since);
            lines.push(("CONTAINERD", line));
        }
        let last = serve.last_end.as_ref().map(|end| format!(", the last {} at {}", end.how, end.at));
        lines.push(("RESTARTS", format!("{}{}", serve.restarts, last.unwrap_or_default())));
    } else if let Some(version) = &status.versions.containerd {
        lines.push(("CONTAINERD", version.clone()));
    }
    lines.push(("ENDPOINT", status.endpoint.clone()));
    if let Some(socket) = &status.socket {
        lines.push(("SOCKET", format!("mode {}, owner {}, group {}", socket.mode, socket.uid, socket.gid)));
    }
    for Namespace { name, containers, running, images } in status.namespaces.iter().flatten() {
        lines.push(("NAMESPACE", format!("{name}: containers {containers}, running {running}, images {images}")));
    }
    lines.extend(status.problem.iter().map(|problem| ("PROBLEM", problem.clone())));
    lines
}
