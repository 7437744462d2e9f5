//! The terminal of this process: made raw while it shows a remote one, and its size. This differs between systems.

use std::io;

use serde::Deserialize;

#[cfg(unix)]
pub(super) use unix::{Raw, Resizes, hung_up, size};
#[cfg(windows)]
pub(super) use windows::{Raw, Resizes, hung_up, size};

/// A terminal's size, as it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Size {
    pub(super) width: u16,
    pub(super) height: u16,
}

impl Size {
    /// A message of the resize stream.
    pub(super) fn message(self) -> String {
        format!("{{\"Width\":{},\"Height\":{}}}\n", self.width, self.height)
    }

    /// The size in a message.
    pub(super) fn read(message: &[u8]) -> Option<Self> {
        serde_json::from_slice(message).ok()
    }
}

#[cfg(unix)]
mod unix {
    use rustix::stdio::{stdin, stdout};
    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::{Size, io};

    /// Keeps the terminal raw. Dropping it restores the terminal.
    #[derive(Debug)]
    pub(crate) struct Raw(Termios);

    impl Raw {
        /// Makes the terminal raw: keys are passed on as they are, Ctrl-C too.
        pub(crate) fn enter() -> io::Result<Self> {
            let before = tcgetattr(stdin())?;
            abort::remember(&before);
            let mut raw = before.clone();
            raw.make_raw();
            tcsetattr(stdin(), OptionalActions::Now, &raw)?;
            Ok(Self(before))
        }
    }

    impl Drop for Raw {
        fn drop(&mut self) {
            restore(&self.0);
        }
    }

    fn restore(before: &Termios) {
        let _ = tcsetattr(stdin(), OptionalActions::Now, before);
    }

    /// Where a panic unwinds, what it drops restores the terminal, and there is nothing global.
    #[cfg(not(panic = "abort"))]
    mod abort {
        pub(super) fn remember(_: &super::Termios) {}
    }

    /// Where a panic ends the program at once, as in our own programs, only its hook can restore the terminal.
    #[cfg(panic = "abort")]
    mod abort {
        use std::sync::{Mutex, Once};

        use super::Termios;

        /// The state of the terminal before it was made raw last.
        static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);
        static HOOK: Once = Once::new();

        pub(super) fn remember(before: &Termios) {
            HOOK.call_once(|| {
                let next = std::panic::take_hook();
                std::panic::set_hook(Box::new(move |panic| {
                    // A hook may run while another thread holds the lock.
                    if let Some(before) = BEFORE.try_lock().ok().and_then(|mut saved| saved.take()) {
                        super::restore(&before);
                    }
                    next(panic);
                }));
            });
            if let Ok(mut saved) = BEFORE.lock() {
                *saved = Some(before.clone());
            }
        }
    }

    /// The size of the terminal on the output, else of the one on the input.
    pub(crate) fn size() -> Option<Size> {
        let size = tcgetwinsize(stdout()).or_else(|_| tcgetwinsize(stdin())).ok()?;
        Some(Size { width: size.ws_col, height: size.ws_row })
    }

    /// Changes of the size.
    #[derive(Debug)]
    pub(crate) struct Resizes(Signal);

    impl Resizes {
        pub(crate) fn new() -> io::Result<Self> {
            signal(SignalKind::window_change()).map(Self)
        }

        /// Waits for a change.
        pub(crate) async fn next(&mut self) {
            self.0.recv().await;
        }
    }

    /// Waits for the signals that say that the terminal has gone or that we should end. Ctrl-C is a key here, not a
    /// signal.
    pub(crate) async fn hung_up() {
        match (signal(SignalKind::hangup()), signal(SignalKind::quit())) {
            (Ok(mut hangup), Ok(mut quit)) => {
                tokio::select! {
                    _ = hangup.recv() => {}
                    _ = quit.recv() => {}
                }
            }
            _ => std::future::pending().await,
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::time::Duration;

    use crossterm::terminal;

    use super::{Size, io};

    /// Keeps the console raw. Dropping it restores the console.
    #[derive(Debug)]
    pub(crate) struct Raw(());

    impl Raw {
        /// Makes the console raw: keys are passed on as they are, Ctrl-C too.
        pub(crate) fn enter() -> io::Result<Self> {
            terminal::enable_raw_mode().map(|()| Self(()))
        }
    }

    impl Drop for Raw {
        fn drop(&mut self) {
            let _ = terminal::disable_raw_mode();
        }
    }

    /// The size of the console.
    pub(crate) fn size() -> Option<Size> {
        terminal::size().ok().map(|(width, height)| Size { width, height })
    }

    /// Changes of the size. Windows reports them only among key events, so the size is polled.
    #[derive(Debug)]
    pub(crate) struct Resizes(Option<Size>);

    impl Resizes {
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self(size()))
        }

        /// Waits for a change.
        pub(crate) async fn next(&mut self) {
            while self.0 == size() {
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
            self.0 = size();
        }
    }

    /// Windows has no such signals.
    pub(crate) async fn hung_up() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_sent_as_a_line() {
        let size = Size { width: 77, height: 33 };
        assert_eq!(size.message(), "{\"Width\":77,\"Height\":33}\n");
        assert_eq!(Size::read(size.message().as_bytes()), Some(size));
    }
}
