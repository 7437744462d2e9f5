//! Pipes at which nobody serves a client, now or ever.

use std::thread;
use std::time::{Duration, Instant};

use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions};

use super::program::crictl;
use super::runtime;

#[test]
fn a_pipe_that_is_busy_is_tried_again_until_the_time_is_over() {
    const NAME: &str = r"\\.\pipe\crictl-busy";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _context = runtime.enter();
    let _busy = busy(NAME);
    for args in
        [["--timeout", "1s", "version"], ["--image-endpoint=npipe:////./pipe/crictl-busy", "--timeout=1s", "ps"]]
    {
        let begun = Instant::now();
        let output = crictl(args).env("CONTAINER_RUNTIME_ENDPOINT", "npipe:////./pipe/crictl-busy").output();
        let took = begun.elapsed();
        assert!(output.status == 1 && output.stdout.is_empty() && output.stderr.contains("1s"), "{output:?}");
        assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(100), "{took:?}");
    }
}

#[test]
fn a_pipe_that_was_busy_is_used_as_soon_as_it_is_free() {
    const NAME: &str = r"\\.\pipe\crictl-soon";
    let tokio = tokio::runtime::Runtime::new().unwrap();
    let _context = tokio.enter();
    let _busy = busy(NAME);
    let client = thread::spawn(|| crictl(["-r", "npipe:////./pipe/crictl-soon", "-t", "30s", "images", "-q"]).output());
    thread::sleep(Duration::from_secs(1));
    assert!(!client.is_finished());
    let _served = runtime().serve_pipe(NAME);
    let output = client.join().unwrap();
    assert_eq!((output.stdout.as_str(), output.status), ("sha256:1\n", 0), "{output:?}");
}

#[test]
fn a_pipe_that_we_may_not_open_is_for_administrators() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _context = runtime.enter();
    // To be read only, which is refused with the same error as a pipe of another user.
    let _pipe = ServerOptions::new().access_inbound(false).create(r"\\.\pipe\crictl-denied").unwrap();
    let output = crictl(["-r", r"npipe:\\.\pipe\crictl-denied", "version"]).output();
    assert!(output.status == 1 && output.stderr.contains("no permission to open"), "{output:?}");
    assert!(output.stderr.contains("run as Administrator"), "{output:?}");
}

#[test]
fn a_pipe_that_is_not_there_is_named() {
    let output = crictl(["-r", "npipe:////./pipe/crictl-nowhere", "version"]).output();
    assert_eq!(output.status, 1);
    assert!(output.stderr.contains("no pipe at") && output.stderr.contains("is the runtime running?"), "{output:?}");

    let defaults = crictl(["version"]).output();
    assert_eq!(defaults.status, 1);
    for name in ["containerd-containerd", "cri-dockerd", r".crictl\\crictl.yaml"] {
        assert!(defaults.stderr.contains(name), "{defaults:?}");
    }
}

/// A pipe whose only instance has its client.
fn busy(name: &str) -> (NamedPipeServer, NamedPipeClient) {
    let server = ServerOptions::new().create(name).unwrap();
    (server, ClientOptions::new().open(name).unwrap())
}
