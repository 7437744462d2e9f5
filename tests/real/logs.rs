//! The logs of containers, as containerd writes them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Ephemerd, Pod, Real, eventually};

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_log_is_printed_whole_and_in_part() {
    let real = Real::find();
    let ephemerd = real.serve("logs");
    let pod = ephemerd.run_pod("web", "10060");
    let script = "echo wrong >&2; for i in 1 2 3; do echo line $i; done; sleep 1; printf 'late\\nand no end'";
    let container = ephemerd.start_config(&pod, &shell(&real, "server", 0, script));
    ephemerd.exited(&container);

    let whole = ephemerd.ends(["logs", &container]);
    assert_eq!(whole.status, Some(0), "{whole:?}");
    assert_eq!(whole.out, "line 1\nline 2\nline 3\nlate\nand no end");
    assert_eq!(whole.err, "wrong\n");
    assert_eq!(ephemerd.crictl(["logs", "--tail", "2", &container]), "late\nand no end");
    assert_eq!(ephemerd.crictl(["logs", "--tail", "0", &container]), "");
    assert_eq!(ephemerd.crictl(["logs", "--since", "1h", &container]), whole.out);

    let stamped = ephemerd.crictl(["logs", "--timestamps", &container]);
    let late = stamped.lines().find(|line| line.ends_with(" late")).unwrap();
    let time = late.split(' ').next().unwrap();
    assert_eq!(ephemerd.crictl(["logs", "--since", time, &container]), "late\nand no end");
    // `0s` would show what is of this very second; an hour from now shows nothing.
    assert_eq!(ephemerd.crictl(["logs", "--since", "-1h", &container]), "");
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_followed_log_ends_with_its_container() {
    let real = Real::find();
    let ephemerd = real.serve("follow");
    let pod = ephemerd.run_pod("web", "10061");
    let script =
        "for i in $(seq 200); do echo line $i; sleep 0.01; done; until [ -e /end ]; do sleep 0.1; done; echo last";
    let container = ephemerd.start_config(&pod, &shell(&real, "server", 0, script));
    let mut follow = ephemerd.command(["logs", "--follow", &container]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines().map(Result::unwrap);
    for number in 1..=200 {
        assert_eq!(lines.next(), Some(format!("line {number}")));
    }
    assert_eq!(follow.try_wait().unwrap(), None, "it ended before the container");
    ephemerd.crictl(["exec", &container, "touch", "/end"]);
    assert_eq!(lines.collect::<Vec<_>>(), ["last"]);
    assert_eq!(follow.wait().unwrap().code(), Some(0));
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn the_log_before_a_restart_is_the_previous_one() {
    let real = Real::find();
    let ephemerd = real.serve("previous");
    let pod = ephemerd.run_pod("web", "10062");
    let first = ephemerd.start_config(&pod, &shell(&real, "server", 0, "echo first"));
    ephemerd.exited(&first);
    let refused = ephemerd.ends(["logs", "--previous", &first]);
    assert_eq!((refused.status, refused.out.as_str()), (Some(1), ""));
    assert!(refused.err.contains("previous terminated container server not found"), "{}", refused.err);

    let second = ephemerd.start_config(&pod, &shell(&real, "server", 1, "echo second; sleep 1000"));
    written(&ephemerd, &second, "second\n");
    assert_eq!(ephemerd.crictl(["logs", "--previous", &second]), "first\n");
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_reopened_log_goes_on_in_a_new_file() {
    let real = Real::find();
    let ephemerd = real.serve("reopen");
    let (_, container) = waiting(&real, &ephemerd);
    written(&ephemerd, &container, "before\n");
    let log = ephemerd.data_dir.join("logs/web/server/0.log");
    let moved = log.with_extension("moved");
    fs::rename(&log, &moved).unwrap();

    let reopened = ephemerd.ends(["logs", "--reopen", &container]);
    assert_eq!((reopened.status, reopened.out.as_str()), (Some(0), ""), "{reopened:?}");
    ephemerd.crictl(["exec", &container, "touch", "/go"]);
    written(&ephemerd, &container, "after\n");
    assert!(fs::read_to_string(moved).unwrap().ends_with(" stdout F before\n"));
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_followed_log_goes_on_across_a_rotation() {
    let real = Real::find();
    let ephemerd = real.serve("rotation");
    let (_, container) = waiting(&real, &ephemerd);
    let mut follow = ephemerd.command(["logs", "-f", &container]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().as_deref(), Some("before"));
    let log = ephemerd.data_dir.join("logs/web/server/0.log");
    fs::rename(&log, log.with_extension("moved")).unwrap();
    ephemerd.rpc("reopen-container-log", &json!({ "container_id": container }));
    ephemerd.crictl(["exec", &container, "touch", "/go"]);
    assert_eq!(lines.next().as_deref(), Some("after"));
    ephemerd.crictl(["stop", "--timeout", "0", &container]);
    assert_eq!(lines.next(), None);
    assert_eq!(follow.wait().unwrap().code(), Some(0));
}

/// A container that prints a line, and another once there is a file.
fn waiting(real: &Real, ephemerd: &Ephemerd) -> (Pod, String) {
    let pod = ephemerd.run_pod("web", "10063");
    let script = "echo before; until [ -e /go ]; do sleep 0.1; done; echo after; sleep 1000";
    let config = shell(real, "server", 0, script);
    let container = ephemerd.start_config(&pod, &config);
    (pod, container)
}

/// Waits until a container's log is this text.
fn written(ephemerd: &Ephemerd, container: &str, text: &str) {
    let log = || ephemerd.crictl(["logs", container]);
    eventually("the log", || log() == text, log);
}

fn shell(real: &Real, name: &str, attempt: u32, script: &str) -> Value {
    json!({
        "metadata": { "name": name, "attempt": attempt },
        "image": { "image": real["BUSYBOX_IMAGE"] },
        "command": ["sh", "-c", script],
        // As the kubelet names them: the attempt is the file's whole name.
        "log_path": format!("{name}/{attempt}.log"),
        "linux": {},
    })
}
