//! The terminal that a run's input and output belong to. It shows a remote one while `exec -it` or `attach -it` runs.
//! Terminals differ between systems.

use std::io;
use std::pin::Pin;

#[cfg(unix)]
pub(super) use unix::Own;
#[cfg(windows)]
pub(super) use windows::Own;

/// A size in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// How many fit into a line.
    pub width: u16,
    /// How many lines there are.
    pub height: u16,
}

/// Something to wait for.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A terminal that a host gives to a run.
pub trait Terminal: Send + Sync {
    /// Its size, if that is known.
    fn size(&self) -> Option<Size>;

    /// From now on keys are passed on as they are, Ctrl-C too.
    ///
    /// # Errors
    /// It can't be done.
    fn make_raw(&self) -> io::Result<()>;

    /// Undoes [`Terminal::make_raw`].
    fn restore(&self);

    /// Waits for the next change of the size, counted from this call.
    fn resized(&self) -> Waiting<'_>;

    /// Waits until the terminal has gone.
    fn gone(&self) -> Waiting<'_>;
}

#[cfg(unix)]
mod unix {
    use std::future::pending;
    use std::sync::Mutex;

    use rustix::stdio::{stdin, stdout};
    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
    use tokio::signal::unix::{SignalKind, signal};

    use super::{Size, Terminal, Waiting, io};

    /// The process's own, with its state before it was made raw.
    #[derive(Default)]
    pub(crate) struct Own(Mutex<Option<Termios>>);

    impl Terminal for Own {
        /// That of the output, else of the input.
        fn size(&self) -> Option<Size> {
            let size = tcgetwinsize(stdout()).or_else(|_| tcgetwinsize(stdin())).ok()?;
            Some(Size { width: size.ws_col, height: size.ws_row })
        }

        fn make_raw(&self) -> io::Result<()> {
            let before = tcgetattr(stdin())?;
            abort::remember(&before);
            let mut raw = before.clone();
            raw.make_raw();
            if let Ok(mut saved) = self.0.lock() {
                *saved = Some(before);
            }
            Ok(tcsetattr(stdin(), OptionalActions::Now, &raw)?)
        }

        fn restore(&self) {
            if let Some(before) = self.0.lock().ok().and_then(|mut saved| saved.take()) {
                set(&before);
            }
        }

        fn resized(&self) -> Waiting<'_> {
            let changed = signal(SignalKind::window_change());
            Box::pin(async {
                match changed {
                    Ok(mut changed) => drop(changed.recv().await),
                    Err(_) => pending().await,
                }
            })
        }

        /// That is said by signals, as is the wish that we end: Ctrl-C is a key here.
        fn gone(&self) -> Waiting<'_> {
            Box::pin(async {
                match (signal(SignalKind::hangup()), signal(SignalKind::quit())) {
                    (Ok(mut hangup), Ok(mut quit)) => {
                        tokio::select! {
                            _ = hangup.recv() => {}
                            _ = quit.recv() => {}
                        }
                    }
                    _ => pending().await,
                }
            })
        }
    }

    fn set(mode: &Termios) {
        let _ = tcsetattr(stdin(), OptionalActions::Now, mode);
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
                        super::set(&before);
                    }
                    next(panic);
                }));
            });
            if let Ok(mut saved) = BEFORE.lock() {
                *saved = Some(before.clone());
            }
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::future::pending;
    use std::sync::Mutex;
    use std::time::Duration;

    use crossterm_winapi::{HandleType, ScreenBuffer};

    use super::{Size, Terminal, Waiting, io};
    use crate::console::{
        DISABLE_NEWLINE_AUTO_RETURN, ECHO_INPUT, LINE_INPUT, Mode, PROCESSED_INPUT, VIRTUAL_TERMINAL_INPUT,
        VIRTUAL_TERMINAL_PROCESSING,
    };

    /// The process's own console, with the modes that make it raw.
    #[derive(Default)]
    pub(crate) struct Own(Mutex<Vec<Mode>>);

    impl Terminal for Own {
        /// That of the window, not of all the lines that it could scroll to.
        fn size(&self) -> Option<Size> {
            let last = ScreenBuffer::current().and_then(|buffer| buffer.info()).ok()?.terminal_size();
            let count = |last: i16| u16::try_from(last).ok()?.checked_add(1);
            Some(Size { width: count(last.width)?, height: count(last.height)? })
        }

        /// Arrows and the like come as a terminal's sequences, and what the remote terminal is told is obeyed, as far as
        /// the console knows how.
        fn make_raw(&self) -> io::Result<()> {
            let raw = |mode| mode & !(PROCESSED_INPUT | LINE_INPUT | ECHO_INPUT);
            let input = Mode::set(HandleType::InputHandle, |mode| raw(mode) | VIRTUAL_TERMINAL_INPUT)
                .or_else(|_| Mode::set(HandleType::InputHandle, raw))?;
            let output = |mode| mode | VIRTUAL_TERMINAL_PROCESSING | DISABLE_NEWLINE_AUTO_RETURN;
            let output = Mode::set(HandleType::OutputHandle, output).ok();
            if let Ok(mut modes) = self.0.lock() {
                modes.push(input);
                modes.extend(output);
            }
            Ok(())
        }

        fn restore(&self) {
            if let Ok(mut modes) = self.0.lock() {
                modes.clear();
            }
        }

        /// Windows reports changes only among key events, so the size is polled.
        fn resized(&self) -> Waiting<'_> {
            let before = self.size();
            Box::pin(async move {
                while self.size() == before {
                    tokio::time::sleep(Duration::from_millis(250)).await;
                }
            })
        }

        /// Windows has no such signals.
        fn gone(&self) -> Waiting<'_> {
            Box::pin(pending())
        }
    }
}
