//! What is wrong outside: command lines, config files, sockets, servers, readers.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};

use crictl::cri::Container;

use crate::container;
use crate::support::fake::Fake;
use crate::support::process::{self, Process};
use crate::support::raw;
use crate::support::run::{Output, crictl, crictl_in};

fn at(endpoint: &str, args: &[&str]) -> Output {
    crictl(args.iter().copied(), &[("CONTAINER_RUNTIME_ENDPOINT", endpoint)], "")
}

/// A usage error: the reason and the help on stdout, the reason on stderr.
fn assert_usage(output: &Output, reason: &str, usage: &str) {
    assert!(output.stdout.starts_with(&format!("Incorrect Usage: {reason}\n\n")), "{output:?}");
    assert!(output.stdout.contains(usage), "{output:?}");
    assert_eq!((output.message().as_str(), output.status), (reason, 1));
}

#[test]
fn an_unknown_flag_is_a_usage_error_of_its_level() {
    assert_usage(&crictl(["--nope", "ps"], &[], ""), "flag provided but not defined: -nope", "Usage: crictl [global");
    assert_usage(&crictl(["ps", "--nope"], &[], ""), "flag provided but not defined: -nope", "Usage: crictl ps");
}

#[test]
fn a_value_that_is_none_is_a_usage_error() {
    for (args, words) in [
        (&["--timeout", "5", "ps"][..], "invalid value \"5\" for flag -timeout: parse error"),
        (&["--timeout", "soon", "ps"], "invalid value \"soon\" for flag -timeout: parse error"),
        (&["--debug=perhaps", "ps"], "boolean"),
        (&["ps", "--last", "many"], "parse error"),
        (&["ps", "--last"], "needs an argument"),
        (&["ps", "-o", "json", "--output", "yaml"], "output"),
    ] {
        let output = crictl(args.iter().copied(), &[], "");
        assert!(output.stdout.starts_with("Incorrect Usage: ") && output.status == 1, "{output:?}");
        assert!(output.message().contains(words), "{words}: {output:?}");
    }
}

#[test]
fn an_unknown_command_is_status_3() {
    let output = crictl(["conquer"], &[], "");
    assert_eq!(output.all(), ("", "No help topic for 'conquer'\n".to_owned(), 3));
}

#[test]
fn a_config_file_that_is_named_has_to_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crictl.yaml");
    let name = file.to_str().unwrap();
    let fake = Fake::new().serve();
    for (text, reason) in
        [("colour: red\n", "no config option is called \"colour\""), ("timeout: [", ""), ("- a\n", "")]
    {
        fs::write(&file, text).unwrap();
        for output in [fake.run(["--config", name, "ps"]), crictl(["ps"], &[("CRI_CONFIG_FILE", name)], "")] {
            assert_eq!((output.stdout.as_str(), output.status), ("", 1), "{output:?}");
            assert!(output.message().starts_with(&format!("{name}: {reason}")), "{output:?}");
            assert!(output.message().ends_with(", loading the config file"), "{output:?}");
        }
    }
    fs::remove_file(&file).unwrap();
    let output = fake.run(["--config", name, "ps"]);
    assert!(output.status == 1 && output.message().contains("no such file"), "{output:?}");
    assert!(fake.fake.state().calls.is_empty());
}

#[test]
fn a_config_file_beside_the_program_counts_only_if_it_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::new().containers([container("a")]).serve();
    let run = |text: &str| {
        fs::write(folder.path().join("crictl.yaml"), text).unwrap();
        crictl_in(["ps", "-q"], &[], None, |io| io.executable = Some(folder.path().join("crictl")))
    };
    let right = format!("runtime-endpoint: {}\n", fake.endpoint());
    assert_eq!(run(&right).all(), ("a\n", String::new(), 0));
    // As if it were not there: nothing is said of it, and no endpoint is known.
    for wrong in [right + "colour: red\n", "timeout: [".to_owned()] {
        let output = run(&wrong);
        assert_eq!((output.stdout.as_str(), output.status), ("", 1));
        assert!(output.message().starts_with("no runtime answers: "), "{output:?}");
    }
}

#[test]
fn a_missing_socket_is_named_and_may_be_another_one() {
    let output = at("unix:///nowhere/cri.sock", &["ps"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    let expected = "no socket at \"unix:///nowhere/cri.sock\" (runtime service, from CONTAINER_RUNTIME_ENDPOINT): \
                    no such file or directory \
                    (ListContainers: rpc error: code = Unavailable desc = no such file or directory); \
                    is the runtime running? use --runtime-endpoint to name another endpoint";
    assert_eq!(output.message(), expected);
}

#[test]
fn a_socket_that_nobody_listens_on_is_told_from_one_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("cri.sock");
    drop(UnixListener::bind(&socket).unwrap());
    let output = at(socket.to_str().unwrap(), &["ps"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(output.message().starts_with("nobody listens at \"unix://"), "{output:?}");
}

#[test]
fn a_socket_without_permission_is_told_as_that() {
    let fake = Fake::new().serve();
    fs::set_permissions(&fake.socket, fs::Permissions::from_mode(0o000)).unwrap();
    let mut command = process::program();
    if rustix::process::geteuid().is_root() {
        // Permissions hold nobody back who is root. The folder of the build may be closed to others.
        let folder = fake.socket.parent().unwrap();
        fs::copy(env!("CARGO_BIN_EXE_crictl"), folder.join("crictl")).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(folder.join("crictl"));
        command.env_clear().env("CRI_CONFIG_FILE", "/dev/null");
        if Command::new("setpriv").arg("--version").stdout(Stdio::null()).status().is_err() {
            writeln!(io::stderr(), "skipped: root without setpriv can't be without permission").unwrap();
            return;
        }
    }
    let output = process::output(command.args(["-r", &fake.endpoint(), "ps"]));
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    let start = format!(
        "no permission to open \"{}\" (runtime service, from --runtime-endpoint): permission denied \
         (ListContainers: rpc error: code = Unavailable desc = ",
        fake.endpoint()
    );
    assert!(output.message().starts_with(&start), "{output:?}");
    assert!(output.message().ends_with("run as root, or as the user that owns the socket"), "{output:?}");
}

#[test]
fn a_server_that_speaks_no_grpc_is_told_as_that() {
    for words in ["\u{ff}garbage\0\x01\x02", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"] {
        for hangs_up in [true, false] {
            let server = raw::saying(words.as_bytes(), hangs_up);
            let output = at(&server.endpoint, &["ps"]);
            assert_eq!((output.stdout.as_str(), output.status), ("", 1), "{words:?}");
            let start = format!("the server at \"{}\" (runtime service, ", server.endpoint);
            assert!(output.message().starts_with(&start), "{words:?} {output:?}");
            assert!(output.message().contains(" (ListContainers: rpc error: code = Unavailable desc = "), "{output:?}");
        }
    }
}

#[test]
fn a_server_that_hangs_up_is_told_as_that() {
    let server = raw::saying(b"", true);
    let output = at(&server.endpoint, &["ps"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(output.message().contains("broke the connection"), "{output:?}");
}

#[test]
fn a_server_that_says_nothing_runs_into_the_timeout() {
    let server = raw::saying(b"", false);
    let output = at(&server.endpoint, &["--timeout", "100ms", "ps"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    let expected = format!(
        "no answer from \"{}\" (runtime service, from CONTAINER_RUNTIME_ENDPOINT) within 100ms \
         (ListContainers: rpc error: code = DeadlineExceeded desc = context deadline exceeded); \
         raise the limit with --timeout",
        server.endpoint
    );
    assert_eq!(output.message(), expected);
}

#[test]
fn a_method_that_does_not_answer_runs_into_the_timeout() {
    let fake = Fake::new().hanging("ListContainers").serve();
    let output = fake.run(["--timeout", "100ms", "ps"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(
        output
            .message()
            .contains("code = DeadlineExceeded desc = context deadline exceeded); raise the limit with --timeout"),
        "{output:?}"
    );
}

#[test]
fn an_answer_that_is_no_message_is_told_as_that() {
    let server = raw::answering("\x0f\x0f\x0f");
    let output = at(&server.endpoint, &["ps"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(output.message().starts_with("the answer is not a runtime.v1.ListContainersResponse: "), "{output:?}");
    assert!(output.message().contains(" (ListContainers: rpc error: code = Internal desc = "), "{output:?}");
    let output = at(&server.endpoint, &["rpc", "list-containers"]);
    assert_eq!(output.stdout, "");
    assert!(output.message().starts_with("the answer is not a runtime.v1.ListContainersResponse: "), "{output:?}");
    assert_eq!(output.status, 64 + 13);
}

#[test]
fn an_answer_over_16_mib_is_refused_and_narrower_requests_are_advised() {
    let large = Container { annotations: [("a".to_owned(), "x".repeat(17 << 20))].into(), ..container("a") };
    let fake = Fake::new().containers([large, container("b")]).serve();
    let output = fake.run(["ps"]);
    let expected = "the answer is larger than 16 MiB (ListContainers: rpc error: code = ResourceExhausted desc = ";
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(output.message().starts_with(expected), "{output:?}");
    let hint = "; narrow the request, for example with an id or a label, or raise the limit with --max-msg-size";
    assert!(output.message().ends_with(hint), "{output:?}");
    assert_eq!(fake.run(["ps", "-q", "--id", "b"]).all(), ("b\n", String::new(), 0));
}

#[test]
fn the_limit_on_answers_is_that_of_the_flag_or_else_of_the_config_file() {
    let large = Container { annotations: [("a".to_owned(), "x".repeat(17 << 20))].into(), ..container("a") };
    let fake = Fake::new().containers([large]).serve();
    assert_eq!(fake.run(["--max-msg-size", "18MiB", "ps", "-q"]).all(), ("a\n", String::new(), 0));
    let quiet = ["rpc", "list-containers", "-o", "go-template", "--template", "{{len .containers}}"];
    assert_eq!(fake.run([&["--max-msg-size", "18MiB"], &quiet[..]].concat()).stdout.trim_end(), "1");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crictl.yaml").display().to_string();
    std::fs::write(&file, "timeout: 3\n").unwrap();
    assert!(!fake.run(["-c", &file, "config", "--list"]).stdout.contains("max-msg-size"));
    assert_eq!(fake.run(["-c", &file, "config", "--set", "max-msg-size=18MiB"]).status, 0);
    assert_eq!(fake.run(["-c", &file, "config", "--get", "max-msg-size"]).stdout, "18874368\n");
    assert_eq!(fake.run(["-c", &file, "ps", "-q"]).all(), ("a\n", String::new(), 0));
    let output = fake.run(["-c", &file, "--max-msg-size", "1KiB", "ps", "-q"]);
    assert!(output.message().starts_with("the answer is larger than 1 KiB"), "{output:?}");
    let output = fake.run(["-c", &file, "config", "--set", "max-msg-size=much"]);
    assert!(output.status == 1 && output.message().contains("such as 1048576, 512KiB or 64MiB"), "{output:?}");
}

#[test]
fn an_answer_just_under_16_mib_is_taken() {
    let large = Container { annotations: [("a".to_owned(), "x".repeat((16 << 20) - 1024))].into(), ..container("a") };
    assert_eq!(Fake::new().containers([large]).serve().run(["ps", "-q"]).all(), ("a\n", String::new(), 0));
}

/// A reader that has gone.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_has_gone_ends_every_command_quietly_with_141() {
    let fake = Fake::new().serve();
    for args in ["ps", "version", "rpc version", "completion", "--help", "ps --help", "--version"] {
        let env = [("CONTAINER_RUNTIME_ENDPOINT", &*fake.endpoint())];
        let output = crictl_in(args.split(' '), &env, None, |io| io.out = Box::new(Gone));
        assert_eq!(output.all(), ("", String::new(), 141), "{args}");
    }
}

#[test]
fn a_pipe_without_a_reader_ends_the_process_quietly_with_141() {
    let fake = Fake::new().containers((0..10_000).map(|number| container(&number.to_string()))).serve();
    let mut process = Process::start(&mut fake.program(["ps", "--no-trunc"]));
    process.hang_up();
    let output = process.end();
    assert_eq!((output.errors(), output.status), (String::new(), 141));
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let fake = Fake::new().serve();
    let mut command = fake.program(["version"]);
    let output = command.stdout(full).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.contains("no space left on device"), "{errors}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_version_is_one_line_that_scripts_know_and_one_that_tells_us_apart() {
    for flag in ["--version", "-v"] {
        let output = crictl([flag], &[], "");
        let lines: Vec<Vec<_>> = output.stdout.lines().map(|line| line.split(' ').collect()).collect();
        assert_eq!((lines.len(), &lines[0][..2], output.status), (2, &["crictl", "version"][..], 0), "{output:?}");
        // Scripts take the third word of every line, or what looks like a version.
        assert!(lines[1].len() == 2 && lines[1][1].starts_with("CRI="), "{output:?}");
    }
}

#[test]
fn a_very_long_error_of_a_runtime_is_cut_unless_all_of_it_is_wanted() {
    let said = format!("{}\nthe end", "x".repeat(8 << 10));
    let fake = Fake::new().failing("ListContainers", tonic::Status::internal(said)).serve();
    let output = fake.run(["ps"]);
    assert!(output.message().contains("xxx... (4104 more bytes; -D shows them) (ListContainers: "), "{output:?}");
    assert!(output.stderr.len() < 6 << 10 && output.errors().lines().count() == 1, "{output:?}");
    assert!(fake.run(["-D", "ps"]).stderr.contains("xxx\\nthe end"));
}

#[test]
fn a_message_that_is_no_text_is_shown_as_far_as_it_is_one() {
    let trailers = vec![("grpc-status", "2"), ("grpc-message", "no %FF room 100%25")];
    let output = raw::Script { trailers, ..raw::Script::default() }.serve().run(["ps"]);
    assert!(
        output.message().starts_with("no \u{fffd} room 100% (ListContainers: rpc error: code = Unknown"),
        "{output:?}"
    );
}

#[test]
fn who_one_is_in_an_endpoint_is_not_shown() {
    let output = crictl(["-D", "-r", "tcp://user:S3cret@127.0.0.1:1", "ps"], &[], "");
    assert!(output.status == 1 && output.stderr.contains("tcp://127.0.0.1:1"), "{output:?}");
    assert!(!output.stderr.contains("S3cret"), "{output:?}");
    let output = crictl(["-r", "tcp://user:S3cret@127.0.0.1", "ps"], &[], "");
    assert!(output.status == 1 && !output.stderr.contains("S3cret"), "{output:?}");
}

#[test]
fn a_document_that_is_wrong_is_one_line_without_help() {
    for data in [r#"{"x":1}"#, "{", r#"{"version": []}"#] {
        let output = crictl(["rpc", "version", "--data", data], &[], "");
        assert_eq!((output.stdout.as_str(), output.errors().lines().count(), output.status), ("", 1, 1), "{output:?}");
        assert!(output.message().starts_with("--data: "), "{output:?}");
    }
}
