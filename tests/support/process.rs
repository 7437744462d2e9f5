//! `crictl` as a process of its own: for what a process has alone, as signals and pipes.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::fake::Served;
use super::run::Output;

/// How long a process may take for what it does at once.
const LIMIT: Duration = Duration::from_secs(10);

/// The emulator that runs the program, where cargo is told to run arm64's in one; the system itself would not know how.
const RUNNER: Option<&str> = match cfg!(target_arch = "aarch64") {
    true => option_env!("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER"),
    false => None,
};

/// The program, with an empty environment and config file: it would look for the machine's.
pub fn program() -> Command {
    let program = env!("CARGO_BIN_EXE_crictl");
    let mut command = Command::new(RUNNER.unwrap_or(program));
    command.args(RUNNER.map(|_| program));
    command.env_clear().env("TZ", "UTC").env("CRI_CONFIG_FILE", "/dev/null");
    command
}

/// Runs a command to its end.
pub fn output(command: &mut Command) -> Output {
    Process::start(command).end()
}

/// A process under way.
pub struct Process(Child);

impl Process {
    pub fn start(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// Stops reading its output.
    pub fn hang_up(&mut self) {
        self.0.stdout = None;
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// Waits for the end, which has to come soon. A signal that ended it is a status as a shell has it.
    pub fn end(mut self) -> Output {
        let started = Instant::now();
        let status = loop {
            match self.0.try_wait().unwrap() {
                Some(status) => break status,
                None if started.elapsed() > LIMIT => self.0.kill().unwrap(),
                None => thread::sleep(Duration::from_millis(5)),
            }
        };
        let text = |stream: &mut dyn Read| {
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).unwrap();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        let status = status.code().or_else(|| Some(128 + signal?)).unwrap();
        Output {
            stdout: self.0.stdout.as_mut().map(|stream| text(stream)).unwrap_or_default(),
            stderr: self.0.stderr.as_mut().map(|stream| text(stream)).unwrap_or_default(),
            status: u8::try_from(status).unwrap(),
        }
    }
}

impl Served {
    /// The program, with this runtime in its environment.
    pub fn program<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = program();
        command.env("CONTAINER_RUNTIME_ENDPOINT", self.endpoint()).args(args);
        command
    }

    /// Waits until a method was called.
    pub fn reached(&self, method: &str) {
        let started = Instant::now();
        while !self.fake.state().calls.contains(&method) {
            assert!(started.elapsed() < LIMIT, "{method} was not called");
            thread::sleep(Duration::from_millis(5));
        }
    }
}
