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
    let text = String::from_utf8_lossy(&output.stdout);
    let major = major(&text).filter(|_| output.status.success());
    let major = major.ok_or_else(|| Error::failure(format!("{shown} does not tell containerd's version")).hint(INSTALL))?;
    if major < OLDEST_MAJOR {
        let version = text.split_whitespace().nth(2).unwrap_or_default();
        return Err(Error::failure(format!("{shown} is containerd {version}, which is too old")).hint(INSTALL));
    }
    Ok(program)
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
}
