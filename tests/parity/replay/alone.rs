//! A machine without a config file and without a runtime: the program under test looks for both where nobody names
//! them, and would make its calls to whatever it finds.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::replay::Result;

/// Where the program looks by itself.
const PLACES: [&str; 4] =
    ["/etc/crictl.yaml", "/run/containerd/containerd.sock", "/run/crio/crio.sock", "/var/run/cri-dockerd.sock"];

/// Hides those places in a namespace of its own, and runs the rest there.
const HIDE: &str = r#"
set -e
mount -t tmpfs none /run
mkdir /run/upper /run/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work none /etc
rm -f /etc/crictl.yaml
exec "$@"
"#;

/// Goes on where there is nothing of all that; this process becomes that one.
#[expect(clippy::disallowed_methods, reason = "a program of its own")]
pub(crate) fn hide() -> Result<()> {
    let Some(found) = PLACES.iter().find(|place| Path::new(place).symlink_metadata().is_ok()) else { return Ok(()) };
    let own = if rustix::process::geteuid().is_root() { &["--mount"][..] } else { &["--mount", "--map-root-user"] };
    let works = Command::new("unshare").args(own).args(["sh", "-c", HIDE, "sh", "true"]).output();
    if !works.is_ok_and(|output| output.status.success()) {
        return Err(
            format!("there is {found}, which only a namespace can hide: run this as root, or in a container").into()
        );
    }
    let mut command = Command::new("unshare");
    command.args(own).args(["sh", "-c", HIDE, "sh"]).arg(std::env::current_exe()?).args(std::env::args_os().skip(1));
    Err(command.exec().into())
}
