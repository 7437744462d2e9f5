//! How a failed run is reported.

use jiff::tz::TimeZone;

use crate::app::{Crictl, tree};
use crate::command::Overlay;
use crate::error::{Error, Kind};
use crate::io::Io;
use crate::log::{Level, Logger};
use crate::visible::visible;

/// What the report of an error needs to know about the progress of the run.
pub(super) struct Failure<'a> {
    crictl: &'a Crictl,
    /// The command at whose level the run failed and what comes before its name; the root if there is none.
    pub(super) level: Option<(&'static Overlay, String)>,
    /// Whether debug lines are wanted.
    pub(super) debug: bool,
}

impl<'a> Failure<'a> {
    pub(super) fn new(crictl: &'a Crictl) -> Self {
        Self { crictl, level: None, debug: false }
    }

    /// The help to show with an error. Made only here, since most runs show none.
    fn help(&self, error: &Error) -> String {
        let help = match (error.own_help(), &self.level) {
            (Some(help), _) => help.to_owned(),
            (None, Some((overlay, parent))) => overlay.help(parent),
            (None, None) => tree::root_help(self.crictl.commands.iter().map(|host| &host.command)),
        };
        self.crictl.named(&help)
    }

    /// Reports what went wrong, and returns the exit status.
    pub(super) fn report(&self, error: &Error, zone: &TimeZone, io: &mut Io) -> u8 {
        let shown = match error.kind() {
            Kind::Help => io.out.write_all(self.help(error).as_bytes()),
            Kind::Usage => write!(io.out, "Incorrect Usage: {}\n\n{}", visible(error.cause()), self.help(error)),
            _ => Ok(()),
        };
        let unread = shown.and_then(|()| io.out.flush()).err().map(Error::from);
        let error = unread.as_ref().filter(|_| error.kind() == Kind::Help).unwrap_or(error);
        match error.kind() {
            Kind::Help | Kind::BrokenPipe => return error.exit(),
            Kind::Topic => {
                let _ = writeln!(io.err, "{}", visible(error.cause()));
                return error.exit();
            }
            _ => {}
        }
        let log = Logger::new(&mut io.err, io.err_is_terminal, io.clock.clone(), zone.clone());
        log.set_debug(self.debug);
        log.failed(Level::Fatal, error);
        error.exit()
    }
}
