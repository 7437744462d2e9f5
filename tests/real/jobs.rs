//! What happens in a job while it runs, and what is left of it: commands in it, its log, its events.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::containerd::{Ctr, DOCKER, JOBS, crictl, ends};
use crate::streaming::{checksum, random};
use crate::support::{Ephemerd, Real, eventually};
use crate::terminal::Terminal;

/// Containers that sleep, one in each namespace.
fn sleeping<'a>(real: &'a Real, ephemerd: &'a Ephemerd) -> Ctr<'a> {
    let ctr = Ctr { real, ephemerd };
    for namespace in [JOBS, DOCKER] {
        ctr.pull(namespace);
        ctr.job(namespace, "job", "sleep 1000");
    }
    ctr
}

fn remove(ephemerd: &Ephemerd) {
    for namespace in [JOBS, DOCKER] {
        ephemerd.crictl(["--ns", namespace, "rm", "-f", "--all"]);
    }
}

/// Waits until of all commands nothing is left: no process but the job's own, no FIFO and no folder.
fn nothing_is_left(ctr: &Ctr<'_>, namespace: &str) {
    let processes = || ctr.run(namespace, ["tasks", "ps", "job"]).lines().count() - 1;
    eventually("the end of all commands", || processes() == 1, || format!("{} processes", processes()));
    let folder = ctr.ephemerd.socket().parent().unwrap();
    let left: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("crictl-")), "{left:?}");
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn commands_run_in_jobs_with_their_input_their_outputs_and_their_status() {
    let real = Real::find();
    let ephemerd = real.serve("job-exec");
    let ctr = sleeping(&real, &ephemerd);
    for (script, status) in [("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -9 $$", 128 + 9)] {
        let script = format!("echo out; echo err >&2; {script}");
        let ended = ends(&ephemerd, ["exec", "--exit-code", "job", "sh", "-c", &script]);
        assert_eq!((ended.status, ended.out.as_str()), (Some(status), "out\n"), "{script}: {ended:?}");
        assert!(ended.err.starts_with("err\n"), "{script}: {ended:?}");
    }
    let unknown = ends(&ephemerd, ["exec", "--exit-code", "job", "no-such-command"]);
    assert_eq!((unknown.status, unknown.out.as_str()), (Some(127), ""), "{unknown:?}");
    assert_eq!(crictl(&ephemerd, ["exec", "-s", "job", "sh", "-c", "echo $PATH"]), "/bin\n\n\n");
    let late = ends(&ephemerd, ["exec", "-s", "--timeout", "1", "job", "sleep", "99"]);
    assert!(late.status == Some(1) && late.err.contains("timed out after 1s"), "{late:?}");

    let path = ephemerd.data_dir.join("input");
    random(&path, 100 << 20);
    let mut exec = ephemerd.command(["--ns", DOCKER, "exec", "-i", "job", "cat"]);
    exec.stdin(File::open(&path).unwrap()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut exec = exec.spawn().unwrap();
    let back = checksum(exec.stdout.take().unwrap());
    let output = exec.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(back, checksum(File::open(&path).unwrap()));
    for namespace in [JOBS, DOCKER] {
        nothing_is_left(&ctr, namespace);
    }
    assert_eq!(ctr.task(JOBS, "job").unwrap().1, "RUNNING");
    remove(&ephemerd);
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn fifty_commands_at_once_and_one_that_is_interrupted_leave_nothing() {
    let real = Real::find();
    let ephemerd = real.serve("job-many");
    let ctr = sleeping(&real, &ephemerd);
    let all: Vec<_> = (0..50)
        .map(|number| {
            let script = format!("cat; echo {number}; exit {number}");
            let mut exec = ephemerd.command(["--ns", JOBS, "exec", "-i", "--exit-code", "job", "sh", "-c", &script]);
            exec.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for (number, exec) in (0..).zip(all) {
        let output = exec.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(number), "{err}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{number}\n"), "{err}");
    }
    nothing_is_left(&ctr, JOBS);

    let mut exec = ephemerd.command(["--ns", JOBS, "exec", "job", "sh", "-c", "echo begun; sleep 500"]);
    let mut exec = exec.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(exec.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "begun\n");
    kill_process(Pid::from_child(&exec), Signal::INT).unwrap();
    assert_eq!(exec.wait().unwrap().code(), Some(1));
    nothing_is_left(&ctr, JOBS);
    remove(&ephemerd);
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_shell_in_a_jobs_terminal_has_its_size_and_its_keys() {
    let real = Real::find();
    let ephemerd = real.serve("job-shell");
    let ctr = sleeping(&real, &ephemerd);
    let mut terminal = Terminal::run(&ephemerd.command(["--ns", JOBS, "exec", "-it", "--exit-code", "job", "sh"]));
    terminal.expect("# ");
    terminal.expect_echo(false);
    // The answer is not in what the shell echoes of the question.
    terminal.type_text("echo si''ze: $(stty size) $TERM\r");
    terminal.expect("size: 24 80 xterm");
    terminal.resize(33, 111);
    terminal.type_text("sleep 1; echo si''ze: $(stty size)\r");
    terminal.expect("size: 33 111");
    terminal.type_text("exit 3\r");
    assert_eq!(terminal.end(), Some(3), "{}", terminal.screen());
    nothing_is_left(&ctr, JOBS);

    let mut terminal = Terminal::run(&ephemerd.command(["--ns", JOBS, "exec", "-it", "job", "sh"]));
    terminal.expect("# ");
    terminal.expect_echo(false);
    terminal.type_text("\x10\x11");
    assert_eq!(terminal.end(), Some(0), "{}", terminal.screen());
    nothing_is_left(&ctr, JOBS);
    remove(&ephemerd);
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn the_log_of_a_job_is_followed_to_the_jobs_end_and_is_there_afterwards() {
    let real = Real::find();
    let ephemerd = real.serve("job-logs");
    let ctr = Ctr { real: &real, ephemerd: &ephemerd };
    ctr.pull(JOBS);
    // The shim closes the file for both outputs when the first one ends, so what is said at the very end on the other one
    // may be lost to it.
    let script = "for i in $(seq 100); do echo line $i; done; until [ -e /end ]; do sleep 0.1; done; \
                  echo oops >&2; sleep 1; exit 3";
    let path = ctr.job(JOBS, "job", script);
    let mut follow = ephemerd.command(["--ns", JOBS, "logs", "-f", "job"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines().map(Result::unwrap);
    for number in 1..=100 {
        assert_eq!(lines.next(), Some(format!("line {number}")));
    }
    assert_eq!(follow.try_wait().unwrap(), None, "it ended before the job");
    crictl(&ephemerd, ["exec", "job", "touch", "/end"]);
    // Both outputs are in one file, which does not say which is which.
    assert_eq!(lines.collect::<Vec<_>>(), ["oops"]);
    assert_eq!(follow.wait().unwrap().code(), Some(0));
    assert_eq!(ctr.task(JOBS, "job").unwrap().1, "STOPPED");

    assert_eq!(crictl(&ephemerd, ["logs", "job"]), fs::read_to_string(&path).unwrap());
    assert_eq!(crictl(&ephemerd, ["logs", "--tail", "2", "job"]), "line 100\noops\n");
    let timed = ends(&ephemerd, ["logs", "-t", "--tail", "1", "job"]);
    assert_eq!((timed.status, timed.out.as_str()), (Some(0), "oops\n"), "{timed:?}");
    assert!(timed.err.contains("has neither times nor names of streams"), "{timed:?}");

    crictl(&ephemerd, ["rm", "-f", "--all"]);
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn who_reads_the_output_that_is_in_no_file_is_in_the_error() {
    let real = Real::find();
    let ephemerd = real.serve("job-fifo");
    let ctr = Ctr { real: &real, ephemerd: &ephemerd };
    ctr.pull(JOBS);
    let said = |id: &str| {
        let refused = ends(&ephemerd, ["logs", id]);
        assert_eq!((refused.status, refused.out.as_str()), (Some(1), ""), "{refused:?}");
        refused.err
    };
    // Its maker has left.
    ctr.made(JOBS, &["run", "--detach"], "left", "sleep 1000");
    let nobody = said("left");
    assert!(nobody.contains("container left has no log path; its output goes into the FIFO /"), "{nobody}");
    assert!(nobody.contains("-stdout, which nobody in sight reads"), "{nobody}");
    let mut maker = ctr.command(JOBS);
    maker.args(ctr.making(JOBS, &["run"], "held", "sleep 1000")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut maker = maker.spawn().unwrap();
    let state = || ctr.task(JOBS, "held").map(|(_, state)| state).unwrap_or_default();
    eventually("the container", || state() == "RUNNING", state);
    let reader = format!("-stdout, which is read by ctr (pid {})", maker.id());
    assert!(said("held").contains(&reader), "{}", said("held"));
    crictl(&ephemerd, ["rm", "-f", "--all"]);
    maker.wait().unwrap();
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn the_events_of_a_job_are_told_as_they_happen() {
    let real = Real::find();
    let ephemerd = real.serve("job-events");
    let ctr = Ctr { real: &real, ephemerd: &ephemerd };
    ctr.pull(JOBS);
    let template = "{{.containerEventType}} {{.containerId}}{{range .containersStatuses}} {{.exitCode}}{{end}}";
    let args = ["--ns", JOBS, "events", "-o", "go-template", "--template", template];
    let mut events = ephemerd.command(args).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(events.stdout.take().unwrap()).lines().map(Result::unwrap);
    let (heard, lines) = mpsc::channel();
    thread::spawn(move || told.try_for_each(|line| heard.send(line)));
    // Nothing says when they are listened to: something happens until somebody hears of it.
    let mut before = 0;
    while lines.recv_timeout(Duration::from_millis(300)).is_err() {
        ctr.job(JOBS, &format!("before-{before}"), "true");
        before += 1;
        assert!(before < 100, "no event is heard");
    }
    ctr.job(JOBS, "job", "until [ -e /end ]; do sleep 0.1; done; exit 3");
    // The end of a command is not the job's.
    crictl(&ephemerd, ["exec", "job", "touch", "/end"]);
    eventually("the job's end", || ctr.task(JOBS, "job").unwrap().1 == "STOPPED", String::new);
    ctr.run(JOBS, ["tasks", "rm", "job"]).clear();
    crictl(&ephemerd, ["rm", "job"]);
    let expected = ["CREATED_EVENT job 0", "STARTED_EVENT job 0", "STOPPED_EVENT job 3", "DELETED_EVENT job"];
    let mut of_the_job = Vec::new();
    while of_the_job.len() < expected.len() {
        let line = lines.recv_timeout(Duration::from_secs(20)).unwrap();
        of_the_job.extend(line.contains(" job").then_some(line));
    }
    assert_eq!(of_the_job, expected.map(|event| format!("CONTAINER_{event}")));
    kill_process(Pid::from_child(&events), Signal::INT).unwrap();
    events.wait().unwrap();
    remove(&ephemerd);
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn an_image_is_pulled_into_a_namespace_with_a_password_where_that_is_needed() {
    let real = Real::find();
    let ephemerd = real.serve("job-pull");
    let ctr = Ctr { real: &real, ephemerd: &ephemerd };
    let (open, locked) = (real["BUSYBOX_IMAGE"].as_str(), real["LOCKED_IMAGE"].as_str());
    let said = crictl(&ephemerd, ["pull", open]);
    let refused = ends(&ephemerd, ["pull", locked]);
    assert!(refused.status == Some(1) && refused.err.contains("pulling image"), "{refused:?}");
    let creds = format!("{}:{}", real["LOCKED_USER"], real["LOCKED_PASSWORD"]);
    let wrong = ends(&ephemerd, ["pull", "--creds", "ada:wrong", locked]);
    assert!(wrong.status == Some(1) && !wrong.err.contains("wrong\""), "{wrong:?}");
    assert_eq!(crictl(&ephemerd, ["pull", "--creds", &creds, locked]), said);
    assert_eq!(ctr.run(JOBS, ["images", "ls", "-q"]).lines().count(), 2);
    // It is unpacked: a container can be made of it at once.
    ctr.job(JOBS, "job", "exit 0");
    let listed = ephemerd.json(["--ns", JOBS, "images", "-o", "json"]);
    assert_eq!(said, format!("Image is up to date for {}\n", listed["images"][0]["id"].as_str().unwrap()));
    remove(&ephemerd);
}
