//! Which containerd is run, and whether it is new enough.

use std::ffi::OsStr;
use std::future::{Future, pending};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::sleep;

use crate::error::Error;
use crate::host::paths::Paths;
use crate::host::{Env, variable};

/// The oldest one whose config file is of version 3, the one that is written here.
const OLDEST_MAJOR: u32 = 2;

/// After this long, a person is told what we wait for.
pub(super) const LATE: Duration = Duration::from_secs(5);

const INSTALL: &str = "install containerd 2.0 or newer (Debian has it in forky, its testing suite), \
                       or name one with --containerd PATH";

/// The containerd that was named, else the one in `PATH`, else the one in the data directory's `bin`.
///
/// # Errors
/// There is none.
pub(super) fn find(named: Option<&Path>, paths: &Paths, env: &Env) -> Result<PathBuf, Error> {
    let name = format!("containerd{}", std::env::consts::EXE_SUFFIX);
    let path = variable(env, "PATH").unwrap_or_default();
    let found = named.map(Path::to_owned).or_else(|| search(path, &name)).or_else(|| {
        let own = paths.programs().join(&name);
        own.is_file().then_some(own)
    });
    found.ok_or_else(|| {
        let own = paths.programs();
        Error::failure(format!("there is no containerd in PATH, nor in {}", own.display())).hint(INSTALL)
    })
}

/// A program in the directories of a `PATH`.
pub(super) fn search(path: &OsStr, name: &str) -> Option<PathBuf> {
    std::env::split_paths(path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// The version of a containerd that is new enough.
///
/// `errors` is for what it says on standard error, and `say` for a line that it takes long.
///
/// # Errors
/// It can't be run, does not say its version in time, or is too old.
pub(super) async fn version(
    program: &Path,
    wait: Duration,
    errors: impl Into<Stdio>,
    env: &Env,
    say: impl FnOnce(&str),
) -> Result<String, Error> {
    let shown = program.display();
    let mut command = Command::new(program);
    command.arg("--version").env_clear().envs(env.iter().cloned());
    command.stdin(Stdio::null()).stderr(errors).stdout(Stdio::piped()).kill_on_drop(true);
    let output = async { command.spawn()?.wait_with_output().await };
    let late = || say(&format!("{shown} --version has not ended for {LATE:?}; it has {wait:?} in all"));
    let Some(output) = patiently(wait, output, late).await else {
        return Err(Error::failure(format!("{shown} --version has not ended within {wait:?}")));
    };
    let output = output.map_err(|error| Error::from(error).context(format!("running {shown}")).hint(INSTALL))?;
    check(program, &String::from_utf8_lossy(&output.stdout))
}

/// Waits for something, and says once it takes long; none if it takes longer than it may.
pub(super) async fn patiently<T>(wait: Duration, what: impl Future<Output = T>, late: impl FnOnce()) -> Option<T> {
    let late = async {
        sleep(LATE).await;
        late();
        pending::<()>().await;
    };
    tokio::select! {
        done = what => Some(done),
        () = late => None,
        () = sleep(wait) => None,
    }
}

/// The version, if a program that says this can be used.
fn check(program: &Path, text: &str) -> Result<String, Error> {
    let program = program.display();
    let Some((version, major)) = parse(text) else {
        return Err(Error::failure(format!("{program} does not report containerd's version")).hint(INSTALL));
    };
    match major < OLDEST_MAJOR {
        true => Err(Error::failure(format!("{program} is containerd {version}, which is too old")).hint(INSTALL)),
        false => Ok(version.to_owned()),
    }
}

/// The version and the first number in it, from `containerd github.com/containerd/containerd/v2 v2.1.9 REVISION`;
/// Debian's has no `v`.
fn parse(text: &str) -> Option<(&str, u32)> {
    let version = text.strip_prefix("containerd ")?.split_whitespace().nth(1)?.trim_start_matches('v');
    Some((version, version.split('.').next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_as_upstream_and_as_debian_write_it() {
        let version = |text| check(Path::new("x"), text).unwrap();
        assert_eq!(version("containerd github.com/containerd/containerd/v2 v2.0.0 207ad71\n"), "2.0.0");
        assert_eq!(version("containerd github.com/containerd/containerd/v2 2.1.9+unknown \n"), "2.1.9+unknown");
    }

    #[test]
    fn a_containerd_that_is_too_old_is_refused_with_what_to_install() {
        let refusal = |text| check(Path::new("x"), text).unwrap_err().line();
        assert_eq!(
            refusal("containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3"),
            format!("x is containerd 1.6.20~ds1, which is too old; {INSTALL}")
        );
        assert_eq!(refusal("hello"), format!("x does not report containerd's version; {INSTALL}"));
    }

    #[test]
    fn a_containerd_is_named_else_in_the_path_else_in_the_data_directory() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::new(&dir.path().join("data"));
        let env: Env = vec![("PATH".into(), dir.path().join("bin").into_os_string())];
        let error = find(None, &paths, &env).unwrap_err().line();
        let own = paths.programs();
        assert_eq!(error, format!("there is no containerd in PATH, nor in {}; {INSTALL}", own.display()));
        for place in [own, dir.path().join("bin")] {
            std::fs::create_dir_all(&place).unwrap();
            let program = place.join(format!("containerd{}", std::env::consts::EXE_SUFFIX));
            std::fs::write(&program, "").unwrap();
            assert_eq!(find(None, &paths, &env).unwrap(), program);
        }
        assert_eq!(find(Some(Path::new("/named")), &paths, &env).unwrap(), Path::new("/named"));
    }
}
