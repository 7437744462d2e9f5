use tonic::Status;

use crate::container;
use crate::support::fake::Fake;

#[test]
fn ps_prints_a_table() {
    let output = Fake::new().containers([container("0123456789abcdef")]).serve().run(["ps"]);
    let expected = "\
CONTAINER           IMAGE               CREATED             STATE               NAME                       ATTEMPT             POD ID              POD                 NAMESPACE
0123456789abc       busybox:latest      About an hour ago   Running             name-of-0123456789abcdef   0                                       unknown             unknown
";
    assert_eq!((output.stdout.as_str(), output.errors().as_str(), output.status), (expected, "", 0));
}

#[test]
fn ps_makes_one_call() {
    let fake = Fake::new().serve();
    assert_eq!(fake.run(["ps", "-q"]).status, 0);
    assert_eq!(fake.fake.state().calls, ["ListContainers"]);
}

#[test]
fn ps_reads_flags_after_words_that_are_no_flags() {
    let fake = Fake::new().containers([container("a")]).serve();
    let output = fake.run(["inspect", "a", "-o", "table", "-q"]);
    assert!(output.stdout.starts_with("ID: a\nName: name-of-a\n"), "{output:?}");
}

#[test]
fn ps_refuses_what_is_no_state_before_it_calls() {
    let fake = Fake::new().serve();
    let output = fake.run(["ps", "--state", "asleep"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert_eq!(output.message(), "--state should be one of created, running, exited or unknown");
    let output = fake.run(["ps", "--name", "("]);
    assert_eq!(output.message(), "--name \"(\" is not a regular expression");
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn ps_says_the_servers_words_first() {
    let fake = Fake::new().failing("ListContainers", Status::internal("the disk is on fire")).serve();
    let output = fake.run(["ps"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert_eq!(
        output.message(),
        "the disk is on fire \
         (ListContainers: rpc error: code = Internal desc = the disk is on fire)"
    );
}

#[test]
fn ps_names_the_runtime_that_lacks_the_method() {
    let fake = Fake::new().failing("ListContainers", Status::unimplemented("unknown method")).serve();
    let message = fake.run(["ps"]).message();
    assert_eq!(
        message,
        "unknown method (ListContainers: rpc error: code = Unimplemented desc = unknown method); fake v1.2.3 does not implement ListContainers"
    );
}
