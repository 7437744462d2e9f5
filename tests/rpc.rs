//! `crictl rpc`: every method, the request it sends, and the statuses it ends with.

use crictl::generated::methods::METHODS;
use tonic::{Code, Status};

use crate::support::fake::Fake;

#[test]
fn every_method_reaches_a_server() {
    let fake = Fake::new().serve();
    assert_eq!(METHODS.len(), 41);
    for method in METHODS {
        let output = fake.run(["rpc", method.command]);
        let answered = output.status == 0 && output.stderr.lines().count() <= 1;
        let refused = [64 + 3, 64 + 5, 64 + 12].contains(&output.status) && output.message().contains(method.name);
        assert!(answered || refused, "{}: {output:?}", method.name);
    }
}

#[test]
fn the_list_names_every_method_by_service() {
    let output = Fake::new().serve().run(["rpc"]);
    let listed: Vec<_> = output.stdout.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    assert_eq!(listed, METHODS.iter().map(|method| method.command).collect::<Vec<_>>());
    assert!(output.stdout.contains("\nImageService\n"), "{}", output.stdout);
}

#[test]
fn flags_make_the_request() {
    let fake = Fake::new().serve();
    let args = ["rpc", "run-pod-sandbox", "--config.metadata.name", "web", "--config.labels", "a=b,c", "-o", "json"];
    let output = fake.run(args);
    assert_eq!((output.status, output.errors()), (0, String::new()));
    let state = fake.fake.state();
    assert_eq!(state.pods[0].metadata.as_ref().unwrap().name, "web");
    assert_eq!(state.pods[0].labels["a"], "b,c");
}

#[test]
fn flags_are_merged_into_the_document() {
    let fake = Fake::new().serve();
    let document =
        r#"{"config": {"metadata": {"name": "web", "uid": "u"}, "labels": {"a": "b"}}, "runtimeHandler": "x"}"#;
    let args = ["rpc", "RunPodSandbox", "--data", document, "--config.metadata.name=db", "--config.labels=c=d"];
    assert_eq!(fake.run(args).status, 0);
    let state = fake.fake.state();
    let metadata = state.pods[0].metadata.clone().unwrap();
    assert_eq!((metadata.name.as_str(), metadata.uid.as_str()), ("db", "u"));
    assert_eq!(state.pods[0].labels.len(), 2);
    assert_eq!(state.pods[0].runtime_handler, "x");
}

#[test]
fn the_document_comes_from_standard_input_or_a_file_too() {
    let fake = Fake::new().serve();
    let output = fake.run_with(["rpc", "pull-image", "--data", "-", "-o", "yaml"], "image: {image: busybox}\n");
    assert_eq!((output.status, output.errors()), (0, String::new()));
    assert!(output.stdout.starts_with("imageRef: sha256:"), "{}", output.stdout);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("request.json");
    std::fs::write(&file, r#"{"image": {"image": "nginx"}}"#).unwrap();
    let output = fake.run(["rpc", "pull-image", "--data", &format!("@{}", file.display())]);
    assert_eq!((output.status, output.errors()), (0, String::new()));
    assert_eq!(fake.fake.state().images[1].repo_tags, ["nginx"]);
}

#[test]
fn an_enum_is_given_by_name_in_any_case_or_by_number() {
    let fake = Fake::new().serve();
    for state in ["CONTAINER_RUNNING", "container-running", "1"] {
        let output = fake.run(["rpc", "list-containers", "--filter.state.state", state]);
        assert_eq!(output.stdout, "{\n  \"containers\": []\n}\n", "{output:?}");
    }
    let output = fake.run(["rpc", "list-containers", "--filter.state.state", "walking"]);
    assert_eq!(output.status, 1);
    assert!(output.message().contains("--filter.state.state: expected one of CONTAINER_CREATED"), "{output:?}");
}

#[test]
fn what_is_wrong_with_a_request_is_said_before_it_is_sent() {
    let fake = Fake::new().serve();
    for (args, message) in [
        (vec!["rpc", "list-containers", "--data", "{filter: {nope: 1}}"], "--data: unknown field filter.nope"),
        (vec!["rpc", "list-containers", "--data", "{filter: 3}"], "--data: filter: expected an object, got 3"),
        (vec!["rpc", "list-containers", "--data", "{"], "--data: "),
        (vec!["rpc", "list-containers", "--filter.nope", "1"], "flag provided but not defined: -filter.nope"),
        (vec!["rpc", "stop-container", "--timeout", "soon"], "--timeout: expected an integer, got \"soon\""),
        (vec!["rpc", "list-containers", "word"], "takes no argument"),
        (vec!["rpc", "run-pod-sandbox", "--config.labels", "a"], "expected KEY=VALUE"),
        (vec!["rpc", "run-pod-sandbox", "--config.port_mappings", "{container_port: {}}"], "container_port"),
    ] {
        let output = fake.run(args);
        assert!(output.status == 1 && output.message().contains(message), "{message}: {output:?}");
    }
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn an_unknown_method_is_an_unknown_topic() {
    let output = Fake::new().serve().run(["rpc", "make-coffee"]);
    assert_eq!((output.status, output.errors()), (3, "No help topic for 'make-coffee'\n".to_owned()));
}

#[test]
fn a_stream_is_a_line_of_json_for_each_message() {
    let fake = Fake::new().containers(["a", "b", "c"].map(super::container)).serve();
    let output = fake.run(["rpc", "stream-containers"]);
    assert_eq!((output.status, output.stdout.lines().count()), (0, 3), "{output:?}");
    assert!(output.stdout.starts_with(r#"{"containers":[{"id":"a","#), "{}", output.stdout);
    let output = fake.run(["rpc", "stream-containers", "--max-messages", "2"]);
    assert_eq!((output.status, output.stdout.lines().count()), (0, 2), "{output:?}");
}

#[test]
fn the_status_tells_the_code() {
    for code in (1..=16).map(Code::from_i32) {
        let fake = Fake::new().failing("Version", Status::new(code, "because")).serve();
        let output = fake.run(["rpc", "version"]);
        assert_eq!(i32::from(output.status), 64 + i32::from(code), "{output:?}");
        let line = format!("because (Version: rpc error: code = {code:?})");
        assert!(output.message().starts_with(&line), "{output:?}");
    }
}
