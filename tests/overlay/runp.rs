use crate::support::fake::Fake;

#[test]
fn runp_prints_the_id_of_the_pod() {
    let fake = Fake::new().serve();
    let pod = "metadata: {name: pod, namespace: prod, uid: u}\nportMappings: [{protocol: UDP, containerPort: '53'}]\n";
    let output = fake.run_with(["--debug", "runp", "-r", "kata", "-"], pod);
    let state = fake.fake.state();
    assert_eq!((output.stdout, output.status), (format!("{}\n", state.pods[0].id), 0));
    assert_eq!(state.pods[0].runtime_handler, "kata");
    assert!(output.stderr.contains(r#""protocol":"UDP","containerPort":53"#), "{}", output.stderr);
}

#[test]
fn runp_warns_of_a_pod_without_a_cgroup() {
    let pod = "metadata: {name: pod, namespace: prod}\nlinux: {}\n";
    let output = Fake::new().serve().run_with(["runp", "-"], pod);
    let expected = "cgroup_parent is not set. Use `runtime-config` to get the runtime cgroup driver";
    assert_eq!((output.message().as_str(), output.status), (expected, 0));
}

#[test]
fn runp_fails_at_once_when_its_time_is_negative() {
    let fake = Fake::new().serve();
    let output = fake.run_with(["runp", "-T", "-1s", "-"], "metadata: {name: pod, namespace: prod}");
    assert!(output.message().contains("code = DeadlineExceeded"), "{output:?}");
}
