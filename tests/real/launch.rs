//! Pods and containers from config files, and images with and without a password.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Ephemerd, Real};
use crate::terminal::Terminal;

/// Has what YAML, shells and environments treat specially.
const GREETING: &str = "hé llo: \"$x\" = 'y' \\n #";

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_pod_and_two_containers_run_from_yaml() {
    pod_and_two_containers("yaml", |value| serde_yaml::to_string(value).unwrap());
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_pod_and_two_containers_run_from_json() {
    pod_and_two_containers("json", |value| format!("{value:#}"));
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn run_makes_pod_and_container_in_one_go() {
    let real = Real::find();
    let ephemerd = real.serve("run");
    let logs = ephemerd.data_dir.join("logs");
    let pod = write(&ephemerd, "pod.json", &pod_config("once", &logs).to_string());
    let container = container_config("server", &real["BUSYBOX_IMAGE"]);
    let container = write(&ephemerd, "container.json", &container.to_string());

    // The image is not there, and nobody is to fetch it.
    let refused = ephemerd.ends(["run", "--no-pull", &container, &pod]);
    assert_eq!(refused.status, Some(1));
    assert!(refused.err.contains("not found"), "{}", refused.err);
    ephemerd.crictl(["rmp", "--all", "--force"]);

    let id = ephemerd.crictl(["run", &container, &pod]);
    assert_eq!(ephemerd.crictl(["ps", "--quiet"]), id);
    assert_eq!(ephemerd.crictl(["pods", "--name", "once", "-q"]).lines().count(), 1);
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_locked_registry_opens_for_the_right_password_only() {
    let real = Real::find();
    let ephemerd = real.serve("locked");
    let (image, user, password) = (&real["LOCKED_IMAGE"], &real["LOCKED_USER"], &real["LOCKED_PASSWORD"]);
    let creds = format!("{user}:{password}");

    for args in [vec!["pull", image], vec!["pull", "--creds", "ada:byron", image]] {
        let ended = ephemerd.ends(args);
        assert_eq!((ended.status, ended.out.as_str()), (Some(1), ""));
        assert!(ended.err.contains("401 Unauthorized") || ended.err.contains("no basic auth"), "{}", ended.err);
    }
    assert_eq!(ephemerd.crictl(["images", "--quiet"]), "");

    let pulled = ephemerd.ends(["--debug", "pull", "--creds", &creds, image]);
    assert_eq!(pulled.status, Some(0), "{}", pulled.err);
    assert!(pulled.out.starts_with("Image is up to date for sha256:"), "{}", pulled.out);
    assert!(pulled.err.contains("PullImage") && !pulled.err.contains(password.as_str()), "{}", pulled.err);

    let auth = "YWRhOmxvdmVsYWNl";
    assert_eq!(ephemerd.crictl(["pull", "--auth", auth, image]), pulled.out);
    let output = ephemerd.command(["pull", image]).env("CRICTL_CREDS", &creds).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), pulled.out);
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_password_is_typed_without_being_shown() {
    let real = Real::find();
    let ephemerd = real.serve("typed");
    let pull = ephemerd.command(["pull", "--username", &real["LOCKED_USER"], &real["LOCKED_IMAGE"]]);
    let mut terminal = Terminal::run(&pull);
    terminal.expect("Enter Password:");
    terminal.expect_echo(false);
    terminal.type_text(&format!("{}\n", real["LOCKED_PASSWORD"]));
    terminal.expect("Image is up to date for sha256:");
    assert_eq!(terminal.end(), Some(0));
    assert!(!terminal.screen().contains(&real["LOCKED_PASSWORD"]), "{}", terminal.screen());
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn images_that_nobody_uses_are_pruned() {
    let real = Real::find();
    let ephemerd = real.serve("prune");
    let pod = ephemerd.run_pod("web", "10020");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    assert_eq!(ephemerd.crictl(["rmi", "--prune"]), "");
    assert_eq!(ephemerd.crictl(["images", "--quiet"]).lines().count(), 2);

    ephemerd.crictl(["rm", "--force", &container]);
    assert_eq!(ephemerd.crictl(["rmi", "--prune"]), format!("Deleted: {}\n", real["BUSYBOX_IMAGE"]));
    // The sandbox image is pinned.
    assert!(ephemerd.crictl(["images"]).contains("/test/pause "));
    assert_eq!(ephemerd.crictl(["images", "--quiet"]).lines().count(), 1);
}

/// Takes a pod and its containers through their lives, with config files in one of the languages.
fn pod_and_two_containers(language: &str, print: impl Fn(&Value) -> String) {
    let real = Real::find();
    let ephemerd = real.serve(language);
    let file = |name: &str, config: &Value| write(&ephemerd, &format!("{name}.{language}"), &print(config));
    let logs = ephemerd.data_dir.join("logs");
    let pod_file = file("pod", &pod_config("web", &logs));
    let pod = ephemerd.crictl(["runp", &pod_file]);
    let pod = pod.trim_end();

    let mut containers = Vec::new();
    for name in ["one", "two"] {
        let container_file = file(name, &container_config(name, &real["BUSYBOX_IMAGE"]));
        let created = ephemerd.crictl(["create", "--strict", "--with-pull", pod, &container_file, &pod_file]);
        assert_eq!(ephemerd.crictl(["start", created.trim_end()]), created);
        containers.push(created.trim_end().to_owned());
    }
    let listed = ephemerd.crictl(["ps", "--pod", pod, "-q"]);
    assert!(listed.lines().count() == 2 && containers.iter().all(|id| listed.contains(id)), "{listed}");
    for (id, name) in containers.iter().zip(["one", "two"]) {
        assert_eq!(ephemerd.crictl(["exec", id, "sh", "-c", "printf %s \"$GREETING\""]), GREETING);
        // A line ends each of the two outputs, also where there is one.
        assert_eq!(ephemerd.crictl(["exec", "--sync", id, "hostname"]), "host-of-web\n\n\n");
        assert_eq!(ephemerd.json(["inspect", id])["status"]["labels"]["role"], name);
    }

    let ids: Vec<&str> = containers.iter().map(String::as_str).collect();
    let all = |words: &[&'static str]| -> Vec<&str> { words.iter().copied().chain(ids.clone()).collect() };
    let answer = format!("{}\n{}\n", ids[0], ids[1]);
    assert_eq!(ephemerd.crictl(all(&["stop", "--timeout", "0"])), answer);
    assert_eq!(ephemerd.crictl(["ps", "-q"]), "");
    assert_eq!(ephemerd.json(["inspect", ids[0]])["status"]["state"], "CONTAINER_EXITED");
    assert_eq!(ephemerd.crictl(all(&["rm"])), answer);
    assert_eq!(ephemerd.crictl(["stopp", pod]), format!("Stopped sandbox {pod}\n"));
    assert_eq!(ephemerd.json(["inspectp", pod])["status"]["state"], "SANDBOX_NOTREADY");
    assert_eq!(ephemerd.crictl(["rmp", pod]), format!("Removed sandbox {pod}\n"));
    assert_eq!(ephemerd.crictl(["pods", "-q"]) + &ephemerd.crictl(["ps", "-a", "-q"]), "");
}

fn pod_config(name: &str, logs: &Path) -> Value {
    json!({
        "metadata": { "name": name, "namespace": "default", "uid": format!("uid-of-{name}"), "attempt": 1 },
        "hostname": format!("host-of-{name}"),
        "logDirectory": logs,
        "labels": { "app": name },
        "linux": {},
    })
}

fn container_config(name: &str, image: &str) -> Value {
    json!({
        "metadata": { "name": name },
        "image": { "image": image },
        "command": ["sleep"],
        "args": ["1000"],
        "envs": [{ "key": "GREETING", "value": GREETING }],
        "labels": { "role": name },
        "log_path": format!("{name}.log"),
        "linux": { "resources": { "cpu_shares": "256" } },
    })
}

/// Writes a config file and returns its path.
fn write(ephemerd: &Ephemerd, name: &str, text: &str) -> String {
    let path = ephemerd.data_dir.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}
