//! exec without streams. Those are replayed in tests/parity, and real in tests/real.

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
    let message = "command 'exit 7' exited with 7: told to, executing \"exit 7\" in container a";
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
    let message = output.message();
    let lines: Vec<_> = message.lines().collect();
    assert_eq!((lines.len(), output.status), (2, 1), "{message}");
    assert!(lines[0].ends_with("in container a") && lines[1].ends_with("in container b"), "{message}");
    let output = fake.run(["exec", "-sxe", "-q", "--name", "", "exit", "3"]);
    assert_eq!(output.all(), ("", String::new(), 0));
}

#[test]
fn exec_that_selects_nothing_says_so_and_is_help() {
    let fake = Fake::new().serve();
    let output = fake.run(["exec", "-s", "--name", "x", "echo"]);
    assert!(output.stdout.contains("Usage: crictl exec"), "{output:?}");
    assert_eq!((output.message().as_str(), output.status), ("No containers found per filter flags", 0));
}
