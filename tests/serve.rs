//! `ephemerd serve` around a containerd that is a script: what needs no container.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixDatagram, UnixListener};
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
        writeln!(io::stderr(), "skipped: serve takes root").unwrap();
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

#[test]
fn serve_refuses_to_start_without_what_every_container_needs_and_names_all_of_it() {
    if !can_serve() {
        return;
    }
    let place = Place::new(SILENT);
    let empty = place.path("empty");
    let output = place.ephemerd(["serve"]).env("PATH", &empty).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let line = said.lines().find(|line| !line.contains("warning: ")).unwrap();
    let begin = format!(
        "ephemerd: there is no containerd in PATH, nor in {}/bin; install containerd 2.0 or newer",
        place.data_dir().display()
    );
    assert!(line.starts_with(&begin), "{said}");
    for also in ["; also: there is no containerd-shim-runc-v2; install all of containerd", "; also: there is no runc; "]
    {
        assert!(line.contains(also), "{said}");
    }
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn doctor_says_what_is_there_and_what_to_do() {
    let place = Place::new(SILENT);
    let output = place.ephemerd(["doctor"]).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let bin = place.path("bin").display().to_string();
    for line in [
        format!("containerd    ok       {bin}/containerd, 2.1.9\n"),
        format!("shim          ok       {bin}/containerd-shim-runc-v2\n"),
        format!("runc          ok       {bin}/runc\n"),
    ] {
        assert!(lines.contains(&line), "{lines}");
    }
    let is_root = rustix::process::geteuid().is_root();
    assert_eq!(lines.contains("root          ok\n"), is_root, "{lines}");
    assert_eq!(output.status.code(), Some(i32::from(lines.contains(" missing "))), "{lines}");

    place.program("containerd", "echo containerd github.com/containerd/containerd 1.6.20~ds1 x");
    fs::remove_file(place.path("bin/runc")).unwrap();
    let output = place.ephemerd(["doctor"]).env("PATH", place.path("bin")).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    assert!(lines.contains(&format!("containerd    missing  {bin}/containerd is containerd 1.6.20~ds1, which is")));
    assert!(lines.contains("runc          missing  there is no runc; install runc (Debian: runc)"), "{lines}");
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(1), String::new()));
}

#[test]
fn status_tells_of_serve_without_an_answer_of_containerd() {
    let place = Place::new(SILENT);
    let status = |args: &[&str]| {
        let output = place.ephemerd(["status"].into_iter().chain(args.iter().copied())).output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(1), String::new()));
        String::from_utf8(output.stdout).unwrap()
    };
    let socket = place.data_dir().join("containerd/containerd.sock").display().to_string();
    let begin = format!("STATE       down\nENDPOINT    unix://{socket}\nPROBLEM     no socket at \"unix://{socket}\"");
    assert!(status(&[]).starts_with(&begin), "{}", status(&[]));
    if !can_serve() {
        return;
    }
    let serve = place.serve([]);
    let pid = place.containerd();
    let document: Value = serde_json::from_str(&status(&["-o", "json"])).unwrap();
    assert_eq!((&document["state"], &document["pid"]), (&"starting".into(), &serve.child.id().into()), "{document:#}");
    assert_eq!((&document["containerd"]["pid"], &document["restarts"]), (&pid.into(), &0.into()), "{document:#}");
    assert_eq!((&document["socket"], &document["namespaces"]), (&Value::Null, &Value::Null), "{document:#}");
    assert!(status(&[]).starts_with(&format!("STATE       starting\nEPHEMERD    {}, ", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn systemd_is_told_what_serve_does_and_that_it_is_alive() {
    if !can_serve() {
        return;
    }
    let place = Place::new("env > $0.env; while :; do sleep 0.1; done");
    let socket = UnixDatagram::bind(place.path("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut command = place.ephemerd(["serve"]);
    command.env("NOTIFY_SOCKET", place.path("notify")).env("WATCHDOG_USEC", "200000");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let next = || {
        let mut bytes = [0; 256];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    let (mut alive, start) = (0, Instant::now());
    while alive < 5 {
        alive += usize::from(next() == "WATCHDOG=1");
    }
    assert!(start.elapsed() >= Duration::from_millis(300), "{:?}", start.elapsed());
    place.containerd();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    while next() != "STATUS=is ending containerd\nSTOPPING=1" {}
    child.wait().unwrap();
    // Containerd would speak in the place of serve.
    let env = fs::read_to_string(place.path("bin/containerd.env")).unwrap();
    assert!(env.contains("PATH=") && !env.contains("NOTIFY_SOCKET") && !env.contains("WATCHDOG"), "{env}");
}

#[test]
fn called_as_crictl_it_is_crictl_with_the_endpoint_of_the_data_dir() {
    let place = Place::new(SILENT);
    let link = place.path("crictl");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_ephemerd"), &link).unwrap();
    let crictl = |args: &[&str]| {
        let mut command = Command::new(&link);
        command.env_clear().env("CRI_CONFIG_FILE", "/dev/null").env("EPHEMERD_DATA_DIR", place.data_dir());
        let output = command.args(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (status, out, _) = crictl(&["--version"]);
    assert!(status == Some(0) && out.starts_with("crictl version "), "{out}");
    let (status, _, err) = crictl(&["ps"]);
    let socket = place.data_dir().join("containerd/containerd.sock");
    assert!(status == Some(1) && err.contains(&format!("no socket at \\\"unix://{}", socket.display())), "{err}");
}

#[test]
fn the_file_in_the_data_dir_names_the_endpoint_of_a_containerd_elsewhere() {
    let place = Place::new(SILENT);
    let file = place.data_dir().join("containerd/endpoint");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let run = |args: &[&str]| {
        let output = place.ephemerd(args.iter().copied()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let endpoint = "tcp://127.0.0.1:1";
    fs::write(&file, format!("{endpoint}\n")).unwrap();
    let (status, _, err) = run(&["crictl", "ps"]);
    let hint = format!("is the machine running that {} names?", file.display());
    assert!(status == Some(1) && err.contains(endpoint) && err.contains(&hint), "{err}");
    assert!(run(&["status"]).1.starts_with(&format!("STATE       down\nENDPOINT    {endpoint}\n")));

    for wrong in ["", "tcp://10.0.0.2", "tcp://:1", "tcp://10.0.0.2:x", "unix:///x.sock", "tcp://a:1\ntcp://b:2"] {
        fs::write(&file, wrong).unwrap();
        let said = format!("ephemerd: {} names no endpoint; write tcp://IP:PORT, or remove it\n", file.display());
        assert_eq!(run(&["crictl", "ps"]), (Some(1), String::new(), said), "{wrong:?}");
    }
}

#[test]
fn a_service_is_installed_shown_and_uninstalled_by_systemctl() {
    let place = Place::new(SILENT);
    place.program("systemctl", "echo \"$@\" >>$0.calls; echo state; [ $1 != status ] || exit 3");
    let dir = place.path("units").display().to_string();
    fs::create_dir(&dir).unwrap();
    let unit = place.path("units/ephemerd.service");
    let run = |args: &[&str]| {
        let output = place.ephemerd(["service"].into_iter().chain(args.iter().copied())).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let nothing = (String::new(), String::new());
    let (status, printed, _) = run(&["install", "--print", "--", "--wait", "90s"]);
    let line = format!("\"--data-dir\" \"{}\" \"serve\" \"--wait\" \"90s\"\n", place.data_dir().display());
    assert!(status == Some(0) && printed.contains(&line) && !unit.exists(), "{printed}");
    let wrong = run(&["install", "--unit-dir", &dir, "--", "--wat"]);
    assert_eq!(wrong.0, Some(1));
    assert!(wrong.2.starts_with("ephemerd: unexpected argument '--wat' found; `ephemerd serve --help`"), "{wrong:?}");

    let (status, out, err) = run(&["install", "--unit-dir", &dir, "--", "--wait", "90s"]);
    assert_eq!((status, (out, err)), (Some(0), nothing.clone()));
    assert_eq!(fs::read_to_string(&unit).unwrap(), printed);
    assert_eq!(run(&["status"]), (Some(3), "state\n".to_owned(), String::new()));
    let (status, out, err) = run(&["uninstall", "--unit-dir", &dir]);
    assert_eq!((status, (out, err)), (Some(0), nothing));
    assert!(!unit.exists());
    assert_eq!(run(&["uninstall", "--unit-dir", &dir]).0, Some(1));
    let calls = [
        "daemon-reload",
        "enable --now ephemerd.service",
        "status --no-pager ephemerd.service",
        "disable --now ephemerd.service",
        "daemon-reload",
    ];
    let made = fs::read_to_string(place.path("bin/systemctl.calls")).unwrap();
    assert_eq!(made.lines().collect::<Vec<_>>(), calls);

    place.program("systemctl", "echo no bus >&2; exit 1");
    let said = "ephemerd: systemctl daemon-reload failed: no bus\n".to_owned();
    assert_eq!(run(&["install", "--unit-dir", &dir]), (Some(1), String::new(), said));
}
