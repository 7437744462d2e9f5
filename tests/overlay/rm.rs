use crictl::cri::{Container, ContainerState};
use tonic::Status;

use crate::container;
use crate::support::fake::Fake;

fn exited(id: &str) -> Container {
    Container { state: ContainerState::ContainerExited.into(), ..container(id) }
}

#[test]
fn rm_prints_in_the_order_of_the_ids_and_tells_every_failure() {
    let fake = Fake::new().containers([exited("a"), container("b"), exited("d")]).serve();
    let output = fake.run(["rm", "d", "c", "b", "a"]);
    assert_eq!((output.stdout.as_str(), output.status), ("d\na\n", 1));
    let message = output.message();
    assert!(message.starts_with("no container \"c\", getting the status of container \"c\""), "{message}");
    assert!(message.ends_with("; also: container \"b\" is running; stop it first, or use --force"), "{message}");
    assert_eq!(output.errors().lines().count(), 1);
}

#[test]
fn rm_force_names_a_running_container_when_it_is_stopped_and_when_it_is_removed() {
    let fake = Fake::new().containers([container("a"), exited("b")]).serve();
    let output = fake.run(["rm", "-af"]);
    assert_eq!((output.stdout.as_str(), output.errors().as_str(), output.status), ("a\na\nb\n", "", 0));
    assert!(fake.fake.state().containers.is_empty());
}

#[test]
fn rm_keeps_the_name_of_what_was_stopped_but_not_removed() {
    let fake = Fake::new().containers([container("a")]).failing("RemoveContainer", Status::internal("busy")).serve();
    let output = fake.run(["rm", "-f", "a"]);
    assert_eq!((output.stdout.as_str(), output.status), ("a\n", 1));
    assert_eq!(
        output.message(),
        "busy, removing container \"a\" (RemoveContainer: rpc error: code = Internal desc = busy)"
    );
}

#[test]
fn rm_of_nothing_is_help_and_of_all_of_nothing_is_done() {
    let fake = Fake::new().serve();
    let (none, all) = (fake.run(["rm"]), fake.run(["rm", "--all"]));
    assert!(none.stdout.contains("Usage: crictl rm"), "{none:?}");
    assert_eq!((none.status, all.status, all.stdout.as_str()), (0, 0, ""));
    assert_eq!(all.message(), "No containers to remove");
}

#[test]
fn rm_takes_the_path_of_a_log_as_it_is_and_removes_its_rotations() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let all = ["[ab]*.log", "[ab]*.log.1", "[ab]*.log.2.gz", "[ab]*.logs", "a.log.1", "b"];
    all.iter().for_each(|name| std::fs::write(file(name), "").unwrap());
    let logs = [("c".to_owned(), file("[ab]*.log"))].into();
    let fake = Fake::new().containers([exited("c")]).with(|state| state.logs = logs).serve();
    let output = fake.run(["rm", "c"]);
    assert_eq!(output.all(), ("c\n", String::new(), 0));
    let left = all.into_iter().filter(|name| file(name).exists());
    assert_eq!(left.collect::<Vec<_>>(), ["[ab]*.logs", "a.log.1", "b"]);
}
