use crictl::cri::ContainerState;

use crate::container;
use crate::support::fake::Fake;

#[test]
fn stop_all_stops_what_runs_the_newest_first() {
    let mut newer = container("newer");
    newer.created_at += 1;
    let mut exited = container("exited");
    exited.state = ContainerState::ContainerExited.into();
    let fake = Fake::new().containers([container("older"), exited, newer]).serve();
    let output = fake.run(["stop", "--all"]);
    assert_eq!((output.stdout.as_str(), output.status), ("newer\nolder\n", 0));
    assert_eq!(fake.run(["stop", "-a"]).stdout, "No running containers found.\n");
}

#[test]
fn stop_takes_either_ids_or_all() {
    let fake = Fake::new().serve();
    let both = fake.run(["stop", "--all", "a"]);
    assert_eq!(both.message(), "stop takes either container ids or --all, not both");
    let neither = fake.run(["stop"]);
    assert_eq!((neither.message().as_str(), neither.status), ("stop needs the id of a container, or --all", 1));
}

#[test]
fn stop_refuses_a_timeout_that_is_no_number() {
    let output = Fake::new().serve().run(["stop", "-t", "1s", "a"]);
    assert!(output.stdout.starts_with("Incorrect Usage: invalid value \"1s\" for flag -t"), "{output:?}");
    assert_eq!(output.status, 1);
}
