//! What is around a supervised containerd: what it needs, its status, systemd, and crictl by other ways.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{Place, SILENT, can_serve};

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

#[test]
fn a_containerd_is_supervised_and_ended_where_nothing_can_be_written() {
    if !can_serve() {
        return;
    }
    let place = Place::new(SILENT);
    let serve = place.serve([]);
    let pid = place.containerd();
    // What a full disk does too.
    fs::create_dir(place.data_dir().join("ephemerd.json.new")).unwrap();
    serve.signal(Signal::TERM);
    let (status, said) = serve.end();
    assert_eq!(status, Some(128 + 15), "{said}");
    assert!(said.contains("is a directory, writing ") && !fs::exists(format!("/proc/{pid}")).unwrap(), "{said}");
}
