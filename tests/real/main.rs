//! `ephemerd` and its crictl against a real containerd. `tests/real/up SCRATCH` makes ready what that needs, and
//! `REAL_CONTAINERD_ENV=SCRATCH/env` names it. Each test is ignored unless `--ignored` asks for it, and fails where the
//! variable is missing: none of them says that it has passed without a containerd.

#![cfg(target_os = "linux")]
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod containerd;
mod go_host;
mod jobs;
mod launch;
mod logs;
mod rpc;
mod streaming;
mod supervise;
mod support;
mod terminal;
mod typing;
mod usage;

use std::fs;
use std::os::unix::net::UnixListener;

use rustix::process::Signal;
use serde_json::Value;

use support::Real;

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn serve_prints_its_endpoint_and_crictl_answers_there() {
    let real = Real::find();
    let ephemerd = real.serve("answers");
    assert_eq!(ephemerd.endpoint, format!("unix://{}/containerd/containerd.sock", ephemerd.data_dir.display()));

    let version = ephemerd.crictl(["version"]);
    assert!(
        version.contains("RuntimeName:  containerd\n") && version.contains("RuntimeApiVersion:  v1\n"),
        "{version}"
    );
    let info = ephemerd.json(["info"]);
    assert_eq!(condition(&info, "RuntimeReady"), Some(true), "{info:#}");
    assert_eq!(condition(&info, "NetworkReady"), Some(true), "{info:#}");
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_pod_and_its_container_are_listed_and_inspected() {
    let real = Real::find();
    let ephemerd = real.serve("lists");
    let pod = ephemerd.run_pod("web", "10001");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);

    assert_eq!(ephemerd.crictl(["pods", "--quiet"]), format!("{}\n", pod.id));
    assert_eq!(ephemerd.crictl(["ps", "--all", "--quiet"]), format!("{container}\n"));
    let listed = ephemerd.crictl(["ps", "-a"]);
    let row: Vec<&str> = listed.lines().nth(1).unwrap_or_default().split_whitespace().collect();
    assert_eq!((row[0], row[1], row.contains(&"Running")), (&container[..13], real["BUSYBOX_IMAGE"].as_str(), true));
    let images = ephemerd.crictl(["images"]);
    assert!(images.contains("/test/busybox ") && images.contains("/test/pause "), "{images}");

    let inspected = ephemerd.json(["inspect", &container]);
    assert_eq!(inspected["status"]["metadata"]["name"], "server");
    assert_eq!(inspected["status"]["state"], "CONTAINER_RUNNING");
    let inspected = ephemerd.json(["inspectp", &pod.id]);
    assert_eq!(inspected["status"]["state"], "SANDBOX_READY");
    let ip = inspected["status"]["network"]["ip"].as_str().unwrap_or_default();
    assert!(!ip.is_empty(), "the pod has no address: {inspected:#}");
    let inspected = ephemerd.json(["inspecti", &real["BUSYBOX_IMAGE"]]);
    assert_eq!(inspected["status"]["repoTags"][0], real["BUSYBOX_IMAGE"].as_str());
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn sigterm_ends_containerd_and_leaves_no_socket() {
    let real = Real::find();
    for (name, signal) in [("term", Signal::TERM), ("int", Signal::INT)] {
        let mut ephemerd = real.serve(name);
        let containerd = ephemerd.containerd();
        assert_eq!(ephemerd.end(signal).code(), Some(0));
        assert!(!ephemerd.socket().exists());
        assert!(!fs::exists(format!("/proc/{containerd}")).unwrap(), "containerd is still there after {name}");
    }
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_container_outlives_serve_and_is_found_again() {
    let real = Real::find();
    let mut ephemerd = real.serve("again");
    let pod = ephemerd.run_pod("web", "10002");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    ephemerd.end(Signal::TERM);

    let ephemerd = real.serve("again");
    assert_eq!(ephemerd.crictl(["ps", "--quiet"]), format!("{container}\n"));
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_stale_socket_is_replaced() {
    let real = Real::find();
    let socket = real.data_dir("stale").join("containerd/containerd.sock");
    fs::create_dir_all(socket.parent().unwrap()).unwrap();
    drop(UnixListener::bind(&socket).unwrap());
    assert!(socket.exists());
    assert!(real.serve("stale").crictl(["version"]).contains("containerd"));
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_data_dir_that_is_served_is_not_served_twice() {
    let real = Real::find();
    let ephemerd = real.serve("twice");
    let (status, error) = real.refused("twice");
    assert_eq!(status, Some(1));
    let pid = ephemerd.state()["pid"].to_string();
    assert!(error.contains(&format!("is served by process {pid}, which holds ")), "{error}");
    assert!(ephemerd.crictl(["version"]).contains("containerd"), "the first one no longer answers");
}

fn condition(info: &Value, name: &str) -> Option<bool> {
    let conditions = info["status"]["conditions"].as_array()?;
    conditions.iter().find(|condition| condition["type"] == name)?["status"].as_bool()
}
