//! What differs between systems for a supervisor: the default directory, capabilities, signals, and stale sockets.

use std::io;
use std::path::Path;
use std::process::ExitStatus;

use tokio::process::{Child, Command};

/// The data directory if none is named.
pub(super) const DATA_DIR: &str = if cfg!(windows) { r"C:\ProgramData\ephemerd" } else { "/var/lib/ephemerd" };

/// The longest socket name that containerd accepts; the system's own limit is 107.
pub(super) const LONGEST_ADDRESS: usize = 106;

/// Whether a socket can have this name. We choose the names of pipes ourselves, and they are short.
pub(super) fn can_listen(address: &Path) -> bool {
    cfg!(windows) || address.as_os_str().len() <= LONGEST_ADDRESS
}

/// Whether somebody listens at an address.
#[cfg(unix)]
pub(super) fn answers(address: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(address).is_ok()
}

#[cfg(windows)]
pub(super) fn answers(address: &Path) -> bool {
    // A pipe exists only while somebody serves it.
    std::fs::OpenOptions::new().read(true).write(true).open(address).is_ok()
}

/// Removes a socket that nobody listens at; a pipe disappears with its server.
pub(super) fn remove_socket(address: &Path) -> io::Result<()> {
    match std::fs::remove_file(address) {
        Err(error) if cfg!(unix) && error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether this process is root's; systems without one have no root to ask for.
pub(super) fn is_root() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    return true;
}

/// Whether this process may not lower an OOM score: without the capability, every container with a score would fail.
pub(super) fn restricts_oom_score() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    cfg!(target_os = "linux") && !has_sys_resource(&status)
}

fn has_sys_resource(status: &str) -> bool {
    const CAP_SYS_RESOURCE: u32 = 24;
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let effective = effective.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    effective.is_some_and(|mask| mask & (1 << CAP_SYS_RESOURCE) != 0)
}

/// What a process is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Signal {
    Interrupt,
    Terminate,
    Kill,
}

/// Keeps a terminal's Ctrl-C from the child: we pass the signal on, so that it gets it once.
pub(super) fn shield(command: &mut Command) {
    #[cfg(unix)]
    command.process_group(0);
    #[cfg(windows)]
    command.creation_flags(0x0000_0200); // CREATE_NEW_PROCESS_GROUP
}

/// The requests to end this program, from the moment this is made, or none if the run is not to look at them.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct Stops(Option<[tokio::signal::unix::Signal; 3]>);

#[cfg(unix)]
impl Stops {
    pub(super) fn new(enabled: bool) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        if !enabled {
            return Ok(Self(None));
        }
        // If we ignored a closing terminal's signal, containerd would be left behind without a supervisor.
        let hangup = signal(SignalKind::hangup())?;
        Ok(Self(Some([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, hangup])))
    }

    pub(super) async fn next(&mut self) -> Signal {
        let Some([interrupt, terminate, hangup]) = &mut self.0 else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
            _ = hangup.recv() => Signal::Terminate,
        }
    }
}

#[cfg(windows)]
#[derive(Debug)]
pub(super) struct Stops(Option<(tokio::signal::windows::CtrlC, tokio::signal::windows::CtrlBreak)>);

#[cfg(windows)]
impl Stops {
    pub(super) fn new(enabled: bool) -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c};
        Ok(Self(if enabled { Some((ctrl_c()?, ctrl_break()?)) } else { None }))
    }

    pub(super) async fn next(&mut self) -> Signal {
        let Some((ctrl_c, ctrl_break)) = &mut self.0 else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = ctrl_c.recv() => Signal::Interrupt,
            _ = ctrl_break.recv() => Signal::Terminate,
        }
    }
}

/// Sends a signal to a child; one that has ended has no id, and needs none.
#[cfg(unix)]
pub(super) fn signal(signal: Signal, child: &mut Child) -> io::Result<()> {
    use rustix::process::{Pid, kill_process};
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    pid.map_or(Ok(()), |pid| kill_process(pid, number(signal))).map_err(io::Error::from)
}

/// Windows has no signal for a single process, so the child is killed.
#[cfg(windows)]
pub(super) fn signal(_: Signal, child: &mut Child) -> io::Result<()> {
    child.start_kill()
}

#[cfg(unix)]
pub(super) fn number(signal: Signal) -> rustix::process::Signal {
    match signal {
        Signal::Interrupt => rustix::process::Signal::INT,
        Signal::Terminate => rustix::process::Signal::TERM,
        Signal::Kill => rustix::process::Signal::KILL,
    }
}

/// The signal that ended a process.
#[cfg(unix)]
pub(super) fn signal_of(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
pub(super) fn signal_of(_: ExitStatus) -> Option<i32> {
    None
}

/// Our exit status from the child's: its own, or the one that a shell reports for a signal.
pub(super) fn status(status: ExitStatus) -> u8 {
    let code = signal_of(status).map(|signal| 128 + signal).or(status.code());
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_capability_is_read_from_the_effective_set() {
        assert!(has_sys_resource("Name:\tx\nCapPrm:\t0\nCapEff:\t000001ffffffffff\n"));
        assert!(!has_sys_resource("CapPrm:\t000001ffffffffff\nCapEff:\t000001fffeffffff\n"));
        assert!(!has_sys_resource(""));
    }
}
