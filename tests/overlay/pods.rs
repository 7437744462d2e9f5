use crictl::cri::{PodSandbox, PodSandboxMetadata, PodSandboxState};

use crate::support::fake::Fake;
use crate::support::run::NOW;
use crate::{HOUR, map, pod};

/// Two pods: one that is ready, and an older one that is not.
fn fake() -> Fake {
    let metadata =
        PodSandboxMetadata { namespace: "kube-system".to_owned(), attempt: 3, ..pod("web").metadata.unwrap() };
    let old = PodSandbox {
        metadata: Some(metadata),
        state: PodSandboxState::SandboxNotready.into(),
        created_at: NOW - 50 * HOUR,
        labels: map([("app", "web"), ("tier", "1")]),
        annotations: map([("note", "none")]),
        runtime_handler: "kata".to_owned(),
        ..pod("0123456789abcdef")
    };
    Fake::new().pods([old, pod("b")])
}

#[test]
fn pods_prints_a_table_the_newest_first() {
    let expected = "\
POD ID              CREATED             STATE               NAME                NAMESPACE           ATTEMPT             RUNTIME
b                   About an hour ago   Ready               name-of-b           default             0                   (default)
0123456789abc       2 days ago          NotReady            name-of-web         kube-system         3                   kata
";
    let fake = fake().serve();
    assert_eq!(fake.run(["pods"]).all(), (expected, String::new(), 0));
    assert_eq!(fake.fake.state().calls, ["ListPodSandbox"]);
    assert!(fake.run(["pods", "--no-trunc"]).stdout.contains("\n0123456789abcdef    2 days ago"));
}

#[test]
fn pods_prints_ids_where_it_is_to_be_quiet() {
    let output = fake().serve().run(["pods", "-q", "-v"]);
    assert_eq!(output.all(), ("b\n0123456789abcdef\n", String::new(), 0));
}

#[test]
fn pods_prints_a_paragraph_for_each_where_it_is_to_be_verbose() {
    let expected = "\
ID: b
Name: name-of-b
UID: uid-of-b
Namespace: default
Status: Ready
Created: 2025-06-15 14:06:40 +0000 UTC
Runtime: (default)

ID: 0123456789abcdef
Name: name-of-web
UID: uid-of-web
Namespace: kube-system
Attempt: 3
Status: NotReady
Created: 2025-06-13 13:06:40 +0000 UTC
Labels:
\tapp -> web
\ttier -> 1
Annotations:
\tnote -> none
Runtime: kata

";
    assert_eq!(fake().serve().run(["pods", "-v"]).all(), (expected, String::new(), 0));
}

#[test]
fn pods_prints_the_list_as_json_in_the_protos_order() {
    let expected = r#"{
  "items": [
    {
      "id": "b",
      "metadata": {
        "name": "name-of-b",
        "uid": "uid-of-b",
        "namespace": "default",
        "attempt": 0
      },
      "state": "SANDBOX_READY",
      "createdAt": "1749996400000000000",
      "labels": {},
      "annotations": {},
      "runtimeHandler": ""
    }
  ]
}
"#;
    assert_eq!(fake().serve().run(["pods", "--latest", "-o", "json"]).all(), (expected, String::new(), 0));
}

#[test]
fn pods_prints_the_list_as_yaml_with_its_keys_sorted() {
    let expected = "\
items:
- annotations: {}
  createdAt: \"1749996400000000000\"
  id: b
  labels: {}
  metadata:
    attempt: 0
    name: name-of-b
    namespace: default
    uid: uid-of-b
  runtimeHandler: \"\"
  state: SANDBOX_READY

";
    assert_eq!(fake().serve().run(["pods", "-n", "1", "-o", "yaml"]).all(), (expected, String::new(), 0));
}

#[test]
fn pods_of_an_empty_runtime_are_a_heading_or_an_empty_list() {
    let fake = Fake::new().serve();
    let heading = "POD ID              CREATED             STATE               NAME                NAMESPACE           ATTEMPT             RUNTIME\n";
    assert_eq!(fake.run(["pods"]).all(), (heading, String::new(), 0));
    assert_eq!(fake.run(["pods", "-q"]).all(), ("", String::new(), 0));
    assert_eq!(fake.run(["pods", "-o", "json"]).stdout, "{\n  \"items\": []\n}\n");
}

#[test]
fn pods_are_chosen_by_each_filter() {
    let fake = fake().serve();
    for (args, ids) in [
        (&["--id", "0123"][..], "0123456789abcdef\n"),
        (&["--state", "ready"], "b\n"),
        (&["-s", "NOTREADY"], "0123456789abcdef\n"),
        (&["--label", "app=web,tier=1"], "0123456789abcdef\n"),
        (&["--label", "app=web", "--label", "tier=2"], ""),
        (&["--name", "^name-of-[a-c]$"], "b\n"),
        (&["--namespace", "kube"], "0123456789abcdef\n"),
        (&["--name", "of", "--namespace", "default"], "b\n"),
        (&["--latest"], "b\n"),
        (&["--last", "1", "--state", "notready"], "0123456789abcdef\n"),
        (&["--last=-1"], "b\n0123456789abcdef\n"),
        (&["words", "are", "ignored"], "b\n0123456789abcdef\n"),
    ] {
        let output = fake.run(["pods", "-q"].iter().chain(args).copied());
        assert_eq!(output.all(), (ids, String::new(), 0), "{args:?}");
    }
}

#[test]
fn pods_refuses_a_filter_that_is_none_before_it_calls() {
    let fake = fake().serve();
    for (args, message) in [
        (["--state", "asleep"], "--state should be ready or notready"),
        (["--name", "("], "--name \"(\" is not a regular expression"),
        (["--namespace", "a)"], "--namespace \"a)\" is not a regular expression"),
    ] {
        let output = fake.run(["pods"].iter().chain(&args).copied());
        assert_eq!((output.stdout.as_str(), output.message().as_str(), output.status), ("", message, 1));
    }
    let output = fake.run(["pods", "--label", "app"]);
    assert!(output.message().starts_with("--label: "), "{output:?}");
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn pods_refuses_a_format_that_lists_have_not() {
    for format in ["wide", "", "go-template"] {
        let output = fake().serve().run(["pods", "-o", format]);
        let message = format!("unsupported output format {format:?}: use table, json or yaml");
        assert_eq!((output.stdout.as_str(), output.message(), output.status), ("", message, 1));
    }
}

#[test]
fn pods_leaves_out_what_has_no_metadata_and_refuses_a_state_nobody_knows() {
    let nameless = PodSandbox { metadata: None, ..pod("a") };
    assert_eq!(Fake::new().pods([nameless]).serve().run(["pods", "-q"]).all(), ("", String::new(), 0));
    let output = Fake::new().pods([PodSandbox { state: 9, ..pod("a") }]).serve().run(["pods"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert_eq!(output.message(), "the runtime gave a pod the state 9, which the CRI does not define");
}
