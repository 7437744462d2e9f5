use crictl::cri::*;

use crate::support::fake::Fake;

#[test]
fn runtime_config_names_the_cgroup_driver() {
    let linux = Some(LinuxRuntimeConfiguration { cgroup_driver: CgroupDriver::Systemd.into() });
    let fake = Fake::new().answering("RuntimeConfig", &RuntimeConfigResponse { linux }).serve();
    assert_eq!(fake.run(["runtime-config"]).all(), ("cgroup driver:   SYSTEMD\n", String::new(), 0));
}

#[test]
fn runtime_config_prints_nothing_where_the_runtime_says_nothing() {
    let fake = Fake::new().answering("RuntimeConfig", &RuntimeConfigResponse::default()).serve();
    assert_eq!(fake.run(["runtime-config"]).all(), ("", String::new(), 0));
}
