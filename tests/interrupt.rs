//! SIGINT and SIGTERM, which only a process has.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crictl::cri::ContainerEventResponse;
use rustix::process::Signal;

use crate::support::fake::{Fake, Served};
use crate::support::process::Process;

/// Starts a command, waits until its call has come, sends a signal; the process has a second to end.
fn interrupted(fake: &Served, args: &[&str], method: &str, signal: Signal) -> crate::support::run::Output {
    let process = Process::start(&mut fake.program(args.iter().copied()));
    fake.reached(method);
    let sent = Instant::now();
    process.signal(signal);
    let output = process.end();
    assert!(sent.elapsed() < Duration::from_secs(1), "{args:?} took {:?}", sent.elapsed());
    output
}

#[test]
fn a_signal_ends_a_call_at_once_and_says_so() {
    for signal in [Signal::INT, Signal::TERM] {
        let fake = Fake::new().hanging("ListContainers").serve();
        let output = interrupted(&fake, &["--timeout", "1h", "ps"], "ListContainers", signal);
        assert_eq!((output.stdout.as_str(), output.message().as_str(), output.status), ("", "interrupted", 1));
    }
}

#[test]
fn a_signal_ends_a_stream_as_if_it_had_ended() {
    for (form, stdout) in [(&["-o", "jsonl"][..], ""), (&["--enrich", "--template", "{{.status}}"], "<no value>\n")] {
        let event = ContainerEventResponse { container_id: "a".to_owned(), ..Default::default() };
        let fake = Fake::new().with(|state| state.events.push(event)).hanging("GetContainerEvents").serve();
        let args: Vec<_> = ["rpc", "get-container-events"].iter().chain(form).copied().collect();
        let output = interrupted(&fake, &args, "GetContainerEvents", Signal::INT);
        assert_eq!((output.errors(), output.status), (String::new(), 0), "{output:?}");
        // The event may have come or not.
        assert!(output.stdout.starts_with(stdout), "{output:?}");
    }
}

#[test]
fn a_signal_ends_a_command_that_waits_for_input() {
    let fake = Fake::new().serve();
    let mut command = fake.program(["rpc", "version", "--data", "-"]);
    let process = Process::start(command.stdin(Stdio::piped()));
    // Nothing tells from outside that it reads by now.
    std::thread::sleep(Duration::from_millis(200));
    let sent = Instant::now();
    // Not SIGINT: what a shell starts in the background is born deaf to it.
    process.signal(Signal::TERM);
    let output = process.end();
    assert!(sent.elapsed() < Duration::from_secs(1), "took {:?}", sent.elapsed());
    assert_eq!((output.stdout.as_str(), output.status), ("", 128 + 15), "{output:?}");
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn a_run_without_signals_leaves_them_to_its_host() {
    let io = crictl::Io::buffers(std::io::empty(), std::io::sink(), std::io::sink());
    assert!(!io.signals);
}
