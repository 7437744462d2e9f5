use serde_json::{Value, json};
use tonic::Status;

use super::{containerd, images, jobs, run};
use crate::support::fake::Fake;
use crate::support::fake::containerd::Space;
use crate::support::run::{crictl, crictl_in};

#[test]
fn what_needs_a_pod_says_that_there_are_none() {
    let served = containerd([("ephemerd", jobs())]).serve();
    for (args, method) in [
        (&["pods"][..], "ListPodSandbox"),
        (&["inspectp", "p"], "PodSandboxStatus"),
        (&["stopp", "p"], "StopPodSandbox"),
        (&["rmp", "p"], "PodSandboxStatus"),
        (&["statsp"], "ListPodSandboxStats"),
        (&["port-forward", "p", "80"], "PortForward"),
    ] {
        let output = run(&served, args.iter().copied());
        assert_eq!((output.stdout.as_str(), output.status), ("", 1), "{args:?}");
        let message = output.message();
        assert!(message.starts_with("containerd's namespace ephemerd has no pods"), "{message}");
        assert!(message.contains(&format!("({method}: rpc error: code = Unimplemented desc = ")), "{message}");
    }
    assert!(served.fake.state().calls.is_empty());
}

#[test]
fn another_runtime_has_no_namespaces() {
    let served = Fake::new().serve();
    let in_one = [
        &["ps"][..],
        &["version"],
        &["logs", "a"],
        &["exec", "a", "true"],
        &["exec", "-s", "a", "true"],
        &["pull", "a"],
        &["pull", "--creds", "a:b", "a"],
        &["events"],
        &["checkpoint", "--export", "/x", "a"],
    ];
    let in_one = in_one.iter().map(|args| [&["--ns", "x"], *args].concat());
    for args in in_one.chain([vec!["--ns", "all", "ps"], vec!["--ns", "all", "events"], vec!["ns"]]) {
        let output = served.run(args.iter().copied());
        assert_eq!((output.stdout.as_str(), output.status), ("", 1), "{args:?}");
        let message = output.message();
        assert!(message.contains("fake has no namespaces of containerd"), "{message}");
    }
}

#[test]
fn a_name_that_is_none_is_refused_before_anything_is_sent() {
    let served = containerd([("ephemerd", jobs())]).serve();
    let output = served.run(["--ns", "a/b", "ps"]);
    assert_eq!(output.status, 1);
    assert!(output.errors().contains("a/b"), "{output:?}");
    assert!(served.fake.state().containerd.as_ref().unwrap().calls.is_empty());
}

#[test]
fn containerds_words_come_first_and_the_method_is_the_cris() {
    let served = containerd([("ephemerd", jobs())]).serve();
    let failure = Some(("Tasks.List", Status::internal("the shim is on fire")));
    served.fake.state().containerd.as_mut().unwrap().failure = failure;
    let message = run(&served, ["ps"]).message();
    assert!(
        message.starts_with("the shim is on fire (ListContainers: rpc error: code = Internal desc = "),
        "{message}"
    );
}

#[test]
fn nobody_there_is_said_as_ever() {
    let message = crictl(["-r", "unix:///nonexistent/x.sock", "--ns", "ephemerd", "ps"], &[], "").message();
    let expected = "no socket at \"unix:///nonexistent/x.sock\" (runtime service, from --runtime-endpoint): \
                    no such file or directory (ListContainers: rpc error:";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn the_namespace_comes_from_the_flag_or_the_file_and_not_from_ctrs_variable() {
    let served = containerd([("ephemerd", jobs())]).serve();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "containerd-namespace: ephemerd\n").unwrap();
    let endpoint = served.endpoint();
    let config = ("CRI_CONFIG_FILE", file.path().to_str().unwrap());
    let socket = ("CONTAINER_RUNTIME_ENDPOINT", endpoint.as_str());
    let ps = |args: &[&str], env: &[(&str, &str)]| crictl_in(args.iter().copied(), env, None, |_| {}).stdout;
    assert_eq!(ps(&["ps", "-q"], &[config, socket]), "job-1\n");
    assert_eq!(ps(&["--ns", "k8s.io", "ps", "-q"], &[config, socket]), "");
    assert_eq!(ps(&["ps", "-q"], &[("CONTAINERD_NAMESPACE", "ephemerd"), socket]), "");
    let path = file.path().to_str().unwrap();
    assert_eq!(crictl(["-c", path, "config", "--get", "containerd-namespace"], &[], "").stdout, "ephemerd\n");
    let wrong = crictl(["-c", path, "config", "--set", "containerd-namespace=a b"], &[], "");
    assert!(wrong.message().contains("containerd-namespace: \"a b\" is no name of a namespace"), "{wrong:?}");
}

#[test]
fn ns_lists_the_namespaces_and_what_is_in_them() {
    let labels = [("owner".to_owned(), "ci".to_owned())].into();
    let served = containerd([("ephemerd", jobs()), ("b", Space { labels, ..images() })]).serve();
    assert_eq!(served.run(["ns", "-q"]).all(), ("b\nephemerd\n", String::new(), 0));
    let document: Value = serde_json::from_str(&served.run(["ns", "-o", "json"]).stdout).unwrap();
    let ephemerd = &document["namespaces"][1];
    assert_eq!(ephemerd["name"], "ephemerd");
    assert_eq!((&ephemerd["containers"], &ephemerd["running"], &ephemerd["images"]), (&json!(4), &json!(1), &json!(0)));
    assert_eq!(document["namespaces"][0]["labels"], json!({ "owner": "ci" }));
    let table = served.run(["ns"]).stdout;
    let rows: Vec<_> = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(rows[0], "NAMESPACE CONTAINERS RUNNING IMAGES CONTENT LABELS");
    assert!(rows[1].starts_with("b 0 0 3 ") && rows[1].ends_with(" owner=ci"), "{table}");
    assert_eq!(rows[2], "ephemerd 4 1 0 0B");
    assert!(served.fake.state().calls.is_empty());
}
