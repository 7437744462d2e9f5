//! Config files as people write them, and what becomes of them.

use super::parse;
use crate::generated::cri::{
    ContainerConfig, KeyValue, LinuxContainerResources, NamespaceMode, PodSandboxConfig, Protocol,
};

fn container(text: &str) -> ContainerConfig {
    let (config, unknown) = parse::<ContainerConfig>(text.as_bytes()).expect("it is a container config");
    assert_eq!(unknown, [], "{text}");
    config
}

fn resources(text: &str) -> LinuxContainerResources {
    container(text).linux.and_then(|linux| linux.resources).unwrap_or_default()
}

#[test]
fn both_spellings_of_names_in_any_case_and_both_formats_are_one_config() {
    let yaml = "log_path: x\nworking_dir: /w\nCDI_devices: [{name: a}]\nmounts: [{uidMappings: [{host_id: 1}]}]\n";
    let camel = r#"{"logPath": "x", "workingDir": "/w", "CDIDevices": [{"name": "a"}],
                    "mounts": [{"uidMappings": [{"hostId": 1}]}]}"#;
    let upper = "LOG_PATH: x\nWorkingDir: /w\ncdi_Devices: [{NAME: a}]\nMounts: [{UIDMAPPINGS: [{HostID: 1}]}]\n";
    assert_eq!(container(yaml), container(camel));
    assert_eq!(container(yaml), container(upper));
    assert_eq!(container(yaml).log_path, "x");
}

#[test]
fn of_two_spellings_of_a_field_the_last_in_the_order_of_bytes_wins() {
    assert_eq!(container("log_path: a\nlogPath: b\n").log_path, "a");
    assert_eq!(container("args: [a]\nARGS: [b]\n").args, ["a"]);
}

#[test]
fn enums_go_by_name_and_by_number() {
    let text = |mode: &str| format!("linux: {{security_context: {{namespace_options: {{network: {mode}}}}}}}\n");
    for mode in ["NODE", "node", "2", "\"2\"", "2.0"] {
        let linux = container(&text(mode)).linux.and_then(|linux| linux.security_context);
        let options = linux.and_then(|context| context.namespace_options).expect("they are set");
        assert_eq!(options.network(), NamespaceMode::Node, "{mode}");
    }
    let error = parse::<ContainerConfig>(text("HOST").as_bytes()).expect_err("there is no such mode");
    assert!(error.starts_with("linux.security_context.namespace_options.network: expected one of POD, "), "{error}");

    let pod = b"port_mappings: [{protocol: UDP, container_port: 1}]";
    let (pod, _) = parse::<PodSandboxConfig>(pod).expect("it is a pod config");
    assert_eq!(pod.port_mappings[0].protocol(), Protocol::Udp);
}

#[test]
fn numbers_may_be_quoted_and_text_may_be_a_number() {
    let quoted = resources("linux: {resources: {cpu_shares: \"5\", memory_limit_in_bytes: 9007199254740993}}");
    assert_eq!((quoted.cpu_shares, quoted.memory_limit_in_bytes), (5, 9_007_199_254_740_993));
    assert_eq!(resources("linux: {resources: {cpu_shares: 010}}").cpu_shares, 8);
    let config = container("args: [1, true, 1.50, ~, yes, \"yes\"]\nlabels: {a: 1}\n");
    assert_eq!(config.args, ["1", "true", "1.5", "", "true", "yes"]);
    assert_eq!(config.labels["a"], "1");
}

#[test]
fn environment_values_are_plain_text() {
    let envs = container("envs:\n- {key: A, value: aGk=}\n- {key: B}\n- {key: C, value: 5}\n").envs;
    let expected = [("A", "aGk="), ("B", ""), ("C", "5")];
    let expected = expected.map(|(key, value)| KeyValue { key: key.into(), value: value.into() });
    assert_eq!(envs, expected);
}

#[test]
fn a_value_that_does_not_fit_is_named_by_its_path() {
    for (text, path) in [
        ("tty: 1", "tty: "),
        ("args: hello", "args: "),
        ("labels: [a]", "labels: "),
        ("metadata: {attempt: -1}", "metadata.attempt: "),
        ("metadata: {attempt: 4294967296}", "metadata.attempt: "),
        ("linux: {resources: {cpu_shares: 1:30}}", "linux.resources.cpu_shares: "),
        ("linux: {resources: {cpu_shares: .inf}}", "linux.resources.cpu_shares: "),
        ("linux: {security_context: {run_as_user: 1000}}", "linux.security_context.run_as_user: "),
        ("mounts: [{}, {readonly: perhaps}]", "mounts.1.readonly: "),
        ("[a]", "the document: "),
    ] {
        let error = parse::<ContainerConfig>(text.as_bytes()).expect_err(text);
        assert!(error.starts_with(path), "{text}: {error}");
    }
}

#[test]
fn an_unknown_field_is_named_with_its_path_and_the_nearest_name() {
    let text = b"log_directroy: x\nlinux: {security_contxt: {}}\nx-mine: 1\nport_mappings: [{hostport: 1, prot: 0}]\n";
    let (_, unknown) = parse::<PodSandboxConfig>(text).expect("all else is right");
    let unknown: Vec<_> = unknown.iter().map(ToString::to_string).collect();
    let expected = [
        "unknown field linux.security_contxt, did you mean security_context?",
        "unknown field log_directroy, did you mean log_directory?",
        "unknown field port_mappings.0.prot",
        "unknown field x-mine",
    ];
    assert_eq!(unknown, expected);
}

#[test]
fn json_goes_by_json_s_rules_and_everything_else_by_yaml_s() {
    assert_eq!(container(r#"{"log_path": "\ud83d\ude00"}"#).log_path, "😀");
    assert_eq!(container("{\"log_path\": \"a\", \"log_path\": \"b\",}").log_path, "b");
    assert_eq!(container("\u{feff}log_path: a\r\n").log_path, "a");
    assert_eq!(container(""), ContainerConfig::default());
    assert!(parse::<ContainerConfig>(b"log_path: \"\xff\"").is_err_and(|reason| reason.starts_with("not UTF-8")));
}
