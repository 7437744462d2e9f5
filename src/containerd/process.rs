//! What containerd does not say of processes, and Linux does of those that are in sight: when one started, and who reads
//! a FIFO.

use std::fs;
use std::path::Path;

use tonic::Status;

use crate::containerd::call::{self, Space};
use crate::generated::containerd::services::introspection::v1::ServerResponse;
use crate::rpc::endpoint::Endpoint;

/// The ticks of a second in `/proc` (USER_HZ in Linux's `asm-generic/param.h`), in nanoseconds.
const TICK: i64 = 1_000_000_000 / 100;

impl Space<'_> {
    /// Whether paths and ids of processes may mean here what they mean to containerd.
    pub(super) fn is_local(&self) -> bool {
        matches!(self.client.endpoint(), Endpoint::Unix(_))
    }

    /// When a process started, in nanoseconds since 1970; 0 where that can't be known. A container may start no earlier
    /// than it was `created`, but the system knows the time of its own start in whole seconds only.
    pub(super) async fn started(&self, pid: u32, created: i64) -> Result<i64, Status> {
        let proc = Path::new("/proc");
        if pid == 0 || !self.is_local() || !self.shares_processes(proc).await? {
            return Ok(0);
        }
        Ok(started(proc, pid).map_or(0, |started| started.max(created)))
    }

    /// Whether containerd sees the processes that we see: a socket may lead out of a container.
    async fn shares_processes(&self, proc: &Path) -> Result<bool, Status> {
        let Some(server) = self.find::<ServerResponse>(&call::SERVER, &()).await? else { return Ok(false) };
        Ok(server.pidns != 0 && namespace(proc) == Some(server.pidns))
    }
}

/// The number of our namespace of processes.
#[cfg(unix)]
fn namespace(proc: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(proc.join("self/ns/pid")).ok().map(|metadata| metadata.ino())
}

#[cfg(not(unix))]
fn namespace(_: &Path) -> Option<u64> {
    None
}

/// The processes that have a FIFO open for reading, each by its name and its number. A shim, which has both ends of it
/// open, only keeps it from ending.
pub(super) fn readers(proc: &Path, fifo: &Path) -> Vec<String> {
    let processes = fs::read_dir(proc).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut readers: Vec<_> = processes
        .filter_map(|process| {
            let pid: u32 = process.file_name()?.to_str()?.parse().ok()?;
            let name = fs::read_to_string(process.join("comm")).ok()?;
            // The system cuts names off after 15 bytes.
            let reads = !name.starts_with("containerd-shim") && reads(&process, fifo);
            reads.then(|| (pid, format!("{} (pid {pid})", name.trim_end())))
        })
        .collect();
    readers.sort();
    readers.into_iter().map(|(_, reader)| reader).collect()
}

/// Whether a process has a file open in another way than for writing alone.
fn reads(process: &Path, file: &Path) -> bool {
    let open = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    let open = open.filter(|entry| fs::read_link(entry.path()).is_ok_and(|target| target == file));
    let writes_alone = |info: String| {
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap_or_default();
        // In octal, and the last two bits are the way (`open(2)`: O_ACCMODE, O_WRONLY).
        flags.trim().ends_with(['1', '5'])
    };
    open.map(|entry| fs::read_to_string(process.join("fdinfo").join(entry.file_name())).unwrap_or_default())
        .any(|info| !writes_alone(info))
}

fn started(proc: &Path, pid: u32) -> Option<i64> {
    let process = fs::read_to_string(proc.join(pid.to_string()).join("stat")).ok()?;
    let system = fs::read_to_string(proc.join("stat")).ok()?;
    let boot: i64 = system.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    boot.checked_mul(1_000_000_000)?.checked_add(ticks(&process)?.checked_mul(TICK)?)
}

/// The 22nd field. The second one is the program's name in parentheses, which may have anything in it.
fn ticks(stat: &str) -> Option<i64> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(22 - 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_the_systems_and_the_ticks_since_then() {
        let proc = tempfile::tempdir().expect("a folder");
        fs::create_dir(proc.path().join("7")).expect("it is empty");
        let fields = (3..=52).map(|field| field.to_string()).collect::<Vec<_>>().join(" ");
        fs::write(proc.path().join("7/stat"), format!("7 (a) b) ) {fields}\n")).expect("it can be written");
        fs::write(proc.path().join("stat"), "cpu 1 2\nbtime 1000\nprocesses 3\n").expect("it can be written");
        assert_eq!(started(proc.path(), 7), Some(1_000_220_000_000));
        assert_eq!(started(proc.path(), 8), None);
    }
}
