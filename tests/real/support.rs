//! An `ephemerd serve` of a test's own, and the pods in it.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::ops::Index;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

const EPHEMERD: &str = env!("CARGO_BIN_EXE_ephemerd");

/// What `tests/real/up` has made ready: programs, registries, images.
pub(crate) struct Real {
    scratch: PathBuf,
    values: HashMap<String, String>,
}

impl Real {
    pub(crate) fn find() -> Self {
        let path = std::env::var_os("REAL_CONTAINERD_ENV").map(PathBuf::from);
        let path = path.expect("REAL_CONTAINERD_ENV names the file `env` that tests/real/up has written");
        let text = fs::read_to_string(&path).unwrap();
        let values = text.lines().filter_map(|line| line.split_once('='));
        let values = values.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Self { scratch: path.parent().unwrap().to_owned(), values }
    }

    pub(crate) fn data_dir(&self, name: &str) -> PathBuf {
        self.scratch.join(name)
    }

    /// Serves a data directory until the value is dropped.
    pub(crate) fn serve(&self, name: &str) -> Ephemerd {
        self.serve_with(name, |_| ())
    }

    /// As [`Real::serve`], with more flags or variables.
    pub(crate) fn serve_with(&self, name: &str, change: impl FnOnce(&mut Command)) -> Ephemerd {
        let mut command = self.command(name);
        change(&mut command);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut endpoint = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut endpoint).unwrap();
        assert!(!endpoint.is_empty(), "serve ended before containerd answered: {:?}", child.wait());
        Ephemerd { data_dir: self.data_dir(name), endpoint: endpoint.trim_end().to_owned(), child }
    }

    /// The status and the error of a `serve` that does not start.
    pub(crate) fn refused(&self, name: &str) -> (Option<i32>, String) {
        let mut child = self.command(name).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut error = String::new();
        child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        (child.wait().unwrap().code(), error)
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(EPHEMERD);
        command.arg("--data-dir").arg(self.data_dir(name)).arg("serve").args(["--containerd", &self["CONTAINERD"]]);
        command.args(["--runc", &self["RUNC"], "--sandbox-image", &self["PAUSE_IMAGE"]]);
        command
    }
}

impl Index<&str> for Real {
    type Output = String;

    fn index(&self, key: &str) -> &String {
        &self.values[key]
    }
}

/// How a crictl ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Waits until something is so, at most for half a minute; then fails with how it was instead.
pub(crate) fn eventually(what: &str, mut so: impl FnMut() -> bool, instead: impl FnOnce() -> String) {
    let start = Instant::now();
    while !so() {
        if start.elapsed() > Duration::from_secs(30) {
            panic!("waited in vain for {what}: {}", instead());
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// A pod: its id, and its config, which containers are created with too.
pub(crate) struct Pod {
    pub(crate) id: String,
    config: Value,
}

/// A served data directory.
pub(crate) struct Ephemerd {
    pub(crate) data_dir: PathBuf,
    pub(crate) endpoint: String,
    child: Child,
}

impl Ephemerd {
    /// What crictl prints.
    pub(crate) fn crictl<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> String {
        let args: Vec<&str> = args.into_iter().collect();
        let ended = self.ends(args.iter().copied());
        assert_eq!(ended.status, Some(0), "{args:?}: {}", ended.err);
        ended.out
    }

    /// How crictl ends, whether well or not.
    pub(crate) fn ends<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ended {
        ended(&mut self.command(args))
    }

    /// How `ephemerd status` ends.
    pub(crate) fn status<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ended {
        let mut command = Command::new(EPHEMERD);
        command.arg("--data-dir").arg(&self.data_dir).arg("status").args(args);
        ended(&mut command)
    }

    /// A crictl that is not started yet. With a pod to make, or others at work, two seconds are soon over.
    pub(crate) fn command<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(EPHEMERD);
        // The one of the machine may say anything.
        command.env("CRI_CONFIG_FILE", "/dev/null");
        command.arg("--data-dir").arg(&self.data_dir).args(["crictl", "--timeout", "60s"]).args(args);
        command
    }

    pub(crate) fn json<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Value {
        serde_json::from_str(&self.crictl(args)).unwrap()
    }

    /// Calls a method with a whole request.
    pub(crate) fn rpc(&self, method: &str, request: &Value) -> Value {
        self.json(["rpc", method, "--data", &request.to_string()])
    }

    pub(crate) fn run_pod(&self, name: &str, uid: &str) -> Pod {
        let logs = self.data_dir.join("logs").join(name);
        let metadata = json!({ "name": name, "namespace": "default", "uid": uid });
        self.run_pod_config(json!({ "metadata": metadata, "log_directory": logs, "linux": {} }))
    }

    pub(crate) fn run_pod_config(&self, config: Value) -> Pod {
        let answer = self.rpc("run-pod-sandbox", &json!({ "config": config }));
        Pod { id: text(&answer["podSandboxId"]), config }
    }

    /// Starts a container that sleeps, and returns its id.
    pub(crate) fn start(&self, pod: &Pod, name: &str, image: &str) -> String {
        let log_path = format!("{name}.log");
        let command = ["sleep", "1000"];
        self.start_config(
            pod,
            &json!({
                "metadata": { "name": name }, "image": { "image": image }, "command": command,
                "log_path": log_path, "linux": {},
            }),
        )
    }

    /// Starts a container of a config that names its image, and returns its id.
    pub(crate) fn start_config(&self, pod: &Pod, config: &Value) -> String {
        self.rpc("pull-image", &json!({ "image": config["image"] }));
        let request = json!({ "pod_sandbox_id": pod.id, "config": config, "sandbox_config": pod.config });
        let id = text(&self.rpc("create-container", &request)["containerId"]);
        self.rpc("start-container", &json!({ "container_id": id }));
        id
    }

    /// Waits until a container has ended.
    pub(crate) fn exited(&self, container: &str) {
        let state = || text(&self.json(["inspect", container])["status"]["state"]);
        eventually("the container's end", || state() == "CONTAINER_EXITED", state);
    }

    pub(crate) fn socket(&self) -> &Path {
        Path::new(self.endpoint.trim_start_matches("unix://"))
    }

    /// The process id of the containerd that is served.
    pub(crate) fn containerd(&self) -> i32 {
        i32::try_from(self.state()["containerd"]["pid"].as_i64().unwrap()).unwrap()
    }

    /// What `serve` tells of itself.
    pub(crate) fn state(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.data_dir.join("ephemerd.json")).unwrap()).unwrap()
    }

    pub(crate) fn kill_containerd(&self) {
        kill_process(Pid::from_raw(self.containerd()).unwrap(), Signal::KILL).unwrap();
    }

    /// Kills `serve` itself, which can do nothing about it.
    pub(crate) fn kill(mut self) {
        assert_eq!(self.end(Signal::KILL).code(), None);
    }

    /// Sends a signal and waits for the end.
    pub(crate) fn end(&mut self, signal: Signal) -> ExitStatus {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.wait()
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

/// Ends what still runs; pods are left to `tests/real/down`, which must be able to end them anyway.
impl Drop for Ephemerd {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
            let _ = self.child.wait();
        }
    }
}

fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
