use crictl::cri::VersionResponse;
use tonic::Status;

use crate::support::fake::Fake;

#[test]
fn version_prints_four_lines_and_asks_with_and_without_a_version() {
    let fake = Fake::new().serve();
    let expected = "\
Version:  0.1.0
RuntimeName:  fake
RuntimeVersion:  v1.2.3
RuntimeApiVersion:  v1
";
    assert_eq!(fake.run(["version"]).all(), (expected, String::new(), 0));
    assert_eq!(fake.fake.state().calls, ["Version", "Version"]);
}

#[test]
fn version_with_an_argument_is_a_call_for_help() {
    let fake = Fake::new().serve();
    let output = fake.run(["version", "v1"]);
    assert!(output.stdout.contains("Usage: crictl version"), "{output:?}");
    assert_eq!((output.errors(), output.status), (String::new(), 0));
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn version_names_what_the_runtime_leaves_out() {
    let half = VersionResponse { version: "0.1.0".to_owned(), runtime_version: "v1".to_owned(), ..Default::default() };
    for (answer, missing) in [
        (half, "RuntimeName, RuntimeApiVersion"),
        (VersionResponse::default(), "Version, RuntimeName, RuntimeApiVersion, RuntimeVersion"),
    ] {
        let output = Fake::new().with(|state| state.version = Some(answer)).serve().run(["version"]);
        assert_eq!((output.stdout.as_str(), output.status), ("", 1));
        assert_eq!(output.message(), format!("the runtime's version lacks {missing}"));
    }
}

#[test]
fn version_fails_with_the_runtimes_words() {
    let output = Fake::new().failing("Version", Status::unimplemented("not here")).serve().run(["version"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert_eq!(
        output.message(),
        "getting the runtime version: not here (Version: rpc error: code = Unimplemented desc = not here)"
    );
}
