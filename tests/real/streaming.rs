//! Streams of containers: exec, attach and port-forward, where no terminal is needed.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::{Real, eventually};

/// WebSocket is what containerd has of it: version 4 of the protocol, which can't tell the input's end.
const TRANSPORTS: [&str; 3] = ["spdy", "websocket", "auto"];

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_commands_status_and_its_two_outputs_come_back() {
    let real = Real::find();
    let ephemerd = real.serve("exec");
    let pod = ephemerd.run_pod("web", "10040");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    for transport in TRANSPORTS {
        let exec = ["exec", "--transport", transport];
        let scripts = [("exit 0", 0), ("exit 1", 1), ("exit 7", 7), ("exit 255", 255), ("kill -9 $$", 128 + 9)];
        for (script, status) in scripts {
            let script = format!("echo out; echo err >&2; {script}");
            let command = [container.as_str(), "sh", "-c", &script];
            let plain = ephemerd.ends(exec.into_iter().chain(command));
            assert_eq!(plain.status, Some(i32::from(status != 0)), "{transport} {script}: {plain:?}");
            assert_eq!(plain.out, "out\n", "{transport} {script}");
            assert!(plain.err.starts_with("err\n"), "{transport} {script}: {plain:?}");
            let passed = ephemerd.ends(exec.into_iter().chain(["--exit-code"]).chain(command));
            assert_eq!(passed.status, Some(status), "{transport} {script}: {passed:?}");
        }
        let unknown = ephemerd.ends(exec.into_iter().chain(["--exit-code", &container, "no-such-command"]));
        assert_eq!((unknown.status, unknown.out.as_str()), (Some(127), ""), "{transport}: {unknown:?}");
    }
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_gibibyte_goes_through_a_command_and_back() {
    let real = Real::find();
    let ephemerd = real.serve("gibibyte");
    let pod = ephemerd.run_pod("web", "10041");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    // By WebSocket the command must know by itself where the input ends, and busybox copies slower then.
    for (transport, length, command) in [("spdy", 1 << 30, "exec cat"), ("websocket", 1 << 26, "exec head -c 67108864")]
    {
        let path = ephemerd.data_dir.join("input");
        random(&path, length);
        let mut exec = ephemerd.command(["exec", "-i", "--transport", transport, &container, "sh", "-c", command]);
        exec.stdin(File::open(&path).unwrap()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut exec = exec.spawn().unwrap();
        let back = checksum(exec.stdout.take().unwrap());
        let output = exec.wait_with_output().unwrap();
        assert!(output.status.success(), "{transport}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(back, checksum(File::open(&path).unwrap()), "{transport}");
        fs::remove_file(path).unwrap();
    }
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn attach_shows_what_a_container_prints_and_feeds_it() {
    let real = Real::find();
    let ephemerd = real.serve("attach");
    let pod = ephemerd.run_pod("web", "10042");
    for transport in TRANSPORTS {
        let echo = ephemerd.start_config(
            &pod,
            &json!({
                "metadata": { "name": format!("echo-{transport}") },
                "image": { "image": real["BUSYBOX_IMAGE"] },
                "command": ["sh", "-c", "while read line; do echo \"!$line\" >&2; echo \"<$line>\"; done; echo end"],
                "stdin": true, "stdin_once": true, "linux": {},
            }),
        );
        let mut attach = ephemerd.command(["attach", "-i", "--transport", transport, &echo]);
        attach.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut attach = attach.spawn().unwrap();
        let mut stdin = attach.stdin.take().unwrap();
        let mut lines = BufReader::new(attach.stdout.take().unwrap()).lines();
        for word in ["one", "two"] {
            writeln!(stdin, "{word}").unwrap();
            assert_eq!(lines.next().unwrap().unwrap(), format!("<{word}>"), "{transport}");
        }
        drop(stdin);
        if transport == "spdy" {
            assert_eq!(lines.next().unwrap().unwrap(), "end", "{transport}");
            ephemerd.exited(&echo);
        } else {
            ephemerd.crictl(["stop", "--timeout", "0", &echo]);
        }
        let output = attach.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{transport}: {err}");
        assert!(err.contains("!one\n!two\n"), "{transport}: {err}");
    }
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_hundred_downloads_go_through_a_forwarded_port_at_once() {
    let real = Real::find();
    let ephemerd = real.serve("forward");
    let pod = ephemerd.run_pod("web", "10043");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    let script = "mkdir /www; head -c 10485760 /dev/urandom >/www/file; httpd -p 8080 -h /www; cat /www/file";
    let served = ephemerd.command(["exec", &container, "sh", "-c", script]).output().unwrap().stdout;
    assert_eq!(served.len(), 10 << 20);

    let mut forward = ephemerd.command(["port-forward", "--address", "127.0.0.1", &pod.id, ":8080"]);
    let mut forward = Ending(forward.stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(forward.0.stdout.take().unwrap()).lines();
    let said = lines.next().unwrap().unwrap();
    let port = said.trim_end_matches(" -> 8080").rsplit(':').next().unwrap().parse().unwrap();
    // Somebody must read that connections are handled.
    thread::spawn(move || lines.for_each(drop));
    thread::scope(|scope| {
        let download = || assert!(download(port) == served, "a download is not what was served");
        let downloads: Vec<_> = (0..100).map(|_| scope.spawn(download)).collect();
        downloads.into_iter().for_each(|download| download.join().unwrap());
    });
    // A port where nobody listens is an error of its own connection, and the others go on.
    kill_process(Pid::from_child(&forward.0), Signal::INT).unwrap();
    assert_eq!(forward.0.wait().unwrap().code(), Some(0));
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_port_that_nobody_serves_is_no_reason_to_end() {
    let real = Real::find();
    let ephemerd = real.serve("refused");
    let pod = ephemerd.run_pod("web", "10044");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    let mut forward = ephemerd.command(["port-forward", "--address", "127.0.0.1", &pod.id, ":8080"]);
    let mut forward = Ending(forward.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut said = BufReader::new(forward.0.stdout.take().unwrap()).lines();
    let port = said.next().unwrap().unwrap().trim_end_matches(" -> 8080").rsplit(':').next().unwrap().parse().unwrap();
    assert_eq!(download(port), b"");
    let mut error = String::new();
    BufReader::new(forward.0.stderr.take().unwrap()).read_line(&mut error).unwrap();
    assert!(error.contains("connection refused"), "{error}");

    ephemerd.crictl(["exec", &container, "sh", "-c", "echo here >/tmp/file; httpd -p 8080 -h /tmp"]);
    assert_eq!(download(port), b"here\n");
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_runtime_that_dies_ends_its_commands_with_an_error() {
    let real = Real::find();
    for transport in TRANSPORTS {
        let ephemerd = real.serve(&format!("killed-{transport}"));
        let pod = ephemerd.run_pod("web", "10045");
        let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
        let mut exec = ephemerd.command(["exec", "-r", transport, &container, "sh", "-c", "echo begun; sleep 1000"]);
        let mut exec = exec.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut begun = [0; 6];
        exec.stdout.as_mut().unwrap().read_exact(&mut begun).unwrap();
        ephemerd.kill_containerd();
        let mut status = None;
        let ended = || exec.try_wait().unwrap().map(|ended| status = ended.code()).is_some();
        eventually("the end of exec", ended, || transport.to_owned());
        let err = String::from_utf8(exec.wait_with_output().unwrap().stderr).unwrap();
        assert_eq!(status, Some(1), "{transport}: {err}");
        assert!(err.contains("level=fatal") && err.contains("connection"), "{transport}: {err}");
    }
}

/// A child that does not outlive its test.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The body of `/file`; nothing where the connection ends without an answer.
fn download(port: u16) -> Vec<u8> {
    let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    socket.write_all(b"GET /file HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // What is lost shows in the bytes that are missing.
    let _ = socket.read_to_end(&mut answer);
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
    answer.split_off(end)
}

pub(crate) fn random(path: &Path, length: u64) {
    io::copy(&mut File::open("/dev/urandom").unwrap().take(length), &mut File::create(path).unwrap()).unwrap();
}

/// Sums what a file or a process gives.
pub(crate) fn checksum(input: impl Into<Stdio>) -> String {
    let output = Command::new("sha256sum").stdin(input).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}
