use tonic::Status;

use crate::container;
use crate::support::fake::Fake;

#[test]
fn start_prints_each_id_and_ends_at_the_first_failure() {
    let fake = Fake::new().containers([container("a"), container("c")]).serve();
    let output = fake.run(["start", "a", "b", "c"]);
    assert_eq!((output.stdout.as_str(), output.status), ("a\n", 1));
    assert!(output.message().starts_with("no container \"b\", starting container \"b\""), "{output:?}");
    assert_eq!(fake.fake.state().calls, ["StartContainer", "StartContainer"]);
}

#[test]
fn start_refuses_no_id_and_an_empty_one_before_it_calls() {
    let fake = Fake::new().failing("StartContainer", Status::internal("reached")).serve();
    assert_eq!(fake.run(["start"]).message(), "start needs the id of a container");
    assert_eq!(fake.run(["start", ""]).message(), "an id cannot be empty, starting container \"\"");
    assert!(fake.fake.state().calls.is_empty());
}
