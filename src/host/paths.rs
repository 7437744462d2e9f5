//! Where things are in a data directory, and the address of its containerd on this system. Pure.

use std::path::{Path, PathBuf};

/// The places in one data directory.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    data_dir: PathBuf,
    containerd: PathBuf,
}

impl Paths {
    pub(super) fn new(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_owned(), containerd: data_dir.join("containerd") }
    }

    pub(super) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The file whose lock a `serve` holds.
    pub(super) fn lock(&self) -> PathBuf {
        self.data_dir.join("ephemerd.lock")
    }

    /// What a `serve` tells of itself.
    pub(super) fn state(&self) -> PathBuf {
        self.data_dir.join("ephemerd.json")
    }

    /// The value for crictl's `-r`.
    pub(super) fn endpoint(&self) -> String {
        let address = self.address();
        match cfg!(windows) {
            true => format!("npipe://{}", address.display().to_string().replace('\\', "/")),
            false => format!("unix://{}", address.display()),
        }
    }

    /// The file that names the endpoint of a containerd elsewhere, as in a virtual machine.
    pub(super) fn elsewhere(&self) -> PathBuf {
        self.containerd.join("endpoint")
    }

    /// Where containerd listens: a socket, or on Windows the one pipe, since pipes are in no directory.
    pub(super) fn address(&self) -> PathBuf {
        match cfg!(windows) {
            true => PathBuf::from(r"\\.\pipe\ephemerd-containerd"),
            false => self.containerd.join("containerd.sock"),
        }
    }

    /// The second socket, which containerd creates for its shims beside the first.
    pub(super) fn shim_address(&self) -> PathBuf {
        let mut name = self.address().into_os_string();
        name.push(".ttrpc");
        PathBuf::from(name)
    }

    /// The directory that holds everything of containerd's.
    pub(super) fn containerd(&self) -> &Path {
        &self.containerd
    }

    /// Where a containerd may be that is not in `PATH`.
    pub(super) fn programs(&self) -> PathBuf {
        self.data_dir.join("bin")
    }

    /// Containerd's log.
    pub(super) fn log(&self) -> PathBuf {
        self.containerd.join("containerd.log")
    }

    /// The config file that `serve` writes.
    pub(super) fn config(&self) -> PathBuf {
        self.containerd.join("config.toml")
    }

    /// The directory of ephemerd's own network for pods.
    pub(super) fn networks(&self) -> PathBuf {
        self.containerd.join("cni")
    }

    /// The network that pods get if the host has none configured.
    pub(super) fn network(&self) -> PathBuf {
        self.networks().join("10-ephemerd.conflist")
    }

    /// `HOST:PORT/hosts.toml` files, which say how to reach a registry.
    pub(super) fn registries(&self) -> PathBuf {
        self.containerd.join("certs.d")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn the_endpoint_is_a_socket_under_the_data_dir() {
        let paths = Paths::new(Path::new("/var/lib/ephemerd"));
        assert_eq!(paths.endpoint(), "unix:///var/lib/ephemerd/containerd/containerd.sock");
        assert_eq!(paths.shim_address(), Path::new("/var/lib/ephemerd/containerd/containerd.sock.ttrpc"));
    }

    #[test]
    #[cfg(windows)]
    fn the_endpoint_is_a_pipe() {
        assert_eq!(Paths::new(Path::new(r"C:\x")).endpoint(), "npipe:////./pipe/ephemerd-containerd");
    }
}
