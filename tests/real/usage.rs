//! What containers use, what limits them, and what happens to them.

use std::fs::{self, File};
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Ephemerd, Real, eventually};

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn updated_limits_are_those_of_the_cgroup() {
    let real = Real::find();
    let ephemerd = real.serve("update");
    let pod = ephemerd.run_pod("web", "10030");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    let limits = ["--memory", "67108864", "--cpu-period", "100000", "--cpu-quota", "50000", "--cpu-share", "512"];
    let updated = ephemerd.crictl(["update"].into_iter().chain(limits).chain([container.as_str()]));
    assert_eq!(updated, format!("{container}\n"));

    let memory = ["memory.limit_in_bytes", "memory.max"];
    assert_eq!(cgroup(&ephemerd, &container, "memory", memory), "67108864");
    match fs::exists("/sys/fs/cgroup/cgroup.controllers").unwrap() {
        true => assert_eq!(cgroup(&ephemerd, &container, "cpu", ["", "cpu.max"]), "50000 100000"),
        false => {
            assert_eq!(cgroup(&ephemerd, &container, "cpu", ["cpu.cfs_quota_us", ""]), "50000");
            assert_eq!(cgroup(&ephemerd, &container, "cpu", ["cpu.shares", ""]), "512");
        }
    }
    let resources = &ephemerd.json(["inspect", &container])["status"]["resources"]["linux"];
    assert_eq!(resources["memoryLimitInBytes"], "67108864", "{resources:#}");
    assert_eq!(resources["cpuShares"], "512", "{resources:#}");

    let refused = ephemerd.ends(["update", "--memory", "1073741824", "no-such-container"]);
    assert_eq!(refused.status, Some(1));
    assert!(refused.err.contains("no-such-container"), "{}", refused.err);
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn stats_are_those_of_the_container_and_its_pod() {
    let real = Real::find();
    let ephemerd = real.serve("stats");
    let config = json!({
        "metadata": { "name": "web", "namespace": "default", "uid": "10031" },
        // Without one, containerd knows no cgroup of the pod to ask.
        "linux": { "cgroup_parent": "/ephemerd-test" },
    });
    let pod = ephemerd.run_pod_config(config);
    let busy = json!({
        "metadata": { "name": "busy" },
        "image": { "image": real["BUSYBOX_IMAGE"] },
        "command": ["sh", "-c", "while :; do :; done"],
        "linux": {},
    });
    let container = ephemerd.start_config(&pod, &busy);

    let table = ephemerd.crictl(["stats", "--seconds", "1"]);
    let row: Vec<&str> = table.lines().nth(1).unwrap_or_default().split_whitespace().collect();
    assert_eq!(row[..2], [&container[..13], "busy"], "{table}");
    assert!(row[2].parse::<f64>().unwrap() > 1.0, "a busy container is shown as idle: {table}");
    let stats = ephemerd.json(["stats", "-o", "json", &container]);
    assert_eq!(stats["stats"][0]["attributes"]["id"], container.as_str());
    assert!(number(&stats["stats"][0]["memory"]["workingSetBytes"]["value"]) > 0, "{stats:#}");

    let stats = ephemerd.json(["statsp", "-o", "json"]);
    assert_eq!(stats["stats"][0]["attributes"]["id"], pod.id.as_str(), "{stats:#}");
    let table = ephemerd.crictl(["statsp"]);
    assert!(table.contains(&pod.id[..13]) && table.contains("web"), "{table}");

    let info = ephemerd.json(["imagefsinfo"]);
    let place = info["status"]["imageFilesystems"][0]["fsId"]["mountpoint"].as_str().unwrap_or_default();
    assert!(place.starts_with(ephemerd.data_dir.to_str().unwrap()), "{info:#}");
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn events_come_in_the_order_of_a_containers_life() {
    let real = Real::find();
    let ephemerd = real.serve("events");
    let path = ephemerd.data_dir.join("events.json");
    let mut command = ephemerd.command(["events", "--output", "json"]);
    let mut events = command.stdout(File::create(&path).unwrap()).spawn().unwrap();

    let pod = ephemerd.run_pod("web", "10032");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    ephemerd.crictl(["stop", "--timeout", "0", &container]);
    ephemerd.crictl(["rm", &container]);

    let all = ["CREATED", "STARTED", "STOPPED", "DELETED"].map(|kind| format!("CONTAINER_{kind}_EVENT"));
    let seen = || kinds(&fs::read_to_string(&path).unwrap(), &container);
    eventually("four events", || seen().len() >= 4, || fs::read_to_string(&path).unwrap());
    assert_eq!(seen(), all);
    events.kill().unwrap();
    events.wait().unwrap();
}

/// The kinds of the events of one container.
fn kinds(text: &str, container: &str) -> Vec<String> {
    // The last one may be written just now.
    let events = serde_json::Deserializer::from_str(text).into_iter::<Value>().map_while(Result::ok);
    let own = events.filter(|event| event["containerId"] == container);
    own.map(|event| event["containerEventType"].as_str().unwrap().to_owned()).collect()
}

/// A file of a container's cgroup, which has another name and place in cgroup's first version.
fn cgroup(ephemerd: &Ephemerd, container: &str, controller: &str, names: [&str; 2]) -> String {
    let pid = &ephemerd.json(["inspect", container])["info"]["pid"];
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let of = |controller: &str| {
        let mut fields = groups.lines().map(|line| line.splitn(3, ':').collect::<Vec<_>>());
        fields.find(|fields| fields[1].split(',').any(|name| name == controller)).map(|fields| fields[2].to_owned())
    };
    let path = match of(controller) {
        Some(group) => format!("/sys/fs/cgroup/{controller}{group}/{}", names[0]),
        None => format!("/sys/fs/cgroup{}/{}", of("").unwrap(), names[1]),
    };
    fs::read_to_string(PathBuf::from(&path)).unwrap_or_else(|error| panic!("{path}: {error}")).trim_end().to_owned()
}

fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_default()
}
