//! crictl as a library: what a host sets, and how a run begins and ends.

mod failure;
mod start;
mod tree;
mod zone;

use std::any::Any;
use std::ffi::OsString;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use clap::{ArgMatches, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::config::{Env, Preset};
use crate::error::Error;
use crate::io::Io;
use failure::Failure;
pub use tree::command_line;

/// The exit status of a run that our own defect ended, BSD's `EX_SOFTWARE`.
const DEFECT: u8 = 70;

/// A `crictl` as its host wants it. One value serves any number of runs, also at the same time.
///
/// ```
/// use crictl::{Crictl, Io};
///
/// let crictl = Crictl::new()
///     .endpoint("unix:///run/acme/containerd.sock")
///     .hint("acme's runtime is not running; start it with `acme up`")
///     .program_name("acme crictl")
///     .command(clap::Command::new("hello").about("Greet"), |_, io| {
///         u8::from(writeln!(io.out, "hello").is_err())
///     });
/// let mut io = Io::buffers(std::io::empty(), std::io::sink(), std::io::sink());
/// assert_eq!(crictl.run(["crictl", "hello"], [("HOME", "/root")], &mut io), 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Crictl {
    preset: Preset,
    version: Option<String>,
    commands: Vec<HostCommand>,
}

/// A command that the host adds.
#[derive(Clone)]
struct HostCommand {
    command: Command,
    run: Arc<HostRun>,
}

/// Runs a host's command, and returns the exit status.
type HostRun = dyn Fn(&ArgMatches, &mut Io) -> u8 + Send + Sync;

impl fmt::Debug for HostCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HostCommand").field(&self.command.get_name()).finish()
    }
}

impl Crictl {
    /// A crictl as the program of that name is.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The endpoint of both services. It overrides the environment and the config file. On the command line, `-r` moves
    /// both services elsewhere, `-i` only the image service.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.preset.endpoint = Some(endpoint.into());
        self
    }

    /// What the user can do if nobody serves that endpoint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.preset.hint = Some(hint.into());
        self
    }

    /// How the user calls this crictl, as its help and its hints say it: `acme crictl`.
    #[must_use]
    pub fn program_name(mut self, name: impl Into<String>) -> Self {
        self.preset.program = Some(name.into());
        self
    }

    /// The line that `--version` prints after ours.
    #[must_use]
    pub fn version(self, line: impl Into<String>) -> Self {
        Self { version: Some(line.into()), ..self }
    }

    /// Adds a command, or puts another in the place of ours of that name. `run` gets what was given and the run's
    /// streams, and returns the exit status.
    #[must_use]
    pub fn command(
        mut self,
        command: Command,
        run: impl Fn(&ArgMatches, &mut Io) -> u8 + Send + Sync + 'static,
    ) -> Self {
        self.commands.push(HostCommand { command, run: Arc::new(run) });
        self
    }

    /// Runs with these arguments (the first is the program's name) in this environment, and returns the exit status. It
    /// blocks the thread. On a thread of an async runtime, which can't start another one, it waits for a thread of its
    /// own; [`Crictl::run_async`] does not block.
    ///
    /// A defect of ours ends the run with the status 70, if the program was not built to abort.
    pub fn run<A, K, V>(
        &self,
        args: impl IntoIterator<Item = A>,
        env: impl IntoIterator<Item = (K, V)>,
        io: &mut Io,
    ) -> u8
    where
        A: Into<OsString>,
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let text = |word: OsString| word.to_string_lossy().into_owned();
        let args: Vec<String> = args.into_iter().skip(1).map(|word| text(word.into())).collect();
        let env: Env = env.into_iter().map(|(key, value)| (text(key.into()), text(value.into()))).collect();
        match Handle::try_current() {
            Err(_) => self.guarded(&args, &env, io),
            Ok(_) => thread::scope(|scope| {
                let run = thread::Builder::new().spawn_scoped(scope, || self.guarded(&args, &env, io));
                run.map(|run| run.join().unwrap_or(DEFECT)).unwrap_or(DEFECT)
            }),
        }
    }

    /// As [`Crictl::run`], on a thread of its own, for a caller that must not be blocked. If the future is dropped, the
    /// run is cancelled.
    pub async fn run_async<A, K, V>(
        &self,
        args: impl IntoIterator<Item = A>,
        env: impl IntoIterator<Item = (K, V)>,
        mut io: Io,
    ) -> u8
    where
        A: Into<OsString>,
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        let env: Vec<(OsString, OsString)> = env.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        io.cancellation = io.cancellation.child_token();
        let _cancelled = io.cancellation.clone().drop_guard();
        let (done, status) = oneshot::channel();
        let crictl = self.clone();
        let run = thread::Builder::new().spawn(move || {
            // A caller that has gone needs no status.
            let _ = done.send(crictl.run(args, env, &mut io));
        });
        match run {
            Ok(_) => status.await.unwrap_or(DEFECT),
            Err(_) => DEFECT,
        }
    }

    /// Runs, and reports a panic as an error.
    fn guarded(&self, args: &[String], env: &Env, io: &mut Io) -> u8 {
        let zone = zone::zone(env, &io.machine);
        let mut failure = Failure::new(self);
        // What a panic leaves behind is dropped: a run has no state beyond its own.
        let ended = catch_unwind(AssertUnwindSafe(|| start::start(self, args, env, &zone, io, &mut failure)));
        match ended {
            Ok(Ok(status)) => status,
            Ok(Err(error)) => failure.report(&error, &zone, io),
            Err(panic) => {
                let error = Error::status(DEFECT, format!("crictl has a defect: {}", words(&*panic)));
                let report = AssertUnwindSafe(|| failure.report(&error.hint("please report it"), &zone, io));
                // If the streams themselves panic, nobody can be told.
                catch_unwind(report).unwrap_or(DEFECT)
            }
        }
    }

    /// The name to show instead of ours.
    fn named(&self, text: &str) -> String {
        match &self.preset.program {
            Some(program) => text.replace("crictl ", &format!("{program} ")),
            None => text.to_owned(),
        }
    }
}

/// Runs `crictl` as [`Crictl::run`] does, with nothing set.
pub fn run<A, K, V>(args: impl IntoIterator<Item = A>, env: impl IntoIterator<Item = (K, V)>, io: &mut Io) -> u8
where
    A: Into<OsString>,
    K: Into<OsString>,
    V: Into<OsString>,
{
    Crictl::new().run(args, env, io)
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without words")
}
