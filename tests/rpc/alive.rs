//! Streams, which may be silent for as long as they like, from servers that are not alive or cut them short.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use crictl::cri::{ContainerEventResponse, VersionResponse};
use prost::Message as _;

use crate::support::fake::Fake;
use crate::support::raw::{End, Raw, Script, saying, serve};

const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
const ACKNOWLEDGED: &[u8] = &[0, 0, 0, 4, 1, 0, 0, 0, 0];
/// The beginning of a frame of 16 KiB.
const HALF: &[u8] = &[0, 64, 0, 0, 0, 0, 0, 0, 1];

/// Says the first at once, and then one byte after another.
fn dripping(first: &'static [u8]) -> Raw {
    serve(move |mut stream: UnixStream| {
        let mut last = stream.write(first).is_ok();
        while last {
            thread::sleep(Duration::from_millis(20));
            last = stream.write(&[0]).is_ok();
        }
    })
}

/// One event, as it is encoded.
fn event() -> Vec<u8> {
    ContainerEventResponse { container_id: "c".to_owned(), ..Default::default() }.encode_to_vec()
}

#[test]
fn opening_a_stream_has_a_deadline_though_the_stream_has_none() {
    let greeted = [SETTINGS, ACKNOWLEDGED, HALF].concat().leak();
    let never = Script { end: End::Never, ..Script::default() };
    let servers = [
        ("silent", saying(b"", false)),
        ("no acknowledgement", saying(SETTINGS, false)),
        ("no settings", saying(ACKNOWLEDGED, false)),
        ("half the settings", saying(&SETTINGS[..5], false)),
        ("half a frame", saying(greeted, false)),
        ("dripping settings", dripping(&[0, 64, 0, 4])),
        ("dripping frame", dripping(greeted)),
        ("half a message", Script { rest: b"\0\0\0\0\x05ab".to_vec(), ..never.clone() }.serve()),
        ("half a head", Script { messages: vec![event()], rest: b"\0\0".to_vec(), ..never }.serve()),
    ];
    for (what, server) in servers {
        for (args, status) in [
            (&["events"][..], 1),
            (&["rpc", "get-container-events"], 68),
            (&["rpc", "get-container-events", "--for", "50ms"], 68),
        ] {
            let output = server.run(["--timeout", "200ms"].iter().chain(args).copied());
            let place = format!("{:?} (runtime service, from CONTAINER_RUNTIME_ENDPOINT)", server.endpoint);
            let message = format!("no answer from {place} within 200ms (GetContainerEvents: ");
            assert!(output.message().starts_with(&message), "{what} {args:?}: {output:?}");
            assert_eq!(output.status, status, "{what} {args:?}");
        }
    }
}

#[test]
fn a_server_that_takes_nothing_keeps_doctor_no_longer_than_its_deadlines() {
    let version = VersionResponse { runtime_name: "r".to_owned(), ..Default::default() }.encode_to_vec();
    let script = Script { messages: vec![version], ..Script::default() };
    let unknown = |line: &&str| line.starts_with("method") && line.contains(" unknown ");
    for script in [Script { window: Some(0), ..script.clone() }, Script { streams: Some(0), ..script }] {
        let output = script.serve().run(["--timeout", "200ms", "doctor"]);
        // What is sent first may be sent before the server says that it takes nothing.
        let said = output.status == 0 && output.stdout.lines().filter(unknown).count() > 20;
        assert!(said || output.message().contains("(Version: rpc error: code = "), "{output:?}");
    }
}

#[test]
fn a_stream_that_has_nothing_to_say_yet_is_none_that_failed() {
    let fake = Fake::new().hanging("GetContainerEvents").serve();
    let args = ["--timeout", "50ms", "rpc", "get-container-events", "--for", "200ms"];
    assert_eq!(fake.run(args).all(), ("", String::new(), 0));
    let server = Script { messages: vec![event()], end: End::Never, ..Script::default() }.serve();
    let output = server.run(args);
    assert!(output.status == 0 && output.stdout.contains("\"containerId\":\"c\""), "{output:?}");
}

#[test]
fn an_answer_that_is_cut_is_an_error_however_good_its_status_is() {
    let framed = b"\0\0\0\0\x05abcde";
    for cut in 1..framed.len() {
        for end in [End::Trailers, End::Nothing] {
            let server = Script { messages: vec![vec![]], rest: framed[..cut].to_vec(), end, ..Script::default() };
            let server = server.serve();
            for (args, status) in [
                (&["events"][..], 1),
                (&["rpc", "get-container-events"], 77),
                (&["rpc", "list-containers"], 77),
                (&["ps"], 1),
            ] {
                let output = server.run(args.iter().copied());
                let message = "the answer ends in the middle of a message (";
                assert!(output.message().starts_with(message), "{cut} {args:?}: {output:?}");
                assert_eq!(output.status, status, "{cut} {args:?}");
            }
        }
    }
}

#[test]
fn an_answer_without_a_status_is_an_error() {
    for messages in [0, 1] {
        let server = Script { messages: vec![event(); messages], end: End::Nothing, ..Script::default() }.serve();
        for (args, status) in [(&["events"][..], 1), (&["rpc", "get-container-events"], 66), (&["ps"], 1)] {
            let output = server.run(args.iter().copied());
            assert!(output.message().starts_with("the answer ends without a status ("), "{args:?}: {output:?}");
            assert_eq!(output.status, status, "{args:?}");
        }
    }
}

#[test]
fn the_servers_own_error_is_told_though_it_cuts_a_message() {
    let trailers = vec![("grpc-status", "14"), ("grpc-message", "going down")];
    let output = Script { rest: b"\0\0\0".to_vec(), trailers, ..Script::default() }.serve().run(["events"]);
    assert!(output.status == 1 && output.message().starts_with("going down (GetContainerEvents: "), "{output:?}");
}

#[test]
fn one_answer_is_one_message() {
    for (messages, message) in [(0, "expected one message, got none ("), (2, "expected one message, got several (")] {
        let output = Script { messages: vec![Vec::new(); messages], ..Script::default() }.serve().run(["ps"]);
        assert!(output.status == 1 && output.message().starts_with(message), "{output:?}");
    }
}

#[test]
fn a_timeout_of_ten_thousand_years_is_refused_before_anything_is_sent() {
    let fake = Fake::new().containers([crate::container("c")]).serve();
    let output = fake.run(["exec", "-s", "--timeout", "400000000000", "c", "echo"]);
    let message = "--timeout 400000000000 is longer than a call can last, 292 years";
    assert_eq!((output.message().as_str(), output.status), (message, 1));
    assert_eq!(fake.fake.state().calls, [""; 0]);
}

#[test]
fn a_connection_that_is_closed_in_the_middle_of_a_frame_is_broken() {
    let server = serve(|mut stream: UnixStream| {
        let _ = stream.read(&mut [0; 24]);
        let _ = stream.write_all(&[SETTINGS, ACKNOWLEDGED, HALF].concat());
    });
    for args in [&["events"][..], &["rpc", "get-container-events", "--for", "10s"]] {
        let output = server.run(args.iter().copied());
        assert!(output.message().contains(" broke the connection or does not speak gRPC: "), "{output:?}");
        assert_ne!(output.status, 0);
    }
}
