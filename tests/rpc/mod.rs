//! `crictl rpc`: every method, the request it sends, what it shows of the answer, and the statuses it ends with.

mod alive;
mod answer;
mod debug;
mod metadata;
mod request;
mod secret;
mod set;
mod size;

use crictl::generated::methods::METHODS;
use tonic::{Code, Status};

use crate::support::fake::{Fake, Served};

/// The message that came last, as the type that it is.
fn sent<M: prost::Message + Default>(fake: &Served) -> M {
    let state = fake.fake.state();
    M::decode(state.requests.last().unwrap().body.as_slice()).unwrap()
}

/// A text with its control characters escaped, but for the ends of lines.
fn visible(text: &str) -> String {
    let one = |c: char| if c.is_control() && c != '\n' { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(one).collect()
}

#[test]
fn every_method_reaches_a_server() {
    let fake = Fake::new().serve();
    // As many as the proto has, by another reader of it.
    let text = std::fs::read_to_string(concat!("proto/", env!("CRI_RELEASE"), "/api.proto")).unwrap();
    assert_eq!(METHODS.len(), text.matches("\n  rpc ").count());
    for method in METHODS {
        let output = fake.run(["rpc", method.command]);
        let answered = output.status == 0 && output.stderr.lines().count() <= 1;
        let refused = [64 + 3, 64 + 5, 64 + 12].contains(&output.status) && output.message().contains(method.name);
        assert!(answered || refused, "{}: {output:?}", method.name);
    }
}

#[test]
fn the_list_names_every_method_by_service() {
    let output = Fake::new().serve().run(["rpc"]);
    let listed: Vec<_> = output.stdout.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    assert_eq!(listed, METHODS.iter().map(|method| method.command).collect::<Vec<_>>());
    assert!(output.stdout.contains("\nImageService\n"), "{}", output.stdout);
}

#[test]
fn an_unknown_method_is_an_unknown_topic() {
    let output = Fake::new().serve().run(["rpc", "make-coffee"]);
    assert_eq!((output.status, output.errors()), (3, "No help topic for 'make-coffee'\n".to_owned()));
}

#[test]
fn the_status_tells_the_code() {
    for code in (1..=16).map(Code::from_i32) {
        let fake = Fake::new().failing("Version", Status::new(code, "because")).serve();
        let output = fake.run(["rpc", "version"]);
        assert_eq!(i32::from(output.status), 64 + i32::from(code), "{output:?}");
        let line = format!("because (Version: rpc error: code = {code:?} desc = because)");
        assert!(output.message().starts_with(&line), "{output:?}");
    }
}
