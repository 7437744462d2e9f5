//! Forwarded ports where more clients come than there are descriptors for.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use super::{Far, TRANSPORTS, runtime};

#[test]
fn clients_wait_for_a_descriptor_and_all_are_served() {
    for transport in TRANSPORTS {
        let far = Far::start(json!({}));
        let fake = runtime(&format!("http://127.0.0.1:{}/token", far.port()));
        let mut child = Command::new("sh")
            .args(["-c", "ulimit -n 24; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_crictl")])
            .args(["port-forward", "-r", transport, "--address", "127.0.0.1", "pod", ":80"])
            .env("CONTAINER_RUNTIME_ENDPOINT", fake.endpoint())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let port: u16 = line.trim_end().trim_end_matches(" -> 80").rsplit(':').next().unwrap().parse().unwrap();
        // The system takes all of them at once, and the command as many as it can.
        let clients: Vec<_> = (0..40).map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
        for mut client in clients {
            client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            client.write_all(b"echo").unwrap();
            let mut answer = [0; 4];
            client.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"echo", "{transport}");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert_eq!(errors.matches("too many open files").count(), 1, "{transport}: {errors}");
    }
}
