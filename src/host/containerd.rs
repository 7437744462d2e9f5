//! Which containerd is run, and whether it is new enough.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::error::Error;
use crate::host::{Env, variable};

/// The oldest one whose config file is of version 3, the one that is written here.
const OLDEST_MAJOR: u32 = 2;

const INSTALL: &str = "install containerd 2.0 or newer (Debian has it in forky, its testing suite), \
                       or name one with --containerd PATH";

/// The containerd that was named, else the one in `PATH`, once it has said that it is new enough.
///
/// # Errors
/// There is none, it can't be run, or it is too old.
pub(super) async fn find(named: Option<&Path>, env: &Env) -> Result<PathBuf, Error> {
    let program = match named {
        Some(path) => path.to_owned(),
        None => search(variable(env, "PATH").unwrap_or_default())
            .ok_or_else(|| Error::failure("there is no containerd in PATH").hint(INSTALL))?,
    };
    let shown = program.display();
    let output = Command::new(&program).arg("--version").env_clear().envs(env.iter().cloned()).output().await;
    let output = output.map_err(|error| Error::from(error).context(format!("running {shown}")).hint(INSTALL))?;
    check(&program, &String::from_utf8_lossy(&output.stdout))?;
    Ok(program)
}

/// Whether a program that says this of its version can be used.
fn check(program: &Path, text: &str) -> Result<(), Error> {
    let program = program.display();
    match major(text) {
        None => Err(Error::failure(format!("{program} does not report containerd's version")).hint(INSTALL)),
        Some(major) if major < OLDEST_MAJOR => {
            let version = text.split_whitespace().nth(2).unwrap_or_default();
            Err(Error::failure(format!("{program} is containerd {version}, which is too old")).hint(INSTALL))
        }
        Some(_) => Ok(()),
    }
}

fn search(path: &OsStr) -> Option<PathBuf> {
    let name = format!("containerd{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(path).map(|dir| dir.join(&name)).find(|file| file.is_file())
}

/// From `containerd github.com/containerd/containerd/v2 v2.1.9 REVISION`; Debian's has no `v`.
fn major(text: &str) -> Option<u32> {
    let version = text.strip_prefix("containerd ")?.split_whitespace().nth(1)?;
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_as_upstream_and_as_debian_write_it() {
        assert_eq!(major("containerd github.com/containerd/containerd/v2 v2.0.0 207ad71\n"), Some(2));
        assert_eq!(major("containerd github.com/containerd/containerd/v2 2.1.9+unknown \n"), Some(2));
        assert_eq!(major("containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3\n"), Some(1));
        assert_eq!(major("busybox v1.35\n"), None);
        assert_eq!(major(""), None);
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

    #[tokio::test]
    async fn a_missing_containerd_is_told_with_what_to_install() {
        let error = find(None, &vec![("PATH".into(), "".into())]).await.unwrap_err();
        assert_eq!(error.line(), format!("there is no containerd in PATH; {INSTALL}"));
        let named = find(Some(Path::new("/missing/containerd")), &Vec::new()).await.unwrap_err();
        // What comes before are the system's own words.
        assert!(named.line().ends_with(&format!(", running /missing/containerd; {INSTALL}")), "{}", named.line());
    }
}
