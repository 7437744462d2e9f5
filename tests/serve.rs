//! `ephemerd serve` around a containerd that is a script: what needs no container.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// What the newest containerd says of its version.
const VERSION: &str = "containerd github.com/containerd/containerd/v2 v2.1.9 207ad71";

/// A data directory, and the programs that `serve` finds in its `PATH`.
struct Place(TempDir);

impl Place {
    /// With a containerd that answers `--version` and otherwise is this script.
    fn new(containerd: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.program("containerd", &format!("[ $1 = --version ] && echo '{VERSION}' && exit\n{containerd}"));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn data_dir(&self) -> PathBuf {
        self.path("data")
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn ephemerd<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ephemerd"));
        command.env_clear().env("TZ", "UTC").env("CRI_CONFIG_FILE", "/dev/null");
        command.env("PATH", format!("{}:/bin:/usr/bin", self.path("bin").display()));
        command.arg("--data-dir").arg(self.data_dir()).args(args);
        command
    }
}

/// Waits until something is so, which it soon has to be.
fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain until {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn of_eight_that_are_started_together_one_serves_and_the_others_name_it() {
    let place = Place::new("exec sleep 1000");
    let start = || place.ephemerd(["serve"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut children: Vec<Child> = (0..8).map(|_| start()).collect();
    eventually("one is left", || {
        children.iter_mut().map(|child| child.try_wait().unwrap()).filter(Option::is_none).count() == 1
    });
    let (left, ended): (Vec<Child>, Vec<Child>) =
        children.into_iter().partition(|child| Path::new(&format!("/proc/{}/exe", child.id())).exists());
    let [mut left] = <[Child; 1]>::try_from(left).unwrap();
    let (dir, pid) = (place.data_dir().display().to_string(), left.id());
    let refusal = format!(
        "ephemerd: {dir} is served by process {pid}, which holds {dir}/ephemerd.lock; stop that one, or choose another \
         --data-dir\n"
    );
    for ended in ended {
        let output = ended.wait_with_output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(1), refusal.clone()));
    }
    kill_process(Pid::from_child(&left), Signal::TERM).unwrap();
    left.wait().unwrap();
}
