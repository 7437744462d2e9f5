//! The programs on Windows, or under Wine: `ephemerd crictl` and `crictl` against the fake runtime, which listens at a
//! named pipe. scripts/check-windows runs them; on another system there are none.

#![cfg(windows)]
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)] // Tests, not the library.

#[allow(dead_code, reason = "these tests want less of it than the others")]
#[path = "../support/fake/mod.rs"]
mod fake;
mod pipe;
mod program;

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crictl::cri::*;
use fake::Fake;
use program::{crictl, ephemerd};

/// The pipe of ephemerd's containerd. There is one on a machine, so its tests are one.
const OWN: &str = r"\\.\pipe\ephemerd-containerd";

#[test]
fn ephemerd_inspects_the_containerd_behind_its_pipe() {
    let absent = ephemerd(["ps"]).output();
    assert_eq!((absent.status, absent.stdout.as_str()), (1, ""));
    for words in ["no pipe at", "npipe:////./pipe/ephemerd-containerd", "start it with `ephemerd --data-dir C:"] {
        assert!(absent.stderr.contains(words), "{}", absent.stderr);
    }

    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("server.log");
    fs::write(&log, "2026-01-02T03:04:05.000000006Z stdout F grüß dich\r\n").unwrap();
    let fake = runtime().with(|state| _ = state.logs.insert("c1".to_owned(), log));
    let _served = fake.serve_pipe(OWN);

    let version = "Version:  0.1.0\nRuntimeName:  fake\nRuntimeVersion:  v1.2.3\nRuntimeApiVersion:  v1\n";
    ephemerd(["version"]).prints(version);
    let table = ephemerd(["ps", "-a"]).output();
    assert!(table.stdout.contains("Running             größe"), "{table:?}");
    assert!(ephemerd(["images"]).output().stdout.contains("busybox"), "{table:?}");
    ephemerd(["inspect", "-o", "go-template", "--template", "{{.status.metadata.name}}", "c1"]).prints("größe\n");
    assert!(ephemerd(["info"]).output().stdout.contains("\"RuntimeReady\""));
    ephemerd(["logs", "c1"]).prints("grüß dich\r\n");
    let called = ephemerd(["rpc", "list-containers", "-o", "jsonl"]).output();
    assert!(called.status == 0 && called.stdout.contains("größe"), "{called:?}");
    let missing = ephemerd(["inspect", "c2"]).output();
    assert!(missing.status == 1 && missing.stderr.contains(r#"no container \"c2\""#), "{missing:?}");

    let clients: Vec<_> = (0..8).map(|_| thread::spawn(move || ephemerd(["version"]).output())).collect();
    for client in clients {
        let output = client.join().unwrap();
        assert_eq!((output.stdout.as_str(), output.status), (version, 0), "{output:?}");
    }
}

#[test]
fn the_config_file_is_in_the_home_folder() {
    let _served = runtime().serve_pipe(r"\\.\pipe\crictl-home");
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".crictl");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("crictl.yaml"), "runtime-endpoint: npipe:////./pipe/crictl-home\r\n").unwrap();
    let images = crictl(["images", "-q"]).env("USERPROFILE", home.path()).output();
    assert_eq!((images.stdout.as_str(), images.status), ("sha256:1\n", 0), "{images:?}");

    // It is written there too, whole and in place of the old one.
    let set = crictl(["config", "--set", "timeout=7"]).env("USERPROFILE", home.path()).output();
    assert_eq!((set.status, set.stderr.as_str()), (0, ""), "{set:?}");
    let text = fs::read_to_string(folder.join("crictl.yaml")).unwrap();
    assert!(text.contains("timeout: 7") && text.contains("npipe:////./pipe/crictl-home"), "{text}");
}

#[test]
fn a_call_takes_two_seconds_unless_it_is_told_otherwise() {
    let _served = runtime().hanging("Version").serve_pipe(r"\\.\pipe\crictl-slow");
    let begun = Instant::now();
    let output = crictl(["-r", "npipe:////./pipe/crictl-slow", "version"]).output();
    let took = begun.elapsed();
    assert!(output.status == 1 && output.stderr.contains("2s"), "{output:?}");
    assert!(took >= Duration::from_secs(2) && took < Duration::from_secs(100), "{took:?}");
}

/// A runtime with a pod, a container and an image, one of them with a name that is not ASCII.
fn runtime() -> Fake {
    let container = Container {
        id: "c1".to_owned(),
        pod_sandbox_id: "p1".to_owned(),
        metadata: Some(ContainerMetadata { name: "größe".to_owned(), attempt: 0 }),
        image: Some(ImageSpec { image: "busybox:latest".to_owned(), ..Default::default() }),
        image_ref: "sha256:1".to_owned(),
        state: ContainerState::ContainerRunning.into(),
        created_at: 1_767_323_045_000_000_000,
        ..Default::default()
    };
    let metadata = PodSandboxMetadata { name: "web".to_owned(), namespace: "ci".to_owned(), ..Default::default() };
    let pod = PodSandbox { id: "p1".to_owned(), metadata: Some(metadata), ..Default::default() };
    let image = Image {
        id: "sha256:1".to_owned(),
        repo_tags: vec!["busybox:latest".to_owned()],
        size: 1_234_567,
        ..Default::default()
    };
    Fake::new().pods([pod]).containers([container]).images([image])
}
