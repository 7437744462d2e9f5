//! exec without streams. Those are replayed in tests/parity, and real in tests/real.

use tonic::Status;

use crate::container;
use crate::support::fake::Fake;

#[test]
fn exec_sync_prints_both_outputs_each_with_a_newline() {
    let fake = Fake::new().containers([container("a")]).serve();
    let output = fake.run(["exec", "-s", "a", "echo", "-n", "x"]);
    assert_eq!(output.all(), ("-n x\n\n\n", String::new(), 0));
}

#[test]
fn exec_exit_code_is_the_commands_own_where_it_is_asked_for() {
    let fake = Fake::new().containers([container("a")]).serve();
    let output = fake.run(["exec", "-s", "a", "exit", "7"]);
    let message = "command \"exit\" exited with 7: told to, in container a";
    assert_eq!((output.stdout.as_str(), output.status, output.message().as_str()), ("", 1, message));
    assert_eq!(fake.run(["exec", "-s", "--exit-code", "a", "exit", "7"]).status, 7);
    assert_eq!(fake.run(["exec", "-s", "--exit-code", "a", "echo"]).status, 0);
}

#[test]
fn exec_exit_code_tells_why_there_was_no_command() {
    let fake = Fake::new().containers([container("a")]).serve();
    assert_eq!(fake.run(["exec", "-s", "--exit-code", "a", "nosuch"]).status, 127);
    assert_eq!(fake.run(["exec", "-s", "--exit-code", "b", "echo"]).status, 125);
    assert_eq!(fake.run(["exec", "-s", "b", "echo"]).status, 1);
}

#[test]
fn exec_with_a_filter_goes_through_the_containers_in_turn_under_their_ids() {
    let fake = Fake::new().containers([container("a"), container("b")]).serve();
    let output = fake.run(["exec", "-s", "--name", "", "echo", "x"]);
    assert_eq!(output.stdout, "a:\nx\n\n\nb:\nx\n\n\n");
    assert_eq!(fake.run(["exec", "-sq", "--name", "", "echo", "x"]).stdout, "x\n\n\nx\n\n\n");
}

#[test]
fn exec_in_parallel_tells_every_failure_in_the_order_of_the_containers() {
    let fake = Fake::new().containers([container("a"), container("b")]).serve();
    let output = fake.run(["exec", "-sx", "--name", "", "exit", "3"]);
    let message = "command \"exit\" exited with 3: told to, in container a; \
                   also: command \"exit\" exited with 3: told to, in container b";
    assert_eq!((output.message().as_str(), output.status), (message, 1));
    let output = fake.run(["exec", "-sxe", "-q", "--name", "", "exit", "3"]);
    assert_eq!(output.all(), ("", String::new(), 0));
}

#[test]
fn exec_that_selects_nothing_says_so() {
    let fake = Fake::new().serve();
    let output = fake.run(["exec", "-s", "--name", "x", "echo"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 0));
    assert_eq!(output.message(), "No containers found per filter flags");
}

#[test]
fn exec_names_the_program_alone_whatever_the_runtime_repeats() {
    let said = "OCI: mysqldump -pS3cret --all failed, [mysqldump \"-pS3cret\" \"--all\"]";
    for method in ["ExecSync", "Exec"] {
        let fake = Fake::new().containers([container("a")]).failing(method, Status::internal(said)).serve();
        let flags: &[&str] = if method == "Exec" { &[] } else { &["-s"] };
        let args = ["-D", "exec"].iter().chain(flags).chain(&["a", "mysqldump", "-pS3cret", "--all"]);
        let output = fake.run(args.copied());
        assert!(output.stderr.contains("mysqldump") && output.status == 1, "{output:?}");
        let all = [output.stdout, output.stderr].concat();
        assert!(!all.contains("S3cret") && !all.contains("--all") && !all.contains(": ,"), "{all}");
    }
}

#[test]
fn exec_that_takes_too_long_says_so_in_the_words_of_old_and_new_tests() {
    let late = Status::deadline_exceeded("timeout 1s exceeded");
    let fake = Fake::new().containers([container("a")]).failing("ExecSync", late).serve();
    let output = fake.run(["exec", "-s", "--timeout", "1", "a", "sleep", "5"]);
    let message = "command timed out: \"sleep\" timed out after 1s, in container a \
                   (ExecSync: rpc error: code = DeadlineExceeded desc = timeout 1s exceeded); \
                   raise the limit with --timeout";
    assert_eq!((output.message().as_str(), output.status), (message, 1));
}
