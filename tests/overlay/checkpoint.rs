use crictl::cri::*;

use crate::support::fake::Fake;

#[test]
fn checkpoint_names_the_file_and_the_time_limit_and_prints_each_id() {
    let fake = Fake::new().answering("CheckpointContainer", &CheckpointContainerResponse {}).serve();
    let output = fake.run(["--timeout", "9s", "checkpoint", "--export", "/state.tar", "a", "b"]);
    assert_eq!(output.all(), ("a\nb\n", String::new(), 0));
    let request: CheckpointContainerRequest = fake.last_request();
    assert_eq!((request.container_id.as_str(), request.location.as_str(), request.timeout), ("b", "/state.tar", 9));
}

#[test]
fn checkpoint_needs_a_container_and_a_file_before_it_calls() {
    let fake = Fake::new().serve();
    assert_eq!(fake.run(["checkpoint", "-e", "/state.tar"]).message(), "checkpoint needs the id of a container");
    let output = fake.run(["checkpoint", "a"]);
    assert_eq!(output.message(), "checkpoint needs a file to write to; name it with --export PATH");
    assert_eq!((output.status, fake.fake.state().calls.len()), (1, 0));
}
