use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crictl::generated::containerd::v1::types::Status as TaskStatus;
use serde_json::Value;

use super::{containerd, run};
use crate::support::fake::Served;
use crate::support::fake::containerd::Space;

/// A namespace with a job that has exited and whose standard output goes there.
fn job(output: &str) -> Space {
    let mut space = Space::default().container("job", Some((TaskStatus::Stopped, 3)));
    space.tasks[0].stdout = output.to_owned();
    space
}

fn serve(space: Space) -> Served {
    containerd([("ephemerd", space)]).serve()
}

/// A folder with a log of this text.
fn log(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a job.log");
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display().to_string().replace(' ', "%20"))
}

#[test]
fn a_jobs_plain_file_is_shown_as_it_is() {
    let (_folder, path) = log("2025-06-15T15:00:00Z stdout F not a record\n\tb\nc");
    for output in [uri(&path), path.display().to_string()] {
        let served = serve(job(&output));
        let all = "2025-06-15T15:00:00Z stdout F not a record\n\tb\nc";
        assert_eq!(run(&served, ["logs", "job"]).all(), (all, String::new(), 0));
        assert_eq!(run(&served, ["logs", "--tail", "2", "job"]).all(), ("\tb\nc", String::new(), 0));
        assert_eq!(run(&served, ["logs", "--limit-bytes", "3", "job"]).all(), ("202", String::new(), 0));
        assert_eq!(run(&served, ["logs", "--prefix", "--tail", "1", "job"]).all(), ("[job] c", String::new(), 0));
        // It has exited, so there is an end to what is followed.
        assert_eq!(run(&served, ["logs", "-f", "job"]).all(), (all, String::new(), 0));
    }
}

#[test]
fn a_job_that_is_removed_at_its_end_has_ended() {
    let (_folder, path) = log("a\n");
    let ended = |others: &[&str]| {
        let mut space = job(&uri(&path));
        space.tasks[0].status = TaskStatus::Running.into();
        for id in others {
            space = space.container(id, Some((TaskStatus::Running, 0)));
        }
        let served = serve(space);
        let (fake, path) = (served.fake.clone(), path.clone());
        fs::write(&path, "a\n").unwrap();
        let end = thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            let mut file = fs::File::options().append(true).open(&path).unwrap();
            file.write_all(b"b\nlast words").unwrap();
            fs::remove_file(&path).unwrap();
            let mut state = fake.state();
            let jobs = state.containerd.as_mut().unwrap().spaces.get_mut("ephemerd").unwrap();
            (jobs.containers.remove(0), jobs.tasks.remove(0))
        });
        let output = run(&served, ["logs", "-f", "job"]);
        assert_eq!(output.all(), ("a\nb\nlast words", String::new(), 0));
        end.join().unwrap();
    };
    // Its id may be the beginning of another one, or of several.
    for others in [&[][..], &["job-1"], &["job-1", "job-2"]] {
        ended(others);
    }
}

#[test]
fn what_a_plain_log_can_not_tell_is_said_once_on_standard_error() {
    let (_folder, path) = log("a\n");
    let served = serve(job(&uri(&path)));
    let output = run(&served, ["logs", "--since", "1m", "-t", "-s", "stderr", "job"]);
    let said = format!(
        "the log {} has neither times nor names of streams: --since and --timestamps and --stream can't be heeded",
        path.display()
    );
    assert_eq!((output.stdout.as_str(), output.message(), output.status), ("a\n", said, 0));
}

#[test]
fn rotated_files_come_first() {
    let (folder, path) = log("c\n");
    fs::write(folder.path().join("a job.log.1"), "b\n").unwrap();
    fs::write(folder.path().join("a job.log.2"), "a\n").unwrap();
    let served = serve(job(&uri(&path)));
    assert_eq!(run(&served, ["logs", "--rotated", "job"]).stdout, "a\nb\nc\n");
    assert_eq!(run(&served, ["logs", "job"]).stdout, "c\n");
}

#[test]
fn nerdctls_log_is_in_the_folder_that_its_label_names_and_has_times() {
    let folder = tempfile::tempdir().unwrap();
    let line = |stream: &str, second: u8| {
        format!("{{\"log\":\"{stream}\\n\",\"stream\":\"{stream}\",\"time\":\"2025-06-15T15:00:0{second}Z\"}}\n")
    };
    fs::write(folder.path().join("job-json.log"), line("stdout", 0) + &line("stderr", 1) + &line("stdout", 2)).unwrap();
    let space = job("binary:///usr/bin/nerdctl?_NERDCTL_INTERNAL_LOGGING=%2Fvar").with(|job| {
        job.labels.insert("nerdctl/state-dir".to_owned(), folder.path().display().to_string());
    });
    let served = serve(space);
    assert_eq!(run(&served, ["logs", "job"]).all(), ("stdout\nstdout\n", "stderr\n".to_owned(), 0));
    let output = run(&served, ["logs", "-t", "--since", "2025-06-15T15:00:01Z", "-s", "stdout", "job"]);
    assert_eq!(output.all(), ("2025-06-15T15:00:02.000000000Z stdout\n", String::new(), 0));
}

#[test]
fn an_error_says_where_the_output_goes_that_is_in_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("job-stdout");
    make_fifo(&fifo);
    let said = |output: &str| run(&serve(job(output)), ["logs", "job"]).message();
    let none = "container job has no log path; its output goes";
    let fifo = fifo.display().to_string();
    assert_eq!(said(&fifo), format!("{none} into the FIFO {fifo}, which nobody in sight reads"));
    let held = fs::File::options().read(true).write(true).open(&fifo).unwrap();
    let reader = format!("{none} into the FIFO {fifo}, which is read by ");
    let own = format!("(pid {})", std::process::id());
    assert!(said(&fifo).starts_with(&reader) && said(&fifo).ends_with(&own), "{}", said(&fifo));
    drop(held);
    assert_eq!(said("binary:///bin/log?x=y"), format!("{none} to binary:///bin/log?x=y"));
    let nowhere = "container job has no log path; it has no task, or one whose output goes nowhere";
    assert_eq!(said(""), nowhere);
    assert_eq!(run(&serve(Space::default().container("job", None)), ["logs", "job"]).message(), nowhere);
    let missing = format!("{}/no.log", folder.path().display());
    let message = said(&format!("file://{missing}"));
    assert!(message.starts_with(&format!("the log {missing} does not exist")), "{message}");
}

fn make_fifo(path: &Path) {
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
}

#[test]
fn nobody_reopens_a_log_in_a_namespace() {
    let output = run(&serve(job("")), ["logs", "-r", "job"]);
    assert!(output.message().starts_with("containerd's namespace ephemerd has no ReopenContainerLog"), "{output:?}");
}

#[test]
fn a_log_is_found_in_any_namespace_and_inspect_says_of_what_kind_it_is() {
    let (_folder, path) = log("a\n");
    let served = serve(job(&uri(&path)));
    let all = |args: &[&str]| served.run(["--timeout", "60s", "--ns", "all"].iter().chain(args).copied());
    assert_eq!(all(&["logs", "job"]).all(), ("a\n", String::new(), 0));
    let status: Value = serde_json::from_str(&all(&["inspect", "job"]).stdout).unwrap();
    assert_eq!(status["status"]["annotations"]["io.containerd/log"], "plain");
}
