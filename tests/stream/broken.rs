//! Connections that break in the middle.

use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::front::{Fate, Front, request};
use super::{Far, TRANSPORTS, run, runtime};
use crate::support::run::crictl_in;

#[test]
fn a_connection_that_breaks_is_an_error_and_what_came_is_shown() {
    for transport in TRANSPORTS {
        for command in [&["exec", "-r", transport, "a", "id"][..], &["attach", "-r", transport, "a"]] {
            let far = Far::start(json!({"chunks": [["stdout", "half"], ["stderr", "a line\n"]], "drop": true}));
            let fake = runtime(&format!("http://127.0.0.1:{}/token", far.port()));
            let output = run(&fake, command.iter().copied(), &[]);
            assert_eq!((output.stdout.as_str(), output.status), ("half", 1), "{command:?} {output:?}");
            assert!(output.errors().starts_with("a line\n"), "{command:?} {output:?}");
            assert!(output.stderr.contains("the streaming connection broke"), "{command:?} {output:?}");
        }
    }
}

#[test]
fn a_status_that_came_before_the_break_counts() {
    let causes = json!([{"reason": "ExitCode", "message": "9"}]);
    let status = json!({"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": causes}}).to_string();
    let far = Far::start(json!({"chunks": [["stdout", "all\n"], ["error", status]], "drop": true}));
    let fake = runtime(&format!("http://127.0.0.1:{}/token", far.port()));
    let output = run(&fake, ["exec", "--exit-code", "a", "id"], &[]);
    assert_eq!((output.stdout.as_str(), output.status), ("all\n", 9), "{output:?}");
}

#[test]
fn a_forwarded_port_ends_with_its_connection() {
    for transport in TRANSPORTS {
        let far = Far::start(json!({}));
        let port = far.port();
        let front = Front::serve(request, move |_| Fate::PassedOn(port));
        let fake = runtime(&format!("http://127.0.0.1:{}/token", front.port));
        let (said, lines) = mpsc::channel();
        let endpoint = fake.endpoint();
        let forward = thread::spawn(move || {
            let args = ["port-forward", "-r", transport, "--address", "127.0.0.1", "pod", ":80"];
            let env = [("CONTAINER_RUNTIME_ENDPOINT", endpoint.as_str())];
            crictl_in(args, &env, None, |io| io.out = Box::new(Said(said)))
        });
        let line: Vec<u8> = lines.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(line.starts_with(b"Forwarding from 127.0.0.1:"), "{line:?}");
        front.cut();
        let output = forward.join().unwrap();
        assert_eq!(output.status, 1, "{transport}: {output:?}");
        assert!(output.stderr.contains("the streaming connection broke: "), "{transport}: {output:?}");
    }
}

/// An output that is passed on as it is written.
struct Said(mpsc::Sender<Vec<u8>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Nobody wants the rest.
        let _ = self.0.send(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
