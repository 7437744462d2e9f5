//! `--transport`, and the signs of life on each.

use std::thread;

use serde_json::json;

use super::front::{Fate, Front, request};
use super::{Far, run, runtime};

/// A server in front of a far end that speaks no SPDY.
fn without_spdy(far: &Far) -> Front {
    let port = far.port();
    Front::serve(request, move |head| match head.contains("SPDY/3.1\r\n") {
        true => Fate::Answered("HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nno SPDY"),
        false => Fate::PassedOn(port),
    })
}

#[test]
fn auto_goes_on_with_websocket_where_spdy_is_refused() {
    let far = Far::start(json!({"chunks": [["stdout", "out\n"], ["stderr", "err\n"]], "exit": 3}));
    let front = without_spdy(&far);
    let fake = runtime(&format!("http://127.0.0.1:{}/exec/token", front.port));
    let output = run(&fake, ["exec", "--exit-code", "--transport", "auto", "a", "id"], &[]);
    assert_eq!((output.stdout.as_str(), output.status), ("out\n", 3), "{output:?}");
    assert!(output.errors().starts_with("err\n"), "{output:?}");
    // A URL is good for one attempt.
    assert_eq!(fake.fake.state().calls, ["Exec", "Exec"]);
    assert_eq!(far.records()[0]["transport"], "websocket");
}

#[test]
fn auto_is_spdy_where_that_is_spoken() {
    let far = Far::start(json!({"chunks": [["stdout", "out\n"]]}));
    let fake = runtime(&format!("http://127.0.0.1:{}/exec/token", far.port()));
    let output = run(&fake, ["exec", "--transport", "auto", "a", "id"], &[]);
    assert_eq!(output.all(), ("out\n", String::new(), 0));
    assert_eq!(fake.fake.state().calls, ["Exec"]);
    assert_eq!(far.records()[0]["transport"], "spdy");
}

#[test]
fn spdy_alone_is_refused_in_the_servers_words() {
    let far = Far::start(json!({}));
    let front = without_spdy(&far);
    let fake = runtime(&format!("http://127.0.0.1:{}/exec/token", front.port));
    let output = run(&fake, ["exec", "a", "id"], &[]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    let words =
        format!("no SPDY, http://127.0.0.1:{} refused to upgrade to SPDY with status 403 Forbidden", front.port);
    assert!(output.message().starts_with(&words), "{output:?}");
}

#[test]
fn auto_does_not_ask_again_where_nobody_listens() {
    let fake = runtime("http://127.0.0.1:1/exec/token");
    let output = run(&fake, ["exec", "--transport", "auto", "a", "id"], &[]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(output.message().starts_with("cannot connect to http://127.0.0.1:1: "), "{output:?}");
    assert_eq!(fake.fake.state().calls, ["Exec"]);
}

#[test]
fn a_command_that_is_silent_is_pinged() {
    let pinged = |transport: &str| {
        let far = Far::start(json!({"chunks": [["stdout", "at last\n", 5500]]}));
        let port = far.port();
        let front = Front::serve(request, move |_| Fate::PassedOn(port));
        let fake = runtime(&format!("http://127.0.0.1:{}/exec/token", front.port));
        let output = run(&fake, ["exec", "-r", transport, "a", "id"], &[]);
        assert_eq!(output.all(), ("at last\n", String::new(), 0));
        front.sent()
    };
    thread::scope(|scope| {
        let spdy = scope.spawn(|| pinged("spdy"));
        let websocket = scope.spawn(|| pinged("websocket"));
        let ping = [0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1];
        assert!(spdy.join().unwrap().windows(ping.len()).any(|bytes| bytes == ping));
        // Masked, and without bytes. It is the first that is sent here.
        assert_eq!(websocket.join().unwrap()[..2], [0x89, 0x80]);
    });
}
