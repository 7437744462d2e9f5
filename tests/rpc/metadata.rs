//! What goes with a request: headers, authority, deadlines and sizes.

use crictl::cri::*;

use crate::support::fake::{Fake, Wire};

/// The call that `crictl rpc version` makes with these flags.
fn call(flags: &[&str]) -> Wire {
    let fake = Fake::new().serve();
    let output = fake.run(["--timeout", "7s", "rpc", "version"].iter().chain(flags).copied());
    assert_eq!((output.errors(), output.status), (String::new(), 0));
    let state = fake.fake.state();
    state.requests[0].clone()
}

#[test]
fn headers_reach_the_server() {
    let headers = call(&["--header", "X-Key=a=b", "--header", "x-key=c", "--header", "trace-bin=/+8"]).headers;
    assert_eq!(headers.get_all("x-key").iter().collect::<Vec<_>>(), ["a=b", "c"]);
    assert_eq!(headers["trace-bin"], "/+8");
}

#[test]
fn a_header_that_cannot_be_sent_is_refused() {
    let fake = Fake::new().serve();
    for (header, message) in [
        ("grpc-timeout=1S", "--header: \"grpc-timeout\": is reserved by gRPC"),
        ("GRPC-x=1", "--header: \"GRPC-x\": is reserved by gRPC"),
        ("te=x", "--header: \"te\": is reserved by gRPC"),
        ("upgrade=x", "--header: \"upgrade\": is reserved by gRPC"),
        (":path=/x", "--header: \":path\": is not a valid metadata name"),
        ("a b=x", "--header: \"a b\": is not a valid metadata name"),
        ("x", "--header: expected NAME=VALUE"),
        ("x=a\nb", "--header: \"x\": its value is not printable ASCII"),
        ("x-bin=?", "--header: \"x-bin\": the value of a -bin name must be base64"),
    ] {
        let output = fake.run(["rpc", "version", "--header", header]);
        assert_eq!((output.message().as_str(), output.status), (message, 1));
    }
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn the_authority_is_localhost_or_what_was_named() {
    assert_eq!(call(&[]).authority, "localhost");
    assert_eq!(call(&["--authority", "cri.example.com:8443"]).authority, "cri.example.com:8443");
    let fake = Fake::new().serve();
    for authority in ["", "a b", "a/b"] {
        let output = fake.run(["rpc", "version", "--authority", authority]);
        assert_eq!(
            (output.message(), output.status),
            (format!("--authority: not a valid authority: {authority:?}"), 1)
        );
    }
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn the_deadline_is_the_global_one_or_the_call_s_own() {
    assert_eq!(call(&[]).headers["grpc-timeout"], "7000000u");
    assert_eq!(call(&["--timeout", "2s"]).headers["grpc-timeout"], "2000000u");
    let fake = Fake::new().hanging("Version").serve();
    let output = fake.run(["rpc", "version", "--timeout", "50ms"]);
    assert_eq!(output.status, 64 + 4);
    assert!(
        output
            .message()
            .contains("within 50ms (Version: rpc error: code = DeadlineExceeded desc = context deadline exceeded)"),
        "{output:?}"
    );
}

#[test]
fn a_field_has_its_name_before_a_flag_of_the_call() {
    let fake = Fake::new().containers([crate::container("a")]).serve();
    let args = ["rpc", "stop-container", "--container-id=a", "--timeout=2", "--call-timeout", "9s"];
    assert_eq!(fake.run(args).all(), ("{}\n", String::new(), 0));
    let request: StopContainerRequest = super::sent(&fake);
    assert_eq!(request.timeout, 2);
    assert_eq!(fake.fake.state().requests[0].headers["grpc-timeout"], "9000000u");
    let output = fake.run(["--timeout", "3s", "rpc", "stop-container", "--container-id=a", "--timeout=2"]);
    assert_eq!(
        (output.status, &fake.fake.state().requests[1].headers["grpc-timeout"]),
        (0, &"5000000u".parse().unwrap())
    );
}

#[test]
fn a_message_over_the_limit_is_not_taken() {
    let fake = Fake::new().containers([crate::container(&"a".repeat(2000))]).serve();
    let output = fake.run(["rpc", "list-containers", "--max-msg-size", "1KiB"]);
    let message = "the answer is larger than 1 KiB (ListContainers: rpc error: code = ResourceExhausted desc = ";
    assert!(output.status == 64 + 8 && output.message().starts_with(message), "{output:?}");
    assert_eq!(fake.run(["rpc", "list-containers", "--max-msg-size", "8KiB"]).status, 0);
    for size in ["1 KiB", "-1", "x", "999999999999GiB"] {
        let output = fake.run(["rpc", "list-containers", "--max-msg-size", size]);
        assert!(output.status == 1 && output.message().contains("max-msg-size"), "{output:?}");
    }
}

#[test]
fn a_server_that_is_not_there_is_unavailable() {
    let args = ["-r", "unix:///no/such.sock", "rpc", "version", "--connect-timeout", "1s", "--enrich"];
    let output = crate::support::run::crictl(args, &[], "");
    assert!(
        output.message().starts_with(
            "no socket at \"unix:///no/such.sock\" (runtime service, from --runtime-endpoint): no such file or directory \
             (Version: rpc error: code = Unavailable desc = no such file or directory)"
        ),
        "{output:?}"
    );
    assert!(output.status == 64 + 14 && output.stdout.contains("\"code\": \"Unavailable\""), "{output:?}");
}
