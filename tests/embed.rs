//! crictl inside a host program.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use clap::{Arg, Command};
use crictl::client::Client;
use crictl::cri::*;
use crictl::{CancellationToken, Clock, Crictl, Io};
use tokio_stream::StreamExt as _;

use crate::container;
use crate::support::fake::Fake;
use crate::support::run::{Buffer, Output, crictl_in};

fn hosted(crictl: &Crictl, args: &[&str]) -> Output {
    crictl_in(args.iter().copied(), &[], Some(crictl), |_| {})
}

fn greeting() -> Crictl {
    let command = Command::new("hello").about("Greet somebody").arg(Arg::new("name").required(true));
    Crictl::new().program_name("acme crictl").version("acme 7").command(command, |matches, io| {
        let name = matches.get_one::<String>("name").unwrap();
        u8::from(writeln!(io.out, "hello {name}").is_err())
    })
}

#[test]
fn a_hosts_command_stands_beside_ours() {
    let crictl = greeting();
    assert_eq!(hosted(&crictl, &["hello", "you"]).all(), ("hello you\n", String::new(), 0));
    let output = hosted(&crictl, &["hello"]);
    assert!(output.stderr.contains("<name>"), "{output:?}");
    assert_eq!((output.stdout.as_str(), output.status), ("", 2));
    assert!(hosted(&crictl, &["--help"]).stdout.contains("hello  "));
    assert!(hosted(&crictl, &["completion"]).stdout.contains("hello"));
}

#[test]
fn help_hints_and_version_say_who_is_called() {
    let crictl = greeting();
    assert!(hosted(&crictl, &["ps", "--help"]).stdout.contains("Usage: acme crictl ps [flags]"));
    assert!(hosted(&crictl, &["rpc", "version", "--help"]).stdout.contains("Usage: acme crictl rpc version"));
    assert_eq!(hosted(&crictl, &["logs"]).message(), "ID cannot be empty; acme crictl ps -a lists the containers");
    let version = hosted(&crictl, &["--version"]).stdout;
    assert!(version.starts_with("crictl version v") && version.ends_with("\nacme 7\n"), "{version}");
}

#[test]
fn a_run_on_a_thread_of_an_async_runtime_has_a_thread_of_its_own() {
    let fake = Fake::new().containers([container("a")]).serve();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let output = runtime.block_on(async { fake.run(["ps", "-q"]) });
    assert_eq!(output.all(), ("a\n", String::new(), 0));
}

/// A stream that takes everything, and shows whether anybody holds it.
struct Held(#[expect(dead_code, reason = "it is counted")] Arc<()>);

impl io::Write for Held {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_asynchronous_run_ends_with_its_status_and_is_cancelled_when_it_is_dropped() {
    let fake = Fake::new().containers([container("a")]).hanging("GetContainerEvents").serve();
    let crictl = Crictl::new().endpoint(fake.endpoint());
    let (out, held) = (Buffer::default(), Arc::new(()));
    let io = || Io::buffers(io::empty(), out.clone(), Held(held.clone()));
    let none = || std::iter::empty::<(&str, &str)>();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        assert_eq!(crictl.run_async(["crictl", "ps", "-q"], none(), io()).await, 0);
        let endless = crictl.run_async(["crictl", "events"], none(), io());
        assert!(tokio::time::timeout(Duration::from_millis(300), endless).await.is_err());
    });
    assert_eq!(out.text(), "a\n");
    // The thread has let go of the streams once the run is over.
    let over = (0..100).any(|_| {
        thread::sleep(Duration::from_millis(50));
        Arc::strong_count(&held) == 1
    });
    assert!(over, "the run goes on");
}

#[test]
fn a_host_cancels_a_run_as_an_interrupt_would() {
    let fake = Fake::new().hanging("ListContainers").serve();
    let crictl = Crictl::new().endpoint(fake.endpoint());
    let cancellation = CancellationToken::new();
    let ender = cancellation.clone();
    let ends = thread::spawn(move || {
        thread::sleep(Duration::from_millis(200));
        ender.cancel();
    });
    let output = crictl_in(["--timeout", "1h", "ps"], &[], Some(&crictl), |io| io.cancellation = cancellation);
    assert_eq!((output.stdout.as_str(), output.message().as_str(), output.status), ("", "interrupted", 1));
    ends.join().unwrap();
}

#[test]
fn a_panic_is_an_error_of_the_run_and_the_host_goes_on() {
    let crictl = Crictl::new().command(Command::new("break"), |_, _| panic!("on purpose"));
    let output = hosted(&crictl, &["break"]);
    assert_eq!(output.message(), "crictl has a defect: on purpose; please report it");
    assert_eq!((output.stdout.as_str(), output.status), ("", 70));
    // In the middle of one of our commands, where its thread has begun a call.
    let fake = Fake::new().containers([container("a")]).serve();
    let crictl = Crictl::new().endpoint(fake.endpoint());
    let armed = AtomicBool::new(true);
    let output = crictl_in(["ps"], &[], Some(&crictl), |io| {
        let clock = io.clock.clone();
        io.clock = Clock::new(move || match armed.swap(false, Ordering::Relaxed) {
            true => panic!("no time"),
            false => clock.now(),
        });
    });
    assert_eq!((output.message().as_str(), output.status), ("crictl has a defect: no time; please report it", 70));
    assert_eq!(fake.run(["ps", "-q"]).stdout, "a\n");
}

#[test]
fn eight_threads_run_different_commands_at_different_endpoints() {
    let commands: [&[&str]; 8] = [
        &["ps", "-q"],
        &["ps", "-o", "json"],
        &["inspect", "a"],
        &["version"],
        &["info"],
        &["images"],
        &["rpc", "list-containers"],
        &["pods"],
    ];
    let fakes = commands.map(|_| Fake::new().containers([container("a")]).serve());
    let alone: Vec<_> = commands.iter().zip(&fakes).map(|(args, fake)| fake.run(args.iter().copied())).collect();
    thread::scope(|scope| {
        for ((args, fake), alone) in commands.iter().zip(&fakes).zip(&alone) {
            scope.spawn(move || {
                for _ in 0..20 {
                    assert_eq!(fake.run(args.iter().copied()), *alone);
                }
            });
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn ten_thousand_runs_leave_nothing_behind() {
    // In a process of its own, since the other tests of this one open and start what they need.
    let mut program = std::process::Command::new(std::env::current_exe().unwrap());
    program.args(["--exact", "embed::runs_in_a_row", "--ignored", "--test-threads=1"]);
    let output = program.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// What a process holds: kilobytes of memory, descriptors, threads, and the signals that it catches.
#[cfg(target_os = "linux")]
fn held() -> (u64, usize, usize, String) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let memory = field("VmRSS:").trim_end_matches(" kB").parse().unwrap();
    let count = |folder| std::fs::read_dir(folder).unwrap().count();
    (memory, count("/proc/self/fd"), count("/proc/self/task"), field("SigCgt:"))
}

#[test]
#[ignore = "run by ten_thousand_runs_leave_nothing_behind"]
#[cfg(target_os = "linux")]
fn runs_in_a_row() {
    let fake = Fake::new().containers([container("a")]).serve();
    let crictl = Crictl::new().endpoint(fake.endpoint());
    let run = |times: usize| {
        for _ in 0..times {
            assert_eq!(hosted(&crictl, &["ps", "-q"]).stdout, "a\n");
            fake.fake.state().requests.clear();
            fake.fake.state().calls.clear();
        }
        // The fake notices the end of a connection a little later.
        thread::sleep(Duration::from_millis(500));
        held()
    };
    let warm = run(1_000);
    let end = run(9_000);
    assert_eq!((warm.1, warm.2, &warm.3), (end.1, end.2, &end.3), "descriptors, threads, signals");
    assert!(end.0 < warm.0 + 2_048, "from {} kB to {} kB", warm.0, end.0);
}

#[test]
fn a_host_calls_methods_for_data() {
    let event = ContainerEventResponse { container_id: "a".to_owned(), ..Default::default() };
    let fake = Fake::new().containers([container("a")]).with(|state| state.events = vec![event]).serve();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let client = Client::connect(&fake.endpoint()).await.unwrap();
        // On another thread, which what is not `Send` could not go to.
        let runtime = client.runtime();
        let listed = tokio::spawn(async move { runtime.list_containers(ListContainersRequest::default()).await });
        assert_eq!(listed.await.unwrap().unwrap().containers[0].id, "a");
        let events = client.runtime().get_container_events(GetEventsRequest {}).await.unwrap();
        let events: Vec<_> = events.map(|event| event.unwrap().container_id).collect().await;
        assert_eq!(events, ["a"]);
        let refused = client.runtime().start_container(StartContainerRequest { container_id: "b".to_owned() }).await;
        let error = refused.unwrap_err();
        assert_eq!(error.code(), tonic::Code::NotFound);
        let line = "no container \"b\" (StartContainer: rpc error: code = NotFound desc = no container \"b\")";
        assert_eq!(error.to_string(), line);
    });
}

#[test]
fn a_call_for_data_says_what_went_wrong_on_the_way() {
    let fake = Fake::new().hanging("Version").serve();
    let folder = tempfile::tempdir().unwrap();
    let nobody = format!("unix://{}/none.sock", folder.path().display());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let version = async |endpoint: &str| {
            let client = Client::connect(endpoint).await.unwrap().timeout(Duration::from_millis(200));
            client.runtime().version(VersionRequest::default()).await.unwrap_err()
        };
        let error = version(&fake.endpoint()).await;
        assert_eq!(error.code(), tonic::Code::DeadlineExceeded, "{error}");
        let error = version(&nobody).await;
        assert_eq!(error.code(), tonic::Code::Unavailable);
        assert!(error.to_string().ends_with("is the runtime running?"), "{error}");
        assert_eq!(Client::connect("ftp://x").await.unwrap_err().code(), tonic::Code::InvalidArgument);
    });
}
