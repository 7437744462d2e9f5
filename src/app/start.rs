//! One run: the root's flags, the settings, the command.

use std::path::PathBuf;

use clap::Arg;
use jiff::tz::TimeZone;

use crate::app::failure::Failure;
use crate::app::{Crictl, HostCommand, tree};
use crate::args::go::{self, Outcome, Parsed, Rules};
use crate::args::{GLOBAL_ENV, GlobalArgs};
use crate::command::{Overlay, args};
use crate::config::{self, Env, Preset, Settings};
use crate::context::Context;
use crate::error::Error;
use crate::io::Io;
use crate::log::{Level, Logger};
use crate::overlay::OVERLAYS;
use crate::profile::Profiles;
use crate::signal;

/// Parses the root level, loads the settings and runs the command.
pub(super) fn start(
    crictl: &Crictl,
    args: &[String],
    env: &Env,
    zone: &TimeZone,
    io: &mut Io,
    failure: &mut Failure<'_>,
) -> Result<u8, Error> {
    // A host's endpoint replaces the environment's, but not the command line's.
    let lookup =
        |name: &str| env.get(name).filter(|_| crictl.preset.endpoint.is_none() || name == "CRI_CONFIG_FILE").cloned();
    let rules = Rules { grouping: false, interspersed: false, variables: GLOBAL_ENV, ..Rules::default() };
    // The command and everything after it.
    let words = Arg::new("words").num_args(0..).trailing_var_arg(true).allow_hyphen_values(true);
    let command = tree::root().arg(words);
    let parsed = match go::parse(command, args, &rules, &lookup).map_err(|error| Error::usage(error.0))? {
        Outcome::Help => return Err(Error::help()),
        Outcome::Run(parsed) => parsed,
    };
    if parsed.matches.get_flag("version") {
        io.out.write_all(version(crictl).as_bytes())?;
        return Ok(0);
    }
    if let Some((name, rest)) = parsed.positionals.split_first()
        && let Some(host) = crictl.commands.iter().find(|host| host.command.get_name() == name)
    {
        return Ok(host.run(rest, io));
    }
    let settings = settings(&parsed, zone, io, &crictl.preset)?;
    failure.debug = settings.debug;
    let (overlay, parsed) = overlay(&parsed.positionals, env, failure)?;
    execute(crictl, overlay, &parsed, settings, env, zone, io).map(|()| 0)
}

impl HostCommand {
    /// Runs with the words behind the command's name. What is wrong with them clap says in its own words, and its
    /// exit status is the run's.
    fn run(&self, words: &[String], io: &mut Io) -> u8 {
        let command = self.command.clone().no_binary_name(true);
        match command.try_get_matches_from(words) {
            Ok(matches) => (self.run)(&matches, io),
            Err(error) => io.refuse(&error),
        }
    }
}

/// The command that the words name, and what they give it.
fn overlay(words: &[String], env: &Env, failure: &mut Failure<'_>) -> Result<(&'static Overlay, Parsed), Error> {
    let (overlay, rest) = match words {
        [] => return Err(Error::help()),
        [name] if name.is_empty() || name == "help" || name == "h" => return Err(Error::help()),
        [help, topic, ..] if help == "help" || help == "h" => {
            let overlay = find(OVERLAYS, topic).ok_or_else(|| Error::topic(topic))?;
            failure.level = Some((overlay, "crictl".to_owned()));
            return Err(Error::help());
        }
        [name, rest @ ..] => (find(OVERLAYS, name).ok_or_else(|| Error::topic(name))?, rest),
    };
    command(overlay, "crictl", rest, env, failure)
}

/// The line that upstream prints, and one that says that this is not upstream. The second line has two words and no
/// version: scripts take the third word of every line, or whatever looks like a version.
fn version(crictl: &Crictl) -> String {
    let commit = option_env!("CRICTL_COMMIT").map(|commit| format!(",commit={commit}")).unwrap_or_default();
    let (version, release) = (env!("CARGO_PKG_VERSION"), env!("CRI_RELEASE"));
    let host = crictl.version.iter().map(|line| format!("{line}\n")).collect::<String>();
    format!("crictl version v{version}\nephemerd-crictl CRI={release}{commit}\n{host}")
}

fn find(overlays: &'static [Overlay], word: &str) -> Option<&'static Overlay> {
    overlays.iter().find(|overlay| overlay.is_called(word))
}

/// Loads the config file and merges the layers.
fn settings(parsed: &Parsed, zone: &TimeZone, io: &mut Io, preset: &Preset) -> Result<Settings, Error> {
    let args: GlobalArgs = args(parsed)?;
    let explicit = parsed.given.iter().any(|flag| flag == "config");
    let wanted = if explicit { Some(PathBuf::from(&args.config)) } else { io.machine.config.clone() };
    let mut found = config::load(wanted, explicit, io.executable.as_deref())?;
    if let Some(warning) = found.warning.take() {
        Logger::new(&mut io.err, io.err_is_terminal, io.clock.clone(), zone.clone()).write(Level::Warning, || warning);
    }
    Ok(config::merge(&args, parsed, found, preset))
}

/// Parses the level of a command, and of its subcommand if the first positional names one.
fn command(
    overlay: &'static Overlay,
    parent: &str,
    words: &[String],
    env: &Env,
    failure: &mut Failure<'_>,
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
    crictl: &Crictl,
    overlay: &Overlay,
    parsed: &Parsed,
    settings: Settings,
    env: &Env,
    zone: &TimeZone,
    io: &mut Io,
) -> Result<(), Error> {
    // One thread is enough: starting a second would cost a third of the time of a whole `crictl version`.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (signals, cancellation) = (io.signals, io.cancellation.clone());
    let mut ctx = Context::new(io, env.clone(), settings, zone.clone());
    ctx.command_line = Box::new(|| tree::tree(crictl.commands.iter().map(|host| &host.command)));
    let profiles = Profiles::start(&ctx.settings.profile_cpu, &ctx.settings.profile_mem, &ctx.log)?;
    let ended = runtime.block_on(async {
        tokio::select! {
            // The command is polled first: signals keep their default effect until it waits for a call. A command that
            // reads its input is blocked in a read, and with our handlers a signal would only restart that read.
            biased;
            result = (overlay.run)(&mut ctx, parsed) => Some(result),
            () = signal::interrupted(signals, &cancellation) => None,
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
