//! A terminal for crictl to run in, and somebody who types there and reads the screen.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::support::eventually;

/// A terminal and the program in it.
pub(crate) struct Terminal {
    user: File,
    /// Held open, so that the terminal is still there when its program has ended.
    program: OwnedFd,
    screen: Arc<Mutex<Vec<u8>>>,
    child: Child,
}

impl Terminal {
    /// Runs a command in a terminal of 24 rows and 80 columns.
    pub(crate) fn run(command: &Command) -> Self {
        let user = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&user).unwrap();
        unlockpt(&user).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let program = rustix::fs::open(ptsname(&user, Vec::new()).unwrap(), flags, Mode::empty()).unwrap();
        resize(&program, 24, 80);
        let stdio = || Stdio::from(program.try_clone().unwrap());
        // Signals of the terminal reach only a session that it controls, which safe code can't make after a fork.
        let mut leader = Command::new("setsid");
        leader.args(["--ctty", "--wait"]).arg(command.get_program()).args(command.get_args());
        let child = leader.stdin(stdio()).stdout(stdio()).stderr(stdio()).spawn().unwrap();
        let user = File::from(user);
        let screen = watch(user.try_clone().unwrap());
        Self { user, program, screen, child }
    }

    pub(crate) fn type_text(&mut self, text: &str) {
        self.user.write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        resize(&self.program, rows, columns);
    }

    /// Waits until a text is on the screen.
    pub(crate) fn expect(&self, text: &str) {
        eventually(&format!("{text:?} on the screen"), || self.screen().contains(text), || self.screen());
    }

    /// Waits until what is typed goes to the program as it is, or no longer does.
    pub(crate) fn expect_echo(&self, echo: bool) {
        let echoes = || tcgetattr(&self.program).unwrap().local_modes.contains(LocalModes::ECHO);
        eventually(&format!("the echo to be {echo}"), || echoes() == echo, || self.screen());
    }

    /// Waits for the program's end: its status, and whether the terminal is as it was before.
    pub(crate) fn end(&mut self) -> Option<i32> {
        let mut status = None;
        let ended = || self.child.try_wait().unwrap().map(|ended| status = ended.code()).is_some();
        let screen = self.screen.clone();
        eventually("the program's end", ended, || text(&screen));
        let modes = tcgetattr(&self.program).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG), "the terminal is left raw");
        status
    }

    pub(crate) fn screen(&self) -> String {
        text(&self.screen)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn resize(terminal: &OwnedFd, rows: u16, columns: u16) {
    tcsetwinsize(terminal, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
}

fn watch(mut user: File) -> Arc<Mutex<Vec<u8>>> {
    let screen = Arc::<Mutex<Vec<u8>>>::default();
    let shown = screen.clone();
    thread::spawn(move || {
        let mut piece = [0; 0x4000];
        while let Ok(count @ 1..) = user.read(&mut piece) {
            shown.lock().unwrap().extend_from_slice(&piece[..count]);
        }
    });
    screen
}

fn text(screen: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&screen.lock().unwrap()).into_owned()
}
