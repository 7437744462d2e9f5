//! One exec or attach: plays the script and notes what the client does meanwhile.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::super::text;
use super::record::Record;
use super::script::{Chunk, Script, Until};
use super::wire::{Event, Wire};

/// How long to wait for the client to open its streams, or to leave in the end.
const OPENING: Duration = Duration::from_secs(3);

/// Plays the script on a connection.
pub(crate) async fn play(wire: Wire, script: &Script, protocol: &str, record: &Record) -> io::Result<()> {
    let mut session =
        Session { wire, script, record, opened: BTreeSet::new(), input: Vec::new(), ended: false, gone: false };
    session.play(protocol).await?;
    if script.drop {
        return Ok(());
    }
    session.wire.finish(&status(script, protocol)).await?;
    session.wait(OPENING, |_| false).await
}

struct Session<'a> {
    wire: Wire,
    script: &'a Script,
    record: &'a Record,
    opened: BTreeSet<String>,
    input: Vec<u8>,
    /// Whether the input has ended.
    ended: bool,
    /// Whether the client has left.
    gone: bool,
}

impl Session<'_> {
    async fn play(&mut self, protocol: &str) -> io::Result<()> {
        let script = self.script;
        if self.wire.opens_streams() {
            let wanted = wanted(script, protocol);
            self.wait(OPENING, |session| wanted.iter().all(|stream| session.opened.contains(*stream))).await?;
        }
        self.send(&script.chunks).await?;
        let eight = Duration::from_secs(8);
        match script.until {
            Some(Until::Eof) => self.wait(eight, |session| session.ended).await?,
            Some(Until::Line) => self.wait(eight, Self::has_line).await?,
            Some(Until::Gone) => self.wait(eight * 2, |_| false).await?,
            None => {}
        }
        self.send(&script.after).await?;
        if self.wire.opens_streams() {
            self.record.set("streams", json!(self.opened));
        }
        if script.stdin && matches!(script.until, Some(Until::Eof | Until::Line)) {
            let input = text::from_bytes(&self.input);
            self.record.set("stdin", input.into());
        }
        Ok(())
    }

    async fn send(&mut self, chunks: &[Chunk]) -> io::Result<()> {
        for Chunk(stream, text, delay) in chunks {
            self.wait(Duration::from_millis(*delay), |_| false).await?;
            self.wire.send(stream, &text::to_bytes(text)).await?;
        }
        Ok(())
    }

    /// Takes note of what the client does, until enough is seen, the client has left or time is up.
    async fn wait(&mut self, limit: Duration, mut enough: impl FnMut(&Self) -> bool) -> io::Result<()> {
        let watch = async {
            while !enough(self) && !self.gone {
                match self.wire.next().await {
                    Some(event) => self.note(event).await?,
                    None => (self.gone, self.ended) = (true, true),
                }
            }
            Ok(())
        };
        timeout(limit, watch).await.unwrap_or(Ok(()))
    }

    async fn note(&mut self, event: Event) -> io::Result<()> {
        match event {
            Event::Opened(stream) => {
                self.opened.insert(stream);
            }
            Event::Data { stream, data, fin } if stream == "stdin" => {
                self.ended |= fin;
                self.input.extend_from_slice(&data);
                if self.script.echo && !data.is_empty() {
                    self.wire.send("stdout", &data).await?;
                }
            }
            Event::Data { stream, data, .. } if stream == "resize" && !data.is_empty() => {
                let size = serde_json::from_slice(&data);
                let size = size.unwrap_or_else(|_| Value::String(text::from_bytes(&data)));
                self.record.set("resize", size);
            }
            Event::Data { .. } => {}
        }
        Ok(())
    }

    fn has_line(&self) -> bool {
        self.ended || self.input.iter().any(|byte| matches!(byte, b'\n' | b'\r'))
    }
}

/// The streams that the client is to open.
fn wanted(script: &Script, protocol: &str) -> Vec<&'static str> {
    let mut streams = vec!["error", "stdout"];
    if !script.tty {
        streams.push("stderr");
    } else if !matches!(protocol, "v2.channel.k8s.io" | "channel.k8s.io") {
        streams.push("resize");
    }
    if script.stdin {
        streams.push("stdin");
    }
    streams
}

/// How the command ended: a text up to v3, a `Status` object since.
fn status(script: &Script, protocol: &str) -> Vec<u8> {
    let message = match script.exit {
        0 => script.error.clone(),
        code => format!("command terminated with non-zero exit code: exit status {code}"),
    };
    if !matches!(protocol, "v5.channel.k8s.io" | "v4.channel.k8s.io") {
        return message.into_bytes();
    }
    let mut status = json!({"metadata": {}, "status": "Failure", "message": message});
    if script.exit != 0 {
        let cause = json!({"reason": "ExitCode", "message": script.exit.to_string()});
        status["reason"] = "NonZeroExitCode".into();
        status["details"] = json!({"causes": [cause]});
    } else if !script.error.is_empty() {
        status["reason"] = "InternalError".into();
        status["code"] = 500.into();
    } else {
        status = json!({"metadata": {}, "status": "Success"});
    }
    status.to_string().into_bytes()
}
