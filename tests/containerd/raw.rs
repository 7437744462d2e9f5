//! `crictl rpc containerd`: calls of containerd's own services as they are.

use crictl::generated::containerd::types::Metric;
use crictl::generated::io::containerd::cgroups::v2;
use prost::Message as _;
use prost_types::Any;
use serde_json::{Value, json};

use super::{containerd, images, jobs, run};
use crate::golden::golden;
use crate::support::fake::Served;
use crate::support::fake::containerd::Space;
use crate::support::run::{Output, crictl};

/// The calls that containerd's own services got.
fn calls(served: &Served) -> Vec<String> {
    std::mem::take(&mut served.fake.state().containerd.as_mut().unwrap().calls)
}

/// The document of a call in namespace `ephemerd`.
fn document(served: &Served, args: &[&str]) -> Value {
    let output = run(served, ["rpc", "containerd"].iter().chain(args).copied());
    assert_eq!((output.status, output.errors()), (0, String::new()), "{args:?}");
    serde_json::from_str(&output.stdout).unwrap()
}

fn any(kind: &str, value: Vec<u8>) -> Any {
    Any { type_url: kind.to_owned(), value }
}

#[test]
fn what_there_is_to_call_is_the_golden_list() {
    let mut text = String::new();
    for args in [
        &["rpc", "containerd"][..],
        &["rpc", "containerd", "tasks", "kill", "--help"],
        &["rpc", "containerd", "describe", "images", "create", "--depth=1"],
        &["rpc", "containerd", "images", "update", "--skeleton", "--image.name=a", "--update-mask=labels"],
        &["rpc", "containerd", "leases"],
        &["rpc", "containerd", "lease"],
    ] {
        let output = crictl(args.iter().copied(), &[], "");
        text += &format!("$ crictl {}\n{}{}\n", args.join(" "), output.stdout, output.errors());
    }
    golden("rpc-containerd.txt", &text);
}

#[test]
fn the_namespace_is_that_of_the_flag_or_the_cris_and_a_header_has_the_last_word() {
    let served = containerd([("ephemerd", jobs()), ("k8s.io", Space::default())]).serve();
    for (args, expected) in [
        (&["rpc", "containerd", "tasks", "list"][..], "k8s.io Tasks.List"),
        (&["--ns", "ephemerd", "rpc", "containerd", "Tasks.List"], "ephemerd Tasks.List"),
        (&["--ns=a", "rpc", "containerd", "tasks", "list", "--header", "Containerd-Namespace=b"], "b Tasks.List"),
        (&["--ns", "a", "rpc", "containerd", "version", "version"], "a Version.Version"),
    ] {
        let output = served.run(args.iter().copied());
        assert_eq!((output.status, output.errors()), (0, String::new()), "{args:?}");
        assert_eq!(calls(&served), [expected]);
    }
    let output = served.run(["--ns", "all", "rpc", "containerd", "tasks", "list"]);
    let expected = "--containerd-namespace: Tasks.List is about one namespace of containerd, not all of them";
    assert_eq!((output.status, output.message().as_str(), calls(&served)), (1, expected, Vec::new()));
    let output = run(&served, ["rpc", "containerd", "tasks", "list", "--dry-run"]);
    assert!(
        output.stderr.contains(" -H 'containerd-namespace: ephemerd' -import-path proto/containerd/"),
        "{output:?}"
    );
    assert!(output.stderr.contains(" -proto services/tasks/v1/tasks.proto "), "{output:?}");
    assert_eq!(calls(&served), [""; 0]);
}

#[test]
fn a_method_of_the_cri_is_still_answered_in_the_namespace() {
    let served = containerd([("ephemerd", jobs())]).serve();
    let output = run(&served, ["rpc", "list-containers", "-o", "jsonl", "--filter.id", "job-2"]);
    assert!(output.stdout.contains("\"state\":\"CONTAINER_EXITED\""), "{output:?}");
}

#[test]
fn times_specifications_and_options_are_shown_as_what_they_are() {
    let spec = json!({"ociVersion": "1.2.0", "process": {"args": ["sh", "-c", "true"], "env": ["A=1"]}});
    let jobs = Space::default().container("job", None).with(|job| {
        let kind = "types.containerd.io/opencontainers/runtime-spec/1/Spec";
        job.spec = Some(any(kind, spec.to_string().into_bytes()));
        let options =
            crictl::generated::containerd::runc::v1::Options { binary_name: "runc".into(), ..Default::default() };
        job.runtime.get_or_insert_default().options = Some(any("containerd.runc.v1.Options", options.encode_to_vec()));
        job.extensions.insert("x".to_owned(), any("types/other", vec![0, 1]));
    });
    let served = containerd([("ephemerd", jobs)]).serve();
    let shown = &document(&served, &["containers", "list", "--emit-defaults=false"])["containers"][0];
    assert_eq!(shown["createdAt"], "2025-06-15T14:50:00Z");
    assert_eq!(shown["spec"]["value"], spec);
    let options = json!({"@type": "containerd.runc.v1.Options", "binaryName": "runc"});
    assert_eq!(shown["runtime"]["options"], options);
    assert_eq!(shown["extensions"]["x"], json!({"@type": "types/other", "value": "AAE="}));
    let output = run(&served, ["rpc", "containerd", "containers", "list", "-o", "text"]);
    assert!(
        output.stdout.contains("\n    [containerd.runc.v1.Options] {\n")
            || output.stdout.contains("[containerd.runc.v1.Options] {"),
        "{output:?}"
    );
    let template = "{{range .containers}}{{.spec.value.ociVersion}}{{end}}";
    let output = run(&served, ["rpc", "containerd", "containers", "list", "-o", "go-template", "--template", template]);
    assert_eq!(output.stdout.trim(), "1.2.0", "{output:?}");
}

#[test]
fn metrics_are_those_of_their_cgroup() {
    let memory = v2::MemoryStat { usage: 4096, ..Default::default() };
    let metrics = v2::Metrics { memory: Some(memory), ..Default::default() };
    let mut jobs = jobs();
    jobs.metrics.insert("job-1".to_owned(), any("io.containerd.cgroups.v2.Metrics", metrics.encode_to_vec()));
    let served = containerd([("ephemerd", jobs)]).serve();
    let shown = &document(&served, &["tasks", "metrics", "--emit-defaults=false"])["metrics"][0];
    let data = json!({"@type": "io.containerd.cgroups.v2.Metrics", "memory": {"usage": "4096"}});
    assert_eq!((&shown["id"], &shown["data"]), (&json!("job-1"), &data));
    // Content that is cut short is no reason to hide the rest.
    let broken = Metric { data: Some(any("io.containerd.cgroups.v2.Metrics", vec![0x22, 9])), ..Default::default() };
    let broken = broken.data.unwrap();
    served
        .fake
        .state()
        .containerd
        .as_mut()
        .unwrap()
        .spaces
        .get_mut("ephemerd")
        .unwrap()
        .metrics
        .insert("job-1".to_owned(), broken);
    let shown = &document(&served, &["tasks", "metrics"])["metrics"][0];
    assert_eq!(shown["data"]["value"], "Igk=");
}

#[test]
fn flags_make_the_request_and_errors_are_containerds() {
    let served = containerd([("ephemerd", jobs())]).serve();
    let output = run(&served, ["rpc", "containerd", "tasks", "kill", "--container-id", "job-1", "--signal", "9"]);
    assert_eq!((output.status, output.stdout.as_str(), output.errors()), (0, "{}\n", String::new()));
    let signals = super::space(&served, "ephemerd").signals;
    assert_eq!(signals, [("job-1".to_owned(), 9)]);
    let output = run(&served, ["rpc", "containerd", "tasks", "get", "--container-id", "none"]);
    let message = output.message();
    assert_eq!(output.status, 64 + 5);
    assert!(
        message.starts_with("task none not found: not found (Tasks.Get: rpc error: code = NotFound desc = "),
        "{message}"
    );
    let output = run(&served, ["rpc", "containerd", "tasks", "kill", "--signal", "TERM"]);
    assert!(output.status == 1 && output.errors().contains("for flag -signal: expected an integer"), "{output:?}");
}

#[test]
fn a_stream_is_shown_message_by_message() {
    let served = containerd([("ephemerd", images())]).serve();
    let output = run(&served, ["rpc", "containerd", "content", "list", "--emit-defaults=false"]);
    assert_eq!((output.status, output.errors()), (0, String::new()));
    let lines: Vec<Value> = output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let digests =
        lines.iter().flat_map(|line| line["info"].as_array().unwrap()).filter(|info| info["digest"].is_string());
    assert_eq!(digests.count(), super::space(&served, "ephemerd").blobs.len());
}

#[test]
fn what_the_server_lacks_is_its_word() {
    let served = containerd([("ephemerd", jobs())]).serve();
    let output = run(&served, ["rpc", "containerd", "leases", "list"]);
    assert_eq!(output.status, 64 + 12);
    assert!(output.message().contains("(Leases.List: rpc error: code = Unimplemented"), "{output:?}");
}

/// The command lines of `-D`, without how they ended.
fn lines(output: &Output) -> Vec<&str> {
    let lines = output.stderr.lines().filter_map(|line| line.strip_prefix("crictl ")?.rsplit_once(" # "));
    lines.map(|(line, _)| line).collect()
}

#[test]
fn debug_shows_each_native_call_as_the_line_that_makes_it_again() {
    let served = containerd([("ephemerd", jobs())]).serve();
    let output = run(&served, ["-D", "ps", "-a"]);
    let made = served.fake.state().requests.clone();
    let lines: Vec<_> = lines(&output).into_iter().filter(|line| line.contains(" rpc containerd ")).collect();
    assert_eq!(lines.len(), made.len(), "{output:?}");
    assert!(
        lines.iter().any(|line| line.ends_with("--containerd-namespace ephemerd rpc containerd tasks list")),
        "{lines:?}"
    );
    for line in lines {
        assert!(!line.contains('\''), "{line}");
        let again = served.run(line.split(' '));
        assert_eq!(again.status, 0, "{line}: {again:?}");
        let again = served.fake.state().requests.last().cloned().unwrap();
        assert!(made.iter().any(|made| (&made.path, &made.body) == (&again.path, &again.body)), "{line}");
    }
}

#[test]
fn debug_does_not_show_what_a_process_is_given() {
    let served = containerd([("ephemerd", jobs())]).serve();
    let process = json!({"args": ["login", "hidden"], "env": ["TOKEN=hidden"], "cwd": "/"});
    let spec =
        json!({"@type": "types.containerd.io/opencontainers/runtime-spec/1/Process", "value": process}).to_string();
    let whole = json!({"@type": "x/Spec", "value": {"process": process}}).to_string();
    for args in [&["tasks", "exec", "--spec", &spec][..], &["containers", "create", "--container.spec", &whole]] {
        let output = run(&served, ["-D", "rpc", "containerd"].iter().chain(args).copied());
        assert!(output.stderr.contains("\"args\":[\"login\",\"***\"]"), "{output:?}");
        assert!(output.stderr.contains("\"cwd\":\"/\"") && !output.stderr.contains("hidden"), "{output:?}");
    }
    let registry =
        json!({"@type": "containerd.types.transfer.OCIRegistry", "resolver": {"headers": {"Authorization": "hidden"}}});
    let registry = registry.to_string();
    let output = run(&served, ["-D", "rpc", "containerd", "transfer", "transfer", "--source", &registry]);
    assert!(output.stderr.contains("\"headers\":\"***\"") && !output.stderr.contains("hidden"), "{output:?}");
}
