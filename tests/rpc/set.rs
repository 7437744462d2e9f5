//! `--set` and `--set-file`: paths through messages, lists and maps.

use crictl::cri::*;

use super::sent;
use crate::support::fake::Fake;

/// The pod that these flags make.
fn pod(flags: &[&str]) -> RunPodSandboxRequest {
    let fake = Fake::new().serve();
    let output = fake.run(["rpc", "run-pod-sandbox"].iter().chain(flags).copied());
    assert_eq!(output.status, 0, "{output:?}");
    sent(&fake)
}

#[test]
fn a_path_leads_through_messages_lists_and_maps() {
    let set = [
        "--set",
        "config.metadata.name=web",
        "--set",
        "config.port_mappings[0].container_port=80",
        "--set",
        "config.portMappings.1.protocol=udp",
        "--set",
        r"config.labels.app\.kubernetes\.io/name=a=b",
        "--set",
        "config.labels[x.y]=",
        "--set",
        "config.dns_config.servers=[\"1.1.1.1\", 8.8.8.8]",
        "--set",
        "config.dns_config.servers[2]=9.9.9.9",
        "--set",
        "config.linux.sysctls={a: 1}",
        "--set",
        "config.metadata={name: again, attempt: 3}",
    ];
    let config = pod(&set).config.unwrap();
    let metadata = config.metadata.unwrap();
    assert_eq!((metadata.name.as_str(), metadata.attempt), ("again", 3));
    assert_eq!(config.port_mappings[0].container_port, 80);
    assert_eq!(config.port_mappings[1].protocol(), Protocol::Udp);
    assert_eq!(config.labels, crate::map([("app.kubernetes.io/name", "a=b"), ("x.y", "")]));
    assert_eq!(config.dns_config.unwrap().servers, ["1.1.1.1", "8.8.8.8", "9.9.9.9"]);
    assert_eq!(config.linux.unwrap().sysctls, crate::map([("a", "1")]));
}

#[test]
fn a_path_is_set_after_the_document_and_the_flags() {
    let data = "{runtime_handler: data, config: {hostname: data, log_directory: data}}";
    let request =
        pod(&["--set", "config.hostname=set", "--data", data, "--config.hostname=flag", "--runtime-handler=flag"]);
    let config = request.config.unwrap();
    assert_eq!((config.hostname.as_str(), config.log_directory.as_str()), ("set", "data"));
    assert_eq!(request.runtime_handler, "flag");
    let request = pod(&["--data", data, "--set", "config=null"]
        .into_iter()
        .chain(["--set", "config.hostname=h"])
        .collect::<Vec<_>>());
    assert_eq!(request.config.unwrap().log_directory, "");
}

#[test]
fn a_file_is_text_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("name=x");
    std::fs::write(&file, "a\nb=c\n").unwrap();
    let request = pod(&["--set-file", &format!("config.labels.k={}", file.display()), "--config.hostname=h"]);
    assert_eq!(request.config.unwrap().labels["k"], "a\nb=c\n");

    std::fs::write(&file, b"\xff").unwrap();
    let output = Fake::new().serve().run(["rpc", "version", "--set-file", &format!("version={}", file.display())]);
    let message = format!("--set-file version: {} is not UTF-8, but the field is text", file.display());
    assert_eq!((output.message(), output.status), (message, 1));
}

#[test]
fn what_is_wrong_is_named_and_not_sent() {
    let fake = Fake::new().serve();
    for (flag, word, message) in [
        ("--set", "config", "--set config: expected PATH=VALUE"),
        ("--set", "=x", "--set : a part of the path is empty"),
        ("--set", "config..a=s3cret", "--set config..a: a part of the path is empty"),
        ("--set", "config.nope=x", "--set config.nope: unknown field config.nope"),
        ("--set", "config.hostnam=x", "--set config.hostnam: unknown field config.hostnam, did you mean hostname?"),
        ("--set", "config.hostname.x=y", "--set config.hostname.x: config.hostname has no fields"),
        (
            "--set",
            "config.port_mappings.1.host_ip=x",
            "--set config.port_mappings.1.host_ip: the list has 0 items, so the next index is 0",
        ),
        ("--set", "config.port_mappings.x=y", "--set config.port_mappings.x: \"x\" is not an index of a list"),
        ("--set", "config.port_mappings[0=y", "--set config.port_mappings[0: an opening bracket has no closing one"),
        ("--set", "config.labels]x=y", "--set config.labels]x: a closing bracket has no opening one"),
        ("--set", "config.metadata.attempt=-1", "--set config.metadata.attempt: -1 is out of range"),
        ("--set", "config.labels=[a]", "--set config.labels: expected an object, got a list"),
        ("--set", "config.port_mappings=5", "--set config.portMappings: expected a list, got 5"),
        ("--set", "config.metadata={", "--set config.metadata: not JSON: "),
        ("--set-file", "config.hostname=/no/such", "--set-file config.hostname: /no/such: no such file or directory"),
        ("--set-file", "config.metadata=/dev/null", "--set-file config.metadata: the field is neither text nor bytes"),
    ] {
        let output = fake.run(["rpc", "run-pod-sandbox", flag, word]);
        assert!(output.message().starts_with(message) && output.status == 1, "{word}: {output:?}");
        assert!(!output.stderr.contains("s3cret"), "{output:?}");
    }
    assert!(fake.fake.state().calls.is_empty());
}
