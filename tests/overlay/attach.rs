use crate::support::fake::Fake;

#[test]
fn attach_needs_one_container_before_it_calls() {
    let fake = Fake::new().serve();
    for args in [&["attach"][..], &["attach", ""]] {
        let output = fake.run(args.iter().copied());
        assert_eq!(output.message(), "ID cannot be empty: attach needs the id of a container");
        assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    }
    assert!(fake.run(["attach", "a", "b"]).stdout.contains("Usage: crictl attach"));
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn attach_refuses_half_a_certificate_before_it_calls() {
    let fake = Fake::new().serve();
    let output = fake.run(["attach", "--tls-cert", "/cert.pem", "a"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(output.message().contains("--tls-key"), "{output:?}");
    assert!(fake.fake.state().calls.is_empty());
}
