use crictl::cri::PodSandbox;

use crate::support::fake::Fake;

const CONTAINER: &str = r#"{"metadata": {"name": "web"}, "image": {"image": "nginx"}, "logPath": "web.log"}"#;

fn pod(id: &str) -> PodSandbox {
    PodSandbox { id: id.to_owned(), ..Default::default() }
}

#[test]
fn create_without_a_pod_config_sends_none() {
    let fake = Fake::new().pods([pod("0123")]).serve();
    let output = fake.run_with(["--debug", "create", "0123", "-", ""], CONTAINER);
    let state = fake.fake.state();
    assert_eq!((output.stdout, output.status), (format!("{}\n", state.containers[0].id), 0));
    assert_eq!(state.calls, ["CreateContainer"]);
    assert!(output.stderr.contains(r#""logPath":"web.log""#), "{}", output.stderr);
    assert!(!output.stderr.contains("sandboxConfig"), "{}", output.stderr);
}

#[test]
fn create_pulls_only_when_told_to() {
    let fake = Fake::new().pods([pod("0123")]).serve();
    assert_eq!(fake.run_with(["create", "0123", "-", "", "--with-pull"], CONTAINER).status, 0);
    assert_eq!(fake.fake.state().calls, ["PullImage", "CreateContainer"]);
    let output = fake.run_with(["create", "--with-pull", "--no-pull", "0123", "-", ""], CONTAINER);
    assert_eq!(output.message(), "conflict: no-pull and with-pull are both set");
}

/// `scripts/bump` runs this before and after the release that made the values bytes.
#[test]
fn create_sends_the_values_of_environment_variables_as_the_text_that_they_are() {
    let fake = Fake::new().pods([pod("0123")]).serve();
    let config = "metadata: {name: web}\nimage: {image: nginx}\nlog_path: web.log\n\
        envs: [{key: A, value: aGk=}, {key: B, value: x=y ü ⚓}, {key: C}]\n";
    let output = fake.run_with(["create", "0123", "-", ""], config);
    assert_eq!((output.status, output.errors()), (0, String::new()));
    let envs = fake.fake.state().configs.remove(0).envs;
    let sent: Vec<Vec<u8>> = envs.iter().map(prost::Message::encode_to_vec).collect();
    assert_eq!(sent[..2], [b"\x0a\x01A\x12\x04aGk=".to_vec(), b"\x0a\x01B\x12\x0ax=y \xc3\xbc \xe2\x9a\x93".to_vec()]);
    assert_eq!(sent[2], b"\x0a\x01C");
}

#[test]
fn create_names_what_a_config_lacks() {
    let fake = Fake::new().serve();
    let output = fake.run_with(["create", "0123", "-", ""], "metadata: {name: web}");
    assert_eq!(output.message(), "image is not set, checking the container config \"-\"");
    let output = fake.run(["create", "0123", "none.yaml", ""]);
    assert_eq!(output.message(), "config at \"none.yaml\" not found: no such file or directory");
}
