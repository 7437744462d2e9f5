//! What happens while the program runs: signals, growing files, connections to forwarded ports.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Pid;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::replay::case::Action;
use crate::replay::fake::Calls;
use crate::replay::process::send_signal;
use crate::replay::subst::Subst;
use crate::replay::text;

/// How long to wait for the call that an action follows.
const PATIENCE: Duration = Duration::from_secs(20);

/// The running program and its surroundings.
pub(crate) struct Scene {
    pub(crate) pid: Pid,
    pub(crate) ended: watch::Receiver<bool>,
    pub(crate) dir: PathBuf,
    pub(crate) subst: Arc<Subst>,
    pub(crate) calls: Arc<Calls>,
}

/// Performs the actions one after the other until the program ends; returns what was said at ports.
pub(crate) async fn perform(actions: &[&Action], scene: Scene) -> Vec<Value> {
    let mut talks = Vec::new();
    for action in actions {
        if !scene.is_due(action).await {
            break;
        }
        if let Some(file) = &action.append {
            let text = action.text.as_deref().unwrap_or_default();
            if scene.append(file, text).is_err() {
                break;
            }
        }
        if let Some(port) = &action.tcp {
            let mut talk = scene.talk(port, &action.send).await;
            talk["port"] = port.as_str().into();
            talks.push(json!({"method": "@tcp", "request": talk}));
        }
        if let Some(signal) = &action.sig
            && send_signal(scene.pid, signal).is_err()
        {
            break;
        }
    }
    talks
}

impl Scene {
    /// Waits for the moment of an action; it never comes if the program ends before.
    async fn is_due(&self, action: &Action) -> bool {
        let called = async {
            if let Some(method) = &action.after_method {
                let count = action.after_count.unwrap_or(1);
                self.calls.reached(method, count).await;
            }
        };
        let mut ended = self.ended.clone();
        let in_time = tokio::select! {
            biased;
            () = called => true,
            _ = ended.wait_for(|ended| *ended) => false,
            () = sleep(PATIENCE) => false,
        };
        if in_time {
            sleep(Duration::from_millis(action.delay_ms)).await;
        }
        in_time && !self.has_ended()
    }

    fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    fn append(&self, file: &str, text: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).open(self.dir.join(file))?;
        file.write_all(&text::to_bytes(&self.subst.text(text)))
    }

    /// One connection to a forwarded port: sends, closes that direction, and tells what came back.
    async fn talk(&self, port: &str, send: &str) -> Value {
        let address = format!("127.0.0.1:{}", self.subst.text(port));
        let end = Instant::now() + Duration::from_secs(8);
        let mut stream = loop {
            match TcpStream::connect(&address).await {
                Ok(stream) => break stream,
                Err(error) if Instant::now() > end || self.has_ended() => {
                    return json!({"connect": error_name(&error)});
                }
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        };
        let mut received = Vec::new();
        let exchange = async {
            stream.write_all(&text::to_bytes(send)).await?;
            stream.shutdown().await?;
            stream.read_to_end(&mut received).await
        };
        let result = timeout(Duration::from_secs(10), exchange).await;
        let result = result.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()));
        let mut talk = json!({"received": text::from_bytes(&received)});
        if let Err(error) = result {
            talk["error"] = error_name(&error).into();
        }
        talk
    }
}

/// The names that the recordings use.
fn error_name(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::ConnectionRefused => "ConnectionRefusedError",
        ErrorKind::ConnectionReset => "ConnectionResetError",
        ErrorKind::BrokenPipe => "BrokenPipeError",
        ErrorKind::TimedOut => "TimeoutError",
        _ => "OSError",
    }
}
