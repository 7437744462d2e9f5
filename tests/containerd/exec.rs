use std::fs;
use std::io::Cursor;

use crictl::generated::containerd::v1::types::Status as TaskStatus;
use prost_types::Any;
use serde_json::json;

use super::{containerd, jobs, run};
use crate::support::fake::Served;
use crate::support::fake::containerd::{Exec, Space};
use crate::support::run::{Output, crictl_in};

/// A namespace with a job that runs.
fn job() -> Space {
    let spec = json!({ "process": {
        "args": ["make"], "cwd": "/w", "env": ["A=b"], "user": { "uid": 7, "gid": 8 }, "terminal": false,
        "capabilities": { "bounding": ["CAP_KILL"] }, "consoleSize": { "height": 1, "width": 2 },
    } });
    jobs().container("job", Some((TaskStatus::Running, 0))).with(|job| {
        let type_url = "types.containerd.io/opencontainers/runtime-spec/1/Spec".to_owned();
        job.spec = Some(Any { type_url, value: spec.to_string().into_bytes() });
    })
}

fn serve() -> Served {
    containerd([("ephemerd", job())]).serve()
}

/// The one process that there was; nothing of it is left, no process and no folder.
fn gone(served: &Served) -> Exec {
    let folder = served.socket.parent().unwrap();
    let left: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["cri.sock"]);
    let mut state = served.fake.state();
    let containerd = state.containerd.as_mut().unwrap();
    assert!(containerd.execs.is_empty());
    assert_eq!(containerd.deleted.len(), 1);
    containerd.deleted.pop().unwrap()
}

/// Runs a command with something to read.
fn fed(served: &Served, args: &[&str], input: Vec<u8>) -> Output {
    let endpoint = served.endpoint();
    let args = ["--timeout", "60s", "--ns", "ephemerd", "exec"].iter().chain(args).copied();
    crictl_in(args, &[("CONTAINER_RUNTIME_ENDPOINT", &endpoint)], None, |io| io.input = Box::new(Cursor::new(input)))
}

#[test]
fn a_command_is_a_process_like_the_containers_own() {
    let served = serve();
    assert_eq!(run(&served, ["exec", "job", "echo", "a", "b"]).all(), ("a b\n", String::new(), 0));
    let process = gone(&served);
    assert_eq!(
        process.spec(),
        json!({
            "args": ["echo", "a", "b"], "cwd": "/w", "env": ["A=b"], "user": { "uid": 7, "gid": 8 },
            "terminal": false, "capabilities": { "bounding": ["CAP_KILL"] },
        })
    );
    assert_eq!(process.request.spec.unwrap().type_url, "types.containerd.io/opencontainers/runtime-spec/1/Process");
    assert_eq!((process.request.container_id.as_str(), process.request.stdin.as_str()), ("job", ""));
}

#[test]
fn its_status_and_its_errors_come_back() {
    let served = serve();
    assert_eq!(run(&served, ["exec", "job", "complain", "x"]).all(), ("", "x\n".to_owned(), 0));
    gone(&served);
    for (flags, status) in [(&["exec", "job"][..], 1), (&["exec", "--exit-code", "job"], 7)] {
        let output = run(&served, flags.iter().chain(&["exit", "7"]).copied());
        assert_eq!((output.stdout.as_str(), output.status), ("", status));
        let said = "command terminated with exit code 7, executing \"exit\" in container job";
        assert_eq!(output.message(), said);
        gone(&served);
    }
    let output = run(&served, ["exec", "--exit-code", "job", "nosuch"]);
    assert!(output.message().contains("executable file not found in $PATH"), "{output:?}");
    assert_eq!(output.status, 127);
    gone(&served);
}

#[test]
fn the_input_goes_through_to_its_end_and_back() {
    let served = serve();
    let text: String = (0..200_000).map(|number| format!("{number}\n")).collect();
    let output = fed(&served, &["-i", "job", "cat"], text.clone().into_bytes());
    assert!(output.stdout == text && output.status == 0, "{} {}", output.stdout.len(), output.stderr);
    gone(&served);
    // What is not read is no error.
    let output = fed(&served, &["-i", "job", "line"], text.into_bytes());
    assert_eq!(output.all(), ("0", String::new(), 0));
    gone(&served);
}

#[test]
fn a_synchronous_command_returns_both_outputs_or_ends_when_its_time_is_up() {
    let served = serve();
    assert_eq!(run(&served, ["exec", "-s", "job", "echo", "x"]).all(), ("x\n\n\n", String::new(), 0));
    gone(&served);
    let output = run(&served, ["exec", "-s", "--exit-code", "job", "exit", "9"]);
    assert_eq!((output.message().as_str(), output.status), ("command \"exit\" exited with 9, in container job", 9));
    gone(&served);
    let output = run(&served, ["exec", "-s", "--timeout", "1", "job", "sleep"]);
    let said = "command timed out: \"sleep\" timed out after 1s, in container job (ExecSync: rpc error: code = \
                DeadlineExceeded desc = timeout 1s exceeded)";
    assert!(output.message().starts_with(said), "{output:?}");
    assert_eq!(gone(&served).status, Some(128 + 9));
}

#[test]
fn what_a_command_leaves_running_is_not_waited_for() {
    let served = serve();
    assert_eq!(run(&served, ["exec", "job", "daemon"]).all(), ("begun\n", String::new(), 0));
    gone(&served);
}

#[test]
fn commands_in_several_containers_run_at_once_and_leave_nothing() {
    let served = containerd([(
        "ephemerd",
        (0..20).fold(Space::default(), |space, number| {
            space.container(&format!("job-{number}"), Some((TaskStatus::Running, 0))).with(|job| {
                job.spec =
                    Some(Any { type_url: String::new(), value: json!({ "process": {} }).to_string().into_bytes() });
            })
        }),
    )])
    .serve();
    let output = run(&served, ["exec", "-x", "--name", "job", "echo", "x"]);
    assert_eq!(output.all(), ("x\n".repeat(20).as_str(), String::new(), 0));
    let state = served.fake.state();
    let containerd = state.containerd.as_ref().unwrap();
    assert_eq!((containerd.execs.len(), containerd.deleted.len()), (0, 20));
    assert_eq!(fs::read_dir(served.socket.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn what_does_not_run_or_is_not_here_has_no_commands() {
    let served = serve();
    for id in ["job-2", "job-4"] {
        for flags in [&["exec"][..], &["exec", "-s"]] {
            let output = run(&served, flags.iter().chain(&[id, "echo"]).copied());
            assert!(output.message().starts_with(&format!("container {id:?} is not running")), "{output:?}");
        }
    }
    assert!(run(&served, ["exec", "nope", "echo"]).message().starts_with("no container \"nope\" in containerd's"));
    let attach = run(&served, ["attach", "job"]);
    assert!(attach.message().starts_with("containerd's namespace ephemerd has no Attach"), "{attach:?}");
    let port = containerd([("ephemerd", job())]).serve_tcp();
    let endpoint = format!("tcp://127.0.0.1:{port}");
    for flags in [&["exec"][..], &["exec", "-s"]] {
        let args = ["-r", &endpoint, "--timeout", "60s", "--ns", "ephemerd"].into_iter().chain(flags.iter().copied());
        let output = crictl_in(args.chain(["job", "echo"]), &[], None, |_| ());
        let said = format!(
            "commands in a namespace of containerd have their streams in FIFOs, which takes a unix socket of this \
             machine, not {endpoint}"
        );
        assert!(output.message().starts_with(&said), "{output:?}");
    }
}

#[test]
fn a_command_runs_wherever_its_container_is() {
    let served = containerd([("ephemerd", job()), ("b", Space::default())]).serve();
    let output = served.run(["--timeout", "60s", "--ns", "all", "exec", "job", "echo", "x"]);
    assert_eq!(output.all(), ("x\n", String::new(), 0));
    gone(&served);
}

#[test]
fn arguments_are_said_nowhere() {
    let served = serve();
    let args = ["-D", "--timeout", "60s", "--ns", "ephemerd", "exec", "job", "nosuch", "-pS3cret"];
    let output = served.run(args);
    assert!(output.status == 1 && !output.stderr.contains("S3cret"), "{output:?}");
}
