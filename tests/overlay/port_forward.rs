use crate::support::fake::Fake;

#[test]
fn port_forward_needs_a_pod_and_a_port_before_it_calls() {
    let fake = Fake::new().serve();
    assert!(fake.run(["port-forward", "p"]).stdout.contains("Usage: crictl port-forward"));
    let output = fake.run(["port-forward", "", "80"]);
    assert_eq!(output.message(), "ID cannot be empty: port-forward needs the id of a pod");
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn port_forward_names_the_port_that_is_wrong() {
    let fake = Fake::new().with(|state| state.stream_url = "http://127.0.0.1:1/forward".to_owned()).serve();
    for (ports, cause) in [("1:2:3", "invalid port format '1:2:3'"), ("80:0", "remote port must be > 0")] {
        let output = fake.run(["port-forward", "p", ports]);
        assert!(output.message().starts_with(cause), "{output:?}");
        assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    }
}
