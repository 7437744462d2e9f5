//! A connection that checks whether its server is alive: it must send its greeting, finish each frame that it begins,
//! and answer when it is asked.
//!
//! The question is an empty SETTINGS frame, which the server has to acknowledge at once, instead of a PING: Go's
//! server, which every runtime uses, closes the connection at the third ping within five minutes in which it had
//! nothing to send.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use crate::rpc::owed::{Debt, Owed};
use crate::rpc::pieces::{Part, Pieces, frames};

/// What the client sends before its frames.
const PREFACE: usize = 24;
/// How much is read at once.
const CHUNK: usize = 8 << 10;
/// How long a server may be silent before it is asked whether it is there.
const IDLE: Duration = Duration::from_secs(10);
/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// An empty SETTINGS frame.
const QUESTION: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

/// The connection.
#[derive(Debug)]
pub(super) struct Live<S> {
    socket: S,
    inbound: Inbound,
    outbound: Pieces<9>,
    owed: Owed,
    /// The rest of a frame.
    half: Option<Debt>,
    heard: Instant,
    asked: bool,
    /// The part of a question that is still to be sent.
    question: &'static [u8],
    timer: Pin<Box<Sleep>>,
}

impl<S> Live<S> {
    /// A connection whose server owes its greeting.
    pub(super) fn new(socket: S, owed: &Owed, greeting: Debt) -> Self {
        Self {
            socket,
            inbound: Inbound::new(greeting),
            outbound: frames(PREFACE),
            owed: owed.clone(),
            half: None,
            heard: Instant::now(),
            asked: false,
            question: &[],
            timer: Box::pin(sleep(IDLE)),
        }
    }
}

/// Filters out the answers to our own questions: a client that sent no SETTINGS must fail on their acknowledgement.
#[derive(Debug)]
struct Inbound {
    frames: Pieces<9>,
    /// What was received and not read yet.
    bytes: BytesMut,
    ended: bool,
    /// How many SETTINGS of the client are not acknowledged yet.
    unacknowledged: usize,
    acknowledged: bool,
    /// The server's SETTINGS have arrived.
    settings: bool,
    /// The server owes its own SETTINGS and the acknowledgement of ours.
    greeting: Option<Debt>,
}

impl Inbound {
    fn new(greeting: Debt) -> Self {
        let greeting = Some(greeting);
        let bytes = BytesMut::new();
        Self {
            frames: frames(0),
            bytes,
            ended: false,
            unacknowledged: 0,
            acknowledged: false,
            settings: false,
            greeting,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let Self { frames, bytes: read, unacknowledged, acknowledged, settings, .. } = self;
        frames.take(bytes, |part| match part {
            Part::Rest(rest) => read.extend_from_slice(rest),
            Part::Head(head) => {
                match Settings::of(head) {
                    Some(Settings::Values) => *settings = true,
                    Some(Settings::Acknowledged) if *unacknowledged == 0 => return,
                    Some(Settings::Acknowledged) => {
                        *unacknowledged -= 1;
                        *acknowledged = true;
                    }
                    None => {}
                }
                read.extend_from_slice(&head);
            }
        });
        // Not while there is half a frame behind it, so that there is no moment at which nothing is owed.
        if self.settings && self.acknowledged && self.frames.is_whole() {
            self.greeting = None;
        }
    }

    fn end(&mut self) {
        self.ended = true;
        self.bytes.extend_from_slice(self.frames.cut());
    }
}

/// A SETTINGS frame.
enum Settings {
    Values,
    Acknowledged,
}

impl Settings {
    fn of(head: [u8; 9]) -> Option<Self> {
        match head {
            [_, _, _, 4, flags, ..] if flags & 1 == 0 => Some(Self::Values),
            [0, 0, 0, 4, ..] => Some(Self::Acknowledged),
            _ => None,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Live<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let live = self.get_mut();
        loop {
            let inbound = &mut live.inbound;
            if !inbound.bytes.is_empty() || inbound.ended {
                let some = inbound.bytes.len().min(out.remaining());
                out.put_slice(&inbound.bytes[..some]);
                inbound.bytes.advance(some);
                return Poll::Ready(Ok(()));
            }
            let mut chunk = [const { MaybeUninit::uninit() }; CHUNK];
            let mut chunk = ReadBuf::uninit(&mut chunk);
            match Pin::new(&mut live.socket).poll_read(cx, &mut chunk)? {
                Poll::Pending => return live.poll_silence(cx),
                Poll::Ready(()) if chunk.filled().is_empty() => inbound.end(),
                Poll::Ready(()) => {
                    inbound.take(chunk.filled());
                    live.heard = Instant::now();
                    if live.asked {
                        live.asked = false;
                        live.timer.as_mut().reset(live.heard + IDLE);
                    }
                }
            }
            if live.inbound.frames.is_whole() {
                live.half = None;
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Live<S> {
    /// Nothing is arriving: waits, and asks the server in time.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.inbound.frames.is_whole() && self.half.is_none() {
            self.half = Some(self.owed.debt());
        }
        loop {
            // A socket that accepts nothing is not going to bring an answer either.
            let _ = self.poll_question(cx)?;
            ready!(self.timer.as_mut().poll(cx));
            if self.asked {
                let silent = format!("no sign of life from the server for {:?}", IDLE + PATIENCE);
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, silent)));
            }
            if self.heard.elapsed() < IDLE {
                self.timer.as_mut().reset(self.heard + IDLE);
                continue;
            }
            self.asked = true;
            self.question = QUESTION;
            self.timer.as_mut().reset(Instant::now() + PATIENCE);
        }
    }

    /// Sends a question, between two frames.
    fn poll_question(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.question.is_empty() && self.outbound.is_whole() {
            let sent = ready!(Pin::new(&mut self.socket).poll_write(cx, self.question))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.question = &self.question[sent..];
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Live<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let live = self.get_mut();
        ready!(live.poll_question(cx))?;
        let sent = ready!(Pin::new(&mut live.socket).poll_write(cx, bytes))?;
        let unacknowledged = &mut live.inbound.unacknowledged;
        live.outbound.take(&bytes[..sent], |part| {
            if let Part::Head(head) = part
                && let Some(Settings::Values) = Settings::of(head)
            {
                *unacknowledged += 1;
            }
        });
        Poll::Ready(Ok(sent))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    use super::*;

    const ACKNOWLEDGED: &[u8] = &[0, 0, 0, 4, 1, 0, 0, 0, 0];
    const DATA: &[u8] = &[0, 0, 2, 0, 0, 0, 0, 0, 1, b'h', b'i'];

    /// A connection on which the client has sent its preface and its SETTINGS, and what the server sees of it.
    async fn connected() -> (Live<DuplexStream>, DuplexStream, Owed) {
        let (ours, mut theirs) = tokio::io::duplex(1 << 10);
        let owed = Owed::default();
        let mut live = Live::new(ours, &owed, owed.debt());
        live.write_all(&[&[b'P'; PREFACE], QUESTION].concat()).await.expect("it is open");
        theirs.read_exact(&mut [0; PREFACE + 9]).await.expect("it is open");
        (live, theirs, owed)
    }

    /// Everything that the client reads until nothing has come for this long.
    async fn read(live: &mut Live<DuplexStream>, limit: Duration) -> (Vec<u8>, io::Result<()>) {
        let mut bytes = Vec::new();
        loop {
            match tokio::time::timeout(limit, live.read_buf(&mut bytes)).await {
                Ok(Ok(0)) | Err(_) => return (bytes, Ok(())),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return (bytes, Err(error)),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_silent_is_asked_and_only_it_hears_of_it() {
        let (mut live, mut theirs, _) = connected().await;
        let server = tokio::spawn(async move {
            theirs.write_all(&[QUESTION, ACKNOWLEDGED].concat()).await.expect("it is open");
            for count in 0..100 {
                let mut question = [0; 9];
                theirs.read_exact(&mut question).await.expect("it is asked");
                assert_eq!(question, QUESTION);
                let said = [ACKNOWLEDGED, if count == 10 { DATA } else { &[] }].concat();
                // In two pieces: the head of an answer may arrive like that.
                for piece in [&said[..4], &said[4..]] {
                    theirs.write_all(piece).await.expect("it is open");
                    tokio::task::yield_now().await;
                }
            }
            theirs
        });
        let (read, ended) = read(&mut live, IDLE * 15).await;
        assert_eq!(read, [QUESTION, ACKNOWLEDGED, DATA].concat());
        ended.expect("it goes on");
        drop(live);
        drop(server);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_does_not_answer_is_gone() {
        let (mut live, mut theirs, owed) = connected().await;
        theirs.write_all(&[QUESTION, ACKNOWLEDGED].concat()).await.expect("it is open");
        let started = Instant::now();
        let (_, ended) = read(&mut live, Duration::from_secs(60)).await;
        assert_eq!(ended.expect_err("it is gone").to_string(), "no sign of life from the server for 25s");
        assert!(started.elapsed() < Duration::from_secs(30));
        owed.settled().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_greeting_is_settings_and_their_acknowledgement_and_a_frame_is_whole() {
        let second = Duration::from_secs(1);
        let said = [QUESTION, ACKNOWLEDGED, DATA].concat();
        for cut in 0..=said.len() {
            let (mut live, mut theirs, owed) = connected().await;
            theirs.write_all(&said[..cut]).await.expect("it is open");
            read(&mut live, second).await.1.expect("it is open");
            let settled = tokio::time::timeout(second, owed.settled()).await.is_ok();
            assert_eq!(settled, cut == 18 || cut == said.len(), "{cut}");
            theirs.write_all(&said[cut..]).await.expect("it is open");
            let seen = if cut < 27 { cut / 9 * 9 } else { cut };
            assert_eq!(read(&mut live, second).await.0, said[seen..], "{cut}");
            owed.settled().await;
        }
    }
}
