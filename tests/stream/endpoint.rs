//! Streams of a runtime that is called over TCP: what its loopback is from here.

use crate::support::fake::Fake;
use crate::support::run::{Output, crictl};

use serde_json::json;

use super::Far;

/// Runs exec at a runtime whose streams are at a URL; `host` is the name under which this machine is called.
fn exec(host: &str, url: &str) -> Output {
    let fake = Fake::new().with(|state| url.clone_into(&mut state.stream_url));
    let endpoint = format!("tcp://{host}:{}", fake.serve_tcp());
    crictl(["-r", &endpoint, "exec", "a", "id"], &[], "")
}

#[test]
fn the_runtimes_loopback_is_the_host_on_which_it_is_called() {
    let far = Far::start(json!({"chunks": [["stdout", "moved\n"]]}));
    // Nobody listens at this loopback address; the other one is this machine too, and not loopback's.
    let url = format!("http://127.0.0.99:{}/exec/token?a=b", far.port());
    assert_eq!(exec("0.0.0.0", &url).all(), ("moved\n", String::new(), 0));
    assert_eq!(far.records()[0]["path"], "/exec/token?a=b");
}

#[test]
fn a_runtime_on_this_machine_means_this_machines_loopback() {
    let far = Far::start(json!({"chunks": [["stdout", "here\n"]]}));
    let port = far.port();
    assert_eq!(exec("127.0.0.1", &format!("http://127.0.0.1:{port}/exec/t")).all(), ("here\n", String::new(), 0));
    assert_eq!(exec("127.0.0.1", &format!("http://127.0.0.99:{port}/exec/t")).status, 1);
    assert_eq!(exec("0.0.0.0", &format!("http://0.0.0.0:{port}/exec/t")).all(), ("here\n", String::new(), 0));
}

#[test]
fn a_loopback_that_can_not_be_reached_from_here_is_explained() {
    let output = exec("0.0.0.0", "http://127.0.0.1:1/exec/token");
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    let message = output.message();
    assert!(message.starts_with("cannot connect to http://0.0.0.0:1: "), "{message}");
    assert!(message.ends_with("unless it is told to serve them on another address"), "{message}");
    let here = exec("127.0.0.1", "http://127.0.0.1:1/exec/token").message();
    assert!(!here.contains("loopback"), "{here}");
}
