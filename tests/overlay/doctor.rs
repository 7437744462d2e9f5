use crictl::cri::ContainerState;
use serde_json::Value;
use tonic::Status;

use crate::container;
use crate::support::fake::Fake;

/// What doctor found out about one thing: result and detail.
fn found(stdout: &str, kind: &str, name: &str) -> (String, String) {
    let document: Value = serde_json::from_str(stdout).unwrap();
    let checks = document["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["kind"] == kind && check["name"] == name);
    let check = check.unwrap_or_else(|| panic!("no {kind} {name} in {document:#}"));
    (check["result"].as_str().unwrap().to_owned(), check["detail"].as_str().unwrap().to_owned())
}

#[test]
fn doctor_tells_what_the_runtime_has_and_changes_nothing() {
    let fake = Fake::new().containers([container("c")]).serve();
    let output = fake.run(["doctor", "-o", "json"]);
    assert_eq!((output.errors(), output.status), (String::new(), 0));
    assert_eq!(found(&output.stdout, "api", "fake").0, "v1");
    for method in ["Version", "StopContainer", "PullImage", "GetContainerEvents"] {
        assert_eq!(found(&output.stdout, "method", method).0, "yes", "{method}");
    }
    assert_eq!(found(&output.stdout, "method", "CheckpointContainer").0, "no");
    assert_eq!(found(&output.stdout, "method", "RunPodSandbox").0, "unprobed");
    let state = fake.fake.state();
    assert!(!state.calls.contains(&"RunPodSandbox") && !state.calls.contains(&"UpdateRuntimeConfig"));
    assert_eq!((state.containers.len(), state.pods.len(), state.images.len()), (1, 0, 0));
}

#[test]
fn doctor_tells_a_method_that_is_missing_from_one_that_fails() {
    let failing = |status| {
        let output = Fake::new().failing("ListImages", status).serve().run(["doctor", "-o", "json"]);
        assert_eq!(output.status, 0);
        found(&output.stdout, "method", "ListImages")
    };
    assert_eq!(failing(Status::unimplemented("not here")), ("no".to_owned(), "not here".to_owned()));
    assert_eq!(failing(Status::internal("broken")), ("yes".to_owned(), "Internal: broken".to_owned()));
    assert_eq!(failing(Status::unavailable("gone")), ("unknown".to_owned(), "gone".to_owned()));
}

#[test]
fn doctor_waits_for_no_stream_and_for_no_method_for_ever() {
    let fake = Fake::new().hanging("GetContainerEvents").serve();
    let output = fake.run(["doctor", "-o", "json"]);
    assert_eq!(found(&output.stdout, "method", "GetContainerEvents").0, "yes");
    // A pull and a command have no limit of their own.
    for method in ["ListImages", "PullImage", "ExecSync"] {
        let fake = Fake::new().hanging(method).serve();
        let output = fake.run(["--timeout", "200ms", "doctor", "-o", "json"]);
        assert_eq!((found(&output.stdout, "method", method).0.as_str(), output.status), ("unknown", 0), "{method}");
    }
}

#[test]
fn doctor_ends_also_where_every_probe_takes_all_its_time() {
    let methods = ["ListImages", "ListContainers", "ListPodSandbox", "ImageStatus", "ImageFsInfo", "ContainerStatus"];
    let methods = methods.into_iter().chain(["PodSandboxStatus", "ExecSync", "PullImage", "Attach", "Exec"]);
    let fake = methods.fold(Fake::new(), |fake, method| fake.hanging(method)).serve();
    let output = fake.run(["--timeout", "100ms", "doctor", "-o", "json"]);
    assert_eq!((found(&output.stdout, "method", "ListImages").0.as_str(), output.status), ("unknown", 0));
}

#[test]
fn doctor_tries_streams_on_a_container_that_runs() {
    let output = Fake::new().serve().run(["doctor"]);
    let streams = output.stdout.lines().filter(|line| line.starts_with("streams"));
    assert_eq!(streams.filter(|line| line.ends_with("unprobed            no container is running")).count(), 2);
    let mut running = container("c");
    running.state = ContainerState::ContainerRunning.into();
    let output = Fake::new().containers([running]).serve().run(["doctor", "-o", "json"]);
    assert_eq!(found(&output.stdout, "streams", "spdy").0, "no");
}

#[test]
fn doctor_does_not_take_containers_that_it_cannot_list_for_none() {
    let fake = Fake::new().failing("ListContainers", Status::internal("broken")).serve();
    let output = fake.run(["doctor", "-o", "json"]);
    assert_eq!(found(&output.stdout, "streams", "spdy"), ("unknown".to_owned(), "broken".to_owned()));
}

#[test]
fn doctor_fails_where_nobody_answers() {
    let output = crate::support::run::crictl(["-r", "unix:///no/such.sock", "doctor"], &[], "");
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(
        output
            .message()
            .starts_with("no socket at \"unix:///no/such.sock\" (runtime service, from --runtime-endpoint)"),
        "{output:?}"
    );
}
