use crictl::cri::PodSandboxState;

use crate::pod;
use crate::support::fake::Fake;

#[test]
fn rmp_removes_what_is_not_ready_and_refuses_the_rest() {
    let mut stopped = pod("b");
    stopped.state = PodSandboxState::SandboxNotready.into();
    let fake = Fake::new().pods([pod("a"), stopped]).serve();
    let output = fake.run(["rmp", "a", "b"]);
    assert_eq!((output.stdout.as_str(), output.status), ("Removed sandbox b\n", 1));
    assert_eq!(output.message(), "pod \"a\" is ready; stop it first, or use --force");
}

#[test]
fn rmp_force_stops_before_it_removes() {
    let fake = Fake::new().pods([pod("a")]).serve();
    let output = fake.run(["rmp", "--force", "--all"]);
    assert_eq!((output.stdout.as_str(), output.status), ("Stopped sandbox a\nRemoved sandbox a\n", 0));
    assert_eq!(fake.fake.state().calls, ["ListPodSandbox", "PodSandboxStatus", "StopPodSandbox", "RemovePodSandbox"]);
}
