use std::fs;
use std::path::PathBuf;

use crictl::cri::{Container, ContainerMetadata, ContainerState};
use tempfile::TempDir;

use crate::container;
use crate::support::fake::{Fake, Served};

/// A runtime with containers of one pod, and a folder with their logs.
fn serve(logs: &[(&str, &str)]) -> (Served, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::new();
    for (id, log) in logs {
        let path = folder.path().join(format!("{id}.log"));
        fs::write(&path, log).unwrap();
        add(&fake, exited(id, 0), path);
    }
    (fake.serve(), folder)
}

fn exited(id: &str, attempt: u32) -> Container {
    let labels = [("io.kubernetes.pod.name".to_owned(), "web-0".to_owned())];
    Container {
        metadata: Some(ContainerMetadata { name: format!("name-of-{id}"), attempt }),
        pod_sandbox_id: "pod".to_owned(),
        labels: labels.into(),
        state: ContainerState::ContainerExited.into(),
        ..container(id)
    }
}

fn add(fake: &Fake, container: Container, log: PathBuf) {
    let mut state = fake.state();
    state.logs.insert(container.id.clone(), log);
    state.containers.push(container);
}

const A: &str = "\
2025-06-15T15:00:00Z stdout F one
2025-06-15T15:00:02Z stderr F two
2025-06-15T15:00:04Z stdout P th
2025-06-15T15:00:04Z stdout F ree
";
const B: &str = "2025-06-15T15:00:01Z stdout F eins\n2025-06-15T15:00:03Z stdout F \"zwei\"\n";

#[test]
fn logs_go_to_the_streams_they_came_from() {
    let (fake, _folder) = serve(&[("a", A)]);
    let output = fake.run(["logs", "-t", "a"]);
    let expected = "2025-06-15T15:00:00.000000000Z one\n2025-06-15T15:00:04.000000000Z three\n";
    assert_eq!((output.stdout.as_str(), output.status), (expected, 0));
    assert_eq!(output.errors(), "2025-06-15T15:00:02.000000000Z two\n");
    assert_eq!(fake.fake.state().calls, ["ContainerStatus"]);
}

#[test]
fn logs_of_several_containers_are_merged_by_time_and_prefixed() {
    let (fake, _folder) = serve(&[("a", A), ("b", B)]);
    let output = fake.run(["logs", "a", "b", "--stream", "stdout"]);
    let expected = "\
[web-0/name-of-a] one
[web-0/name-of-b] eins
[web-0/name-of-b] \"zwei\"
[web-0/name-of-a] three
";
    assert_eq!((output.stdout.as_str(), output.errors().as_str(), output.status), (expected, "", 0));
    let output = fake.run(["logs", "--pod", "pod", "--prefix=false", "-s", "stdout", "--limit-bytes", "5"]);
    assert_eq!(output.stdout, "one\ne");
}

#[test]
fn logs_are_followed_to_the_end_of_each_container() {
    let (fake, _folder) = serve(&[("a", A), ("b", B)]);
    let output = fake.run(["logs", "-f", "--name", "name-of-(a|b)", "--tail", "1"]);
    let mut lines: Vec<_> = output.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["[web-0/name-of-a] ree", "[web-0/name-of-b] \"zwei\""]);
}

#[test]
fn logs_as_json_are_an_object_a_line() {
    let (fake, _folder) = serve(&[("b", B)]);
    let output = fake.run(["logs", "-o", "json", "--tail", "1", "b"]);
    let expected = r#"{"time":"2025-06-15T15:00:03.000000000Z","stream":"stdout","container":"name-of-b","pod":"web-0","log":"\"zwei\""}"#;
    assert_eq!(output.stdout, format!("{expected}\n"));
}

#[test]
fn logs_of_a_pod_are_those_of_the_newest_attempts() {
    let (fake, folder) = serve(&[]);
    for (attempt, id) in ["old", "new"].into_iter().enumerate() {
        let path = folder.path().join(format!("{attempt}.log"));
        fs::write(&path, format!("2025-06-15T15:00:00Z stdout F {id}\n")).unwrap();
        let metadata = Some(ContainerMetadata { name: "app".to_owned(), attempt: attempt as u32 });
        add(&fake.fake, Container { metadata, created_at: attempt as i64 + 1, ..exited(id, 0) }, path);
    }
    assert_eq!(fake.run(["logs", "--pod", "pod"]).stdout, "new\n");
    assert_eq!(fake.run(["logs", "-p", "new"]).stdout, "old\n");
    let output = fake.run(["logs", "-p", "old"]);
    assert_eq!(output.message(), "previous terminated container app not found; this is its first instance");
}

#[test]
fn logs_say_why_a_log_cannot_be_read() {
    let (fake, folder) = serve(&[("a", A)]);
    let gone = folder.path().join("gone.log");
    add(&fake.fake, exited("gone", 0), gone.clone());
    add(&fake.fake, exited("none", 0), PathBuf::new());
    add(&fake.fake, exited("folder", 0), folder.path().to_owned());
    let message = |id| {
        let output = fake.run(["logs", id]);
        assert_eq!((output.stdout.as_str(), output.status), ("", 1));
        output.message()
    };
    assert_eq!(
        message("gone"),
        format!(
            "the log {} does not exist: no such file or directory, container gone; \
             the log was removed, or the runtime is on another machine or in another container",
            gone.display()
        )
    );
    assert!(message("none").starts_with("container none has no log path"));
    assert!(message("folder").starts_with("is a directory, opening the log"));
    let output = fake.run(["logs", "gone", "a", "--prefix=false"]);
    assert_eq!((output.stdout.as_str(), output.status), ("one\nthree\n", 1));
    assert!(output.stderr.contains("1 of 2 logs could not be read"), "{output:?}");
}

#[test]
#[cfg(unix)]
fn logs_of_what_is_no_file_are_refused_at_once() {
    let (fake, folder) = serve(&[]);
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for (id, path) in [("pipe", pipe), ("socket", socket), ("zero", "/dev/zero".into()), ("null", "/dev/null".into())] {
        add(&fake.fake, exited(id, 0), path);
    }
    for (id, what) in [("pipe", "is a named pipe"), ("socket", "is a socket"), ("zero", "is a device")] {
        for flags in [&[][..], &["-f"], &["--tail", "1"]] {
            let output = fake.run(["logs", id].into_iter().chain(flags.iter().copied()));
            assert_eq!((output.stdout.as_str(), output.status), ("", 1), "{id} {flags:?}");
            assert!(output.message().starts_with(&format!("{what}, not a file, opening the log")), "{output:?}");
        }
    }
    // Nothing was kept there, which is no error.
    let output = fake.run(["logs", "null"]);
    assert_eq!((output.stdout.as_str(), output.errors().as_str(), output.status), ("", "", 0));
}

#[test]
fn logs_refuse_what_they_cannot_do_before_they_call() {
    let (fake, _folder) = serve(&[]);
    let message = |args: &[&str]| {
        let output = fake.run(["logs"].into_iter().chain(args.iter().copied()));
        assert_eq!((output.stdout.as_str(), output.status), ("", 1), "{args:?}");
        output.message()
    };
    assert!(message(&[]).starts_with("ID cannot be empty"));
    assert!(message(&["-s", "both", "a"]).starts_with("invalid stream"));
    assert!(message(&["-s", "stdout", "--tail", "1", "a"]).starts_with("--tail and --stream are mutually exclusive"));
    assert!(message(&["--since", "soon", "a"]).starts_with("--since \"soon\" is not a valid time"));
    assert!(message(&["-o", "xml", "a"]).starts_with("unsupported output format"));
    assert!(message(&["--pod", "p", "a"]).contains("not both"));
    assert!(fake.fake.state().calls.is_empty());
    assert!(message(&["--label", "a=b"]).starts_with("no container matches"));
}

#[test]
fn logs_show_the_lines_they_skip() {
    let (fake, folder) =
        serve(&[("a", "2025-06-15T15:00:00Z stdout F one\nnoise\n2025-06-15T15:00:00Z stdout F two\n")]);
    let output = fake.run(["logs", "a"]);
    assert_eq!((output.stdout.as_str(), output.status), ("one\ntwo\n", 0));
    let path = folder.path().join("a.log");
    let expected = format!("skipped a line of {} that is not a log record: \"noise\"", path.display());
    assert_eq!(output.message(), expected);
}
