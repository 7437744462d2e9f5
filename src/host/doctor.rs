//! `ephemerd doctor`: whether the machine has what is needed, before or while anything runs.

use std::process::Stdio;
use std::time::Duration;

use crate::Io;
use crate::error::Error;
use crate::host::needs::{self, Need, Programs};
use crate::host::paths::Paths;
use crate::host::{Env, containerd, say};
use crate::visible::visible;

/// How long containerd may take for its version.
const WAIT: Duration = Duration::from_secs(20);

/// Prints each need, and returns 1 if one is missing without which `serve` does not start.
///
/// # Errors
/// The result can't be written.
pub(super) fn doctor(paths: &Paths, programs: &Programs, env: &Env, io: &mut Io) -> Result<u8, Error> {
    let mut needs = needs::needs(paths, programs, env);
    if let Some(need) = needs.iter_mut().find(|need| need.name == needs::CONTAINERD && need.found.is_ok()) {
        need.found = version(paths, programs, env, io);
    }
    for need in &needs {
        let detail = need.found.as_ref().map_or_else(Error::line, Clone::clone);
        let line = format!("{:<13} {:<8} {}", need.name, verdict(need), visible(&detail));
        writeln!(io.out, "{}", line.trim_end())?;
    }
    io.out.flush()?;
    Ok(u8::from(needs.iter().any(|need| verdict(need) == "missing")))
}

fn verdict(need: &Need) -> &'static str {
    match (&need.found, need.is_required) {
        (Ok(_), _) => "ok",
        (Err(_), true) => "missing",
        (Err(_), false) => "warning",
    }
}

/// Where containerd is, and its version.
fn version(paths: &Paths, programs: &Programs, env: &Env, io: &mut Io) -> Result<String, Error> {
    let program = containerd::find(programs.containerd.as_deref(), paths, env)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let version = containerd::version(&program, WAIT, Stdio::null(), env, |line| say(io, line));
    let version = runtime.block_on(version)?;
    Ok(format!("{}, {version}", program.display()))
}
