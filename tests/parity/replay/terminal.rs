//! A terminal for a program to run in, and somebody typing there.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tokio::time::{sleep, timeout};

/// The argument that makes this binary become the program named after it, see [`take_over`].
pub(crate) const TAKE_OVER: &str = "@terminal";

/// The side of a terminal that its user is on.
pub(crate) struct Terminal {
    user: File,
    screen: Arc<Mutex<Vec<u8>>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Terminal {
    /// Opens a terminal of 80 columns and 24 rows; the other half is the program's side.
    pub(crate) fn open() -> io::Result<(Self, OwnedFd)> {
        let user = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&user)?;
        unlockpt(&user)?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let program = rustix::fs::open(ptsname(&user, Vec::new())?, flags, Mode::empty())?;
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&program, size)?;
        let terminal = Self { user: user.into(), screen: Arc::default(), reader: None };
        Ok((terminal, program))
    }

    /// Starts to collect what appears on the screen.
    pub(crate) fn watch(&mut self) -> io::Result<()> {
        let mut user = self.user.try_clone()?;
        let screen = self.screen.clone();
        self.reader = Some(thread::spawn(move || {
            let mut buffer = [0; 0x4000];
            // Reading fails once the program's side is closed.
            while let Ok(count @ 1..) = user.read(&mut buffer) {
                let mut screen = screen.lock().unwrap_or_else(PoisonError::into_inner);
                screen.extend_from_slice(&buffer[..count]);
            }
        }));
        Ok(())
    }

    /// Types a text as soon as the program is ready for it: when there is something on the screen, or,
    /// if nobody watches that, after the time it takes to switch the echo off for a password.
    pub(crate) async fn type_text(&self, text: &[u8]) -> io::Result<()> {
        if self.reader.is_some() {
            let shown = async {
                while self.screen().is_empty() {
                    sleep(Duration::from_millis(20)).await;
                }
            };
            // A program that shows nothing is typed to all the same.
            let _ = timeout(Duration::from_secs(8), shown).await;
            sleep(Duration::from_millis(50)).await;
        } else {
            sleep(Duration::from_millis(300)).await;
        }
        (&self.user).write_all(text)
    }

    /// What was shown, once the program has ended.
    pub(crate) async fn finish(&self) -> Vec<u8> {
        let ended = async {
            while self.reader.as_ref().is_some_and(|reader| !reader.is_finished()) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        // Something the program left behind may hold the terminal open.
        let _ = timeout(Duration::from_secs(3), ended).await;
        self.screen()
    }

    fn screen(&self) -> Vec<u8> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Makes the terminal on standard input that of this process and becomes the program.
///
/// Both must happen in the child, between fork and exec, where safe code cannot run: so the child is
/// this very binary. Returns only if that fails.
pub(crate) fn take_over(mut args: impl Iterator<Item = std::ffi::OsString>) -> io::Error {
    let Some(program) = args.next() else {
        return io::ErrorKind::InvalidInput.into();
    };
    let controlled = rustix::process::setsid().and_then(|_| rustix::process::ioctl_tiocsctty(rustix::stdio::stdin()));
    match controlled {
        Ok(()) => Command::new(program).args(args).exec(),
        Err(error) => error.into(),
    }
}
