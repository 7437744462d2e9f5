//! `crictl` in this process: arguments in; output, errors and status out.

use std::io;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

pub use crictl::Buffer;
use crictl::{Clock, Crictl, Io};

use super::calls::Declared;

/// What a run left behind.
#[derive(Debug, PartialEq)]
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    pub status: u8,
}

impl Output {
    /// The lines of standard error without the warning that the test's machine has no config file.
    pub fn errors(&self) -> String {
        let lines = self.stderr.lines().filter(|line| !line.contains("does not exist, trying next"));
        lines.map(|line| format!("{line}\n")).collect()
    }

    /// Output, errors and status, for a comparison in one go.
    pub fn all(&self) -> (&str, String, u8) {
        (&self.stdout, self.errors(), self.status)
    }

    /// The message of the one log line.
    pub fn message(&self) -> String {
        let line = self.errors();
        let (_, message) = line.trim_end().split_once(" msg=").unwrap_or(("", line.trim_end()));
        let quoted = message.strip_prefix('"').and_then(|message| message.strip_suffix('"'));
        quoted.map_or(message.to_owned(), |text| text.replace("\\\"", "\"").replace("\\n", "\n"))
    }
}

/// The calls that commands say they make.
static DECLARED: LazyLock<Declared> = LazyLock::new(|| {
    let list = crictl(["rpc", "list", "-o", "json"], &[], "");
    Declared::read(&list.stdout).unwrap()
});

/// The time at which every run happens, in nanoseconds since the epoch.
pub const NOW: i64 = 1_750_000_000_000_000_000;

/// Runs with these arguments and this environment, at [`NOW`], in UTC.
pub fn crictl<'a>(args: impl IntoIterator<Item = &'a str>, env: &[(&str, &str)], input: &'static str) -> Output {
    crictl_in(args, env, None, |io| io.input = Box::new(io::Cursor::new(input)))
}

/// As [`crictl`], inside a host or not, and with a change in the world that the run sees.
pub fn crictl_in<'a>(
    args: impl IntoIterator<Item = &'a str>,
    env: &[(&str, &str)],
    host: Option<&Crictl>,
    change: impl FnOnce(&mut Io),
) -> Output {
    let (out, err) = (Buffer::default(), Buffer::default());
    let mut io = Io::buffers(io::empty(), out.clone(), err.clone());
    io.clock = Clock::new(|| SystemTime::UNIX_EPOCH + Duration::from_nanos(NOW.unsigned_abs()));
    change(&mut io);
    let args = std::iter::once("crictl").chain(args);
    let env = [("TZ", "UTC")].into_iter().chain(env.iter().copied());
    let status = host.unwrap_or(&Crictl::new()).run(args, env, &mut io);
    Output { stdout: out.text(), stderr: err.text(), status }
}

impl super::fake::Served {
    /// Runs `crictl` against this runtime.
    pub fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Output {
        self.run_with(args, "")
    }

    /// Runs `crictl` against this runtime, with something to read.
    pub fn run_with<'a>(&self, args: impl IntoIterator<Item = &'a str>, input: &'static str) -> Output {
        let args: Vec<_> = args.into_iter().collect();
        let before = self.fake.state().calls.len();
        let output = crictl(args.iter().copied(), &[("CONTAINER_RUNTIME_ENDPOINT", &self.endpoint())], input);
        let calls = self.fake.state().calls[before..].to_vec();
        let args: Vec<_> = args.into_iter().map(str::to_owned).collect();
        let undeclared = DECLARED.undeclared(&args, calls.into_iter());
        assert_eq!(undeclared, None, "a command that makes a call which it does not declare");
        output
    }
}
