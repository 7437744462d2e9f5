//! What a containerd and its containers need of the machine, and what to do where it is missing.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::host::config::PLUGINS;
use crate::host::paths::Paths;
use crate::host::{Env, containerd, system, variable};

/// The programs that may be named instead of found.
#[derive(clap::Args, Debug)]
pub(super) struct Programs {
    /// The containerd to run, 2.0 or newer [default: the one in PATH, else in the data directory's bin]
    #[arg(long, value_name = "PATH")]
    pub(super) containerd: Option<PathBuf>,
    /// The runc that starts containers [default: the one in PATH]
    #[arg(long, value_name = "PATH")]
    pub(super) runc: Option<PathBuf>,
}

/// One thing that is needed.
#[derive(Debug)]
pub(super) struct Need {
    pub(super) name: &'static str,
    /// Without it no container runs; else only some commands fail.
    pub(super) is_required: bool,
    /// Where it is, or that it is missing and what to do.
    pub(super) found: Result<String, Error>,
}

/// Where a host keeps the network configuration of its pods.
const NETWORKS: &str = "/etc/cni/net.d";

/// The need that [`containerd::version`] tells more of.
pub(super) const CONTAINERD: &str = "containerd";

const SHIM: &str = "containerd-shim-runc-v2";

/// The plugins of every pod's network, and those of ephemerd's own.
const LOOPBACK: &[&str] = &["loopback"];
const BRIDGE: &[&str] = &["loopback", "bridge", "host-local", "portmap"];

/// The directory of the pods' network configuration: the host's, if it has one, else the data directory's.
pub(super) fn networks(paths: &Paths) -> PathBuf {
    match has_network(Path::new(NETWORKS)) {
        true => PathBuf::from(NETWORKS),
        false => paths.networks(),
    }
}

/// All needs, in the order in which they are worth looking at. Whether containerd is new enough, only it can tell.
pub(super) fn needs(paths: &Paths, programs: &Programs, env: &Env) -> Vec<Need> {
    let containerd = containerd::find(programs.containerd.as_deref(), paths, env);
    let beside = containerd.as_ref().ok().and_then(|path| path.parent()).map(|dir| dir.join(SHIM));
    let found = containerd.map(|path| path.display().to_string());
    let mut needs = vec![length(paths), Need { name: CONTAINERD, is_required: true, found }];
    if cfg!(target_os = "linux") {
        let own = networks(paths) == paths.networks();
        let path = variable(env, "PATH").unwrap_or_default();
        needs.extend([root(), cgroups(&fs::read_to_string("/proc/self/mounts").unwrap_or_default())]);
        let beside = beside.filter(|shim| shim.is_file());
        needs.push(program(
            "shim",
            beside.or_else(|| containerd::search(path, SHIM)),
            SHIM,
            "install all of containerd",
        ));
        let runc = programs.runc.clone().or_else(|| containerd::search(path, "runc")).filter(|runc| runc.is_file());
        needs.push(program("runc", runc, "runc", "install runc (Debian: runc), or name one with --runc PATH"));
        needs.push(plugins(if own { BRIDGE } else { LOOPBACK }, &PLUGINS.map(Path::new)));
        if own {
            let tables = program(
                "iptables",
                containerd::search(path, "iptables"),
                "iptables",
                "install it for pods on ephemerd's bridge (Debian: iptables)",
            );
            needs.push(Need { is_required: false, ..tables });
        }
    }
    needs
}

/// The system cuts no name short that is too long: containerd could not listen.
fn length(paths: &Paths) -> Need {
    let address = paths.shim_address();
    let (shown, length) = (address.display(), address.as_os_str().len());
    let found = match system::can_listen(&address) {
        true => Ok(format!("{length} bytes")),
        false => {
            let most = system::LONGEST_ADDRESS;
            let cause =
                format!("the path of the socket {shown} has {length} bytes, of which a socket's may have {most}");
            Err(Error::failure(cause).hint("choose a shorter --data-dir"))
        }
    };
    Need { name: "socket path", is_required: true, found }
}

fn root() -> Need {
    let found = match system::is_root() {
        true => Ok(String::new()),
        false => Err(Error::failure("containerd needs root").hint("run `ephemerd serve` as root")),
    };
    Need { name: "root", is_required: true, found }
}

/// From the lines of `/proc/self/mounts`: source, point, type.
fn cgroups(mounts: &str) -> Need {
    let mut kinds = mounts.lines().filter_map(|line| line.split(' ').nth(2)).filter(|kind| kind.starts_with("cgroup"));
    let found = kinds.next().map(|kind| if kind == "cgroup2" { "v2" } else { "v1" }.to_owned());
    let missing = || {
        Error::failure("no cgroups are mounted")
            .hint("mount them, as systemd does: mount -t cgroup2 none /sys/fs/cgroup")
    };
    Need { name: "cgroups", is_required: true, found: found.ok_or_else(missing) }
}

fn program(name: &'static str, found: Option<PathBuf>, file: &str, hint: &str) -> Need {
    let found = found.map(|path| path.display().to_string());
    let missing = || Error::failure(format!("there is no {file}")).hint(hint);
    Need { name, is_required: true, found: found.ok_or_else(missing) }
}

/// Pods on the host's network do without them.
fn plugins(names: &[&str], dirs: &[&Path]) -> Need {
    let missing: Vec<&str> =
        names.iter().copied().filter(|name| !dirs.iter().any(|dir| dir.join(name).is_file())).collect();
    let shown = dirs.iter().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(" or ");
    let found = match missing.as_slice() {
        [] => Ok(shown),
        missing => Err(Error::failure(format!("CNI plugins are not in {shown}: {}", missing.join(", ")))
            .hint("install them for pods with a network (Debian: containernetworking-plugins)")),
    };
    Need { name: "CNI plugins", is_required: false, found }
}

/// Whether a directory has a network configuration, judged by the extensions that CNI looks for.
fn has_network(dir: &Path) -> bool {
    let Ok(entries) = fs::read_dir(dir) else { return false };
    let known =
        |path: PathBuf| path.extension().is_some_and(|end| ["conf", "conflist", "json"].iter().any(|x| end == *x));
    entries.flatten().any(|entry| known(entry.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_with_what_to_do() {
        let line = |need: Need| need.found.unwrap_err().line();
        let long = Paths::new(Path::new(&format!("/{}", "x".repeat(80))));
        if cfg!(unix) {
            assert!(
                line(length(&long)).ends_with("bytes, of which a socket's may have 106; choose a shorter --data-dir")
            );
        }
        assert!(line(cgroups("proc /proc proc rw 0 0\n")).starts_with("no cgroups are mounted; mount them"));
        assert_eq!(cgroups("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n").found.unwrap(), "v2");
        assert_eq!(cgroups("tmpfs /x tmpfs rw 0 0\ncgroup /x/cpu cgroup rw,cpu 0 0\n").found.unwrap(), "v1");
        assert_eq!(line(program("runc", None, "runc", "install it")), "there is no runc; install it");
    }

    #[test]
    fn the_plugins_that_are_in_no_directory_are_named() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(two.path().join("loopback"), "").unwrap();
        let dirs = [one.path(), two.path()];
        assert!(plugins(LOOPBACK, &dirs).found.is_ok());
        let need = plugins(BRIDGE, &dirs);
        let line = need.found.unwrap_err().line();
        assert!(line.contains(": bridge, host-local, portmap; install them for pods") && !need.is_required, "{line}");
    }

    #[test]
    fn a_host_has_a_network_once_a_file_with_an_ending_of_cni_is_there() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!has_network(&dir.path().join("missing")));
        fs::write(dir.path().join("README"), "").unwrap();
        assert!(!has_network(dir.path()));
        fs::write(dir.path().join("10-x.conflist"), "{}").unwrap();
        assert!(has_network(dir.path()));
    }
}
