//! What one run of a program costs.

use std::fs;
use std::io::{self, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A program and its arguments.
pub(crate) struct Run {
    program: String,
    args: Vec<String>,
}

/// What it took.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    /// KiB.
    pub(crate) peak: u64,
}

impl Run {
    pub(crate) fn new(program: &str) -> Self {
        Self { program: program.to_owned(), args: Vec::new() }
    }

    pub(crate) fn arg(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }

    /// Runs it with its output to a pipe, which is read and forgotten, or to /dev/null.
    pub(crate) fn measure(&self, piped: bool) -> io::Result<Sample> {
        let cpu = children()?;
        let start = Instant::now();
        let mut command = Command::new(&self.program);
        command.args(&self.args).stdin(Stdio::null()).stderr(Stdio::null());
        let mut child = command.stdout(if piped { Stdio::piped() } else { Stdio::null() }).spawn()?;
        let reader = child.stdout.take().map(|mut out| {
            thread::spawn(move || {
                let mut buffer = vec![0; 256 << 10];
                while out.read(&mut buffer).is_ok_and(|count| count > 0) {}
            })
        });
        let (wall, peak) = wait(&mut child, start)?;
        if let Some(reader) = reader {
            let _ = reader.join();
        }
        Ok(Sample { wall, cpu: children()?.saturating_sub(cpu), peak })
    }

    /// Runs it for as long as something is done with what it prints, which is the time that counts, and interrupts it.
    #[allow(dead_code)] // Not every benchmark has a program that goes on by itself.
    pub(crate) fn measure_while(&self, work: impl FnOnce(ChildStdout) -> io::Result<()>) -> io::Result<Sample> {
        let cpu = children()?;
        let mut command = Command::new(&self.program);
        command.args(&self.args).stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let start = Instant::now();
        let worked = child.stdout.take().map_or(Ok(()), work);
        let (wall, peak) = (start.elapsed(), peak(&child));
        kill_process(Pid::from_child(&child), Signal::INT)?;
        child.wait()?;
        worked.and_then(|()| Ok(Sample { wall, cpu: children()?.saturating_sub(cpu), peak }))
    }
}

/// The sample in the middle, each number for itself.
pub(crate) fn median(samples: &[Sample]) -> Sample {
    fn middle<T: Ord + Copy>(samples: &[Sample], number: impl Fn(&Sample) -> T) -> T {
        let mut numbers: Vec<T> = samples.iter().map(number).collect();
        numbers.sort();
        numbers[numbers.len() / 2]
    }
    Sample {
        wall: middle(samples, |sample| sample.wall),
        cpu: middle(samples, |sample| sample.cpu),
        peak: middle(samples, |sample| sample.peak),
    }
}

/// The most memory that a process had so far, in KiB; nothing where it has ended.
fn peak(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}

/// Waits for a process and looks at its memory meanwhile.
fn wait(child: &mut Child, start: Instant) -> io::Result<(Duration, u64)> {
    let mut most = 0;
    loop {
        most = peak(child).max(most);
        if child.try_wait()?.is_some() {
            let status = child.wait()?;
            return match status.success() {
                true => Ok((start.elapsed(), most)),
                false => Err(io::Error::other(status.to_string())),
            };
        }
        thread::sleep(Duration::from_micros(200));
    }
}

/// The time of the processor that ended children had, in ticks of 10 ms.
fn children() -> io::Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: u64 = after_name.split(' ').skip(13).take(2).filter_map(|number| number.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}
