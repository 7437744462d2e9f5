//! Readers that take their time: they hold up what they read, and nothing else.

use std::io::{self, Read, Write};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use serde_json::json;

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
