//! `ephemerd service`: `serve` as a service of systemd's.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Subcommand;

use crate::Io;
use crate::error::Error;
use crate::host::paths::Paths;
use crate::host::{Env, at};

const UNIT: &str = "ephemerd.service";

#[derive(Debug, Subcommand)]
pub(super) enum Service {
    /// Write the unit, and start it now and whenever the machine starts
    Install(Install),
    /// End the service and remove its unit; containers go on running
    Uninstall(Place),
    /// Show what systemd says of the service, and end with its status
    Status,
}

#[derive(clap::Args, Debug)]
pub(super) struct Install {
    #[command(flatten)]
    place: Place,
    /// Print the unit, and do nothing
    #[arg(long)]
    print: bool,
    /// Flags of `serve` for the service
    #[arg(last = true, value_name = "FLAGS")]
    pub(super) serve: Vec<OsString>,
}

#[derive(clap::Args, Debug)]
pub(super) struct Place {
    /// The directory of the unit
    #[arg(long, value_name = "DIR", default_value = "/etc/systemd/system")]
    unit_dir: PathBuf,
}

/// Does what is asked, and returns systemd's status, if that is what is asked for.
///
/// # Errors
/// The unit can't be written, or `systemctl` fails.
pub(super) fn service(paths: &Paths, service: &Service, env: &Env, io: &mut Io) -> Result<u8, Error> {
    match service {
        Service::Install(install) => {
            let program =
                io.executable.clone().ok_or_else(|| Error::failure("the program does not know its own path"))?;
            let unit = unit(&program, paths.data_dir(), &install.serve)?;
            if install.print {
                io.out.write_all(unit.as_bytes()).and_then(|()| io.out.flush())?;
                return Ok(0);
            }
            let path = install.place.unit_dir.join(UNIT);
            fs::write(&path, unit).map_err(|error| at(error, "writing", &path))?;
            succeed(&["daemon-reload"], env)?;
            succeed(&["enable", "--now", UNIT], env)?;
        }
        Service::Uninstall(place) => {
            let path = place.unit_dir.join(UNIT);
            fs::metadata(&path).map_err(|error| at(error, "looking for the unit", &path))?;
            succeed(&["disable", "--now", UNIT], env)?;
            fs::remove_file(&path).map_err(|error| at(error, "removing", &path))?;
            succeed(&["daemon-reload"], env)?;
        }
        Service::Status => {
            let output = systemctl(&["status", "--no-pager", UNIT], env)?;
            io.out.write_all(&output.stdout).and_then(|()| io.out.flush())?;
            let _ = io.err.write_all(&output.stderr);
            return Ok(output.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1));
        }
    }
    Ok(0)
}

/// Runs `systemctl`.
fn systemctl(args: &[&str], env: &Env) -> Result<std::process::Output, Error> {
    let mut command = Command::new("systemctl");
    command.args(args).env_clear().envs(env.iter().cloned()).stdin(Stdio::null());
    let output = command.output();
    output.map_err(|error| {
        let error = Error::from(error).context(format!("running systemctl {}", args.join(" ")));
        error.hint("the service is one of systemd's; elsewhere, let another supervisor run `ephemerd serve`")
    })
}

fn succeed(args: &[&str], env: &Env) -> Result<(), Error> {
    let output = systemctl(args, env)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().lines().collect::<Vec<_>>().join("; ");
    Err(Error::failure(format!("systemctl {} failed: {said}", args.join(" "))))
}

/// The unit. Only `serve` is ended with it, which ends containerd and leaves containers running; it may take its time to
/// start, which it limits itself.
fn unit(program: &Path, data_dir: &Path, flags: &[OsString]) -> Result<String, Error> {
    let words = [program.as_os_str(), "--data-dir".as_ref(), data_dir.as_os_str(), "serve".as_ref()];
    let words = words.into_iter().chain(flags.iter().map(OsString::as_os_str));
    let words = words.map(|word| {
        let word = word.to_str().ok_or_else(|| Error::failure(format!("{} is not UTF-8", word.display())))?;
        Ok(quoted(word))
    });
    let line = words.collect::<Result<Vec<_>, Error>>()?.join(" ");
    Ok(format!(
        "[Unit]
Description=A private containerd
Documentation=man:ephemerd(8)
After=network.target local-fs.target

[Service]
Type=notify
ExecStart={line}
KillMode=process
Delegate=yes
Restart=on-failure
RestartSec=5
TimeoutStartSec=infinity
WatchdogSec=60
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
"
    ))
}

/// A word as systemd reads it: in quotes, without specifiers and variables.
fn quoted(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{}\"", escaped.replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_runs_serve_with_its_flags_and_words_are_what_they_are() {
        let flags = ["--runc".into(), "/opt/50%/a \"b\" $c\\d".into()];
        let unit = unit(Path::new("/usr/bin/ephemerd"), Path::new("/srv/ci"), &flags).unwrap();
        let line =
            r#"ExecStart="/usr/bin/ephemerd" "--data-dir" "/srv/ci" "serve" "--runc" "/opt/50%%/a \"b\" $$c\\d""#;
        assert!(unit.lines().any(|found| found == line), "{unit}");
        for line in ["Type=notify", "KillMode=process", "Delegate=yes"] {
            assert!(unit.lines().any(|found| found == line), "{unit}");
        }
    }
}
