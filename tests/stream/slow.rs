//! Readers that take their time: they hold up what they read, and nothing else.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::front::{Fate, Front, request};
use super::{Far, TRANSPORTS, runtime};
use crate::support::run::{Buffer, crictl_in};

/// How long a test waits for what has to come.
const LIMIT: Duration = Duration::from_secs(10);

#[test]
fn a_reader_of_errors_that_waits_does_not_hold_up_the_rest() {
    for transport in TRANSPORTS {
        let script = json!({"stdin": true, "chunks": [["stderr", "stuck\n"]], "echo": true, "until": "line"});
        let far = Far::start(script);
        let fake = runtime(&format!("http://127.0.0.1:{}/token", far.port()));
        let ((stuck, is_stuck), (release, released)) = (mpsc::channel(), mpsc::channel());
        let err = Buffer::default();
        let endpoint = fake.endpoint();
        let env = [("CONTAINER_RUNTIME_ENDPOINT", endpoint.as_str())];
        let output = crictl_in(["exec", "-i", "-r", transport, "a", "cat"], &env, None, |io| {
            io.err = Box::new(Stuck { inner: err.clone(), stuck, released });
            io.input = Box::new(Typed { is_stuck, line: b"typed\n" });
            io.out = Box::new(Releasing { inner: std::mem::replace(&mut io.out, Box::new(io::sink())), release });
        });
        assert_eq!((output.stdout.as_str(), output.status), ("typed\n", 0), "{transport} {output:?}");
        assert!(err.text().ends_with("stuck\n"), "{transport} {}", err.text());
    }
}

#[test]
fn a_reader_of_lines_that_waits_does_not_hold_up_a_forwarded_port() {
    for transport in TRANSPORTS {
        let far = Far::start(json!({}));
        let far_port = far.port();
        let front = Front::serve(request, move |_| Fate::PassedOn(far_port));
        let fake = runtime(&format!("http://127.0.0.1:{}/token", front.port));
        let ((said, lines), (release, released)) = (mpsc::channel(), mpsc::channel());
        let endpoint = fake.endpoint();
        let forward = thread::spawn(move || {
            let args = ["port-forward", "-r", transport, "--address", "127.0.0.1", "pod", ":80"];
            let env = [("CONTAINER_RUNTIME_ENDPOINT", endpoint.as_str())];
            crictl_in(args, &env, None, |io| io.out = Box::new(Slow { said, released }))
        });
        let line: String = lines.recv_timeout(LIMIT).unwrap();
        let port: u16 = line.trim_end().trim_end_matches(" -> 80").rsplit(':').next().unwrap().parse().unwrap();
        for _ in 0..2 {
            let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
            socket.set_read_timeout(Some(LIMIT)).unwrap();
            socket.write_all(b"echo").unwrap();
            let mut answer = [0; 4];
            socket.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"echo", "{transport}");
        }
        assert!(lines.recv_timeout(LIMIT).unwrap().starts_with("Handling connection for "));
        drop(release);
        front.cut();
        assert_eq!(forward.join().unwrap().status, 1, "{transport}");
    }
}

/// An output that is passed on as it is written. Its reader stops at the first connection.
struct Slow {
    said: Sender<String>,
    released: Receiver<()>,
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.said.send(String::from_utf8_lossy(bytes).into_owned());
        if bytes.starts_with(b"Handling") {
            // Without a sender the rest is not held up.
            let _ = self.released.recv_timeout(LIMIT);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An output whose reader stops at this word.
struct Stuck {
    inner: Buffer,
    stuck: Sender<()>,
    released: Receiver<()>,
}

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.starts_with(b"stuck") {
            self.stuck.send(()).map_err(io::Error::other)?;
            self.released.recv_timeout(LIMIT).map_err(io::Error::other)?;
        }
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An input that is typed once the errors are stuck.
struct Typed {
    is_stuck: Receiver<()>,
    line: &'static [u8],
}

impl Read for Typed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.line.is_empty() {
            self.is_stuck.recv_timeout(LIMIT).map_err(io::Error::other)?;
        }
        self.line.read(buffer)
    }
}

/// An output that lets the errors go on.
struct Releasing {
    inner: Box<dyn Write + Send>,
    release: Sender<()>,
}

impl Write for Releasing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.release.send(());
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
