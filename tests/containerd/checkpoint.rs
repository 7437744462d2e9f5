use std::fs;
use std::os::unix::fs::PermissionsExt;

use tonic::Status;

use super::{containerd, jobs, run, space};

#[test]
fn a_checkpoint_is_copied_to_a_file_and_leaves_nothing_in_the_store() {
    let served = containerd([("ephemerd", jobs())]).serve();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.tar");
    let export = path.to_str().unwrap();
    assert_eq!(run(&served, ["checkpoint", "--export", export, "job-1"]).all(), ("job-1\n", String::new(), 0));
    assert_eq!(fs::read_to_string(&path).unwrap(), "\"the state of all processes\"");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let left =
        || (space(&served, "ephemerd").blobs.len(), served.fake.state().containerd.as_ref().unwrap().leases.len());
    assert_eq!(left(), (0, 0));

    let missing = folder.path().join("no/state.tar");
    let output = run(&served, ["checkpoint", "--export", missing.to_str().unwrap(), "job-1"]);
    assert!(output.message().starts_with(&format!("{}: No such file", missing.display())), "{output:?}");
    assert_eq!(left(), (0, 0));
    let output = run(&served, ["checkpoint", "--export", export, "job-2"]);
    assert!(output.message().starts_with("container \"job-2\" is not running"), "{output:?}");
}

#[test]
fn a_runtime_that_makes_none_says_why_and_no_file_is_written() {
    let served = containerd([("ephemerd", jobs())]).serve();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.tar");
    let why = Some(("Tasks.Checkpoint", Status::unknown("runc does not support checkpoints: criu is not there")));
    served.fake.state().containerd.as_mut().unwrap().failure = why;
    let output = run(&served, ["checkpoint", "--export", path.to_str().unwrap(), "job-1"]);
    assert!(output.message().starts_with("runc does not support checkpoints: criu is not there"), "{output:?}");
    assert!(!path.exists() && served.fake.state().containerd.as_ref().unwrap().leases.is_empty());
}
