//! One run: command line and environment in, status out.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Args, Command};
use crictl_codegen::file;
use jiff::tz::TimeZone;

use crate::args::go::{self, Outcome, Parsed, Rules};
use crate::args::{GLOBAL_ENV, GlobalArgs};
use crate::command::{Overlay, args, document_env};
use crate::config::{self, Env, Preset, Settings};
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::io::{Io, Machine};
use crate::log::{Level, Logger};
use crate::overlay::OVERLAYS;
use crate::profile::Profiles;
use crate::signal;
use crate::visible::visible;

/// Runs `crictl` with these arguments (the first is the program's name) in this environment, and returns its exit status.
pub fn run<A, K, V>(args: impl IntoIterator<Item = A>, env: impl IntoIterator<Item = (K, V)>, io: &mut Io) -> u8
where
    A: Into<OsString>,
    K: Into<OsString>,
    V: Into<OsString>,
{
    run_with(args, env, io, None)
}

/// As [`run`], inside a program that serves its own runtime.
pub fn run_with<A, K, V>(
    args: impl IntoIterator<Item = A>,
    env: impl IntoIterator<Item = (K, V)>,
    io: &mut Io,
    preset: Option<&Preset>,
) -> u8
where
    A: Into<OsString>,
    K: Into<OsString>,
    V: Into<OsString>,
{
    let text = |word: OsString| word.to_string_lossy().into_owned();
    let args: Vec<String> = args.into_iter().skip(1).map(|word| text(word.into())).collect();
    let env: Env = env.into_iter().map(|(key, value)| (text(key.into()), text(value.into()))).collect();
    let zone = zone(&env, &io.machine);
    let mut failure = Failure::default();
    match start(&args, &env, &zone, io, preset, &mut failure) {
        Ok(()) => 0,
        Err(error) => failure.report(&error, &zone, io),
    }
}

/// What the report of an error needs to know about the progress of the run.
#[derive(Default)]
struct Failure {
    /// The command at whose level the run failed and what comes before its name; the root if there is none.
    level: Option<(&'static Overlay, String)>,
    /// Whether debug lines are wanted.
    debug: bool,
}

impl Failure {
    /// The help to show with an error. Made only here, since most runs show none.
    fn help(&self, error: &Error) -> String {
        match (error.own_help(), &self.level) {
            (Some(help), _) => help.to_owned(),
            (None, Some((overlay, parent))) => overlay.help(parent),
            (None, None) => root_help(),
        }
    }

    /// Reports what went wrong, and returns the exit status.
    fn report(&self, error: &Error, zone: &TimeZone, io: &mut Io) -> u8 {
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
        let log = Logger::new(&mut io.err, io.err_is_terminal, io.now, zone.clone());
        log.set_debug(self.debug);
        log.failed(Level::Fatal, error);
        error.exit()
    }
}

/// Parses the root level, loads the settings and runs the command.
fn start(
    args: &[String],
    env: &Env,
    zone: &TimeZone,
    io: &mut Io,
    preset: Option<&Preset>,
    failure: &mut Failure,
) -> Result<(), Error> {
    // A host's endpoint replaces the environment's, but not the command line's.
    let lookup = |name: &str| env.get(name).filter(|_| preset.is_none() || name == "CRI_CONFIG_FILE").cloned();
    let rules = Rules { grouping: false, interspersed: false, variables: GLOBAL_ENV, ..Rules::default() };
    // The command and everything after it.
    let words = Arg::new("words").num_args(0..).trailing_var_arg(true).allow_hyphen_values(true);
    let parsed = match go::parse(root().arg(words), args, &rules, &lookup).map_err(|error| Error::usage(error.0))? {
        Outcome::Help => return Err(Error::help()),
        Outcome::Run(parsed) => parsed,
    };
    if parsed.matches.get_flag("version") {
        return Ok(io.out.write_all(version().as_bytes())?);
    }
    let settings = settings(&parsed, zone, io, preset)?;
    failure.debug = settings.debug;
    let (overlay, rest) = match parsed.positionals.as_slice() {
        [] => return Err(Error::help()),
        [name] if name.is_empty() || name == "help" || name == "h" => return Err(Error::help()),
        [help, topic, ..] if help == "help" || help == "h" => {
            let overlay = find(OVERLAYS, topic).ok_or_else(|| Error::topic(topic))?;
            failure.level = Some((overlay, "crictl".to_owned()));
            return Err(Error::help());
        }
        [name, rest @ ..] => (find(OVERLAYS, name).ok_or_else(|| Error::topic(name))?, rest),
    };
    let (overlay, parsed) = command(overlay, "crictl", rest, env, failure)?;
    execute(overlay, &parsed, settings, env, zone, io)
}

/// The line that upstream prints, and one that says that this is not upstream. The second line has two words and no
/// version: scripts take the third word of every line, or whatever looks like a version.
fn version() -> String {
    let commit = option_env!("CRICTL_COMMIT").map(|commit| format!(",commit={commit}")).unwrap_or_default();
    let (version, release) = (env!("CARGO_PKG_VERSION"), env!("CRI_RELEASE"));
    format!("crictl version v{version}\nephemerd-crictl CRI={release}{commit}\n")
}

fn find(overlays: &'static [Overlay], word: &str) -> Option<&'static Overlay> {
    overlays.iter().find(|overlay| overlay.is_called(word))
}

/// Loads the config file and merges the layers.
fn settings(parsed: &Parsed, zone: &TimeZone, io: &mut Io, preset: Option<&Preset>) -> Result<Settings, Error> {
    let args: GlobalArgs = args(parsed)?;
    let explicit = parsed.given.iter().any(|flag| flag == "config");
    let wanted = if explicit { Some(PathBuf::from(&args.config)) } else { io.machine.config.clone() };
    let mut found = config::load(wanted, explicit, io.executable.as_deref())?;
    if let Some(warning) = found.warning.take() {
        Logger::new(&mut io.err, io.err_is_terminal, io.now, zone.clone()).write(Level::Warning, || warning);
    }
    Ok(config::merge(&args, parsed, found, preset))
}

/// Parses the level of a command, and of its subcommand if the first positional names one.
fn command(
    overlay: &'static Overlay,
    parent: &str,
    words: &[String],
    env: &Env,
    failure: &mut Failure,
) -> Result<(&'static Overlay, Parsed), Error> {
    failure.level = Some((overlay, parent.to_owned()));
    let lookup = |name: &str| env.get(name).cloned();
    let rules = Rules {
        grouping: overlay.grouping,
        interspersed: overlay.interspersed,
        variables: overlay.env,
        ..Rules::default()
    };
    let outcome = go::parse(overlay.command(parent), words, &rules, &lookup);
    let parsed = match outcome.map_err(|error| Error::usage(error.0))? {
        Outcome::Help => return Err(Error::help()),
        Outcome::Run(parsed) => parsed,
    };
    match parsed.positionals.as_slice() {
        [first, ..] if first == "help" || first == "h" => Err(Error::help()),
        [first, rest @ ..] => match find(overlay.subcommands, first) {
            Some(inner) => command(inner, &format!("{parent} {}", overlay.name), rest, env, failure),
            None => counted(overlay, parsed),
        },
        [] => counted(overlay, parsed),
    }
}

/// Refuses a number of words that the command does not take.
fn counted(overlay: &'static Overlay, parsed: Parsed) -> Result<(&'static Overlay, Parsed), Error> {
    match overlay.words.contains(&parsed.positionals.len()) {
        true => Ok((overlay, parsed)),
        false => Err(Error::help()),
    }
}

/// Runs a command until it ends or is interrupted.
fn execute(
    overlay: &Overlay,
    parsed: &Parsed,
    settings: Settings,
    env: &Env,
    zone: &TimeZone,
    io: &mut Io,
) -> Result<(), Error> {
    // One thread is enough: starting a second would cost a third of the time of a whole `crictl version`.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let signals = io.signals;
    let mut ctx = Context::new(io, env.clone(), settings, zone.clone());
    ctx.command_line = tree;
    let profiles = Profiles::start(&ctx.settings.profile_cpu, &ctx.settings.profile_mem, &ctx.log)?;
    let ended = runtime.block_on(async {
        tokio::select! {
            // The command is polled first: signals keep their default effect until it waits for a call. A command that
            // reads its input is blocked in a read, and with our handlers a signal would only restart that read.
            biased;
            result = (overlay.run)(&mut ctx, parsed) => Some(result),
            () = signal::interrupted(signals) => None,
        }
    });
    let result = match ended {
        Some(result) => result.map_err(|error| error.step(overlay.step)),
        None if ctx.stops_cleanly => Ok(()),
        None => Err(Error::interrupted()),
    };
    runtime.block_on(ctx.send_trace(overlay.name, result.as_ref().err()));
    match (result, profiles.finish(ctx.now(), &ctx.log)) {
        (Ok(()), profiled) => profiled,
        (Err(error), profiled) => {
            // The command's own error decides the status.
            profiled.unwrap_or_else(|error| ctx.failed(&error));
            Err(error)
        }
    }
}

/// The root command without its commands: those are found by name, and only the one that is called is built.
fn root() -> Command {
    let command = Command::new("crictl")
        .override_usage("crictl [global flags] COMMAND [flags] [ARG...]")
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .args_override_self(true)
        .arg(Arg::new("version").long("version").short('v').action(ArgAction::SetTrue).help("Print the version"));
    // Otherwise clap takes the doc comment of the arguments' type; scripts look for these words.
    GlobalArgs::augment_args(command).about("crictl - client for CRI").long_about(None)
}

/// The root command with all that its help says.
fn described_root() -> Command {
    document_env(root(), GLOBAL_ENV)
}

/// The whole command line: every command with its arguments. Used to show or complete it; parsing builds only one
/// command.
fn tree() -> Command {
    described_root().subcommands(OVERLAYS.iter().map(|overlay| overlay.tree("crictl")))
}

/// The whole command line as its help describes it, for writing the manual.
#[doc(hidden)]
#[must_use]
pub fn command_line() -> Command {
    described_root().subcommands(OVERLAYS.iter().map(|overlay| overlay.described("crictl")))
}

/// The root's help, with the commands.
fn root_help() -> String {
    let commands =
        OVERLAYS.iter().map(|overlay| Command::new(overlay.name).about(overlay.about).visible_aliases(overlay.aliases));
    let help = described_root().subcommands(commands).subcommand_help_heading("Commands").render_help();
    format!("{}\n", help.to_string().trim_end())
}

/// The time zone that the given TZ names, else the machine's. jiff would read the process's own TZ.
fn zone(env: &Env, machine: &Machine) -> TimeZone {
    let file = |path: &Path| TimeZone::tzif("TZ", &file::read(path).ok()?).ok();
    let named = |name: &str| match name.trim_start_matches(':') {
        "" | "UTC" => Some(TimeZone::UTC),
        path if path.starts_with('/') => file(Path::new(path)),
        name => machine.zoneinfo.as_ref().and_then(|folder| file(&folder.join(name))),
    };
    match env.get("TZ") {
        Some(name) => named(name).or_else(|| TimeZone::posix(name).ok()).unwrap_or(TimeZone::UTC),
        None => machine.localtime.as_deref().and_then(file).unwrap_or(TimeZone::UTC),
    }
}
