//! A terminal that a host gives to a run.

use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex};

use crictl::{Size, Terminal, Waiting};
use serde_json::json;

use super::{Far, runtime};
use crate::support::run::crictl_in;

/// Notes what is done to it.
#[derive(Default)]
struct Noted(Mutex<Vec<&'static str>>);

impl Terminal for Noted {
    fn size(&self) -> Option<Size> {
        Some(Size { width: 77, height: 33 })
    }

    fn make_raw(&self) -> io::Result<()> {
        self.0.lock().unwrap().push("raw");
        Ok(())
    }

    fn restore(&self) {
        self.0.lock().unwrap().push("restored");
    }

    fn resized(&self) -> Waiting<'_> {
        Box::pin(pending())
    }

    fn gone(&self) -> Waiting<'_> {
        Box::pin(pending())
    }
}

#[test]
fn a_hosts_terminal_is_raw_while_it_shows_a_remote_one_and_its_size_is_sent() {
    let far = Far::start(json!({ "stdin": true, "tty": true, "chunks": [["stdout", "hello\r\n"]] }));
    let fake = runtime(&format!("http://127.0.0.1:{}/exec/x", far.port()));
    let terminal = Arc::new(Noted::default());
    let endpoint = fake.endpoint();
    let env = [("CONTAINER_RUNTIME_ENDPOINT", endpoint.as_str())];
    let output = crictl_in(["exec", "-it", "a", "sh"], &env, None, |io| {
        io.input_is_terminal = true;
        io.terminal = Some(terminal.clone());
    });
    assert_eq!((output.stdout.as_str(), output.status), ("hello\r\n", 0), "{output:?}");
    assert_eq!(*terminal.0.lock().unwrap(), ["raw", "restored"]);
    let records = far.records();
    assert!(records.iter().any(|record| record["resize"] == json!({ "Width": 77, "Height": 33 })), "{records:?}");
}
