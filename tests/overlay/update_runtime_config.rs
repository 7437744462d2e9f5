use crictl::cri::*;

use crate::support::fake::Fake;

#[test]
fn update_runtime_config_sends_the_network_and_says_that_it_was_taken() {
    let fake = Fake::new().answering("UpdateRuntimeConfig", &UpdateRuntimeConfigResponse {}).serve();
    let output = fake.run(["update-runtime-config", "--pod-cidr", "10.88.0.0/16"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 0));
    assert_eq!(output.message(), "the runtime has taken the configuration");
    let request: UpdateRuntimeConfigRequest = fake.last_request();
    assert_eq!(request.runtime_config.unwrap().network_config.unwrap().pod_cidr, "10.88.0.0/16");
}

#[test]
fn update_runtime_config_shows_its_help_without_its_flag() {
    let fake = Fake::new().serve();
    let output = fake.run(["update-runtime-config"]);
    assert!(output.stdout.contains("Usage: crictl update-runtime-config --pod-cidr CIDR"), "{output:?}");
    assert_eq!((output.status, fake.fake.state().calls.len()), (0, 0));
}
