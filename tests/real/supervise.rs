//! What outlives a containerd or a `serve` that is killed.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::{Ephemerd, Real, eventually};

/// How many processes are killed at random; `KILLS=200` kills more, in about three minutes.
const KILLS: u32 = 20;

/// How soon containerd has to answer again.
const SOON: Duration = Duration::from_secs(5);

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_containerd_that_is_killed_is_started_again_and_its_containers_run_on() {
    let real = Real::find();
    let mut ephemerd = real.serve("killed");
    let pod = ephemerd.run_pod("web", "10030");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    let begun = ephemerd.crictl(["exec", &container, "cat", "/proc/1/stat"]);

    let killed = ephemerd.containerd();
    ephemerd.kill_containerd();
    answers_soon(&ephemerd);
    assert_ne!(ephemerd.containerd(), killed);
    assert_eq!(ephemerd.crictl(["exec", &container, "cat", "/proc/1/stat"]), begun);
    assert_eq!(ephemerd.crictl(["ps", "--quiet"]), format!("{container}\n"));
    let state = ephemerd.state();
    assert_eq!((&state["restarts"], &state["lastEnd"]["how"]), (&1.into(), &"was killed by signal 9".into()));
    assert_eq!(ephemerd.end(Signal::TERM).code(), Some(0));
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn what_a_killed_serve_left_is_taken_over_and_ends_with_the_next() {
    let real = Real::find();
    let ephemerd = real.serve("adopted");
    let pod = ephemerd.run_pod("web", "10031");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    let containerd = ephemerd.containerd();
    ephemerd.kill();

    let mut next = real.serve("adopted");
    assert_eq!((next.containerd(), &next.state()["containerd"]["adopted"]), (containerd, &true.into()));
    assert_eq!(next.crictl(["ps", "--quiet"]), format!("{container}\n"));
    // One that was taken over is watched as well as a child.
    next.kill_containerd();
    answers_soon(&next);
    assert_eq!(next.crictl(["ps", "--quiet"]), format!("{container}\n"));
    assert_eq!(next.end(Signal::TERM).code(), Some(0));
    let shims = processes(&next.data_dir.display().to_string());
    assert!(shims.iter().all(|line| line.contains("containerd-shim-runc-v2")) && shims.len() == 1, "{shims:#?}");
    assert!(!next.socket().exists() && !next.data_dir.join("ephemerd.json").exists());
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_containerd_that_is_taken_over_ends_with_the_serve_that_took_it_over() {
    let real = Real::find();
    let ephemerd = real.serve("left");
    ephemerd.kill();
    let mut next = real.serve("left");
    assert_eq!(next.end(Signal::TERM).code(), Some(0));
    assert_eq!(processes(&next.data_dir.display().to_string()), Vec::<String>::new());
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn nothing_is_lost_to_kills_at_random() {
    let real = Real::find();
    let mut ephemerd = real.serve("random");
    let mut containers: Vec<_> = (0..3)
        .map(|number| {
            let pod = ephemerd.run_pod(&format!("web-{number}"), &format!("1004{number}"));
            ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"])
        })
        .collect();
    containers.sort();
    let images = ephemerd.crictl(["images", "--quiet"]);
    let config = ephemerd.data_dir.join("containerd/config.toml").display().to_string();
    let kills = std::env::var("KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    // Any numbers will do, but the same in each run.
    let mut random = 1_u64;
    let mut next = move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        random >> 33
    };
    let start = Instant::now();
    let mut slowest = Duration::ZERO;
    for kill in 0..kills {
        // In the middle of a start too.
        thread::sleep(Duration::from_millis(next() % 700));
        if next() % 3 == 0 {
            ephemerd.kill();
            ephemerd = real.serve("random");
        } else {
            let pid = Pid::from_raw(ephemerd.containerd()).unwrap();
            // It may have ended already, and `serve` not have noticed.
            let _ = kill_process(pid, Signal::KILL);
            if next() % 2 == 0 {
                slowest = slowest.max(answers_soon(&ephemerd));
            }
        }
        // For a moment, what a containerd starts looks like it.
        let containerds = || processes(&config);
        eventually(
            "one containerd at most",
            || containerds().len() <= 1,
            || format!("kill {kill}: {:#?}", containerds()),
        );
    }
    slowest = slowest.max(answers_soon(&ephemerd));
    let mut running: Vec<_> = ephemerd.crictl(["ps", "--quiet"]).lines().map(str::to_owned).collect();
    running.sort();
    assert_eq!((running, ephemerd.crictl(["images", "--quiet"])), (containers.clone(), images));
    for container in &containers {
        assert_eq!(ephemerd.crictl(["exec", container, "echo", "here"]), "here\n");
    }
    let took = start.elapsed();
    writeln!(std::io::stderr(), "{kills} kills in {took:?}, answering again in {slowest:?} at most").unwrap();
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn systemd_hears_that_containerd_is_ready_and_a_client_elsewhere_reaches_it() {
    let real = Real::find();
    let heard = real.data_dir("notify");
    let socket = UnixDatagram::bind(&heard).unwrap();
    socket.set_nonblocking(true).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let ephemerd = real.serve_with("tcp", |command| {
        command.env("NOTIFY_SOCKET", &heard).args(["--containerd-tcp-port", &port]);
    });
    let lines = || {
        let mut bytes = [0; 256];
        let length = socket.recv(&mut bytes).unwrap_or(0);
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    let said: Vec<String> = std::iter::repeat_with(lines).take_while(|line| !line.is_empty()).collect();
    assert_eq!(said, ["STATUS=is starting containerd", "STATUS=has seen containerd answer", "READY=1"]);
    let endpoint = format!("tcp://127.0.0.1:{port}");
    assert!(ephemerd.crictl(["-r", &endpoint, "version"]).contains("RuntimeName:  containerd\n"));
    fs::write(ephemerd.data_dir.join("containerd/endpoint"), &endpoint).unwrap();
    assert!(ephemerd.crictl(["info"]).contains("RuntimeReady"));

    // By TCP, containerd answers the CRI alone.
    let status = status(&ephemerd);
    assert_eq!((&status["state"], &status["endpoint"]), (&"up".into(), &endpoint.into()), "{status:#}");
    assert_eq!(status["namespaces"], Value::Null, "{status:#}");
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn status_counts_what_is_in_each_namespace() {
    let real = Real::find();
    let ephemerd = real.serve("status");
    let pod = ephemerd.run_pod("web", "10033");
    ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    let status = status(&ephemerd);
    assert_eq!((&status["state"], &status["phase"]), (&"up".into(), &"up".into()), "{status:#}");
    assert_eq!(status["socket"], json!({ "uid": 0, "gid": 0, "mode": "0660" }));
    assert_eq!(status["containerd"]["pid"], ephemerd.containerd());
    assert!(status["versions"]["containerd"].as_str().unwrap().starts_with("2."), "{status:#}");
    let [namespace] = status["namespaces"].as_array().unwrap().as_slice() else { panic!("{status:#}") };
    assert_eq!((&namespace["name"], &namespace["running"]), (&"k8s.io".into(), &1.into()), "{status:#}");
    assert_eq!(status["problem"], Value::Null);
}

/// The status of a containerd that is up.
fn status(ephemerd: &Ephemerd) -> Value {
    let status = ephemerd.status(["-o", "json"]);
    assert_eq!((status.status, status.err.as_str()), (Some(0), ""));
    serde_json::from_str(&status.out).unwrap()
}

/// Waits until containerd answers again, and returns how long that took.
fn answers_soon(ephemerd: &Ephemerd) -> Duration {
    let start = Instant::now();
    eventually("an answer", || ephemerd.ends(["pods", "--quiet"]).status == Some(0), || ephemerd.state().to_string());
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    start.elapsed()
}

/// The command lines that name this.
fn processes(name: &str) -> Vec<String> {
    let lines = fs::read_dir("/proc").unwrap().filter_map(|dir| fs::read(dir.unwrap().path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).filter(|line| line.contains(name)).collect()
}
