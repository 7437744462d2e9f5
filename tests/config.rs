//! Where settings come from: flag, environment, host, file, in this order.

use std::fs;

use crictl::Crictl;

use crate::container;
use crate::support::fake::{Fake, Served};
use crate::support::run::{Output, crictl, crictl_in};

/// A runtime whose one container is called as it.
fn runtime(id: &str) -> Served {
    Fake::new().containers([container(id)]).serve()
}

/// A config file.
fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn an_endpoint_comes_from_the_flag_then_the_environment_then_the_file() {
    let (flag, env, text) = (runtime("flag"), runtime("env"), runtime("file"));
    let file = file(&format!("runtime-endpoint: {}\n", text.endpoint()));
    let config = ("CRI_CONFIG_FILE", file.path().to_str().unwrap());
    let (flag, env) = (flag.endpoint(), env.endpoint());
    let env = ("CONTAINER_RUNTIME_ENDPOINT", env.as_str());
    let args = ["--runtime-endpoint", flag.as_str(), "ps", "-q"];
    assert_eq!(crictl(args, &[config, env], "").all(), ("flag\n", String::new(), 0));
    assert_eq!(crictl(["ps", "-q"], &[config, env], "").all(), ("env\n", String::new(), 0));
    assert_eq!(crictl(["ps", "-q"], &[config], "").all(), ("file\n", String::new(), 0));
}

#[test]
fn images_come_from_the_image_endpoint_and_without_one_from_the_runtimes() {
    let (runtime, images) = (Fake::new().serve(), Fake::new().serve());
    let env = [("CONTAINER_RUNTIME_ENDPOINT", &*runtime.endpoint()), ("IMAGE_SERVICE_ENDPOINT", &*images.endpoint())];
    assert_eq!(crictl(["images", "-q"], &env, "").status, 0);
    assert_eq!(crictl(["images", "-q"], &env[..1], "").status, 0);
    assert_eq!(crictl(["-i", &images.endpoint(), "images", "-q"], &env[..1], "").status, 0);
    let calls = |served: &Served| served.fake.state().calls.len();
    assert_eq!((calls(&images), calls(&runtime)), (2, 1));
}

#[test]
fn an_endpoint_that_is_set_to_nothing_is_none() {
    for args in [&["-r", "", "ps"][..], &["-r", "", "images"]] {
        let output = crictl(args.iter().copied(), &[], "");
        assert_eq!((output.stdout.as_str(), output.status), ("", 1));
        assert!(output.message().ends_with("-endpoint is not set"), "{output:?}");
    }
}

#[test]
fn the_timeout_comes_from_the_flag_then_the_file() {
    let fake = Fake::new().hanging("ListContainers").serve();
    let file = file(&format!("timeout: 1\nruntime-endpoint: {}\n", fake.endpoint()));
    let config = file.path().to_str().unwrap();
    let output = crictl(["--config", config, "ps"], &[], "");
    assert!(output.message().contains("within 1s"), "{output:?}");
    let output = crictl(["--config", config, "--timeout", "50ms", "ps"], &[], "");
    assert!(output.message().contains("within 50ms"), "{output:?}");
}

#[test]
fn no_time_is_longer_than_a_call_can_last() {
    let fake = runtime("a");
    let file = file(&format!("timeout: 400000000000\nruntime-endpoint: {}\n", fake.endpoint()));
    let output = crictl(["--config", file.path().to_str().unwrap(), "ps"], &[], "");
    let said = "timeout must be a number of seconds up to 9223372036, not \"400000000000\", loading the config file";
    assert!(output.status == 1 && output.message().ends_with(said), "{output:?}");
    fs::write(file.path(), format!("timeout: 9223372036\nruntime-endpoint: {}\n", fake.endpoint())).unwrap();
    let config = file.path().to_str().unwrap();
    for args in [&["ps", "-q"][..], &["stop", "a"], &["rm", "-f", "a"]] {
        let output = crictl(["--config", config].iter().chain(args).copied(), &[], "");
        assert_eq!(output.status, 0, "{output:?}");
    }
    let output = fake.run(["exec", "-s", "--timeout", "400000000000", "a", "true"]);
    let said = "--timeout 400000000000 is longer than a call can last, 292 years";
    assert_eq!((output.message().as_str(), output.status), (said, 1));
    let output = fake.run(["rpc", "stop-container", "--container-id", "a", "--timeout", "400000000000"]);
    assert!(output.status != 134, "{output:?}");
}

#[test]
fn debug_comes_from_the_flag_then_the_file() {
    let fake = runtime("a");
    let file = file(&format!("debug: true\nruntime-endpoint: {}\n", fake.endpoint()));
    let config = file.path().to_str().unwrap();
    let output = crictl(["--config", config, "ps", "-q"], &[], "");
    assert!(output.stderr.contains("level=debug msg=\"calling ListContainers"), "{output:?}");
    assert_eq!(crictl(["--config", config, "--debug=false", "ps", "-q"], &[], "").all(), ("a\n", String::new(), 0));
    let output = fake.run(["-D", "ps", "-q"]);
    assert!(output.stderr.contains("level=debug"), "{output:?}");
}

/// Runs inside a host that presets an endpoint.
fn hosted(preset: &str, args: &[&str], env: &[(&str, &str)]) -> Output {
    let preset = Crictl::new().endpoint(preset).hint("start it with `host serve`");
    crictl_in(args.iter().copied(), env, Some(&preset), |_| {})
}

#[test]
fn a_hosts_endpoint_overrides_environment_and_file_but_not_the_flags() {
    let (host, other) = (runtime("host"), runtime("other"));
    let file = file(&format!("runtime-endpoint: {0}\nimage-endpoint: {0}\n", other.endpoint()));
    let env = [
        ("CRI_CONFIG_FILE", file.path().to_str().unwrap()),
        ("CONTAINER_RUNTIME_ENDPOINT", &*other.endpoint()),
        ("IMAGE_SERVICE_ENDPOINT", &*other.endpoint()),
    ];
    let preset = host.endpoint();
    assert_eq!(hosted(&preset, &["ps", "-q"], &env).all(), ("host\n", String::new(), 0));
    assert_eq!(hosted(&preset, &["images", "-q"], &env).status, 0);
    assert!(host.fake.state().calls.contains(&"ListImages") && other.fake.state().calls.is_empty());
    assert_eq!(hosted(&preset, &["-r", &other.endpoint(), "ps", "-q"], &env).all(), ("other\n", String::new(), 0));
    assert_eq!(hosted(&preset, &["-i", &other.endpoint(), "images", "-q"], &env).status, 0);
    assert!(other.fake.state().calls.contains(&"ListImages"));
}

#[test]
fn a_hosts_other_settings_come_from_environment_and_file_as_ever() {
    let fake = runtime("a");
    let file = file("debug: true\n");
    let output = hosted(&fake.endpoint(), &["ps", "-q"], &[("CRI_CONFIG_FILE", file.path().to_str().unwrap())]);
    assert!(output.stderr.contains("level=debug") && output.stdout == "a\n", "{output:?}");
}

#[test]
fn a_missing_socket_of_a_host_shows_the_hosts_hint() {
    let output = hosted("unix:///nowhere/cri.sock", &["ps"], &[]);
    let expected = "no socket at \"unix:///nowhere/cri.sock\" (runtime service, from this program): \
                    no such file or directory \
                    (ListContainers: rpc error: code = Unavailable desc = no such file or directory); \
                    start it with `host serve`";
    assert_eq!((output.stdout.as_str(), output.message().as_str(), output.status), ("", expected, 1));
}
