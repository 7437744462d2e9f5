//! The settings of a run: flag, then environment, then file, then default, and
//! which of them each value came from.

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
use crate::gotext::{boolean, decimal_integer};
use crate::namespace;
use crate::trace::Collector;
use crate::yaml;

use edit::edit;
pub(crate) use endpoints::{Endpoints, Named, Origin, Service};

/// The environment a run was given, never the process's own.
pub(crate) type Env = BTreeMap<String, String>;

/// What holds for the whole run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// The config file that `crictl config` works on.
    pub(crate) file: Option<PathBuf>,
    /// Where config files were looked for, if none is there.
    pub(crate) missing: Vec<PathBuf>,
    pub(crate) endpoints: Endpoints,
    pub(crate) timeout: Duration,
    /// Further attempts to connect to a configured endpoint, where somebody says so; negative for ever.
    pub(crate) max_retries: Option<i64>,
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
    /// What the host says where nobody serves its endpoint.
    pub(crate) hint: Option<String>,
}

/// What a host program decides before the command line does.
#[derive(Clone, Debug)]
pub struct Preset {
    /// The endpoint of both services. It overrides the environment and the config file. `-r` on the command line moves
    /// both services elsewhere, `-i` the image service alone.
    pub endpoint: String,
    /// What to do when nobody serves that endpoint.
    pub hint: String,
}

/// The timeout where none is given.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The most seconds of a timeout: durations are counted in nanoseconds, in 64 bits.
const LONGEST: i64 = i64::MAX / 1_000_000_000;

/// What is in a config file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct File {
    pub(crate) runtime_endpoint: String,
    pub(crate) image_endpoint: String,
    /// Seconds.
    pub(crate) timeout: i64,
    pub(crate) debug: bool,
    pub(crate) pull_image_on_create: bool,
    pub(crate) disable_pull_on_run: bool,
    /// Newer than the other keys: it is listed and written only where somebody has set it.
    pub(crate) max_retries: Option<i64>,
    /// As new.
    pub(crate) containerd_namespace: Option<namespace::Wanted>,
}

/// The keys of a config file, in the order in which `crictl config` lists and writes them.
pub(crate) const KEYS: [&str; 8] = [
    "runtime-endpoint",
    "image-endpoint",
    "timeout",
    "debug",
    "pull-image-on-create",
    "disable-pull-on-run",
    "max-retries",
    "containerd-namespace",
];

/// Merges the layers.
pub(crate) fn merge(args: &GlobalArgs, parsed: &Parsed, found: Found, preset: Option<&Preset>) -> Settings {
    let given = |name: &str| parsed.given.iter().any(|flag| flag == name);
    let file = found.file.as_ref().map(|(_, file)| file);
    let from = found.file.as_ref().map(|(path, file)| (path.as_path(), file));
    let seconds = file.and_then(|file| u64::try_from(file.timeout).ok()).filter(|seconds| *seconds > 0);
    Settings {
        file: found.wanted,
        missing: found.missing,
        endpoints: Endpoints::merge(args, parsed, from, preset),
        timeout: match seconds {
            Some(seconds) if !given("timeout") => Duration::from_secs(seconds),
            _ => args.timeout.positive().unwrap_or(TIMEOUT),
        },
        max_retries: args.max_retries.or_else(|| file?.max_retries),
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
        hint: preset.map(|preset| preset.hint.clone()),
    }
}

/// What became of the search for a config file.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The one that was looked for first.
    wanted: Option<PathBuf>,
    /// The one that was read, and what it says.
    file: Option<(PathBuf, File)>,
    /// Where it was looked for, if nothing was found.
    missing: Vec<PathBuf>,
    /// Something to warn of: another file was read than the one that was wanted.
    pub(crate) warning: Option<String>,
}

/// Reads the config file: `wanted`, or else `crictl.yaml` beside the program.
///
/// # Errors
/// Only an `explicit` file has to exist and to be right. A default one that is not
/// counts as absent: crictl runs on nodes whose /etc/crictl.yaml is somebody else's.
pub(crate) fn load(wanted: Option<PathBuf>, explicit: bool, executable: Option<&Path>) -> Result<Found, Error> {
    let beside = executable
        .map(|program| program.canonicalize().unwrap_or_else(|_| program.to_owned()))
        .and_then(|program| Some(program.parent()?.join("crictl.yaml")));
    let mut candidates: Vec<_> = wanted.iter().cloned().chain(beside).collect();
    candidates.dedup();
    let Some(chosen) = candidates.iter().position(|path| path.exists()) else {
        return match wanted.as_deref().filter(|_| explicit).map(read) {
            // Which file the person named is what they want to hear, not where else it was looked for.
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
/// It can't be read, or says something wrong.
pub(crate) fn read(path: &Path) -> Result<File, Error> {
    let bytes = file::read(path).map_err(|error| named(path, &lower(&error)))?;
    let (text, _) = file::text(&bytes).map_err(|reason| named(path, &reason))?;
    parse(&text).map_err(|reason| named(path, &reason))
}

/// Changes a config file, which is made where there is none. The encoding and the line ends stay.
///
/// # Errors
/// As [`read`], `change`'s own, or it can't be written.
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

/// Reads the text of a config file: a flat YAML mapping, of which only the scalars' text counts.
///
/// # Errors
/// It is no mapping, has a key that no crictl knows, or a value that its key does not take.
pub(crate) fn parse(text: &str) -> Result<File, String> {
    let mut file = File::default();
    yaml::flat(text, |key, value| match value {
        Some(value) => file.set(key, value),
        None if KEYS.contains(&key) => Err(format!("{key} is one value, neither a list nor a mapping")),
        None => Err(unknown(key)),
    })?;
    Ok(file)
}

/// Says that there is no such key.
pub(crate) fn unknown(key: &str) -> String {
    format!("no config option is called {key:?}; there are {}", KEYS.join(", "))
}

impl File {
    /// Sets one key from its text.
    ///
    /// # Errors
    /// The key is unknown, or the text is not what the key takes.
    pub(crate) fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let flag = || boolean(value).map_err(|_| format!("{key} is true or false, not {value:?}"));
        match key {
            "runtime-endpoint" => value.clone_into(&mut self.runtime_endpoint),
            "image-endpoint" => value.clone_into(&mut self.image_endpoint),
            "timeout" => {
                let seconds = decimal_integer(value).ok().filter(|seconds| *seconds <= LONGEST);
                self.timeout = seconds
                    .ok_or_else(|| format!("timeout is a number of seconds, {LONGEST} at most, not {value:?}"))?;
            }
            "debug" => self.debug = flag()?,
            "pull-image-on-create" => self.pull_image_on_create = flag()?,
            "disable-pull-on-run" => self.disable_pull_on_run = flag()?,
            "max-retries" => {
                let wrong = |_| format!("max-retries is a number of attempts, not {value:?}");
                self.max_retries = Some(decimal_integer(value).map_err(wrong)?);
            }
            "containerd-namespace" => {
                let wanted =
                    namespace::Wanted::parse(value).map_err(|error| format!("containerd-namespace: {error}"))?;
                self.containerd_namespace = Some(wanted);
            }
            _ => return Err(unknown(key)),
        }
        Ok(())
    }

    /// The text of one key's value, if there is such a key and it has one.
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
            _ => return None,
        })
    }
}

/// For the fuzz targets.
#[cfg(fuzzing)]
pub(crate) mod fuzzing {
    /// Whatever the file looks like, it says afterwards what it is to say.
    pub(crate) fn change(bytes: &[u8]) {
        let Ok((text, _)) = super::file::text(bytes) else { return };
        let Ok(mut file) = super::parse(&text) else { return };
        file.timeout = 7;
        assert_eq!(super::parse(&super::edit(&text, &file)), Ok(file), "{text:?}");
    }
}
