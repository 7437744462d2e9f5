//! Connects a command's streams to this side's: input, output, errors and, on a terminal, its size and its keys.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;

use bytes::Bytes;

use crate::error::Error;
use crate::io::Terminal;
use crate::stream::Session;
use crate::stream::detach::Detach;
use crate::stream::pipe::Outlet;
use crate::stream::status::Failed;
use crate::stream::stdio::{Copied, Input, Output};
use crate::stream::terminal::{self, Raw};

/// This side's streams.
pub(crate) struct Console<'a> {
    /// Nothing if the command gets no input.
    pub(crate) input: Option<&'a mut Input>,
    pub(crate) out: Output,
    pub(crate) err: Output,
    /// Whether there is a remote terminal.
    pub(crate) tty: bool,
    /// The terminal that stands for it, if we have one.
    pub(crate) terminal: Option<Arc<dyn Terminal>>,
}

/// How a command ended, if nothing failed on this side.
pub(crate) type Ended = Result<(), Failed>;

impl Console<'_> {
    /// Runs until the command ends or the user detaches.
    ///
    /// # Errors
    /// This side's streams can't be read or written, or its terminal has gone.
    pub(crate) async fn run(self, mut session: Session<'_>) -> Result<Ended, Error> {
        let terminal = self.terminal.as_deref().filter(|_| self.tty);
        let raw = terminal.map(Raw::enter).transpose()?;
        let stdin = session.stdin.take();
        let resize = session.resize.take();
        let half_close = session.half_close;
        let ended = tokio::select! {
            ended = output(&mut session, &self.out, &self.err) => ended?,
            () = input(self.input, stdin, half_close, self.tty) => Ok(()),
            () = gone(terminal) => return Err(Error::interrupted()),
            never = resizes(terminal, resize) => match never {},
        };
        // Saying goodbye may take a moment, so the terminal is restored before it.
        drop(raw);
        session.close().await;
        Ok(ended)
    }
}

/// Checks that this side has what was asked for.
///
/// # Errors
/// A terminal is wanted, but there is none.
pub(crate) fn check(stdin: bool, tty: bool, terminal: bool) -> Result<(), Error> {
    match (tty, stdin, terminal) {
        (true, false, _) => Err(Error::failure("tty=true must be specified with interactive=true: -t needs -i")),
        (true, true, false) => Err(Error::failure("input is not a terminal: leave out -t")),
        _ => Ok(()),
    }
}

/// Copies the command's output, and waits for the command to end.
async fn output(session: &mut Session<'_>, out: &Output, err: &Output) -> Result<Ended, Error> {
    let (stdout, stderr) = (session.stdout.take(), session.stderr.take());
    let copied = async {
        match stdout {
            Some(stdout) => out.copy(stdout).await,
            None => Ok(Copied::All),
        }
    };
    let logged = async {
        if let Some(stderr) = stderr {
            // If nobody reads the errors, that is no reason to stop.
            let _ = err.copy(stderr).await;
        }
        Ok(())
    };
    // All at once: a stream that is not read would hold up the others.
    let (copied, (), ended) = tokio::try_join!(copied, logged, async { Ok(session.status().await) })?;
    match (copied, ended) {
        // An empty report means success, but not if the output broke off.
        (Copied::Part, Ok(())) if !session.reported => {
            Ok(Err(Failed::Lost("the streaming connection broke".to_owned())))
        }
        (_, ended) => Ok(ended),
    }
}

/// Sends the input. Returns only when the user detaches: the command goes on after the input ends.
async fn input(input: Option<&mut Input>, stdin: Option<Outlet>, half_close: bool, tty: bool) {
    if let (Some(input), Some(stdin)) = (input, stdin) {
        let mut detach = Detach::default();
        while let Some(bytes) = input.next().await {
            let (bytes, detached) = if tty { detach.filter(&bytes) } else { (bytes.into(), false) };
            if !bytes.is_empty() {
                stdin.send(Bytes::from(bytes)).await;
            }
            if detached {
                return;
            }
        }
        if half_close {
            stdin.end().await;
        }
    }
    pending::<()>().await;
}

/// Sends the terminal's size, now and whenever it changes.
async fn resizes(terminal: Option<&dyn Terminal>, resize: Option<Outlet>) -> Infallible {
    let (Some(terminal), Some(resize)) = (terminal, resize) else { return pending().await };
    loop {
        let changed = terminal.resized();
        if let Some(size) = terminal.size() {
            resize.send(Bytes::from(terminal::message(size))).await;
        }
        changed.await;
    }
}

async fn gone(terminal: Option<&dyn Terminal>) {
    match terminal {
        Some(terminal) => terminal.gone().await,
        None => pending().await,
    }
}
