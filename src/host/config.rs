//! The files that containerd is started with. Pure: facts about the host come in as values.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::error::Error;
use crate::host::paths::Paths;

/// The directories where Debian and upstream put the CNI plugins.
pub(super) const PLUGINS: [&str; 2] = ["/usr/lib/cni", "/opt/cni/bin"];

/// What a config depends on besides the data directory.
#[derive(Debug)]
pub(super) struct Host {
    /// The directory with the pods' network configuration.
    pub(super) networks: PathBuf,
    /// The process may not lower an OOM score, so containers must keep the one they inherit.
    pub(super) restricts_oom_score: bool,
    /// A runc other than the one in `PATH`.
    pub(super) runc: Option<PathBuf>,
    /// A sandbox image other than containerd's default.
    pub(super) sandbox_image: Option<String>,
    /// Where containerd listens besides its socket.
    pub(super) tcp: Option<SocketAddr>,
}

/// Containerd's config file. It only keeps containerd inside the data directory; everything else stays at containerd's
/// defaults.
///
/// # Errors
/// A path is not UTF-8, which TOML requires.
pub(super) fn containerd(paths: &Paths, host: &Host) -> Result<String, Error> {
    let mut toml = String::from("# Written by `ephemerd serve` at every start.\nversion = 3\n");
    let home = paths.containerd();
    line(&mut toml, "root", &path(&home.join("root"))?);
    line(&mut toml, "state", &path(&home.join("state"))?);
    section(&mut toml, "grpc");
    line(&mut toml, "address", &path(&paths.address())?);
    if let Some(address) = host.tcp {
        line(&mut toml, "tcp_address", &text(&address.to_string()));
        // By default, the CRI is not there.
        section(&mut toml, "plugins.'io.containerd.grpc.v1.cri'");
        line(&mut toml, "disable_tcp_service", "false");
    }
    section(&mut toml, "debug");
    line(&mut toml, "level", "\"warn\"");
    // Otherwise both would be shared with another containerd on this host, in /var/run/nri and /opt/containerd.
    section(&mut toml, "plugins.'io.containerd.nri.v1.nri'");
    line(&mut toml, "disable", "true");
    section(&mut toml, "plugins.'io.containerd.internal.v1.opt'");
    line(&mut toml, "path", &path(&home.join("opt"))?);
    images(&mut toml, paths, host)?;
    if !cfg!(windows) {
        runtime(&mut toml, paths, host)?;
    }
    Ok(toml)
}

fn images(toml: &mut String, paths: &Paths, host: &Host) -> Result<(), Error> {
    if let Some(image) = &host.sandbox_image {
        section(toml, "plugins.'io.containerd.cri.v1.images'.pinned_images");
        line(toml, "sandbox", &text(image));
    }
    section(toml, "plugins.'io.containerd.cri.v1.images'.registry");
    let own = paths.registries();
    let all = if cfg!(windows) { path(&own)? } else { text(&format!("{}:/etc/containerd/certs.d", utf8(&own)?)) };
    line(toml, "config_path", &all);
    Ok(())
}

fn runtime(toml: &mut String, paths: &Paths, host: &Host) -> Result<(), Error> {
    const CRI: &str = "plugins.'io.containerd.cri.v1.runtime'";
    section(toml, CRI);
    line(toml, "restrict_oom_score_adj", if host.restricts_oom_score { "true" } else { "false" });
    line(toml, "netns_mounts_under_state_dir", "true");
    section(toml, &format!("{CRI}.cni"));
    line(toml, "bin_dirs", &format!("[{}]", PLUGINS.map(text).join(", ")));
    line(toml, "conf_dir", &path(&host.networks)?);
    section(toml, &format!("{CRI}.containerd.runtimes.runc"));
    line(toml, "runtime_type", "\"io.containerd.runc.v2\"");
    section(toml, &format!("{CRI}.containerd.runtimes.runc.options"));
    line(toml, "Root", &path(&paths.containerd().join("state/runc"))?);
    if let Some(runc) = &host.runc {
        line(toml, "BinaryName", &path(runc)?);
    }
    Ok(())
}

/// A bridge of ephemerd's own, for a host without a network for pods. Addresses are assigned in the plugin's own
/// directory, outside the data directory: several ephemerds share the bridge, so they must share the addresses.
pub(super) fn network() -> String {
    let bridge = json!({
        "type": "bridge",
        "bridge": "ephemerd0",
        "isGateway": true,
        "ipMasq": true,
        "hairpinMode": true,
        "ipam": {
            "type": "host-local",
            "ranges": [[{ "subnet": "10.89.0.0/16" }]],
            "routes": [{ "dst": "0.0.0.0/0" }],
        },
    });
    let ports = json!({ "type": "portmap", "capabilities": { "portMappings": true } });
    let list = json!({ "cniVersion": "1.0.0", "name": "ephemerd", "plugins": [bridge, ports] });
    format!("{list:#}\n")
}

fn section(toml: &mut String, name: &str) {
    let _ = writeln!(toml, "\n[{name}]");
}

fn line(toml: &mut String, key: &str, value: &str) {
    let _ = writeln!(toml, "{key} = {value}");
}

fn path(path: &Path) -> Result<String, Error> {
    utf8(path).map(text)
}

fn utf8(path: &Path) -> Result<&str, Error> {
    path.to_str().ok_or_else(|| Error::failure(format!("the path {} is not UTF-8", path.display())))
}

/// A JSON string is also a TOML string: same quotes, same escapes.
fn text(value: &str) -> String {
    json!(value).to_string()
}

// On Windows the paths differ, and the file is shorter.
#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn host() -> Host {
        Host {
            networks: "/etc/cni/net.d".into(),
            restricts_oom_score: false,
            runc: None,
            sandbox_image: None,
            tcp: None,
        }
    }

    fn config(host: &Host) -> String {
        containerd(&Paths::new(Path::new("/d a\"ta")), host).unwrap()
    }

    #[test]
    fn the_config_keeps_containerd_in_the_data_dir() {
        let text = config(&host());
        for line in [
            "version = 3",
            r#"root = "/d a\"ta/containerd/root""#,
            r#"state = "/d a\"ta/containerd/state""#,
            r#"address = "/d a\"ta/containerd/containerd.sock""#,
            r#"conf_dir = "/etc/cni/net.d""#,
            r#"config_path = "/d a\"ta/containerd/certs.d:/etc/containerd/certs.d""#,
            "restrict_oom_score_adj = false",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("BinaryName") && !text.contains("pinned_images") && !text.contains("tcp"), "{text}");
    }

    #[test]
    fn the_host_and_the_flags_show_in_the_config() {
        let text = config(&Host {
            restricts_oom_score: true,
            runc: Some("/opt/runc".into()),
            sandbox_image: Some("localhost/pause:1".into()),
            tcp: Some(([127, 0, 0, 1], 10000).into()),
            ..host()
        });
        for line in [
            "restrict_oom_score_adj = true",
            "BinaryName = \"/opt/runc\"",
            "sandbox = \"localhost/pause:1\"",
            "tcp_address = \"127.0.0.1:10000\"",
            "disable_tcp_service = false",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn the_network_is_a_list_of_plugins_that_cni_can_read() {
        let list: serde_json::Value = serde_json::from_str(&network()).unwrap();
        assert_eq!(list["cniVersion"], "1.0.0");
        assert_eq!(list["plugins"][0]["type"], "bridge");
    }
}
