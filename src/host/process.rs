//! The process of a containerd: one that was started here, or one that a killed `serve` has left behind.

use std::fmt;
use std::io;
use std::process::ExitStatus;

use tokio::process::{Child, Command};

#[cfg(target_os = "linux")]
pub(super) use left::find as left;

use crate::host::system::{self, Signal};

/// A containerd that runs.
#[derive(Debug)]
pub(super) enum Process {
    Child(Child),
    /// Somebody else's child: a descriptor of it tells its end, and no other process can take its place.
    #[cfg(target_os = "linux")]
    Left(left::Left),
}

/// How a process ended. Only a parent learns the status.
#[derive(Clone, Copy, Debug)]
pub(super) struct End(Option<ExitStatus>);

impl Process {
    /// # Errors
    /// It can't be started.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        command.spawn().map(Self::Child)
    }

    /// The process id; 0 once a child has ended.
    pub(super) fn id(&self) -> u32 {
        match self {
            Self::Child(child) => child.id().unwrap_or_default(),
            #[cfg(target_os = "linux")]
            Self::Left(left) => left.id(),
        }
    }

    pub(super) fn is_child(&self) -> bool {
        matches!(self, Self::Child(_))
    }

    /// Waits for the end. Nothing is lost if this is dropped before.
    pub(super) async fn ended(&mut self) -> io::Result<End> {
        match self {
            Self::Child(child) => child.wait().await.map(|status| End(Some(status))),
            #[cfg(target_os = "linux")]
            Self::Left(left) => left.ended().await.map(|()| End(None)),
        }
    }

    /// Sends a signal; to a process that has ended it is not an error.
    pub(super) fn signal(&mut self, signal: Signal) -> io::Result<()> {
        match self {
            Self::Child(child) => system::signal(signal, child),
            #[cfg(target_os = "linux")]
            Self::Left(left) => left.signal(signal),
        }
    }
}

impl End {
    /// The exit status for ours: its own, or the one that a shell reports for a signal; 0 if it is not known.
    pub(super) fn status(self) -> u8 {
        self.0.map(system::status).unwrap_or_default()
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.map(|status| (system::signal_of(status), system::status(status))) {
            None => f.write_str("has ended"),
            Some((Some(signal), _)) => write!(f, "was killed by signal {signal}"),
            Some((None, status)) => write!(f, "has ended with status {status}"),
        }
    }
}

/// A containerd without a `serve` does not end: it only gets another parent.
#[cfg(target_os = "linux")]
mod left {
    use std::fs;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;
    use std::sync::Arc;
    use std::thread;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;
    use rustix::process::{Pid, PidfdFlags, geteuid, pidfd_open, pidfd_send_signal};
    use tokio::sync::oneshot;

    use super::Process;
    use crate::host::system::{self, Signal};

    #[derive(Debug)]
    pub(in crate::host) struct Left {
        pid: Pid,
        descriptor: Arc<OwnedFd>,
        /// None once it has.
        ended: Option<oneshot::Receiver<io::Result<()>>>,
    }

    impl Left {
        pub(super) fn id(&self) -> u32 {
            self.pid.as_raw_nonzero().get().unsigned_abs()
        }

        pub(super) async fn ended(&mut self) -> io::Result<()> {
            let Some(ended) = &mut self.ended else { return Ok(()) };
            let waited = ended.await;
            self.ended = None;
            waited.unwrap_or(Ok(()))
        }

        pub(super) fn signal(&self, signal: Signal) -> io::Result<()> {
            match pidfd_send_signal(&self.descriptor, system::number(signal)) {
                Err(Errno::SRCH) => Ok(()),
                sent => sent.map_err(io::Error::from),
            }
        }
    }

    /// The containerd that was started with this config file, if one runs. It is looked for among all processes, since
    /// one that is just starting or ending does not listen. Whoever holds the data directory's lock misses none: what
    /// another `serve` forked held that lock until it was a containerd.
    ///
    /// # Errors
    /// The processes can't be read, or the one that is found can't be watched.
    pub(in crate::host) fn find(config: &Path) -> io::Result<Option<Process>> {
        // For a moment, what a containerd starts looks like it.
        let parents =
            |pids: &[Pid]| pids.iter().copied().find(|pid| !parent(*pid).is_some_and(|of| pids.contains(&of)));
        let Some(pid) = parents(&all(config)?) else { return Ok(None) };
        let descriptor = match pidfd_open(pid, PidfdFlags::empty()) {
            Err(Errno::SRCH) => return Ok(None),
            opened => opened?,
        };
        thread::sleep(Duration::from_millis(10));
        if !is_started_with(pid, config) {
            return Ok(None);
        }
        let descriptor = Arc::new(descriptor);
        let ended = ended(Arc::clone(&descriptor));
        Ok(Some(Process::Left(Left { pid, descriptor, ended: Some(ended) })))
    }

    /// Waits for a process on a thread, until it can be read from its descriptor that it has ended: there is no safe way
    /// to have tokio wait for it.
    fn ended(descriptor: Arc<OwnedFd>) -> oneshot::Receiver<io::Result<()>> {
        let (tell, ended) = oneshot::channel();
        thread::spawn(move || {
            let waited = loop {
                match poll(&mut [PollFd::new(&*descriptor, PollFlags::IN)], None) {
                    Err(Errno::INTR) => {}
                    waited => break waited,
                }
            };
            let _ = tell.send(waited.map(|_| ()).map_err(io::Error::from));
        });
        ended
    }

    fn all(config: &Path) -> io::Result<Vec<Pid>> {
        let entries = fs::read_dir("/proc")?.flatten();
        let pids = entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
        Ok(pids.filter(|pid| is_started_with(*pid, config)).collect())
    }

    /// Whether the command line ends with this config file. A container's process may say so too, but it sees other
    /// mounts.
    fn is_started_with(pid: Pid, config: &Path) -> bool {
        let dir = format!("/proc/{pid}");
        let end = [b"\0--config\0", config.as_os_str().as_bytes(), b"\0"].concat();
        let mounts = |dir: &str| fs::read_link(format!("{dir}/ns/mnt")).ok();
        fs::read(format!("{dir}/cmdline")).is_ok_and(|line| line.ends_with(&end))
            && fs::metadata(&dir).is_ok_and(|dir| dir.uid() == geteuid().as_raw())
            && mounts(&dir).is_some_and(|found| Some(found) == mounts("/proc/self"))
    }

    fn parent(pid: Pid) -> Option<Pid> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        Pid::from_raw(status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()?)
    }
}

/// Elsewhere, one that was left behind is refused, if it answers, as everybody else who answers.
#[cfg(not(target_os = "linux"))]
pub(super) fn left(_: &std::path::Path) -> io::Result<Option<Process>> {
    Ok(None)
}
