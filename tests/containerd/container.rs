use crictl::generated::containerd::v1::types::Status as TaskStatus;
use crictl::generated::io::containerd::cgroups::v2;
use prost::Message as _;
use prost_types::Any;
use serde_json::{Value, json};

use super::{containerd, images, jobs, run, space};
use crate::support::fake::containerd::Space;

#[test]
fn ps_lists_the_containers_of_a_namespace_with_the_states_of_their_tasks() {
    let served = containerd([("ephemerd", jobs())]).serve();
    let output = run(&served, ["ps", "-a"]);
    let rows: Vec<Vec<_>> = output.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    let states: Vec<_> = rows[1..].iter().map(|row| (row[0], row[1], row[5], row[6])).collect();
    let image = "docker.io/library/busybox:1";
    assert_eq!(
        states,
        [
            ("job-1", image, "Running", "build"),
            ("job-2", image, "Exited", "job-2"),
            ("job-3", image, "Exited", "job-3"),
            ("job-4", image, "Created", "job-4"),
        ]
    );
    assert_eq!(rows[0].join(" "), "CONTAINER IMAGE CREATED STATE NAME ATTEMPT POD ID POD NAMESPACE");
    assert_eq!((output.errors().as_str(), output.status), ("", 0));
    assert_eq!(run(&served, ["ps", "-q"]).stdout, "job-1\n");
    assert_eq!(run(&served, ["ps", "-q", "--state", "exited", "--id", "job-3"]).stdout, "job-3\n");
    assert_eq!(run(&served, ["ps", "-aq", "--name", "build"]).stdout, "job-1\n");
    assert_eq!(run(&served, ["ps", "-aq", "--label", "nerdctl/name=build"]).stdout, "job-1\n");
    assert_eq!(run(&served, ["ps", "-aq", "--pod", "p"]).stdout, "");
}

#[test]
fn ps_makes_two_calls_and_none_of_the_cri() {
    let served = containerd([("ephemerd", jobs())]).serve();
    run(&served, ["ps", "-a"]);
    let state = served.fake.state();
    let calls = state.containerd.as_ref().unwrap().calls.clone();
    assert_eq!((calls, state.calls.len()), (vec!["ephemerd Containers.List".into(), "ephemerd Tasks.List".into()], 0));
}

#[test]
fn inspect_tells_how_a_job_ended_where_its_log_is_and_what_it_was_made_with() {
    let spec = json!({
        "process": { "args": ["make"], "oomScoreAdj": 5 },
        "mounts": [{ "destination": "/w", "type": "bind", "source": "/jobs/w", "options": ["rbind", "ro"] }],
        "linux": { "resources": { "memory": { "limit": 4096 } } },
    });
    let jobs = images().container("job-2", Some((TaskStatus::Stopped, 3))).with(|job| {
        let value = spec.to_string().into_bytes();
        let type_url = "types.containerd.io/opencontainers/runtime-spec/1/Spec".to_owned();
        job.spec = Some(Any { type_url, value });
    });
    let served = containerd([("ephemerd", jobs)]).serve();
    let output = run(&served, ["inspect", "job-2"]);
    assert_eq!((output.errors().as_str(), output.status), ("", 0));
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let (status, info) = (&document["status"], &document["info"]);
    assert_eq!((&status["state"], &status["exitCode"]), (&json!("CONTAINER_EXITED"), &json!(3)));
    assert_eq!((&status["reason"], &status["logPath"]), (&json!("Error"), &json!("/jobs/job-2.log")));
    assert_eq!(status["finishedAt"], "2025-06-15T14:58:20Z");
    assert_eq!(status["imageRef"], super::sha("c"));
    assert_eq!(status["mounts"][0]["hostPath"], "/jobs/w");
    assert_eq!(status["resources"]["linux"]["memoryLimitInBytes"], "4096");
    assert_eq!((&info["containerdNamespace"], &info["pid"]), (&json!("ephemerd"), &json!(4242)));
    assert_eq!((&info["runtimeSpec"], &info["io"]["stdout"]), (&spec, &json!("file:///jobs/job-2.log")));

    let quiet = run(&served, ["inspect", "-q", "-o", "table", "job-2"]);
    assert!(quiet.stdout.starts_with("ID: job-2\nName: job-2\nState: CONTAINER_EXITED\n"), "{quiet:?}");
    assert!(quiet.stdout.contains("Exit Code: 3\n"), "{quiet:?}");
}

#[test]
fn an_id_may_be_cut_short_unless_several_begin_so() {
    let served = containerd([("ephemerd", jobs().container("job-22", None).container("x.1", None))]).serve();
    let id = |word: &str| {
        let output = run(&served, ["inspect", "-o", "go-template", "--template", "{{.status.id}}", word]);
        let message = output.message();
        if output.status == 0 { output.stdout } else { message.split(" desc = ").next().unwrap().to_owned() }
    };
    assert_eq!([id("job-1"), id("job-2"), id("x.")], ["job-1\n", "job-2\n", "x.1\n"]);
    let code = "(ContainerStatus: rpc error: code =";
    let several = "job-1, job-2, job-22, job-3, job-4";
    assert_eq!(id("job"), format!("\"job\" is the beginning of several ids: {several} {code} InvalidArgument"));
    for word in ["nope", "x.2", "x-1", ".*"] {
        assert_eq!(id(word), format!("no container {word:?} in containerd's namespace ephemerd {code} NotFound"));
    }
}

#[test]
fn stop_asks_with_the_containers_own_signal_and_then_kills() {
    let job = |id: &str| images().container(id, Some((TaskStatus::Running, 0)));
    let labelled = job("a").with(|job| {
        job.labels.insert("io.containerd.image.config.stop-signal".to_owned(), "SIGRTMIN+3".to_owned());
    });
    let bare = job("a").with(|job| job.image = "gone:1".to_owned());
    let stubborn = Space { stubborn: true, ..job("a") };
    for (jobs, timeout, signals) in [
        (job("a"), "5", vec![3]),
        (labelled, "5", vec![37]),
        (bare, "5", vec![15]),
        (job("a"), "0", vec![9]),
        (stubborn, "1", vec![3, 9]),
    ] {
        let served = containerd([("ephemerd", jobs)]).serve();
        assert_eq!(run(&served, ["stop", "--timeout", timeout, "a"]).all(), ("a\n", String::new(), 0));
        let sent: Vec<_> = space(&served, "ephemerd").signals.into_iter().map(|(_, signal)| signal).collect();
        assert_eq!(sent, signals);
    }
}

#[test]
fn stop_leaves_what_does_not_run_alone_and_lets_go_what_is_paused() {
    let served = containerd([("ephemerd", jobs().container("job-5", Some((TaskStatus::Paused, 0))))]).serve();
    assert_eq!(run(&served, ["stop", "job-2", "job-4"]).all(), ("job-2\njob-4\n", String::new(), 0));
    assert!(space(&served, "ephemerd").signals.is_empty());
    assert_eq!(run(&served, ["stop", "job-5"]).status, 0);
    assert_eq!(space(&served, "ephemerd").signals, [("job-5".to_owned(), 9)]);
    let broken = containerd([("ephemerd", jobs().with(|_| {}))]).serve();
    broken.fake.state().containerd.as_mut().unwrap().spaces.get_mut("ephemerd").unwrap().containers[0]
        .labels
        .insert("io.containerd.image.config.stop-signal".to_owned(), "SIGNOPE".to_owned());
    let message = run(&broken, ["stop", "--timeout", "1", "job-1"]).message();
    assert!(message.starts_with("\"SIGNOPE\", by which container \"job-1\" is stopped, is no signal"), "{message}");
}

#[test]
fn start_starts_what_was_made_and_makes_the_task_that_is_missing() {
    let jobs = jobs().with(|job| {
        job.labels.insert("nerdctl/log-uri".to_owned(), "file:///l".to_owned());
    });
    let served = containerd([("ephemerd", jobs.container("made", Some((TaskStatus::Created, 0))))]).serve();
    assert_eq!(run(&served, ["start", "made", "job-4"]).all(), ("made\njob-4\n", String::new(), 0));
    assert_eq!(run(&served, ["ps", "-q"]).stdout.lines().count(), 3);
    assert_eq!(space(&served, "ephemerd").outputs, ["file:///l"]);
    let refused = |id: &str| run(&served, ["start", id]).message();
    assert!(refused("job-1").starts_with("container \"job-1\" is running, starting container"), "{}", refused("job-1"));
    assert!(
        refused("job-2").starts_with("container \"job-2\" has exited, and starts only once"),
        "{}",
        refused("job-2")
    );
}

#[test]
fn rm_removes_task_snapshot_and_record_and_what_runs_only_by_force() {
    let served = containerd([("ephemerd", jobs().container("made", Some((TaskStatus::Created, 0))))]).serve();
    let refused = run(&served, ["rm", "job-1"]);
    assert_eq!((refused.stdout.as_str(), refused.status), ("", 1));
    assert_eq!(refused.message(), "container \"job-1\" is running; stop it first, or use --force");
    assert_eq!(run(&served, ["rm", "--keep-logs", "job-2", "job-4", "made"]).all().0, "job-2\njob-4\nmade\n");
    assert_eq!(run(&served, ["rm", "--keep-logs", "-f", "job-1"]).all(), ("job-1\njob-1\n", String::new(), 0));
    let left = space(&served, "ephemerd");
    let ids: Vec<_> = left.containers.iter().map(|container| container.id.as_str()).collect();
    let tasks: Vec<_> = left.tasks.iter().map(|task| task.id.as_str()).collect();
    let snapshots: Vec<_> = left.snapshots.keys().map(String::as_str).collect();
    assert_eq!((ids, tasks, snapshots), (vec!["job-3"], vec!["job-3"], vec!["job-3"]));
}

#[test]
fn update_tells_the_task_and_nobody_without_one() {
    let served = containerd([("ephemerd", jobs())]).serve();
    assert_eq!(run(&served, ["update", "--memory", "4096", "job-1"]).all(), ("job-1\n", String::new(), 0));
    let told = space(&served, "ephemerd").resources.pop().unwrap();
    let told: Value = serde_json::from_slice(&told.value).unwrap();
    assert_eq!(told, json!({ "cpu": {}, "memory": { "limit": 4096 } }));
    let message = run(&served, ["update", "--memory", "1", "job-4"]).message();
    assert!(message.starts_with("container \"job-4\" has no task whose resources could be changed"), "{message}");
}

#[test]
fn stats_are_those_of_the_tasks_and_the_snapshots() {
    let memory = v2::MemoryStat { usage: 3_000_000, inactive_file: 1_000_000, ..Default::default() };
    let cpu = v2::CpuStat { usage_usec: 5, ..Default::default() };
    let metrics = v2::Metrics { memory: Some(memory), cpu: Some(cpu), ..Default::default() };
    let mut jobs = jobs();
    let type_url = "io.containerd.cgroups.v2.Metrics".to_owned();
    jobs.metrics.insert("job-1".to_owned(), Any { type_url, value: metrics.encode_to_vec() });
    let served = containerd([("ephemerd", jobs)]).serve();
    let output = run(&served, ["stats", "--seconds", "0", "-a"]);
    let rows: Vec<_> =
        output.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        rows[..3],
        [
            "CONTAINER NAME CPU % MEM DISK INODES SWAP",
            "job-1 build 0.00 2MB 4.096kB 7 0B",
            "job-2 job-2 0.00 0B 4.096kB 7 0B",
        ]
    );
    let one = run(&served, ["stats", "-o", "json", "job-1"]);
    let one: Value = serde_json::from_str(&one.stdout).unwrap();
    assert_eq!(one["stats"].as_array().unwrap().len(), 1);
    assert_eq!(one["stats"][0]["writableLayer"]["fsId"]["mountpoint"], "/var/lib/overlay");
    assert_eq!(one["stats"][0]["cpu"]["usageCoreNanoSeconds"]["value"], "5000");
}

#[test]
fn version_info_and_imagefsinfo_are_containerds_own() {
    let served = containerd([("ephemerd", jobs())]).serve();
    let version = "Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  v2.3.0\nRuntimeApiVersion:  v1\n";
    assert_eq!(run(&served, ["version"]).all(), (version, String::new(), 0));
    let info: Value = serde_json::from_str(&run(&served, ["info"]).stdout).unwrap();
    let conditions = &info["status"]["conditions"];
    assert_eq!((&conditions[0]["type"], &conditions[0]["status"]), (&json!("RuntimeReady"), &json!(true)));
    assert_eq!(conditions[1]["message"], "containerd's namespace ephemerd has no pods");
    assert_eq!(
        (&info["server"]["version"], &info["containerdNamespace"]["name"]),
        (&json!("v2.3.0"), &json!("ephemerd"))
    );
    let usage: Value = serde_json::from_str(&run(&served, ["imagefsinfo"]).stdout).unwrap();
    let usage = usage["status"]["imageFilesystems"].as_array().unwrap();
    assert_eq!(usage.len(), 1);
    assert_eq!(
        (&usage[0]["usedBytes"]["value"], &usage[0]["fsId"]["mountpoint"]),
        (&json!("16384"), &json!("/var/lib/overlay"))
    );
}
