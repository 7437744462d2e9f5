use std::fs;

use tempfile::TempDir;
use tonic::Status;

use crate::support::fake::Fake;
use crate::support::run::crictl_in;

const CONTAINER: &str = "metadata: {name: web}\nimage: {image: nginx}\nenvs: [{key: A, value: aGk=}]\n";
const POD: &str = "metadata: {name: pod, namespace: prod}\n";

/// The two config files, and their folder.
fn files(container: &str, pod: &str) -> (String, String, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    (file("container.yaml", container), file("pod.yaml", pod), folder)
}

#[test]
fn run_pulls_makes_a_pod_and_a_container_and_prints_one_id() {
    let (container, pod, _folder) = files(CONTAINER, POD);
    let fake = Fake::new().serve();
    let output = fake.run(["run", &container, &pod]);
    let state = fake.fake.state();
    assert_eq!(output.stdout, format!("{}\n", state.containers[0].id));
    assert_eq!(output.message(), "Pulling container image: nginx");
    assert_eq!(state.calls, ["RunPodSandbox", "PullImage", "CreateContainer", "StartContainer"]);
    let image = state.containers[0].image.clone().unwrap();
    assert_eq!((image.image.as_str(), image.user_specified_image.as_str()), ("nginx", "nginx"));
}

#[test]
fn run_sends_one_and_the_same_generated_uid() {
    let (container, pod, _folder) = files(CONTAINER, POD);
    let fake = Fake::new().serve();
    let output = fake.run(["--debug", "run", "--no-pull", &container, &pod]);
    let uid = fake.fake.state().pods[0].metadata.clone().unwrap().uid;
    assert_eq!(uid.len(), 36);
    assert_eq!(output.stderr.matches(&uid).count(), 2, "{}", output.stderr);
}

#[test]
fn run_reads_one_config_from_standard_input_and_not_two() {
    let (container, _, _folder) = files(CONTAINER, POD);
    let fake = Fake::new().serve();
    assert_eq!(fake.run_with(["run", "--no-pull", &container, "-"], POD).status, 0);
    assert_eq!(fake.fake.state().pods[0].metadata.clone().unwrap().name, "pod");
    let output = fake.run_with(["run", "-", "-"], POD);
    assert_eq!(output.message(), "only one of the two configs can come from standard input");
}

#[test]
fn run_tells_a_person_of_fields_that_nobody_knows_and_refuses_them_when_strict() {
    let (container, pod, _folder) = files(&format!("{CONTAINER}log_pth: x\nzz: 1\n"), POD);
    let fake = Fake::new().serve();
    let said = "unknown field log_pth, did you mean log_path?, unknown field zz";
    let warning = format!("{container}: {said}");
    // A script that reads both streams as one gets the id alone.
    let output = fake.run(["run", "--no-pull", &container, &pod]);
    assert_eq!((output.stderr.as_str(), output.status), ("", 0));
    let output = fake.run(["-D", "run", "--no-pull", &container, &pod]);
    assert_eq!((output.stderr.matches(&warning).count(), output.status), (1, 0), "{output:?}");
    let endpoint = fake.endpoint();
    let args = ["-r", &endpoint, "run", "--no-pull", &container, &pod];
    let output = crictl_in(args, &[], None, |io| io.err_is_terminal = true);
    let lines: Vec<_> = output.stderr.lines().collect();
    assert!(lines.len() == 1 && lines[0].contains(&warning), "{output:?}");
    let output = fake.run(["run", "--no-pull", "--strict", &container, &pod]);
    assert_eq!(output.message(), format!("{said}, reading the config \"{container}\""));
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
}

#[test]
fn run_reads_both_configs_before_it_makes_a_pod() {
    for (container, pod) in [("{}", POD), ("image: [", POD), ("args: x", POD), (CONTAINER, "{}")] {
        let (container, pod, _folder) = files(container, pod);
        let fake = Fake::new().serve();
        let output = fake.run(["run", &container, &pod]);
        assert_eq!((output.stdout.as_str(), output.status), ("", 1), "{output:?}");
        assert!(fake.fake.state().calls.is_empty());
    }
}

#[test]
fn run_never_shows_credentials() {
    let (container, pod, _folder) = files(CONTAINER, POD);
    let fake = Fake::new().failing("CreateContainer", Status::internal("no room")).serve();
    let output = fake.run(["--debug", "run", "--creds", "robot:s3cr3t", &container, &pod]);
    assert!(output.stderr.contains("robot"), "{}", output.stderr);
    assert!(!format!("{output:?}").contains("s3cr3t"), "{}", output.stderr);
    let error = "creating container: no room (CreateContainer: rpc error: code = Internal desc = no room)";
    assert!(output.stderr.contains(error), "{}", output.stderr);
}

#[test]
fn run_with_a_negative_timeout_fails_at_its_first_call() {
    let (container, pod, _folder) = files(CONTAINER, POD);
    let fake = Fake::new().serve();
    let output = fake.run(["run", "--no-pull", "-T", "-1s", &container, &pod]);
    assert_eq!(output.status, 1);
    assert!(output.message().contains("DeadlineExceeded"), "{output:?}");
    assert!(fake.fake.state().containers.is_empty());
}

#[test]
fn run_prints_the_schemas_of_its_configs() {
    let fake = Fake::new().serve();
    let output = fake.run(["run", "js", "-pc"]);
    let documents: Vec<serde_json::Value> =
        serde_json::Deserializer::from_str(&output.stdout).into_iter().map(Result::unwrap).collect();
    let references: Vec<_> = documents.iter().map(|document| document["$ref"].as_str().unwrap()).collect();
    assert_eq!(references, ["#/$defs/PodSandboxConfig", "#/$defs/ContainerConfig"]);
    let defs = &documents[1]["$defs"];
    assert_eq!(defs["KeyValue"]["properties"]["value"]["type"], "string");
    assert_eq!(defs["Mount"]["properties"]["propagation"]["oneOf"][1]["type"], "integer");
    assert_eq!(defs["ContainerConfig"]["properties"]["labels"]["additionalProperties"]["type"], "string");
    assert!(fake.fake.state().calls.is_empty());
}
