//! What a runtime says, on a terminal: a terminal obeys what it finds in names, labels and errors.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Cursor, Read};
use std::process::Stdio;

use crictl::generated::methods::METHODS;
use crictl::schema::{self, Kind, Label, Message, Value};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::support::process;
use crate::support::raw::{Raw, Script, scripted};
use crate::support::run::{Output, crictl_in};

/// A title, a clear screen, DEL, a C1 control, a text that runs backwards, and a forged row.
const EVIL: &str = "\x1b]0;evil\x07\x1b[2J\x7f\u{9b}5m\u{202e}x\u{2028}\t\r\nFORGED row";
/// The same as the message of a status.
const EVIL_STATUS: &str = "%1B]0;evil%07%1B[2J%7F%C2%9B5m%E2%80%AEx%E2%80%A8%09%0D%0AFORGED row";

/// A message whose every text is that, one deep in each list and map.
fn evil(message: &'static Message, depth: usize) -> Value {
    let mut oneofs = Vec::new();
    let member = |field: &'static schema::Field| {
        let other = field.oneof.is_some_and(|oneof| oneofs.contains(&oneof));
        oneofs.extend(field.oneof);
        let value = match field.value_kind() {
            Kind::String => Value::from(EVIL),
            Kind::Message(inner) if depth > 0 => evil(inner, depth - 1),
            _ => return None,
        };
        let value = match field.label {
            Label::Repeated => Value::List(vec![value]),
            Label::Map => Value::object([(EVIL, value)]),
            _ => value,
        };
        (!other).then_some((field.name, value))
    };
    Value::object(message.fields.iter().filter_map(member).collect::<Vec<_>>())
}

/// A runtime that says nothing else.
fn talking() -> Raw {
    let answer = |message| schema::encode(message, &evil(message, 5), &mut Vec::new()).unwrap();
    let script = |message| Script { messages: vec![answer(message)], ..Script::default() };
    let scripts: HashMap<_, _> = METHODS.iter().map(|method| (method.path, script(method.response))).collect();
    scripted(move |path| scripts[path].clone())
}

/// A runtime that fails every call with it.
fn failing() -> Raw {
    let trailers = vec![("grpc-status", "2"), ("grpc-message", EVIL_STATUS)];
    Script { trailers, ..Script::default() }.serve()
}

/// The commands that show what a runtime says; what a container prints is not among them.
fn commands() -> Vec<Vec<&'static str>> {
    let lines = "ps -a|ps -av|ps -aq|ps -a -o json|ps -a -o yaml|ps -ar --no-trunc|pods|pods -v|pods -q|pods -o yaml|\
        images|images -v|images -q|images --digests --no-trunc|images -o json|version|info|info -o yaml|\
        info -o go-template --template {{.}}|inspect x|inspect -o table x|inspect -o yaml x|inspect -a|inspectp x|\
        inspectp -o table x|inspectp -o go-template --template {{.status}} x|inspecti x|inspecti -o table x|\
        stats -a -s 0|stats -o json|statsp -s 0|statsp -o yaml|metricsp|metricsp -o yaml|metricdescs|imagefsinfo|\
        imagefsinfo -o table|runtime-config|doctor|doctor -o yaml|events|events -o yaml|\
        events -o go-template --template {{.}}|pull x|rm x|rm -a|rm -af|rmp -af|rmi x|rmi -a|rmi --prune|start x|stop x|stopp x|\
        stop -a|update --cpu-share 2 x|checkpoint --export /x x|logs x|logs -r x|logs --name .|exec x ls|attach x|\
        port-forward x 0:80|rpc list|rpc describe Container";
    let mut commands: Vec<Vec<_>> = lines.split('|').map(|line| line.split_whitespace().collect()).collect();
    for method in METHODS {
        for flags in
            [&["-v", "--enrich"][..], &["-o", "text"], &["-o", "yaml"], &["-o", "jsonl"], &["--template", "{{.}}"]]
        {
            commands.push(["-D", "rpc", method.command].iter().chain(flags).copied().collect());
        }
    }
    commands
}

fn on_terminal(raw: &Raw, args: &[&str]) -> Output {
    let env = [("CONTAINER_RUNTIME_ENDPOINT", &*raw.endpoint)];
    crictl_in(args.iter().copied(), &env, None, |io| {
        (io.out_is_terminal, io.err_is_terminal) = (true, true);
        io.input = Box::new(Cursor::new(""));
    })
}

/// Nothing that a terminal would obey but what is ours: the level's colour, a cleared screen; and no forged row.
fn assert_harmless(what: &[&str], text: &str) {
    let ours = ["\x1b[2J\x1b[H", "\x1b[0m", "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[37m"];
    let rest = ours.iter().fold(text.to_owned(), |text, ours| text.replace(ours, ""));
    for (number, line) in rest.split('\n').enumerate() {
        let obeyed = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}');
        assert!(!line.trim_start_matches('\t').contains(obeyed), "{what:?}, line {number}: {line:?}");
        assert!(!line.trim_start().starts_with("FORGED"), "{what:?}, line {number}: {line:?}");
    }
}

#[test]
fn no_command_shows_a_terminal_what_it_would_obey() {
    for (raw, least) in [(talking(), 40), (failing(), 60)] {
        let mut shown = 0;
        for args in commands() {
            let output = on_terminal(&raw, &args);
            assert_harmless(&args, &output.stdout);
            assert_harmless(&args, &output.stderr);
            shown += usize::from([output.stdout, output.stderr].concat().contains("\\x1b]0;evil"));
        }
        assert!(shown > least, "only {shown} commands showed the text at all");
    }
}

#[test]
fn no_file_and_no_word_of_a_person_shows_a_terminal_what_it_would_obey() {
    let raw = talking();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crictl.yaml");
    std::fs::write(&file, r#"runtime-endpoint: "unix:///\e]0;evil\a\nFORGED""#).unwrap();
    let file = file.to_str().unwrap();
    for args in [
        &["--config", file, "config", "--list"][..],
        &["--config", file, "config", "--get", "runtime-endpoint"],
        &["--config", EVIL, "ps"],
        &[EVIL],
        &["ps", EVIL],
        &["help", EVIL],
        &["--timeout", EVIL, "ps"],
        &["rpc", "version", "--data", EVIL],
        &["run", EVIL, EVIL],
    ] {
        let output = on_terminal(&raw, args);
        assert_harmless(args, &output.stdout);
        assert_harmless(args, &output.stderr);
    }
}

#[test]
fn what_is_no_terminal_gets_the_bytes() {
    let raw = talking();
    assert!(raw.run(["ps", "-aq"]).stdout.contains(EVIL));
    assert!(raw.run(["ps", "-a"]).stdout.contains('\x1b'));
    // But no error writes a terminal's codes, wherever it goes.
    let failing = failing();
    for args in [&["ps"][..], &["rpc", "version", "-v"]] {
        let errors = failing.run(args.iter().copied()).stderr;
        assert!(errors.contains("\\x1b") && !errors.contains('\x1b') && !errors.contains("\nFORGED"), "{errors:?}");
    }
}

#[test]
fn bytes_are_not_for_a_terminal() {
    let output = on_terminal(&talking(), &["rpc", "version", "-o", "raw"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(output.stderr.contains("-o raw writes binary data"), "{output:?}");
}

/// Runs in a pseudo-terminal, and returns what its screen was sent.
fn screen(raw: &Raw, args: &[&str]) -> String {
    let user = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&user).unwrap();
    unlockpt(&user).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let side = rustix::fs::open(ptsname(&user, Vec::new()).unwrap(), flags, Mode::empty()).unwrap();
    let mut command = process::program();
    command.env("CONTAINER_RUNTIME_ENDPOINT", &raw.endpoint).args(args);
    command.stdin(Stdio::null()).stdout(side.try_clone().unwrap()).stderr(side);
    let mut child = command.spawn().unwrap();
    // It holds the program's side of the terminal, whose reader would never come to an end.
    drop(command);
    let mut screen = Vec::new();
    let _ = File::from(user).read_to_end(&mut screen);
    child.wait().unwrap();
    String::from_utf8_lossy(&screen).replace("\r\n", "\n")
}

#[test]
fn a_true_terminal_is_told_from_a_pipe() {
    for (raw, args) in [(talking(), &["ps", "-a"][..]), (talking(), &["ps", "-av"]), (failing(), &["version"])] {
        let screen = screen(&raw, args);
        assert!(screen.contains("\\x1b]0;evil\\x07"), "{screen:?}");
        assert_harmless(args, &screen);
    }
}
