//! crictl over containerd's own namespaces: what `ctr` made there, as ephemerd makes its jobs, and what `ctr` says of it
//! afterwards.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Ended, Ephemerd, Real, eventually};

pub(crate) const JOBS: &str = "ephemerd";
pub(crate) const DOCKER: &str = "ephemerd-dind-7";

/// containerd's own client, for one data directory.
pub(crate) struct Ctr<'a> {
    pub(crate) real: &'a Real,
    pub(crate) ephemerd: &'a Ephemerd,
}

impl Ctr<'_> {
    /// What it prints.
    pub(crate) fn run<'a>(&self, namespace: &str, args: impl IntoIterator<Item = &'a str>) -> String {
        let args: Vec<&str> = args.into_iter().collect();
        let output = self.command(namespace).args(&args).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "ctr {args:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// One that is not started yet.
    pub(crate) fn command(&self, namespace: &str) -> Command {
        let mut command = Command::new(Path::new(&self.real["CONTAINERD"]).with_file_name("ctr"));
        command.arg("--address").arg(self.ephemerd.socket()).args(["--namespace", namespace]);
        command
    }

    pub(crate) fn pull(&self, namespace: &str) {
        self.run(namespace, ["images", "pull", "--plain-http", "--local", &self.real["BUSYBOX_IMAGE"]]);
    }

    /// Makes a container in the form of a job: its output in one plain file. Returns where.
    pub(crate) fn job(&self, namespace: &str, id: &str, command: &str) -> PathBuf {
        let log = self.ephemerd.data_dir.join(format!("{namespace}-{id}.log"));
        let uri = format!("file://{}", log.display());
        self.made(namespace, &["run", "--detach", "--log-uri", &uri], id, command);
        log
    }

    pub(crate) fn made(&self, namespace: &str, verb: &[&str], id: &str, command: &str) {
        self.run(namespace, self.making(namespace, verb, id, command).iter().map(String::as_str));
    }

    /// The words that make a container. The cgroup of one that runs is that of no other test: ctr would name it by
    /// namespace and id alone, and all containerds of a machine share them.
    pub(crate) fn making(&self, namespace: &str, verb: &[&str], id: &str, command: &str) -> Vec<String> {
        let cgroup = format!("{}/{namespace}/{id}", self.ephemerd.data_dir.display());
        let root = self.ephemerd.data_dir.join("containerd/state/runc");
        let runc = ["--runc-binary", &self.real["RUNC"], "--runc-root", root.to_str().unwrap()];
        let cgroup = ["--cgroup", &cgroup].into_iter().filter(|_| verb[0] == "run");
        let rest = [self.real["BUSYBOX_IMAGE"].as_str(), id, "sh", "-c", command];
        verb.iter().copied().chain(runc).chain(cgroup).chain(rest).map(str::to_owned).collect()
    }

    /// The pid and the state of each task, by id.
    pub(crate) fn task(&self, namespace: &str, id: &str) -> Option<(String, String)> {
        let tasks = self.run(namespace, ["tasks", "ls"]);
        let rows = tasks.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
        let mut rows = rows.filter(|row| row.first() == Some(&id));
        rows.next().map(|row| (row[1].to_owned(), row[2].to_owned()))
    }

    pub(crate) fn ids(&self, namespace: &str) -> Vec<String> {
        self.run(namespace, ["containers", "ls", "-q"]).lines().map(str::to_owned).collect()
    }
}

/// Runs a command in the namespace of the jobs.
pub(crate) fn crictl<'a>(ephemerd: &Ephemerd, args: impl IntoIterator<Item = &'a str>) -> String {
    ephemerd.crictl(["--ns", JOBS].into_iter().chain(args))
}

pub(crate) fn ends<'a>(ephemerd: &Ephemerd, args: impl IntoIterator<Item = &'a str>) -> Ended {
    ephemerd.ends(["--ns", JOBS].into_iter().chain(args))
}

/// The status of a container, and what crictl shows beside it.
fn inspect(ephemerd: &Ephemerd, id: &str) -> (Value, Value) {
    let document = ephemerd.json(["--ns", JOBS, "inspect", id]);
    (document["status"].clone(), document["info"].clone())
}

fn exits(ephemerd: &Ephemerd, id: &str) {
    let state = || inspect(ephemerd, id).0["state"].as_str().unwrap_or_default().to_owned();
    eventually("the job's end", || state() == "CONTAINER_EXITED", state);
}

/// The states of all containers of the jobs' namespace, as `ps -a` has them.
fn states(ephemerd: &Ephemerd) -> Vec<(String, String)> {
    let listed = ephemerd.json(["--ns", JOBS, "ps", "-a", "-o", "json"]);
    let containers = listed["containers"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut states: Vec<_> = containers.map(|it| (text(&it["id"]), text(&it["state"]))).collect();
    states.sort();
    states
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn jobs_are_listed_inspected_stopped_started_and_removed() {
    let real = Real::find();
    let ephemerd = real.serve("jobs");
    let ctr = Ctr { real: &real, ephemerd: &ephemerd };
    ctr.pull(JOBS);
    let log = ctr.job(JOBS, "running", "trap 'exit 5' TERM; echo begun; while :; do sleep 0.1; done");
    ctr.job(JOBS, "failed", "echo oops; exit 3");
    ctr.job(JOBS, "killed", "sleep 1000");
    ctr.made(JOBS, &["containers", "create"], "idle", "sleep 1000");
    let (pid, _) = ctr.task(JOBS, "running").unwrap();
    ctr.run(JOBS, ["tasks", "kill", "-s", "KILL", "killed"]);
    exits(&ephemerd, "failed");
    exits(&ephemerd, "killed");

    let expected = [("failed", "EXITED"), ("idle", "CREATED"), ("killed", "EXITED"), ("running", "RUNNING")];
    let expected = expected.map(|(id, state)| (id.to_owned(), format!("CONTAINER_{state}")));
    assert_eq!(states(&ephemerd), expected);
    assert_eq!(crictl(&ephemerd, ["ps", "-q"]), "running\n");
    let (status, info) = inspect(&ephemerd, "running");
    assert_eq!((info["pid"].to_string(), &status["logPath"]), (pid, &Value::from(log.to_str().unwrap())));
    let started: jiff::Timestamp = status["startedAt"].as_str().unwrap().parse().unwrap();
    let created: jiff::Timestamp = status["createdAt"].as_str().unwrap().parse().unwrap();
    let passed = started.duration_since(created).as_secs();
    assert!((0..60).contains(&passed), "{status:#}");
    assert_eq!(inspect(&ephemerd, "failed").0["exitCode"], 3);
    assert_eq!(inspect(&ephemerd, "killed").0["exitCode"], 137);
    assert_eq!(inspect(&ephemerd, "idle").0["reason"], "no task");
    assert_eq!(["failed", "killed"].map(|id| crictl(&ephemerd, ["logs", id])), ["oops\n", ""]);
    assert!(ends(&ephemerd, ["logs", "idle"]).err.contains("container idle has no log path; it has no task"));
    for id in ["failed", "killed", "idle"] {
        let path = ephemerd.data_dir.join("state.tar");
        for command in [&["exec", id, "true"][..], &["checkpoint", "--export", path.to_str().unwrap(), id]] {
            let refused = ends(&ephemerd, command.iter().copied());
            let why = format!("container \\\"{id}\\\" is not running");
            assert!(refused.status == Some(1) && refused.err.contains(&why), "{refused:?}");
        }
        assert!(!path.exists());
    }
    let stats = ephemerd.json(["--ns", JOBS, "stats", "-o", "json", "running"]);
    let memory = stats["stats"][0]["memory"]["usageBytes"]["value"].as_str().unwrap_or("0").parse::<u64>().unwrap();
    assert!(memory > 0, "{stats:#}");

    assert_eq!(crictl(&ephemerd, ["stop", "--timeout", "20", "running"]), "running\n");
    assert_eq!(inspect(&ephemerd, "running").0["exitCode"], 5);
    assert_eq!(ctr.task(JOBS, "running").unwrap().1, "STOPPED");
    assert_eq!(crictl(&ephemerd, ["start", "idle"]), "idle\n");
    let (pid, state) = ctr.task(JOBS, "idle").unwrap();
    assert_eq!((state.as_str(), inspect(&ephemerd, "idle").1["pid"].to_string()), ("RUNNING", pid));
    let refused = ends(&ephemerd, ["rm", "idle"]);
    assert_eq!((refused.status, refused.err.contains("is running")), (Some(1), true), "{}", refused.err);
    crictl(&ephemerd, ["rm", "-f", "idle", "failed", "killed", "running"]);
    assert_eq!((ctr.ids(JOBS), log.exists()), (Vec::new(), false));
    assert_eq!(ctr.run(JOBS, ["snapshots", "ls"]).lines().filter(|line| line.contains("Active")).count(), 0);
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn one_list_has_pods_jobs_and_what_they_run_in_docker() {
    let real = Real::find();
    let ephemerd = real.serve("all");
    let ctr = Ctr { real: &real, ephemerd: &ephemerd };
    let pod = ephemerd.run_pod("web", "10040");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    for namespace in [JOBS, DOCKER] {
        ctr.pull(namespace);
        ctr.job(namespace, "job", "sleep 1000");
    }
    ctr.job(DOCKER, "sibling", "sleep 1000");
    let listed = ephemerd.json(["--ns", "all", "ps", "-o", "json"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let listed = listed["containers"].as_array().unwrap().iter();
    let mut listed: Vec<_> = listed.map(|it| (text(&it["containerdNamespace"]), text(&it["id"]))).collect();
    listed.sort();
    let expected = [(JOBS, "job"), (DOCKER, "job"), (DOCKER, "sibling"), ("k8s.io", container.as_str())];
    assert_eq!(listed, expected.map(|(namespace, id)| (namespace.to_owned(), id.to_owned())));

    let namespaces = ephemerd.json(["ns", "-o", "json"]);
    let docker = namespaces["namespaces"].as_array().unwrap().iter().find(|it| it["name"] == DOCKER).unwrap();
    assert_eq!((&docker["containers"], &docker["running"], &docker["images"]), (&2.into(), &2.into(), &1.into()));
    let ambiguous = ephemerd.ends(["--ns", "all", "stop", "job"]);
    assert!(ambiguous.err.contains(&format!("job in {JOBS}, job in {DOCKER}")), "{}", ambiguous.err);
    ephemerd.crictl(["--ns", "all", "rm", "-f", "sibling"]);
    assert_eq!(ctr.ids(DOCKER), ["job"]);
    for namespace in [JOBS, DOCKER] {
        ephemerd.crictl(["--ns", namespace, "rm", "-f", "job"]);
    }
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn an_image_has_the_size_and_the_id_that_the_cri_gives_it() {
    let real = Real::find();
    let ephemerd = real.serve("sizes");
    let ctr = Ctr { real: &real, ephemerd: &ephemerd };
    let image = real["BUSYBOX_IMAGE"].as_str();
    ephemerd.crictl(["pull", image]);
    ctr.pull(JOBS);
    ctr.run(JOBS, ["images", "tag", image, "registry.test/again:2"]);
    let cri = ephemerd.json(["inspecti", image])["status"].clone();
    let own = ephemerd.json(["--ns", JOBS, "images", "-o", "json"])["images"][0].clone();
    assert_eq!((&own["id"], &own["size"], &own["repoDigests"][0]), (&cri["id"], &cri["size"], &cri["repoDigests"][0]));
    assert_eq!(own["repoTags"].as_array().unwrap().len(), 2, "{own:#}");
    assert_eq!(crictl(&ephemerd, ["rmi", image]), format!("Deleted: {image}\n"));
    assert_eq!(ctr.run(JOBS, ["images", "ls", "-q"]), "registry.test/again:2\n");
    // Nothing is left of the file that only this namespace had.
    crictl(&ephemerd, ["rmi", "--all"]);
    assert_eq!(ctr.run(JOBS, ["images", "ls", "-q"]), "");
    assert!(fs::exists(ephemerd.socket()).unwrap());
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn raw_calls_show_and_change_what_ctr_does() {
    let real = Real::find();
    let ephemerd = real.serve("raw");
    let ctr = Ctr { real: &real, ephemerd: &ephemerd };
    ctr.pull(JOBS);
    ctr.job(JOBS, "job", "sleep 1000");
    let raw = |args: &[&str]| ephemerd.json(["--ns", JOBS, "rpc", "containerd"].iter().chain(args).copied());

    let version = raw(&["version", "version"])["version"].clone();
    assert!(crictl(&ephemerd, ["version"]).contains(version.as_str().unwrap()), "{version}");
    let task = &raw(&["tasks", "list"])["tasks"][0];
    let (pid, _) = ctr.task(JOBS, "job").unwrap();
    assert_eq!((&task["id"], &task["status"], task["pid"].to_string()), (&"job".into(), &"RUNNING".into(), pid));
    let container = raw(&["containers", "get", "--id", "job"])["container"].clone();
    assert!(container["createdAt"].as_str().unwrap().ends_with('Z'), "{container:#}");
    let spec: Value = serde_json::from_str(&ctr.run(JOBS, ["containers", "info", "--spec", "job"])).unwrap();
    assert_eq!(container["spec"]["value"], spec);
    assert_eq!(container["runtime"]["options"]["@type"], "containerd.runc.v1.Options");
    assert_eq!(container["runtime"]["options"]["binaryName"], real["RUNC"]);
    let metric = &raw(&["tasks", "metrics"])["metrics"][0];
    let kind = metric["data"]["@type"].as_str().unwrap();
    assert!(kind.starts_with("io.containerd.cgroups.v") && metric["data"]["memory"].is_object(), "{metric:#}");

    // A mask, a time, and what is sent as it was shown.
    let label = ["--container.id", "job", "--container.labels", "a=b", "--update-mask", "labels.a"];
    raw(&[&["containers", "update"][..], &label].concat());
    let labels = ctr.run(JOBS, ["containers", "info", "job"]);
    assert_eq!(serde_json::from_str::<Value>(&labels).unwrap()["Labels"]["a"], "b");
    let epoch = ["leases", "create", "--id", "l", "--labels", "containerd.io/gc.expire=2099-01-01T00:00:00Z"];
    assert_eq!(raw(&epoch)["lease"]["id"], "l");
    assert!(ctr.run(JOBS, ["leases", "ls", "-q"]).contains('l'));
    raw(&["leases", "delete", "--id", "l"]);
    assert_eq!(ctr.run(JOBS, ["leases", "ls", "-q"]), "");

    // Streams, both ways.
    let image = raw(&["images", "get", "--name", &real["BUSYBOX_IMAGE"]])["image"]["target"].clone();
    let digest = image["digest"].as_str().unwrap();
    let read = raw(&["content", "read", "--digest", digest]);
    let manifest = read["data"].as_str().unwrap().to_owned();
    let size = image["size"].as_str().unwrap();
    let parts = [
        serde_json::json!({"action": "WRITE", "ref": "r", "total": size, "data": manifest}).to_string(),
        serde_json::json!({"action": "COMMIT", "ref": "r", "total": size, "offset": size, "expected": digest})
            .to_string(),
    ];
    // In a namespace that has nothing of it.
    let write = ["--ns", DOCKER, "rpc", "containerd", "content", "write", "--data", &parts.join("\n---\n")];
    let written = ephemerd.crictl(write);
    let last: Value = serde_json::from_str(written.lines().last().unwrap()).unwrap();
    assert_eq!((&last["action"], &last["digest"]), (&"COMMIT".into(), &digest.into()), "{written}");
    assert!(ctr.run(DOCKER, ["content", "ls", "-q"]).contains(digest));
    let subscribed = ["rpc", "containerd", "events", "subscribe", "--for", "300ms", "--filters", "topic==\"/none\""];
    assert_eq!(ephemerd.crictl(subscribed), "");

    raw(&["tasks", "kill", "--container-id", "job", "--signal", "9"]);
    let ended = raw(&["tasks", "wait", "--container-id", "job", "--timeout", "20s"]);
    assert_eq!(ended["exitStatus"], 137);
    assert!(ended["exitedAt"].as_str().unwrap().starts_with("20"), "{ended}");
    // The task that `ctr` made is gone by `ctr` or by this.
    raw(&["tasks", "delete", "--container-id", "job"]);
    let missing = ends(&ephemerd, ["rpc", "containerd", "tasks", "get", "--container-id", "job"]);
    assert_eq!(missing.status, Some(64 + 5), "{}", missing.err);
    raw(&["containers", "delete", "--id", "job"]);
    assert_eq!(ctr.ids(JOBS), [""; 0]);

    // The same through protos, as other people have theirs.
    let proto = concat!(env!("CARGO_MANIFEST_DIR"), "/proto/containerd/2.3");
    let file = format!("{proto}/services/images/v1/images.proto");
    let listed = ephemerd.json(["--ns", JOBS, "rpc", "--proto", &file, "-I", proto, "list"]);
    assert_eq!(listed["images"][0]["name"], real["BUSYBOX_IMAGE"]);
}
