use crictl::cri::{
    PodIp, PodSandbox, PodSandboxMetadata, PodSandboxNetworkStatus, PodSandboxState, PodSandboxStatus,
    PodSandboxStatusResponse,
};

use crate::golden::golden;
use crate::support::fake::Fake;
use crate::support::run::NOW;
use crate::{HOUR, map, pod};

/// A pod with two addresses, as its status shows it.
fn networked(id: &str) -> PodSandboxStatusResponse {
    let network =
        PodSandboxNetworkStatus { ip: "10.0.0.2".to_owned(), additional_ips: vec![PodIp { ip: "fd00::2".to_owned() }] };
    let metadata =
        PodSandboxMetadata { name: "web".to_owned(), uid: "u".to_owned(), namespace: "default".to_owned(), attempt: 1 };
    let status = PodSandboxStatus {
        id: id.to_owned(),
        metadata: Some(metadata),
        created_at: NOW - HOUR,
        network: Some(network),
        labels: map([("app", "web")]),
        annotations: map([("note", "none")]),
        ..Default::default()
    };
    PodSandboxStatusResponse { status: Some(status), timestamp: 5, ..Default::default() }
}

fn fake() -> Fake {
    Fake::new().info("pid", "42").with(|state| state.pod_statuses = [("n".to_owned(), networked("n"))].into())
}

#[test]
fn inspectp_prints_everything_as_json_or_yaml() {
    let fake = fake().serve();
    for (format, file) in [("json", "inspectp.json"), ("yaml", "inspectp.yaml")] {
        let output = fake.run(["inspectp", "--output", format, "n"]);
        assert_eq!((output.errors(), output.status), (String::new(), 0));
        golden(file, &output.stdout);
    }
}

#[test]
fn inspectp_prints_what_a_person_wants_as_a_table() {
    let expected = "\
ID: n
Name: web
UID: u
Namespace: default
Attempt: 1
Status: SANDBOX_READY
Created: 2025-06-15 14:06:40 +0000 UTC
IP Addresses: 10.0.0.2
Additional IP: fd00::2
Labels:
\tapp -> web
Annotations:
\tnote -> none
Info: map[pid:42]
";
    let fake = fake().serve();
    assert_eq!(fake.run(["inspectp", "-o", "table", "n"]).all(), (expected, String::new(), 0));
    let quiet = expected.replace("Info: map[pid:42]\n", "");
    assert_eq!(fake.run(["inspectp", "-qo", "table", "n"]).all(), (quiet.as_str(), String::new(), 0));
}

#[test]
fn inspectp_without_ids_inspects_what_the_filters_find() {
    let old = PodSandbox {
        state: PodSandboxState::SandboxNotready.into(),
        created_at: NOW - 9 * HOUR,
        labels: map([("app", "web")]),
        ..pod("o")
    };
    let fake = Fake::new().pods([old, pod("n")]).serve();
    for (args, ids) in [
        (&[][..], "n o"),
        (&["--state", "ready"], "n"),
        (&["-s", "notready"], "o"),
        (&["--label", "app=web"], "o"),
        (&["--name", "of-n"], "n"),
        (&["--namespace", "default"], "n o"),
        (&["--latest"], "n"),
        (&["-n", "1", "--name", "of-o"], "o"),
    ] {
        let output = fake.run(["inspectp", "-o", "table"].iter().chain(args).copied());
        let found: Vec<_> = output.stdout.lines().filter_map(|line| line.strip_prefix("ID: ")).collect();
        assert_eq!((found.join(" ").as_str(), output.status), (ids, 0), "{args:?} {output:?}");
    }
}

#[test]
fn inspectp_that_finds_nothing_says_so() {
    let output = Fake::new().serve().run(["inspectp"]);
    assert_eq!(output.stdout, "");
    assert_eq!((output.message().as_str(), output.status), ("nothing found per filter", 0));
}

#[test]
fn inspectp_prints_nothing_unless_every_id_is_there() {
    let fake = Fake::new().pods([pod("a")]).serve();
    let output = fake.run(["inspectp", "a", "x"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert_eq!(output.message(), "no pod \"x\" (PodSandboxStatus: rpc error: code = NotFound desc = no pod \"x\")");
    let output = fake.run(["inspectp", "-o", "wide", "a"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(output.message().starts_with("unsupported output format \"wide\""), "{output:?}");
}

#[test]
fn inspectp_refuses_a_status_that_lacks_what_the_cri_requires() {
    let lacking = |change: fn(&mut PodSandboxStatus)| {
        let mut response = networked("a");
        change(response.status.as_mut().unwrap());
        response
    };
    for (response, message) in [
        (PodSandboxStatusResponse::default(), "the runtime's answer has no pod status"),
        (lacking(|status| status.id.clear()), "the runtime's pod status \"\" has no id"),
        (lacking(|status| status.metadata = None), "the runtime's pod status \"a\" has no metadata"),
        (lacking(|status| status.created_at = 0), "the runtime's pod status \"a\" has no time of creation"),
    ] {
        let fake = Fake::new().with(|state| state.pod_statuses = [("a".to_owned(), response)].into());
        let output = fake.serve().run(["inspectp", "a"]);
        assert_eq!((output.stdout.as_str(), output.message().as_str(), output.status), ("", message, 1));
    }
}
