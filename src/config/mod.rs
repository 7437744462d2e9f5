//! The settings of a run: from a flag, else the environment, else the file, else the default, with a note of which one
//! each came from.

mod edit;
mod endpoints;
mod update;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crictl_codegen::file;

use crate::args::GlobalArgs;
use crate::args::go::Parsed;
use crate::error::{Error, lower};
use crate::gotext::{boolean, decimal_integer, size};
use crate::namespace;
use crate::trace::Collector;
use crate::yaml;

use edit::edit;
pub(crate) use endpoints::{Endpoints, Named, Origin, Service};

/// The environment a run was given, never the process's own.
pub(crate) type Env = BTreeMap<String, String>;

/// Settings for the whole run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// The config file that `crictl config` works on.
    pub(crate) file: Option<PathBuf>,
    /// Where config files were looked for, if none was found.
    pub(crate) missing: Vec<PathBuf>,
    pub(crate) endpoints: Endpoints,
    pub(crate) timeout: Duration,
    /// How many more times to try to connect to a configured endpoint, if set; negative for no limit.
    pub(crate) max_retries: Option<i64>,
    /// The largest message that is accepted, in bytes, if set.
    pub(crate) max_msg_size: Option<u64>,
    /// Whose containers and images the commands are about.
    pub(crate) containerd_namespace: namespace::Wanted,
    pub(crate) debug: bool,
    pub(crate) pull_image_on_create: bool,
    pub(crate) disable_pull_on_run: bool,
    /// Where spans go, if anywhere.
    pub(crate) tracing: Option<Collector>,
    /// Where the CPU profile goes; empty for none.
    pub(crate) profile_cpu: String,
    /// Where the memory profile goes; empty for none.
    pub(crate) profile_mem: String,
    /// The hint that the host gives if nobody serves its endpoint.
    pub(crate) hint: Option<String>,
    /// How the user calls crictl, if that is inside a host.
    pub(crate) called: Option<String>,
}

/// What a host program decides before the command line is read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Preset {
    /// The endpoint of both services.
    pub(crate) endpoint: Option<String>,
    /// What the user can do if nobody serves that endpoint.
    pub(crate) hint: Option<String>,
    /// How the user calls crictl there.
    pub(crate) program: Option<String>,
}

/// The timeout to use if none is given.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The largest timeout in seconds: durations are counted in nanoseconds, in 64 bits.
const LONGEST: i64 = i64::MAX / 1_000_000_000;

/// The contents of a config file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct File {
    pub(crate) runtime_endpoint: String,
    pub(crate) image_endpoint: String,
    /// Seconds.
    pub(crate) timeout: i64,
    pub(crate) debug: bool,
    pub(crate) pull_image_on_create: bool,
    pub(crate) disable_pull_on_run: bool,
    /// Newer than the other keys: listed and written only if it is set.
    pub(crate) max_retries: Option<i64>,
    /// As new.
    pub(crate) containerd_namespace: Option<namespace::Wanted>,
    /// As new; in bytes.
    pub(crate) max_msg_size: Option<u64>,
}

/// The keys of a config file, in the order in which `crictl config` lists and writes them.
pub(crate) const KEYS: [&str; 9] = [
    "runtime-endpoint",
    "image-endpoint",
    "timeout",
    "debug",
    "pull-image-on-create",
    "disable-pull-on-run",
    "max-retries",
    "containerd-namespace",
    "max-msg-size",
];

/// Merges the layers.
pub(crate) fn merge(args: &GlobalArgs, parsed: &Parsed, found: Found, preset: &Preset) -> Settings {
    let given = |name: &str| parsed.given.iter().any(|flag| flag == name);
    let file = found.file.as_ref().map(|(_, file)| file);
    let from = found.file.as_ref().map(|(path, file)| (path.as_path(), file));
    let seconds = file.and_then(|file| u64::try_from(file.timeout).ok()).filter(|seconds| *seconds > 0);
    Settings {
        file: found.wanted,
        missing: found.missing,
        endpoints: Endpoints::merge(args, parsed, from, preset.endpoint.as_deref()),
        timeout: match seconds {
            Some(seconds) if !given("timeout") => Duration::from_secs(seconds),
            _ => args.timeout.positive().unwrap_or(TIMEOUT),
        },
        max_retries: args.max_retries.or_else(|| file?.max_retries),
        max_msg_size: args.max_msg_size.or_else(|| file?.max_msg_size),
        containerd_namespace: match file.and_then(|file| file.containerd_namespace.clone()) {
            Some(namespace) if !given("containerd-namespace") => namespace,
            _ => args.containerd_namespace.clone(),
        },
        debug: if given("debug") { args.debug } else { file.is_some_and(|file| file.debug) },
        pull_image_on_create: file.is_some_and(|file| file.pull_image_on_create),
        disable_pull_on_run: file.is_some_and(|file| file.disable_pull_on_run),
        tracing: args.enable_tracing.then(|| Collector {
            address: args.tracing_endpoint.clone(),
            rate: args.tracing_sampling_rate_per_million,
        }),
        profile_cpu: args.profile_cpu.clone(),
        profile_mem: args.profile_mem.clone(),
        hint: preset.hint.clone(),
        called: preset.program.clone(),
    }
}

/// The outcome of the search for a config file.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The path that was looked for first.
    wanted: Option<PathBuf>,
    /// The file that was read, and its contents.
    file: Option<(PathBuf, File)>,
    /// The paths that were tried, if nothing was found.
    missing: Vec<PathBuf>,
    /// A warning that another file was read than the one that was wanted.
    pub(crate) warning: Option<String>,
}

/// Reads the config file: `wanted`, or else `crictl.yaml` beside the program.
///
/// # Errors
/// Only an `explicit` file has to exist and be valid. A default file that is invalid counts as absent: some nodes have
/// an /etc/crictl.yaml that belongs to another program.
pub(crate) fn load(wanted: Option<PathBuf>, explicit: bool, executable: Option<&Path>) -> Result<Found, Error> {
    // On Windows a path without links starts with `\\?\`, which nobody would write.
    let real = |program: &Path| program.canonicalize().ok().filter(|_| !cfg!(windows));
    let beside = executable
        .map(|program| real(program).unwrap_or_else(|| program.to_owned()))
        .and_then(|program| Some(program.parent()?.join("crictl.yaml")));
    let mut candidates: Vec<_> = wanted.iter().cloned().chain(beside).collect();
    candidates.dedup();
    let Some(chosen) = candidates.iter().position(|path| path.exists()) else {
        return match wanted.as_deref().filter(|_| explicit).map(read) {
            // The user named this file, so the error is about it alone and not about where else was searched.
            Some(Err(error)) => Err(error.context("loading the config file")),
            _ => Ok(Found { wanted, missing: candidates, ..Found::default() }),
        };
    };
    let path = candidates.swap_remove(chosen);
    let warning = wanted.as_ref().filter(|wanted| **wanted != path).map(|wanted| {
        format!(
            "config {:?} does not exist, trying next: {:?}",
            wanted.display().to_string(),
            path.display().to_string()
        )
    });
    let file = match read(&path) {
        Ok(file) => Some((path, file)),
        Err(_) if !explicit => None,
        Err(error) => return Err(error.context("loading the config file")),
    };
    Ok(Found { wanted, file, warning, ..Found::default() })
}

/// Reads a config file.
///
/// # Errors
/// The file can't be read, or its contents are wrong.
pub(crate) fn read(path: &Path) -> Result<File, Error> {
    let bytes = file::read(path).map_err(|error| named(path, &lower(&error)))?;
    let (text, _) = file::text(&bytes).map_err(|reason| named(path, &reason))?;
    parse(&text).map_err(|reason| named(path, &reason))
}

/// Changes a config file, or creates it if it does not exist. Encoding and line ends are kept.
///
/// # Errors
/// As for [`read`]; `change` fails; or the file can't be written.
pub(crate) fn change(path: &Path, change: impl FnOnce(&mut File) -> Result<(), Error>) -> Result<(), Error> {
    let written = update::update(path, |bytes| {
        let reading = |reason: String| named(path, &reason).context("loading the config file");
        let (text, encoding) = file::text(bytes.unwrap_or_default()).map_err(reading)?;
        let mut file = parse(&text).map_err(reading)?;
        change(&mut file)?;
        let ends = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let edited = edit(&text.replace("\r\n", "\n"), &file).replace('\n', ends);
        Ok::<_, Changing>(Some(encoding.bytes(&edited)))
    });
    written.map_err(|error| match error {
        Changing::Failed(error) => error,
        Changing::Unwritten(error) => named(path, &lower(&error)).context("writing the config file"),
    })
}

/// Why a file was not changed.
enum Changing {
    Failed(Error),
    Unwritten(io::Error),
}

impl From<Error> for Changing {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<io::Error> for Changing {
    fn from(error: io::Error) -> Self {
        Self::Unwritten(error)
    }
}

fn named(path: &Path, reason: &str) -> Error {
    Error::failure(format!("{}: {reason}", path.display()))
}

/// Parses the text of a config file: a flat YAML mapping, whose scalars are taken as text.
///
/// # Errors
/// The text is not a mapping, or has an unknown key or a value that its key does not accept.
pub(crate) fn parse(text: &str) -> Result<File, String> {
    let mut file = File::default();
    yaml::flat(text, |key, value| match value {
        Some(value) => file.set(key, value),
        None if KEYS.contains(&key) => Err(format!("{key} takes a single value, not a list or a mapping")),
        None => Err(unknown(key)),
    })?;
    Ok(file)
}

/// The message for an unknown key.
pub(crate) fn unknown(key: &str) -> String {
    format!("no config option is called {key:?}; use one of {}", KEYS.join(", "))
}

impl File {
    /// Sets one key from text.
    ///
    /// # Errors
    /// The key is unknown, or does not accept the text.
    pub(crate) fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let flag = || boolean(value).map_err(|_| format!("{key} must be true or false, not {value:?}"));
        match key {
            "runtime-endpoint" => value.clone_into(&mut self.runtime_endpoint),
            "image-endpoint" => value.clone_into(&mut self.image_endpoint),
            "timeout" => {
                let seconds = decimal_integer(value).ok().filter(|seconds| *seconds <= LONGEST);
                self.timeout = seconds
                    .ok_or_else(|| format!("timeout must be a number of seconds up to {LONGEST}, not {value:?}"))?;
            }
            "debug" => self.debug = flag()?,
            "pull-image-on-create" => self.pull_image_on_create = flag()?,
            "disable-pull-on-run" => self.disable_pull_on_run = flag()?,
            "max-retries" => {
                let wrong = |_| format!("max-retries must be a number of attempts, not {value:?}");
                self.max_retries = Some(decimal_integer(value).map_err(wrong)?);
            }
            "containerd-namespace" => {
                let wanted =
                    namespace::Wanted::parse(value).map_err(|error| format!("containerd-namespace: {error}"))?;
                self.containerd_namespace = Some(wanted);
            }
            "max-msg-size" => {
                let wrong = |_| format!("max-msg-size must be a size such as 1048576, 512KiB or 64MiB, not {value:?}");
                self.max_msg_size = Some(size(value).map_err(wrong)?);
            }
            _ => return Err(unknown(key)),
        }
        Ok(())
    }

    /// The text of one key's value, if the key exists and has a value.
    pub(crate) fn get(&self, key: &str) -> Option<String> {
        Some(match key {
            "runtime-endpoint" => self.runtime_endpoint.clone(),
            "image-endpoint" => self.image_endpoint.clone(),
            "timeout" => self.timeout.to_string(),
            "debug" => self.debug.to_string(),
            "pull-image-on-create" => self.pull_image_on_create.to_string(),
            "disable-pull-on-run" => self.disable_pull_on_run.to_string(),
            "max-retries" => self.max_retries?.to_string(),
            "containerd-namespace" => self.containerd_namespace.as_ref()?.to_string(),
            "max-msg-size" => self.max_msg_size?.to_string(),
            _ => return None,
        })
    }
}

/// For the fuzz targets.
#[cfg(fuzzing)]
pub(crate) mod fuzzing {
    /// Whatever the file looks like, after a change it has the wanted value.
    pub(crate) fn change(bytes: &[u8]) {
        let Ok((text, _)) = super::file::text(bytes) else { return };
        let Ok(mut file) = super::parse(&text) else { return };
        file.timeout = 7;
        assert_eq!(super::parse(&super::edit(&text, &file)), Ok(file), "{text:?}");
    }
}
