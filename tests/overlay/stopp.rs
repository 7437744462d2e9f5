use crate::pod;
use crate::support::fake::Fake;

#[test]
fn stopp_says_what_it_stopped() {
    let fake = Fake::new().pods([pod("a"), pod("b")]).serve();
    let output = fake.run(["stopp", "a", "b"]);
    assert_eq!((output.stdout.as_str(), output.status), ("Stopped sandbox a\nStopped sandbox b\n", 0));
}

#[test]
fn stopp_without_an_id_is_help() {
    let output = Fake::new().serve().run(["stopp"]);
    assert!(output.stdout.contains("Usage: crictl stopp POD-ID..."), "{output:?}");
    assert_eq!(output.status, 0);
}
