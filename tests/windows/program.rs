//! The programs, as processes with an environment and a home folder of their own.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// A program that is to be run.
pub struct Program {
    command: Command,
    _home: tempfile::TempDir,
}

/// What a run left behind.
#[derive(Debug)]
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    pub status: i32,
}

/// `crictl` with these arguments.
pub fn crictl<'a>(args: impl IntoIterator<Item = &'a str>) -> Program {
    Program::new(env!("CARGO_BIN_EXE_crictl"), &[], args)
}

/// `ephemerd crictl` with these arguments.
pub fn ephemerd<'a>(args: impl IntoIterator<Item = &'a str>) -> Program {
    Program::new(env!("CARGO_BIN_EXE_ephemerd"), &["crictl"], args)
}

impl Program {
    fn new<'a>(path: &str, before: &[&str], args: impl IntoIterator<Item = &'a str>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(path);
        command.args(before).args(args).env_clear().env("TZ", "UTC").env("USERPROFILE", home.path());
        // Without it Windows loads no library of its own.
        command.envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
        command.stdin(Stdio::null());
        Self { command, _home: home }
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end.
    pub fn output(mut self) -> Output {
        let output = self.command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Output { stdout: text(output.stdout), stderr: text(output.stderr), status: output.status.code().unwrap() }
    }

    /// Runs it; it has to succeed, and to print this.
    pub fn prints(self, text: &str) {
        let output = self.output();
        assert_eq!((output.stdout.as_str(), output.status), (text, 0), "{output:?}");
    }
}
