//! `--profile-cpu` and `--profile-mem`: what a run costs, as files that `go tool pprof` reads. Does nothing in a run
//! without these flags.

#[cfg_attr(not(unix), path = "no_cpu.rs")]
mod cpu;
mod format;
mod mapping;
mod memory;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use prost::Message as _;

use crate::error::{Error, lower};
use crate::log::{Level, Logger};

/// The profiles of a run, as far as they were asked for.
pub(crate) struct Profiles {
    cpu: Option<(PathBuf, File, cpu::Sampling)>,
    memory: Option<PathBuf>,
}

impl Profiles {
    /// Starts sampling and creates the file of the CPU profile; an empty path means none.
    ///
    /// # Errors
    /// The file can't be made, or the system has no way to sample.
    pub(crate) fn start(cpu: &str, memory: &str, log: &Logger<'_>) -> Result<Self, Error> {
        let memory = (!memory.is_empty()).then(|| PathBuf::from(memory));
        if cpu.is_empty() {
            return Ok(Self { cpu: None, memory });
        }
        let sampling = cpu::Sampling::start().map_err(|error| error.context("starting the CPU profile"))?;
        let (path, file) = create(Path::new(cpu), "CPU", log)?;
        Ok(Self { cpu: Some((path, file, sampling)), memory })
    }

    /// Writes the requested profiles. A run that failed is profiled too.
    ///
    /// # Errors
    /// A file can't be written, or the system does not provide its content.
    pub(crate) fn finish(self, now: i64, log: &Logger<'_>) -> Result<(), Error> {
        let mut errors = Vec::new();
        if let Some((path, file, sampling)) = self.cpu {
            errors.extend(sampling.finish().and_then(|profile| write(&profile, file, &path)).err());
        }
        if let Some(path) = self.memory {
            let written = create(&path, "memory", log).and_then(|(path, file)| write(&memory::take(now)?, file, &path));
            errors.extend(written.err());
        }
        Error::join(errors)
    }
}

/// Logs where the profile goes, and creates the file.
fn create(path: &Path, kind: &str, log: &Logger<'_>) -> Result<(PathBuf, File), Error> {
    let path = std::path::absolute(path)?;
    log.write(Level::Info, || format!("Creating {kind} profile in: {}", path.display()));
    match File::create(&path) {
        Ok(file) => Ok((path, file)),
        Err(error) => Err(failed(&error, &path)),
    }
}

/// Writes a whole profile; a partly written file is removed.
fn write(profile: &format::Profile, mut file: File, path: &Path) -> Result<(), Error> {
    file.write_all(&profile.encode_to_vec()).map_err(|error| {
        let _ = fs::remove_file(path);
        failed(&error, path)
    })
}

fn failed(error: &io::Error, path: &Path) -> Error {
    Error::failure(format!("{}: {}", path.display(), lower(error))).context("writing the profile")
}
