//! A daemon in Go with crictl built in, `scripts/go-host`.

use std::process::Command;

use crate::support::Real;

#[test]
#[ignore = "needs a real containerd, see tests/real/up, and a program that scripts/go-host has built, in GO_HOST"]
fn a_daemon_in_go_is_crictl_for_its_own_containerd() {
    let program = std::env::var_os("GO_HOST").expect("GO_HOST names a program that scripts/go-host has built");
    let ephemerd = Real::find().serve("go");
    let run = |args: &[&str]| {
        let output =
            Command::new(&program).arg("crictl").args(args).env("DATA_DIR", &ephemerd.data_dir).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let version = run(&["version"]);
    assert!(version.0 == Some(0) && version.1.contains("RuntimeName:  containerd\n"), "{version:?}");
    let info = run(&["info"]);
    assert!(info.0 == Some(0) && info.1.contains("\"RuntimeReady\""), "{info:?}");
    let images = run(&["images"]);
    assert!(images.0 == Some(0) && images.1.starts_with("IMAGE "), "{images:?}");
    let containers = run(&["ps", "-a"]);
    assert!(containers.0 == Some(0) && containers.1.starts_with("CONTAINER "), "{containers:?}");
    let unknown = run(&["nonsense"]);
    assert_eq!((unknown.0, unknown.2.as_str()), (Some(3), "No help topic for 'nonsense'\n"));
}
