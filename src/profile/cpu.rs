//! The CPU profile: stacks sampled by a timer signal, as the `pprof` crate collects them.
//!
//! Signals belong to the process, so a process can make only one such profile at a time: the second run that asks for
//! one gets an error. Nothing is set up in runs that don't ask.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::UNIX_EPOCH;

use backtrace::Frame;
use pprof::ProfilerGuard;

use crate::error::Error;
use crate::profile::format::{Builder, Named, Profile};
use crate::profile::mapping::{self, Mapping};

/// Samples per second. A run is over in milliseconds, and the timer is no finer than the kernel's tick, which is 4 ms
/// on most systems.
const FREQUENCY: i32 = 250;

/// Whether an earlier run of this process was sampled, and the profiler's file removed after it.
static ENDED: AtomicBool = AtomicBool::new(false);

/// Samples until this is dropped.
pub(super) struct Sampling(Option<ProfilerGuard<'static>>);

impl Sampling {
    /// Starts the timer.
    ///
    /// # Errors
    /// Another run of the process is being sampled, or the system refuses.
    pub(super) fn start() -> Result<Self, Error> {
        let start = || ProfilerGuard::new(FREQUENCY).map_err(|error| Error::failure(error.to_string()));
        if ENDED.swap(false, Ordering::Relaxed) {
            // The file is opened again by its name. If it has been removed, a new one is made.
            drop(start()?);
        }
        start().map(|guard| Self(Some(guard)))
    }

    /// Ends the sampling and makes a profile of it.
    ///
    /// # Errors
    /// The samples can't be read.
    pub(super) fn finish(self) -> Result<Profile, Error> {
        let Some(guard) = &self.0 else { return Err(Error::failure("nothing was sampled".to_owned())) };
        let report = guard.report().build_unresolved().map_err(|error| Error::failure(error.to_string()))?;
        drop(self);
        // Only Linux has this file; elsewhere, the locations have only addresses and names.
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let mut mappings = mapping::parse(&maps);
        mappings.retain(|mapping| mapping.access.contains('x'));

        let nanos = i64::from(1_000_000_000 / FREQUENCY);
        let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")], Some(nanos), &mappings);
        let memory = File::open("/proc/self/mem").ok();
        let returns = |address| memory.as_ref().is_some_and(|memory| returns_from_signal(memory, address));
        for (stack, count) in &report.data {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            let addresses: Vec<_> = stack.frames.iter().map(|frame| frame.ip() as u64).collect();
            let frames = &stack.frames[handler(&addresses, &mappings, returns)..];
            let places = frames.iter().map(|frame| builder.location(frame.ip() as u64, || names(frame))).collect();
            builder.sample(places, vec![count, count.saturating_mul(nanos)]);
        }
        let time = report.timing.start_time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let nanos = |nanos: u128| i64::try_from(nanos).unwrap_or(i64::MAX);
        Ok(builder.finish(nanos(time.as_nanos()), nanos(report.timing.duration.as_nanos())))
    }
}

impl Drop for Sampling {
    /// The profiler is a static, which is never dropped, and when it stops it makes a temporary file for the next
    /// samples. That file would be left behind. If another thread makes such a file at the same moment, both are left
    /// alone.
    fn drop(&mut self) {
        let before = temporary_files();
        drop(self.0.take());
        let after = temporary_files();
        let new: Vec<_> = after.difference(&before).collect();
        if let [file] = new[..] {
            ENDED.store(std::fs::remove_file(file).is_ok(), Ordering::Relaxed);
        }
    }
}

/// The files in the temporary folder that the process has open and that are named like the profiler's. Works only on
/// Linux.
fn temporary_files() -> BTreeSet<PathBuf> {
    let Ok(folder) = std::env::temp_dir().canonicalize() else { return BTreeSet::new() };
    let open = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let files = open.filter_map(|descriptor| std::fs::read_link(descriptor.path()).ok());
    let named = |file: &PathBuf| file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".tmp"));
    files.filter(|file| file.parent() == Some(folder.as_path()) && named(file)).collect()
}

/// How many of the innermost frames belong to the signal handler: all up to the trampoline of the kernel or the C
/// library, which is the first frame outside the program's own file. In a static program the C library is part of that
/// file, so `returns` decides.
fn handler(addresses: &[u64], mappings: &[Mapping], returns: impl Fn(u64) -> bool) -> usize {
    let file = |address: &u64| {
        let mapping = mappings.iter().find(|mapping| (mapping.start..mapping.end).contains(address));
        mapping.map(|mapping| mapping.name.as_str())
    };
    let program = addresses.first().and_then(file);
    let is_trampoline = |address: &u64| file(address) != program || returns(*address);
    addresses.iter().position(is_trampoline).map_or(0, |trampoline| trampoline + 1)
}

/// Whether the code at an address is `mov $15, %rax; syscall`, by which debuggers recognise the trampoline of x86-64
/// too. On other processors Linux has it in a mapping of the kernel's.
fn returns_from_signal(memory: &File, address: u64) -> bool {
    let mut code = [0; 9];
    memory.read_exact_at(&mut code, address).is_ok() && code == *b"\x48\xc7\xc0\x0f\0\0\0\x0f\x05"
}

/// The functions at a frame, innermost first, if the program has its symbols.
fn names(frame: &Frame) -> Vec<Named> {
    let mut names = Vec::new();
    backtrace::resolve_frame(frame, |symbol| {
        if let Some(name) = symbol.name() {
            names.push(Named {
                name: format!("{name:#}"),
                file: symbol.filename().map(|file| file.display().to_string()).unwrap_or_default(),
                line: symbol.lineno().unwrap_or_default(),
            });
        }
    });
    names
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::io::Write as _;
    use std::time::{Duration, Instant};

    use super::*;

    #[inline(never)]
    fn busy() -> u64 {
        let started = Instant::now();
        let mut turns = 0_u64;
        while started.elapsed() < Duration::from_millis(400) {
            turns = black_box(turns.wrapping_mul(31).wrapping_add(1));
        }
        turns
    }

    #[test]
    fn in_a_static_program_the_handler_ends_where_the_signal_returns() {
        let mappings = mapping::parse("1000-9000 r-xp 0 08:01 1 /crictl\na000-b000 r-xp 0 00:00 0 [vdso]");
        assert_eq!(handler(&[0x1100, 0x1200, 0x1300, 0x1400], &mappings, |address| address == 0x1300), 3);
        assert_eq!(handler(&[0x1100, 0xa100, 0x1300], &mappings, |_| false), 2);
        assert_eq!(handler(&[0x1100, 0x1200], &mappings, |_| false), 0);
    }

    #[test]
    fn the_return_from_a_signal_is_known_by_its_code() {
        let code = b"\x90\x48\xc7\xc0\x0f\0\0\0\x0f\x05\x90";
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(code).unwrap();
        let found: Vec<_> = (0..16).filter(|at| returns_from_signal(&file, *at)).collect();
        assert_eq!(found, [1]);
    }

    #[test]
    fn stacks_begin_where_the_program_was_and_one_run_samples_at_a_time() {
        let sampling = Sampling::start().unwrap();
        assert!(Sampling::start().is_err());
        black_box(busy());
        let profile = sampling.finish().unwrap();
        // The files of a finished run must not affect the next one.
        assert!(Sampling::start().unwrap().finish().is_ok());

        let text = |index: i64| profile.string_table[usize::try_from(index).unwrap()].as_str();
        let names = |id: &u64| {
            let location = profile.location.iter().find(|location| location.id == *id).unwrap();
            let named = |line: &crate::profile::format::Line| {
                let function = profile.function.iter().find(|function| function.id == line.function_id).unwrap();
                text(function.name).to_owned()
            };
            location.line.iter().map(named).collect::<Vec<_>>()
        };
        let stacks = profile.sample.iter().map(|sample| sample.location_id.iter().flat_map(names).collect::<Vec<_>>());
        let stacks: Vec<_> = stacks.collect();
        // Debug information calls it `busy`; a symbol table gives its full path.
        assert!(stacks.iter().any(|stack| stack.iter().any(|name| name.ends_with("busy"))), "{stacks:?}");
        assert!(!stacks.iter().flatten().any(|name| name.contains("perf_signal_handler")), "{stacks:?}");
    }
}
