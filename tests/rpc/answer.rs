//! What is shown of an answer: every form, streams, failures, and what a newer server says.

use std::time::Duration;

use crictl::cri::*;
use prost::Message;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::visible;
use crate::golden::golden;
use crate::support::fake::Fake;
use crate::support::raw::{Raw, Script, answering};

/// The forms that an answer has.
const FORMS: &[&[&str]] = &[
    &["-o", "json"],
    &["-o", "yaml"],
    &["-o", "jsonl"],
    &["-o", "text"],
    &["-o", "raw"],
    &["-o", "go-template", "--template", "{{range .containers}}{{.id}}{{end}}"],
    &["--emit-defaults=false"],
    &["--enrich"],
    &["--enrich", "-o", "yaml", "--emit-defaults=false"],
    &["-v", "-o", "jsonl"],
];

/// What all forms show of a method that a server answers. The endpoint differs from run to run.
fn shown(server: &Raw, method: &str) -> String {
    let one = |form: &&[&str]| {
        let output = server.run(["rpc", method].iter().chain(*form).copied());
        let (stdout, errors) = (visible(&output.stdout), output.errors().replace(&server.endpoint, "unix:///cri.sock"));
        format!("# {}\n{stdout}\n# status {}, stderr\n{errors}\n", form.join(" "), output.status)
    };
    FORMS.iter().map(one).collect()
}

/// A server adds the time, unless it is there.
const DATE: (&str, &str) = ("date", "Tue, 24 Nov 2026 01:57:39 GMT");

/// A server that says all that can be said around a message, and fields that no table knows.
fn talkative(messages: usize, failing: bool) -> Raw {
    let list = ListContainersResponse { containers: vec![Container { image_id: "i".into(), ..crate::container("a") }] };
    let mut bytes = list.encode_to_vec();
    // Field 100: 150; field 101: text.
    bytes.extend(b"\xa0\x06\x96\x01\xaa\x06\x05newer");
    let failure = [("grpc-status", "7"), ("grpc-message", "not%20you")];
    let trailers = [("x-cost", "3"), ("x-trail-bin", "aGk")].into_iter().chain(failure.into_iter().filter(|_| failing));
    Script {
        headers: vec![("x-server", "newer"), ("x-tag", "1"), ("x-tag", "2"), ("set-cookie", "s3cret"), DATE],
        messages: vec![bytes; messages],
        trailers: trailers.collect(),
        ..Script::default()
    }
    .serve()
}

#[test]
fn an_answer_has_every_form() {
    golden("rpc-answer.txt", &shown(&talkative(1, false), "list-containers"));
}

#[test]
fn a_stream_has_every_form() {
    golden("rpc-stream.txt", &shown(&talkative(2, false), "stream-containers"));
}

#[test]
fn a_failure_has_every_form() {
    golden("rpc-failure.txt", &shown(&talkative(0, true), "list-containers"));
}

#[test]
fn the_messages_before_a_failure_are_shown() {
    let server = talkative(2, true);
    let output = server.run(["rpc", "stream-containers", "-o", "text"]);
    assert_eq!((output.stdout.matches("id: \"a\"").count(), output.status), (2, 71), "{output:?}");
    let template = "{{len .messages}} {{.status.code}}";
    let output = server.run(["rpc", "stream-containers", "--enrich", "--template", template]);
    assert_eq!((output.stdout.as_str(), output.status), ("2 PermissionDenied\n", 71), "{output:?}");
}

#[test]
fn a_stream_is_a_line_of_json_for_each_message() {
    let fake = Fake::new().containers(["a", "b", "c"].map(crate::container)).serve();
    let output = fake.run(["rpc", "stream-containers"]);
    assert_eq!((output.status, output.stdout.lines().count()), (0, 3), "{output:?}");
    assert!(output.stdout.starts_with(r#"{"containers":[{"id":"a","#), "{}", output.stdout);
    let output = fake.run(["rpc", "stream-containers", "--max-messages", "2"]);
    assert_eq!((output.status, output.stdout.lines().count()), (0, 2), "{output:?}");
}

#[test]
fn a_stream_ends_after_its_messages_or_its_time() {
    let fake = Fake::new().with(|state| {
        let event = |id: &str| ContainerEventResponse { container_id: id.into(), ..Default::default() };
        state.events = vec![event("a"), event("b")];
    });
    let fake = fake.hanging("GetContainerEvents").serve();
    for limit in [["--max-messages", "2"], ["--for", "300ms"]] {
        let output = fake.run(["rpc", "get-container-events", "--emit-defaults=false"].into_iter().chain(limit));
        let events = "{\"containerId\":\"a\"}\n{\"containerId\":\"b\"}\n";
        assert_eq!(output.all(), (events, String::new(), 0));
    }
    let output =
        fake.run(["rpc", "get-container-events", "--max-messages=1", "--enrich", "--emit-defaults=false", "-v"]);
    assert!(output.stdout.starts_with("{\n  \"status\": null,\n  \"headers\": {"), "{output:?}");
    assert!(output.stdout.contains("\"containerId\": \"a\"") && !output.stdout.contains("\"b\""), "{output:?}");
    assert!(output.stderr.contains("* status: none, we ended the call\n"), "{output:?}");
}

#[test]
fn several_answers_are_apart_from_each_other() {
    let fake = Fake::new().serve();
    for (form, between) in [
        (&["-o", "yaml"][..], "0.1.0\n\n---\nruntimeApiVersion: "),
        (&["-o", "json"], "\n}\n{\n"),
        (&["-o", "jsonl"], "}\n{"),
        (&["-o", "text"], "\"v1\"\n\nversion: "),
        (&["-o", "raw"], "v1\x19\n\x050.1.0"),
    ] {
        let output = fake.run(
            ["rpc", "version", "--data", "{} {version: a}".replace("{v", "\n---\n{v").leak()]
                .iter()
                .chain(form)
                .copied(),
        );
        assert_eq!((output.status, output.stdout.matches(between).count()), (0, 1), "{form:?}: {output:?}");
    }
}

#[test]
fn a_form_that_is_none_is_refused_before_the_call() {
    let fake = Fake::new().serve();
    for (form, message) in [
        (&["-o", "xml"][..], "unsupported output format \"xml\""),
        (&["-o", "go-template"], "-o go-template needs --template"),
        (&["-o", "yaml", "--template", "{{.}}"], "--template can't be used with -o yaml"),
        (&["--template", "{{"], ""),
        (&["-o", "raw", "--enrich"], "--enrich can't be used with -o raw, only with a document format"),
    ] {
        let output = fake.run(["rpc", "version"].iter().chain(form).copied());
        assert!(output.status == 1 && output.message().starts_with(message), "{output:?}");
    }
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn the_details_of_a_status_are_decoded() {
    let mut details = ErrorDetails::with_bad_request_violation("config.name", "is empty");
    details.set_retry_info(Some(Duration::from_millis(1500))).set_error_info(
        "QUOTA",
        "cri",
        [("a".into(), "b".into())],
    );
    let status = Status::with_error_details(Code::ResourceExhausted, "no", details);
    let fake = Fake::new().failing("Version", status).serve();
    let output = fake.run(["rpc", "version"]);
    let message = "no (Version: rpc error: code = ResourceExhausted desc = no); \
                   RetryInfo {\"retryDelay\":\"1.500s\"}; \
                   ErrorInfo {\"reason\":\"QUOTA\",\"domain\":\"cri\",\"metadata\":{\"a\":\"b\"}}; \
                   BadRequest {\"fieldViolations\":[{\"field\":\"config.name\",\"description\":\"is empty\"}]}";
    assert_eq!((output.message().as_str(), output.status), (message, 72));
    let output = fake.run([
        "rpc",
        "version",
        "--enrich",
        "--template",
        "{{range .status.details}}{{index . \"@type\"}} {{end}}",
    ]);
    let package = "type.googleapis.com/google.rpc.";
    assert_eq!(output.stdout, format!("{package}RetryInfo {package}ErrorInfo {package}BadRequest \n"), "{output:?}");
    let output = fake.run(["rpc", "version", "-v"]);
    assert!(
        output
            .stderr
            .contains("* detail: {\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"1.500s\"}\n"),
        "{output:?}"
    );
}

#[test]
fn details_that_nobody_knows_are_kept_as_they_are() {
    for (details, shown) in [
        ("*no base64*", "\"code\": \"InvalidArgument\""),
        ("//8", "\"value\": \"//8=\""),
        ("EgJubw", "\"message\": \"no\""),
    ] {
        let trailers = vec![("grpc-status", "3"), ("grpc-message", "no"), ("grpc-status-details-bin", details)];
        let server = Script { trailers, ..Script::default() }.serve();
        let output = server.run(["rpc", "stream-containers", "--enrich"]);
        assert!(output.stdout.contains(shown), "{details}: {output:?}");
    }
}

#[test]
fn an_answer_cannot_take_all_of_the_stack() {
    let folder = tempfile::tempdir().unwrap();
    let proto = folder.path().join("deep.proto");
    let text =
        "syntax = \"proto3\"; package a; service S { rpc Go(M) returns (M); } message M { M m = 1; repeated M l = 2; }";
    std::fs::write(&proto, text).unwrap();
    for tag in [0x0a, 0x12] {
        let nested = |levels| {
            (1..levels).fold(Vec::new(), |inner: Vec<u8>, _| {
                let mut outer = vec![tag];
                prost::encoding::encode_varint(inner.len() as u64, &mut outer);
                outer.extend(inner);
                outer
            })
        };
        let args = ["rpc", "--proto", proto.to_str().unwrap(), "go"];
        assert_eq!(answering(nested(100)).run(args).status, 0);
        let output = answering(nested(20_000)).run(args);
        assert!(
            output.status == 77 && output.message().starts_with("the answer is not a a.M: nested too deep"),
            "{output:?}"
        );
    }
}

#[test]
fn an_answer_that_is_none_is_an_error() {
    let output = answering("\x0a\x05a").run(["rpc", "version"]);
    assert_eq!(output.status, 64 + 13, "{output:?}");
    assert!(output.message().starts_with("the answer is not a runtime.v1.VersionResponse: "), "{output:?}");
    for (messages, message) in [(0, "expected one message, got 0"), (2, "expected one message, got 2")] {
        let server = Script { messages: vec![Vec::new(); messages], ..Script::default() }.serve();
        let output = server.run(["rpc", "version", "-o", "raw"]);
        assert!(output.status == 77 && output.message().starts_with(message), "{output:?}");
    }
}
