//! `ephemerd serve` around a containerd that is a script: what needs no container.

mod around;

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// What the newest containerd says of its version.
const VERSION: &str = "containerd github.com/containerd/containerd/v2 v2.1.9 207ad71";

/// Whether `serve` can be tried: it refuses to run without root.
fn can_serve() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        let _ = writeln!(io::stderr(), "skipped: serve takes root");
    }
    is_root
}

/// One that neither answers nor ends.
const SILENT: &str = "while :; do sleep 0.1; done";

/// A data directory, and the programs that `serve` finds in its `PATH`.
struct Place(TempDir);

impl Place {
    /// With a containerd that answers `--version` and otherwise is this script.
    fn new(containerd: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for program in ["runc", "containerd-shim-runc-v2"] {
            place.program(program, "exit 1");
        }
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
        command.env("EPHEMERD_DATA_DIR", self.data_dir()).args(args);
        command
    }

    fn serve<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Serve {
        let said = tempfile::NamedTempFile::new_in(self.0.path()).unwrap().keep().unwrap();
        let mut command = self.ephemerd(["serve"].into_iter().chain(args));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said.0).spawn().unwrap();
        Serve { child, said: said.1 }
    }

    /// How a `serve` ends that can't start.
    fn refused<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> (Option<i32>, String) {
        self.serve(args).end()
    }

    /// The containerd that runs.
    fn containerd(&self) -> i32 {
        let mut pid = None;
        eventually("containerd runs", || {
            let state = fs::read_to_string(self.data_dir().join("ephemerd.json")).unwrap_or_default();
            let state: Value = serde_json::from_str(&state).unwrap_or_default();
            pid = state["containerd"]["pid"].as_i64();
            pid.is_some()
        });
        pid.unwrap().try_into().unwrap()
    }
}

/// A `serve` that runs, and what it has said.
struct Serve {
    child: Child,
    said: PathBuf,
}

impl Serve {
    /// Without the warnings, which depend on the machine.
    fn said(&self) -> String {
        let said = fs::read_to_string(&self.said).unwrap();
        said.lines().filter(|line| !line.starts_with("ephemerd: warning: ")).map(|line| format!("{line}\n")).collect()
    }

    /// Waits until it has said something.
    fn says(&self, what: &str) {
        eventually(what, || self.said().contains(what));
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Its status, or the signal that ended it, and what it has said.
    fn end(mut self) -> (Option<i32>, String) {
        eventually("serve ends", || self.child.try_wait().unwrap().is_some());
        (self.child.wait().unwrap().code(), self.said())
    }
}

/// Ends what is left of a test that has failed.
impl Drop for Serve {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.signal(Signal::TERM);
            thread::sleep(Duration::from_millis(100));
            let _ = self.child.try_wait().is_ok_and(|end| end.is_none()).then(|| self.signal(Signal::TERM));
            let _ = self.child.wait();
        }
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
    if !can_serve() {
        return;
    }
    let place = Place::new(SILENT);
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

#[test]
fn a_containerd_that_ends_before_it_answers_ends_serve_with_its_last_words() {
    if !can_serve() {
        return;
    }
    let place = Place::new("echo first >&2; printf 'no such plugin \\033\\n' >&2; exit 3");
    let log = place.data_dir().join("containerd/containerd.log");
    let said = format!(
        "ephemerd: containerd has ended with status 3 before it answered; its last words were: no such plugin \\x1b; \
         its log is {}\n",
        log.display()
    );
    assert_eq!(place.refused([]), (Some(3), said));
    assert_eq!(fs::read_to_string(log).unwrap(), "first\nno such plugin \x1b\n");
    assert!(!place.data_dir().join("ephemerd.json").exists());
}

#[test]
fn a_containerd_that_never_answers_is_told_of_after_five_seconds_and_ended_in_the_end() {
    if !can_serve() {
        return;
    }
    let place = Place::new(&format!("echo thinking >&2; {SILENT}"));
    let start = Instant::now();
    let serve = place.serve(["--wait", "6s"]);
    let pid = place.containerd();
    let (status, said) = serve.end();
    assert!((6..15).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    let log = place.data_dir().join("containerd/containerd.log");
    let lines = [
        format!("containerd (process {pid}) has not answered for 5s; it has 6s in all"),
        format!("ending containerd (process {pid}), which is killed after 10s or a second signal"),
        "containerd was killed by signal 15; its containers go on running, for the next serve to find".to_owned(),
        format!("containerd has not answered within 6s; its last words were: thinking; its log is {}", log.display()),
    ];
    assert_eq!((status, said), (Some(1), lines.map(|line| format!("ephemerd: {line}\n")).concat()));
}

#[test]
fn a_version_that_is_never_said_ends_serve() {
    if !can_serve() {
        return;
    }
    let place = Place::new("");
    place.program("containerd", &format!("echo loading >&2; {SILENT}"));
    let (program, data_dir) = (place.path("bin/containerd"), place.data_dir());
    let said = format!(
        "ephemerd: {} --version has not ended within 500ms; its last words were: loading; its log is \
         {}/containerd/containerd.log\n",
        program.display(),
        data_dir.display()
    );
    assert_eq!(place.refused(["--wait", "500ms"]), (Some(1), said));
}

#[test]
fn a_containerd_that_heeds_no_signal_is_killed_after_a_time_or_a_second_signal() {
    if !can_serve() {
        return;
    }
    let place = Place::new(&format!("trap '' TERM; touch $0.started; {SILENT}"));
    for is_patient in [false, true] {
        let serve = place.serve([]);
        let pid = place.containerd();
        eventually("the script has begun", || fs::remove_file(place.path("bin/containerd.started")).is_ok());
        let start = Instant::now();
        serve.signal(Signal::TERM);
        serve.says(&format!("ending containerd (process {pid}), which is killed after 10s or a second signal\n"));
        assert!(start.elapsed() < Duration::from_secs(5));
        if !is_patient {
            serve.signal(Signal::TERM);
        }
        let (status, said) = serve.end();
        assert_eq!(status, Some(128 + 9), "{said}");
        let late = format!("containerd (process {pid}) does not end by itself and is killed\n");
        assert_eq!((said.contains(&late), start.elapsed().as_secs() >= 10), (is_patient, is_patient), "{said}");
        assert!(said.contains("containerd was killed by signal 9; its containers go on running"), "{said}");
    }
}

#[test]
fn what_a_killed_serve_left_is_ended_if_it_has_other_settings_and_else_taken_over() {
    if !can_serve() {
        return;
    }
    let place = Place::new(SILENT);
    let mut killed = place.serve([]);
    let left = place.containerd();
    killed.child.kill().unwrap();
    killed.child.wait().unwrap();
    // Nothing has become of the containerd that the next one could wait for: it does not answer.
    let second = place.serve(["--wait", "300ms"]);
    second.says(&format!("killing containerd (process {left}), which does not answer\n"));
    let (status, said) = second.end();
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("it is started again in 100ms\n"), "{said}");

    let mut killed = place.serve([]);
    let left = place.containerd();
    killed.child.kill().unwrap();
    killed.child.wait().unwrap();
    let third = place.serve(["--sandbox-image", "localhost/pause:2"]);
    third.says("a killed serve has left a containerd with other settings, which is ended\n");
    third.says(&format!("ending containerd (process {left})"));
    eventually("another is there", || place.containerd() != left);
    third.signal(Signal::TERM);
    assert_eq!(third.end().0, Some(128 + 15));
}

#[test]
fn who_answers_at_the_socket_and_is_no_containerd_of_ours_is_left_alone() {
    if !can_serve() {
        return;
    }
    let place = Place::new(SILENT);
    let socket = place.data_dir().join("containerd/containerd.sock");
    fs::create_dir_all(socket.parent().unwrap()).unwrap();
    let _listener = UnixListener::bind(&socket).unwrap();
    let said = format!(
        "ephemerd: something already answers at unix://{}; end it, or choose another --data-dir\n",
        socket.display()
    );
    assert_eq!(place.refused([]), (Some(1), said));
    assert!(socket.exists());
}

#[test]
fn a_data_dir_whose_socket_can_have_no_name_is_refused_with_the_length() {
    if !can_serve() {
        return;
    }
    let place = Place::new(SILENT);
    let dir = place.path(&"x".repeat(80));
    let socket = dir.join("containerd/containerd.sock.ttrpc");
    let (shown, length) = (socket.display().to_string(), socket.as_os_str().len());
    let output = place.ephemerd(["serve"]).env("EPHEMERD_DATA_DIR", &dir).output().unwrap();
    let said = format!(
        "ephemerd: the path of the socket {shown} has {length} bytes, of which a socket's may have 106; choose a \
         shorter --data-dir\n"
    );
    let all = String::from_utf8(output.stderr).unwrap();
    assert!(all.ends_with(&said) && output.status.code() == Some(1), "{all}");
}

#[test]
fn crictl_says_what_serve_does_while_containerd_does_not_answer() {
    if !can_serve() {
        return;
    }
    let place = Place::new(SILENT);
    let ps = || String::from_utf8(place.ephemerd(["crictl", "ps"]).output().unwrap().stderr).unwrap();
    let dir = place.data_dir().display().to_string();
    assert!(ps().contains(&format!("ephemerd's containerd is not running in {dir}; start it with")), "{}", ps());
    let serve = place.serve([]);
    place.containerd();
    let doing = format!("`ephemerd serve` (process {}) is starting containerd in {dir}", serve.child.id());
    assert!(ps().contains(&doing), "{}", ps());
    let mut killed = serve;
    killed.child.kill().unwrap();
    killed.child.wait().unwrap();
    assert!(ps().contains(&format!("ephemerd's containerd is not running in {dir}")), "{}", ps());
    let serve = place.serve(["--wait", "200ms"]);
    eventually("the one that was left has ended", || ps().contains("is starting containerd again, which was killed"));
    serve.end();
}
