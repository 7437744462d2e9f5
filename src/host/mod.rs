//! `ephemerd`: the program around crictl. It runs a containerd of its own in a data directory, and crictl against it.
//! It uses only the library's public interface; nothing in crictl knows this module.

mod config;
mod containerd;
mod crictl;
mod doctor;
mod lock;
mod log;
mod needs;
mod notify;
mod paths;
mod process;
mod serve;
mod service;
mod state;
mod status;
mod supervise;
mod system;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::error::Error;
use crate::host::lock::Lock;
use crate::host::paths::Paths;
use crate::host::service::Service;
use crate::host::state::State;
use crate::shell;
use crate::visible::visible;
use crate::{Crictl, Io};

/// The environment of a run.
type Env = Vec<(OsString, OsString)>;

/// Names the data directory if no flag does.
const DATA_DIR: &str = "EPHEMERD_DATA_DIR";

/// Runs `ephemerd` with these arguments (the first is the program's name) in this environment, and returns its exit
/// status.
pub fn run<A, K, V>(args: impl IntoIterator<Item = A>, env: impl IntoIterator<Item = (K, V)>, io: &mut Io) -> u8
where
    A: Into<OsString>,
    K: Into<OsString>,
    V: Into<OsString>,
{
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    let env: Env = env.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
    if is_crictl(&args) {
        let result =
            data_dir(None, &env).and_then(|dir| run_crictl(&dir, "crictl", args.get(1..).unwrap_or_default(), env, io));
        return result.unwrap_or_else(|error| report(&error, io));
    }
    let (own, crictl) = split(&args);
    let arguments = match Arguments::try_parse_from(own) {
        Ok(arguments) => arguments,
        Err(error) => return io.refuse(&error),
    };
    let named = arguments.data_dir.as_deref();
    let result = data_dir(named, &env).and_then(|dir| match arguments.command {
        Command::Crictl => run_crictl(&dir, &called(named), crictl, env, io),
        Command::Doctor(programs) => doctor::doctor(&Paths::new(&dir), &programs, &env, io),
        Command::Serve(args) => serve::serve(&Paths::new(&dir), &args, &env, io),
        Command::Service(asked) => {
            check_flags(&asked).and_then(|()| service::service(&Paths::new(&dir), &asked, &env, io))
        }
        Command::Status(args) => status::status(&Paths::new(&dir), &args, io),
    });
    result.unwrap_or_else(|error| report(&error, io))
}

/// Says what went wrong, and returns the exit status.
fn report(error: &Error, io: &mut Io) -> u8 {
    say(io, &error.line());
    error.exit()
}

/// Whether the program was called as `crictl`, by a link of that name.
fn is_crictl(args: &[OsString]) -> bool {
    args.first().is_some_and(|name| Path::new(name).file_stem() == Some(OsStr::new("crictl")))
}

/// What the unit of a service would start has to be a command line that is understood.
fn check_flags(asked: &Service) -> Result<(), Error> {
    let Service::Install(install) = asked else { return Ok(()) };
    let words = ["ephemerd", "serve"].map(OsString::from).into_iter().chain(install.serve.iter().cloned());
    match Arguments::try_parse_from(words) {
        Ok(_) => Ok(()),
        Err(error) => {
            let text = error.render().to_string();
            let line = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            Err(Error::failure(line).hint("`ephemerd serve --help` lists the flags"))
        }
    }
}

/// The whole command line as its help describes it, for writing the manual.
#[doc(hidden)]
#[must_use]
pub fn command_line() -> clap::Command {
    Arguments::command()
}

/// Run a private containerd, and crictl against it.
#[derive(Debug, Parser)]
#[command(name = "ephemerd", version)]
struct Arguments {
    /// Where containerd keeps its state and its socket [default: $EPHEMERD_DATA_DIR, else the system's default place]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run crictl against this data directory's containerd; all arguments that follow are crictl's
    // The arguments that follow are cut off before clap sees them, `--help` too.
    #[command(override_usage = "ephemerd [--data-dir DIR] crictl ARGS...")]
    Crictl,
    /// Check that the machine has what `serve` and its containers need; ends with 1 if something required is missing
    Doctor(needs::Programs),
    /// Run containerd in the data directory, again whenever it ends, until told to end
    Serve(serve::ServeArgs),
    /// Let systemd run `serve`
    #[command(subcommand)]
    Service(Service),
    /// Tell whether containerd is up, since when, and what is in it; ends with 1 if it is not
    Status(status::StatusArgs),
}

/// Ephemerd's own arguments, up to and including the command, and the arguments of crictl.
fn split(args: &[OsString]) -> (&[OsString], &[OsString]) {
    let mut words = args.iter().enumerate().skip(1);
    while let Some((index, word)) = words.next() {
        if word == "--data-dir" {
            words.next();
        } else if word == "crictl" {
            return args.split_at(index + 1);
        } else if !word.as_encoded_bytes().starts_with(b"-") {
            break;
        }
    }
    (args, &[])
}

/// The data directory as an absolute path, because containerd accepts no other.
fn data_dir(flag: Option<&Path>, env: &Env) -> Result<PathBuf, Error> {
    let named = variable(env, DATA_DIR).filter(|dir| !dir.is_empty()).map(Path::new);
    let dir = flag.or(named).unwrap_or(Path::new(system::DATA_DIR));
    std::path::absolute(dir).map_err(|error| Error::from(error).context("finding the data directory"))
}

/// A variable's value; the last one counts if several have its name.
fn variable<'env>(env: &'env Env, name: &str) -> Option<&'env OsStr> {
    env.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_os_str())
}

/// An I/O error with what was being done to which file.
fn at(error: io::Error, doing: &str, path: &Path) -> Error {
    Error::from(error).context(format!("{doing} {}", path.display()))
}

/// Whoever can't be told is no reason to end containerd.
fn say(io: &mut Io, line: &str) {
    let _ = writeln!(io.err, "ephemerd: {}", visible(line)).and_then(|()| io.err.flush());
}

/// The time, as the state has it.
fn now(io: &Io) -> String {
    jiff::Timestamp::try_from(io.clock.now()).map(|now| format!("{now:.0}")).unwrap_or_default()
}

/// How the user calls crictl: with the directory, where a flag names it.
fn called(named: Option<&Path>) -> String {
    let dir = named.into_iter().flat_map(|dir| ["--data-dir".to_owned(), dir.display().to_string()]);
    shell::line(&["ephemerd".to_owned()].into_iter().chain(dir).chain(["crictl".to_owned()]).collect::<Vec<_>>())
}

fn run_crictl(dir: &Path, called: &str, args: &[OsString], env: Env, io: &mut Io) -> Result<u8, Error> {
    let paths = Paths::new(dir);
    let crictl = Crictl::new().program_name(called).endpoint(endpoint(&paths)?).hint(hint(&paths));
    let args = [OsString::from("crictl")].into_iter().chain(args.iter().cloned());
    Ok(crictl.run(args, env, io))
}

/// The endpoint of the data directory's containerd: in a file where that is elsewhere, else its socket.
///
/// # Errors
/// The file can't be read, or names none.
fn endpoint(paths: &Paths) -> Result<String, Error> {
    let file = paths.elsewhere();
    let text = match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(paths.endpoint()),
        read => read.map_err(|error| at(error, "reading", &file))?,
    };
    let is_one = |text: &str| {
        let port = text.strip_prefix("tcp://").and_then(|address| address.rsplit_once(':'));
        port.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0))
    };
    match text.trim() {
        endpoint if is_one(endpoint) && !endpoint.contains(char::is_whitespace) => Ok(endpoint.to_owned()),
        _ => {
            Err(Error::failure(format!("{} names no endpoint", file.display()))
                .hint("write tcp://IP:PORT, or remove it"))
        }
    }
}

/// What to do if nobody answers.
fn hint(paths: &Paths) -> String {
    let dir = paths.data_dir().display();
    let elsewhere = paths.elsewhere();
    if elsewhere.exists() {
        return format!("is the machine running that {} names?", elsewhere.display());
    }
    match State::read(paths).filter(|_| Lock::is_held(paths)) {
        Some(state) => format!("`ephemerd serve` (process {}) {} in {dir}", state.pid, state.words()),
        None => {
            format!("ephemerd's containerd is not running in {dir}; start it with `ephemerd --data-dir {dir} serve`")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn everything_after_crictl_is_left_as_it_is() {
        let args = words("ephemerd --data-dir crictl crictl --data-dir=x -- ps --help crictl");
        let (own, rest) = split(&args);
        assert_eq!(own, words("ephemerd --data-dir crictl crictl"));
        assert_eq!(rest, words("--data-dir=x -- ps --help crictl"));
    }

    #[test]
    fn crictl_as_a_later_word_is_not_the_command() {
        let args = words("ephemerd --data-dir=x help crictl");
        assert_eq!(split(&args), (args.as_slice(), [].as_slice()));
    }

    #[test]
    #[cfg(unix)]
    fn the_data_dir_is_the_flag_else_the_variable_else_the_systems_place() {
        let dir = |line: &str, variable: &str| {
            let env = vec![(OsString::from(DATA_DIR), OsString::from(variable))];
            data_dir(Arguments::try_parse_from(words(line)).unwrap().data_dir.as_deref(), &env).unwrap()
        };
        assert_eq!(dir("ephemerd --data-dir /from/flag crictl", "/from/env"), Path::new("/from/flag"));
        assert_eq!(dir("ephemerd crictl", "/from/env"), Path::new("/from/env"));
        assert_eq!(dir("ephemerd crictl", ""), Path::new("/var/lib/ephemerd"));
    }

    #[test]
    #[cfg(unix)]
    fn a_missing_socket_is_told_with_how_to_start_containerd() {
        let dir = tempfile::tempdir().unwrap();
        let output = tempfile::NamedTempFile::new().unwrap();
        let mut io = Io::buffers(std::io::empty(), std::io::sink(), output.reopen().unwrap());
        let env = [("CONTAINER_RUNTIME_ENDPOINT", "unix:///elsewhere.sock"), (DATA_DIR, dir.path().to_str().unwrap())];
        assert_eq!(run(["ephemerd", "crictl", "ps"], env, &mut io), 1);
        let text = std::fs::read_to_string(output.path()).unwrap();
        let dir = dir.path().display();
        assert!(text.contains(&format!("unix://{dir}/containerd/containerd.sock")), "{text}");
        assert!(text.contains(&format!("start it with `ephemerd --data-dir {dir} serve`")), "{text}");
    }
}
