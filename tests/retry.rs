//! `--max-retries`: a runtime that restarts is waited for, one that is not there is not.

use std::os::unix::net::UnixListener;
use std::thread;
use std::time::Duration;

use crate::support::fake::Fake;
use crate::support::run::{crictl, crictl_in};

/// A socket at which nobody listens any more.
fn abandoned() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("cri.sock");
    drop(UnixListener::bind(&socket).unwrap());
    (folder, socket.display().to_string())
}

#[test]
fn a_runtime_that_restarts_is_waited_for() {
    let (_folder, socket) = abandoned();
    let path = socket.clone();
    let restarted = thread::spawn(move || {
        thread::sleep(Duration::from_millis(200));
        std::fs::remove_file(&path).unwrap();
        Fake::new().serve_at(path.as_ref());
    });
    let output = crictl(["--max-retries", "3", "-r", &socket, "ps", "-q"], &[], "");
    restarted.join().unwrap();
    assert_eq!(output.status, 0, "{output:?}");
    assert_eq!(output.errors().lines().count(), 1);
    assert!(output.message().contains("trying again in 500ms"), "{output:?}");
}

#[test]
fn who_looks_at_a_terminal_is_patient_and_a_script_is_not() {
    let (_folder, socket) = abandoned();
    let run = |terminal| {
        let args = ["-r", &socket, "ps"];
        crictl_in(args, &[], None, |io| io.err_is_terminal = terminal).errors().matches("trying again").count()
    };
    assert_eq!((run(true), run(false)), (3, 0));
}

#[test]
fn without_retries_or_without_a_socket_the_error_comes_at_once() {
    let (folder, socket) = abandoned();
    let config = folder.path().join("crictl.yaml").display().to_string();
    std::fs::write(&config, "max-retries: 0\n").unwrap();
    for args in [
        ["--max-retries", "0", "-r", &socket, "ps"],
        ["-c", &config, "-r", &socket, "ps"],
        ["--max-retries", "9", "-r", "/no/such.sock", "ps"],
    ] {
        let output = crictl_in(args, &[], None, |io| io.err_is_terminal = true);
        assert_eq!((output.status, output.errors().matches("trying again").count()), (1, 0), "{output:?}");
    }
}

#[test]
fn the_option_is_listed_and_written_once_it_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crictl.yaml").display().to_string();
    std::fs::write(&file, "timeout: 3\n").unwrap();
    assert!(!crictl(["-c", &file, "config", "--list"], &[], "").stdout.contains("max-retries"));
    assert_eq!(crictl(["-c", &file, "config", "--set", "max-retries=-1"], &[], "").status, 0);
    assert_eq!(crictl(["-c", &file, "config", "--get", "max-retries"], &[], "").stdout, "-1\n");
    assert!(crictl(["-c", &file, "config", "--list"], &[], "").stdout.contains("max-retries"));
    assert!(std::fs::read_to_string(&file).unwrap().ends_with("max-retries: -1\n"));
}
