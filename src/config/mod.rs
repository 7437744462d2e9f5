//! The settings of a run: flag, then environment, then file, then default, and
//! which of them each value came from.

mod edit;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::args::parse::{boolean, decimal_integer};
use crate::args::{DEFAULT_CONFIG, GlobalArgs};
use crate::error::{Error, lower};
use crate::namespace;
use crate::trace::Collector;

pub(crate) use edit::edit;

/// The environment a run was given, never the process's own.
pub(crate) type Env = BTreeMap<String, String>;

/// What holds for the whole run.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The config file that `crictl config` works on.
    pub(crate) file: PathBuf,
    /// Nothing means the default list; empty means that somebody set it to nothing.
    pub(crate) runtime_endpoint: Option<String>,
    /// Nothing, or empty, means the runtime's.
    pub(crate) image_endpoint: Option<String>,
    pub(crate) timeout: Duration,
    /// Further attempts to connect to a configured endpoint; negative for ever.
    pub(crate) max_retries: i64,
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
    /// The host's own endpoint, and what it says where nobody serves that.
    pub(crate) preset: Option<Preset>,
}

impl Settings {
    /// What helps where nobody serves an endpoint, if the host knows.
    pub(crate) fn hint(&self, endpoint: &str) -> Option<&str> {
        self.preset.as_ref().filter(|preset| preset.endpoint == endpoint).map(|preset| preset.hint.as_str())
    }
}

/// What a host program decides before the command line does.
#[derive(Clone, Debug)]
pub struct Preset {
    /// The endpoint of both services. It overrides the environment and the config file; `-r` and `-i` override it.
    pub endpoint: String,
    /// What to do when nobody serves that endpoint.
    pub hint: String,
}

/// The timeout where none is given.
const TIMEOUT: Duration = Duration::from_secs(2);

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

/// Merges the layers. `given` names the flags that the command line or the environment set.
pub(crate) fn merge(args: &GlobalArgs, given: &[String], file: Option<&File>, preset: Option<&Preset>) -> Settings {
    let given = |name: &str| given.iter().any(|flag| flag == name);
    let endpoint = |name: &str, value: &str, from_file: fn(&File) -> &String| {
        let flag = given(name).then(|| value.to_owned());
        let file = || file.map(from_file).filter(|text| !text.is_empty()).cloned();
        flag.or_else(|| preset.map(|preset| preset.endpoint.clone())).or_else(file)
    };
    let seconds = file.and_then(|file| u64::try_from(file.timeout).ok()).filter(|seconds| *seconds > 0);
    Settings {
        file: PathBuf::from(&args.config),
        runtime_endpoint: endpoint("runtime-endpoint", &args.runtime_endpoint, |file| &file.runtime_endpoint),
        image_endpoint: endpoint("image-endpoint", &args.image_endpoint, |file| &file.image_endpoint),
        timeout: match seconds {
            Some(seconds) if !given("timeout") => Duration::from_secs(seconds),
            _ => args.timeout.positive().unwrap_or(TIMEOUT),
        },
        max_retries: match file.and_then(|file| file.max_retries) {
            Some(retries) if !given("max-retries") => retries,
            _ => args.max_retries,
        },
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
        preset: preset.cloned(),
    }
}

/// The default path, which is in the home directory on Windows.
pub(crate) fn default_path(env: &Env) -> String {
    match env.get("USERPROFILE") {
        Some(home) if cfg!(windows) => format!(r"{home}\.crictl\crictl.yaml"),
        _ => DEFAULT_CONFIG.to_owned(),
    }
}

/// What became of the search for a config file.
pub(crate) struct Found {
    pub(crate) file: Option<File>,
    /// A line to log: the first candidate is missing.
    pub(crate) warning: Option<String>,
}

/// Reads the config file: `wanted`, or else `crictl.yaml` beside the program.
///
/// # Errors
/// Only an `explicit` file has to exist and to be right. A default one that is not
/// counts as absent: crictl runs on nodes whose /etc/crictl.yaml is somebody else's.
pub(crate) fn load(wanted: &Path, explicit: bool, executable: Option<&Path>) -> Result<Found, Error> {
    let beside = executable
        .map(|program| program.canonicalize().unwrap_or_else(|_| program.to_owned()))
        .and_then(|program| Some(program.parent()?.join("crictl.yaml")));
    let missing = !wanted.exists();
    let chosen = if missing { beside.as_deref().unwrap_or(wanted) } else { wanted };
    let warning = missing.then(|| {
        format!(
            "config {:?} does not exist, trying next: {:?}",
            wanted.display().to_string(),
            chosen.display().to_string()
        )
    });
    let file = match read(chosen) {
        Ok((_, file)) => Some(file),
        Err(_) if !explicit => None,
        Err(error) => return Err(error.context("loading the config file")),
    };
    Ok(Found { file, warning })
}

/// The text of a config file, and what it says.
///
/// # Errors
/// It can't be read, or says something wrong.
pub(crate) fn read(path: &Path) -> Result<(String, File), Error> {
    let named = |error: &io::Error| Error::failure(format!("{}: {}", path.display(), lower(error)));
    let text = fs::read_to_string(path).map_err(|error| named(&error))?;
    match parse(&text) {
        Ok(file) => Ok((text, file)),
        Err(reason) => Err(Error::failure(format!("{}: {reason}", path.display()))),
    }
}

/// Reads the text of a config file: a flat YAML mapping, of which only the scalars' text counts.
///
/// # Errors
/// It is no mapping, has a key that no crictl knows, or a value that its key does not take.
pub(crate) fn parse(text: &str) -> Result<File, String> {
    let pairs: Option<Pairs> = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let mut file = File::default();
    for (key, value) in pairs.map(|pairs| pairs.0).unwrap_or_default() {
        file.set(&key, &value)?;
    }
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
                self.timeout =
                    decimal_integer(value).map_err(|_| format!("timeout is a number of seconds, not {value:?}"))?;
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

/// A mapping's pairs as text, duplicates included.
struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Mapping;
        impl<'de> Visitor<'de> for Mapping {
            type Value = Pairs;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a mapping of config options")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = access.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Mapping)
    }
}
