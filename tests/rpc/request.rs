//! What is sent: flags, documents, and what of them is refused before that.

use crictl::cri::*;

use super::visible;
use crate::golden::golden;
use crate::support::fake::Fake;

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
    for state in ["CONTAINER_RUNNING", "container-running", "running", "1"] {
        let output = fake.run(["rpc", "list-containers", "--filter.state.state", state]);
        assert_eq!(output.stdout, "{\n  \"containers\": []\n}\n", "{output:?}");
    }
    let output = fake.run(["rpc", "list-containers", "--filter.state.state", "walking"]);
    assert_eq!(output.status, 1);
    let names = "CONTAINER_CREATED, CONTAINER_RUNNING, CONTAINER_EXITED, CONTAINER_UNKNOWN";
    let message = format!("invalid value \"walking\" for flag -filter.state.state: expected one of {names}");
    assert_eq!(output.message(), message);
    for (word, name) in [("container-runing", "CONTAINER_RUNNING"), ("exitd", "CONTAINER_EXITED")] {
        let output = fake.run(["rpc", "list-containers", "--filter.state.state", word]);
        assert!(output.message().ends_with(&format!(", did you mean {name}?")), "{output:?}");
    }
}

#[test]
fn what_is_wrong_with_a_request_is_said_before_it_is_sent() {
    let fake = Fake::new().serve();
    for (args, message) in [
        (vec!["rpc", "list-containers", "--data", "{filter: {nope: 1}}"], "--data: unknown field filter.nope"),
        (vec!["rpc", "list-containers", "--data", "{filter: 3}"], "--data: filter: expected an object, got 3"),
        (vec!["rpc", "list-containers", "--data", "{"], "--data: "),
        (vec!["rpc", "list-containers", "--filter.nope", "1"], "flag provided but not defined: -filter.nope"),
        (
            vec!["rpc", "stop-container", "--timeout", "soon"],
            "invalid value \"soon\" for flag -timeout: expected an integer",
        ),
        (vec!["rpc", "list-containers", "word"], "takes no positional arguments"),
        (vec!["rpc", "run-pod-sandbox", "--config.labels", "a"], "expected KEY=VALUE"),
        (vec!["rpc", "run-pod-sandbox", "--config.port_mappings", "{container_port: {}}"], "container_port"),
    ] {
        let output = fake.run(args);
        assert!(output.status == 1 && output.message().contains(message), "{message}: {output:?}");
    }
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn several_documents_are_sent_one_after_another() {
    let fake = Fake::new().containers(["a", "b"].map(crate::container)).serve();
    for documents in
        ["{containerId: a}\n---\n---\n{containerId: b}\n", r#"{"container_id": "a"} {"container_id": "b"}"#]
    {
        let output = fake.run(["rpc", "stop-container", "--data", documents, "-o", "jsonl"]);
        assert_eq!(output.all(), ("{}\n{}\n", String::new(), 0));
    }
    assert_eq!(fake.fake.state().calls, ["StopContainer"; 4]);
}

#[test]
fn the_document_whose_call_fails_is_named_and_the_last_unless_told_otherwise() {
    let fake = Fake::new().containers([crate::container("b")]).serve();
    let documents = "{container_id: x}\n---\n{container_id: b}\n---\n{container_id: y}\n";
    let args = ["rpc", "start-container", "-o", "jsonl", "--data", documents];
    let output = fake.run(args);
    let message =
        r#"no container "x", document 1 of 3 (StartContainer: rpc error: code = NotFound desc = no container "x")"#;
    assert_eq!((output.stdout.as_str(), output.message().as_str(), output.status), ("", message, 69));
    assert_eq!(fake.fake.state().calls.len(), 1);

    let output = fake.run(args.into_iter().chain(["--keep-going"]));
    assert_eq!((output.stdout.as_str(), output.status), ("{}\n", 69));
    let lines: Vec<_> = output.stderr.lines().collect();
    let [first, third, last] = lines[lines.len() - 3..] else { panic!("{output:?}") };
    assert!(first.contains("document 1 of 3") && third.contains("document 3 of 3"), "{output:?}");
    assert!(last.contains("2 of 3 documents failed"), "{output:?}");
    assert_eq!(fake.fake.state().calls.len(), 4);
}

#[test]
fn a_wrong_document_is_named_before_the_first_is_sent() {
    let fake = Fake::new().serve();
    let output = fake.run(["rpc", "version", "--data", "{}\n---\n{version: v1}\n---\n{nope: 1}"]);
    assert_eq!((output.message().as_str(), output.status), ("--data: document 3 of 3: unknown field nope", 1));
    let output = fake.run(["rpc", "version", "--data", "@/no/such/file"]);
    assert_eq!(output.message(), "--data: /no/such/file: no such file or directory");
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn bytes_are_text_or_base64_or_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (proto, file) = (folder.path().join("blob.proto"), folder.path().join("blob"));
    std::fs::write(&file, b"\xff\0").unwrap();
    let text = "syntax = \"proto3\"; package runtime.v1;
        service RuntimeService { rpc Version(Blob) returns (Blob); }
        message Blob { bytes data = 9; repeated bytes list = 10; map<string, bytes> map = 11; }";
    std::fs::write(&proto, text).unwrap();
    let (proto, file) = (proto.display().to_string(), format!("@{}", file.display()));
    let fake = Fake::new().serve();
    for (flags, bytes) in [
        (vec!["--set", "data=text:hi"], &b"\x4a\x02hi"[..]),
        (vec!["--set", "data=aGk="], b"\x4a\x02hi"),
        (vec!["--set", "data=base64:aGk"], b"\x4a\x02hi"),
        (vec!["--set", "data=_-8"], b"\x4a\x02\xff\xef"),
        (vec!["--set", "list.0=text:hi", "--set", "map.k=text:v"], b"\x52\x02hi\x5a\x06\x0a\x01k\x12\x01v"),
        (
            vec!["--list", "text:hi", "--list", "aGk", "--map", "k=text:v"],
            b"\x52\x02hi\x52\x02hi\x5a\x06\x0a\x01k\x12\x01v",
        ),
        (vec!["--list", &file], b"\x52\x02\xff\0"),
    ] {
        let output = fake.run(["rpc", "--proto", &proto, "version"].into_iter().chain(flags.iter().copied()));
        assert_eq!(output.status, 0, "{flags:?}: {output:?}");
        assert_eq!(fake.fake.state().requests.last().unwrap().body, bytes, "{flags:?}");
    }
    let output = fake.run(["rpc", "--proto", &proto, "version", "--set", "data=*"]);
    assert_eq!((output.message().as_str(), output.status), ("--set data: not base64", 1));
}

#[test]
fn a_dry_run_prints_the_request_and_what_grpcurl_would_be_told() {
    let data = r#"{"config": {"metadata": {"name": "it's"}, "labels": {"a": "b"}, "linux": {"resources": {"cpu_period": 9}}}}"#;
    let mut all = String::new();
    for format in ["json", "yaml", "jsonl", "text", "raw"] {
        let args = ["-r", "unix:///run/a b.sock", "rpc", "run-pod-sandbox", "--dry-run", "--data", data, "-o", format];
        let flags = ["--timeout", "1.5s", "--header", "x-tag=1", "--header", "x-bin=aGk", "--max-msg-size", "1MiB"];
        let output = crate::support::run::crictl(args.into_iter().chain(flags), &[], "");
        assert_eq!(output.status, 0, "{output:?}");
        all += &format!("# -o {format}\n{}\n# stderr\n{}\n", visible(&output.stdout), output.errors());
    }
    golden("rpc-dry-run.txt", &all);
}

#[test]
fn a_dry_run_of_another_api_names_that() {
    let folder = tempfile::tempdir().unwrap();
    let proto = folder.path().join("other.proto");
    let text = "syntax = \"proto3\"; package a; service S { rpc Go(M) returns (M); } message M { int64 n = 1; }";
    std::fs::write(&proto, text).unwrap();
    let args = ["-r", "tcp://localhost:1", "rpc", "--proto", proto.to_str().unwrap(), "go", "--n", "5", "--dry-run"];
    let output = crate::support::run::crictl(args, &[], "");
    let line = format!(
        "grpcurl -plaintext -import-path {} -proto other.proto -d '{{\"n\":\"5\"}}' localhost:1 a.S/Go\n",
        folder.path().display()
    );
    assert_eq!(output.all(), ("{\n  \"n\": \"5\"\n}\n", line, 0));
}

#[test]
fn limits_of_a_stream_are_refused_where_they_mean_nothing() {
    let fake = Fake::new().serve();
    for (args, message) in [
        (["version", "--max-messages", "1"], "--max-messages: Version answers with one message"),
        (["version", "--for", "1s"], "--for: Version answers with one message"),
        (["stream-containers", "--max-messages", "-1"], "--max-messages: must not be negative: -1"),
        (["stream-containers", "--for", "-1s"], "--for: must be longer than zero"),
        (["stream-containers", "--for", "0s"], "--for: must be longer than zero"),
        (["version", "--timeout", "0s"], "--timeout: must be longer than zero"),
        (["version", "--connect-timeout", "-1s"], "--connect-timeout: must be longer than zero"),
    ] {
        let output = fake.run(["rpc"].into_iter().chain(args));
        assert_eq!((output.message().as_str(), output.status), (message, 1));
    }
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn the_request_keeps_what_64_bits_can_say() {
    let fake = Fake::new().serve();
    let output = fake.run(["rpc", "update-container-resources", "--linux.cpu-period", "9223372036854775807"]);
    assert_eq!(output.status, 64 + 12, "{output:?}");
    // The last call asked who does not implement it.
    let request = fake.fake.state().requests[0].body.clone();
    let request: UpdateContainerResourcesRequest = prost::Message::decode(request.as_slice()).unwrap();
    assert_eq!(request.linux.unwrap().cpu_period, i64::MAX);
}
