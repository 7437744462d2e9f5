use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::support::process;
use crate::support::run::{Output, crictl, crictl_in};

/// A folder with a config file in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(text: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        fs::write(folder.file(), text).unwrap();
        folder
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("crictl.yaml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn run(&self, args: &[&str]) -> Output {
        run(&self.file(), args)
    }
}

fn run(file: &Path, args: &[&str]) -> Output {
    crictl(["--config", file.to_str().unwrap(), "config"].iter().chain(args).copied(), &[], "")
}

#[test]
fn config_gets_one_value() {
    let folder = Folder::with("timeout: 5\ndebug: false\n");
    for (key, value) in [("timeout", "5\n"), ("debug", "false\n"), ("runtime-endpoint", "\n")] {
        assert_eq!(folder.run(&["--get", key]).all(), (value, String::new(), 0));
    }
    let output = folder.run(&["--get", "colour"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(output.message().starts_with("no config option is called \"colour\""), "{output:?}");
}

#[test]
fn config_lists_all_values() {
    let expected = "\
KEY                    VALUE
runtime-endpoint       unix:///run/x.sock
image-endpoint         
timeout                0
debug                  false
pull-image-on-create   true
disable-pull-on-run    false
";
    let folder = Folder::with("runtime-endpoint: unix:///run/x.sock\npull-image-on-create: true\n");
    assert_eq!(folder.run(&["--list"]).all(), (expected, String::new(), 0));
}

#[test]
fn config_sets_values_and_leaves_comments_alone() {
    let folder = Folder::with("# mine\ntimeout: \"5\" # seconds\n");
    assert_eq!(folder.run(&["--set", "timeout=9,image-endpoint=unix:///i.sock"]).all(), ("", String::new(), 0));
    assert!(folder.text().starts_with("# mine\ntimeout: \"9\" # seconds\n"), "{}", folder.text());
    assert!(folder.text().contains("\nimage-endpoint: unix:///i.sock\n"), "{}", folder.text());
}

#[test]
fn config_sets_all_values_or_none() {
    let text = "timeout: 5\n";
    for set in ["debug=true,timeout=soon", "debug=true,colour=red", "debug=true,timeout", "image-endpoint=a=b"] {
        let folder = Folder::with(text);
        let output = folder.run(&["--set", set]);
        assert_eq!((output.stdout.as_str(), output.status, folder.text().as_str()), ("", 1, text), "{set}");
    }
}

#[test]
fn config_sets_one_value_by_position_and_says_so() {
    let folder = Folder::with("timeout: 5\n");
    let output = folder.run(&["debug", "true"]);
    assert!(output.stderr.contains("level=info"), "{output:?}");
    assert_eq!((output.stdout.as_str(), output.status), ("", 0));
    assert_eq!(folder.run(&["--get", "debug"]).stdout, "true\n");
    let output = folder.run(&["timeout"]);
    assert!(output.status == 1 && output.stderr.contains("timeout must be a number of seconds"), "{output:?}");
}

#[test]
fn config_without_a_key_is_a_call_for_help() {
    let output = Folder::with("").run(&[]);
    assert!(output.stdout.contains("Usage: crictl config"), "{output:?}");
    assert_eq!((output.errors(), output.status), (String::new(), 0));
}

#[test]
fn config_does_not_touch_a_file_that_it_cannot_read() {
    let folder = Folder::with("colour: red\n");
    let output = folder.run(&["--set", "timeout=1"]);
    assert_eq!((output.stdout.as_str(), output.status, folder.text().as_str()), ("", 1, "colour: red\n"));
    assert!(output.message().contains("loading the config file"), "{output:?}");
}

#[test]
fn config_prefers_get_to_set_and_set_to_list() {
    let folder = Folder::with("timeout: 5\n");
    assert_eq!(folder.run(&["--get", "timeout", "--set", "timeout=6", "--list"]).stdout, "5\n");
    assert_eq!(folder.run(&["--set", "timeout=6", "--list"]).stdout, "");
    assert_eq!(folder.run(&["--get", "timeout"]).stdout, "6\n");
}

#[test]
fn config_names_what_it_does_not_know_and_takes_the_first_document() {
    let output = Folder::with("colour: {red: 1}\n").run(&["--list"]);
    assert!(output.message().contains(": no config option is called \"colour\""), "{output:?}");
    let output = Folder::with("debug: [a]\n").run(&["--list"]);
    assert!(output.message().contains(": debug takes a single value, not a list or a mapping"), "{output:?}");
    let folder = Folder::with("timeout: 3\n---\n{timeout: 4, colour: red}\n");
    assert_eq!(folder.run(&["--get", "timeout"]).all(), ("3\n", String::new(), 0));
    assert_eq!(folder.run(&["--set", "timeout=5"]).status, 0);
    assert!(folder.text().starts_with("timeout: 5\n") && folder.text().ends_with("\n---\n{timeout: 4, colour: red}\n"));
    let folder = Folder::with(&format!("a: {}", "[".repeat(500_000)));
    assert_eq!(folder.run(&["--list"]).status, 1);
}

#[test]
fn config_leaves_links_modes_and_owners_as_they_are() {
    let folder = Folder::with("timeout: 1\n");
    let path = |name: &str| folder.0.path().join(name);
    fs::create_dir(path("links")).unwrap();
    symlink("../crictl.yaml", path("links/soft")).unwrap();
    fs::set_permissions(folder.file(), Permissions::from_mode(0o640)).unwrap();
    if rustix::process::geteuid().is_root() {
        chown(folder.file(), Some(1234), Some(4321)).unwrap();
    }
    let dress = || fs::metadata(folder.file()).map(|found| (found.mode(), found.uid(), found.gid())).unwrap();
    let before = dress();
    assert_eq!(run(&path("links/soft"), &["--set", "timeout=2"]).all(), ("", String::new(), 0));
    assert!(path("links/soft").is_symlink() && folder.text().starts_with("timeout: 2\n"));
    assert_eq!(dress(), before);
    fs::hard_link(folder.file(), path("hard")).unwrap();
    assert_eq!(folder.run(&["--set", "timeout=33"]).status, 0);
    assert_eq!(folder.run(&["--set", "timeout=4"]).status, 0);
    assert_eq!(fs::read_to_string(path("hard")).unwrap(), folder.text());
    assert!(folder.text().starts_with("timeout: 4\n"));
    assert_eq!(dress(), before);
    // A link that leads nowhere yet says where the file is to be.
    symlink("new.yaml", path("dangling")).unwrap();
    let dangling = |io: &mut crictl::Io| io.machine.config = Some(path("dangling"));
    assert_eq!(crictl_in(["config", "--set", "timeout=5"], &[], None, dangling).status, 0);
    assert!(path("dangling").is_symlink());
    assert_eq!(fs::metadata(path("new.yaml")).unwrap().mode() & 0o777, 0o600);
    let mut names: Vec<_> = fs::read_dir(folder.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["crictl.yaml", "dangling", "hard", "links", "new.yaml"]);
}

#[test]
fn config_on_a_full_disk_leaves_the_file_as_it_was() {
    let text = format!("timeout: 1 # {}\n", "x".repeat(2000));
    for linked in [false, true] {
        let folder = Folder::with(&text);
        if linked {
            fs::hard_link(folder.file(), folder.0.path().join("other")).unwrap();
        }
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -f 0; exec \"$0\" \"$@\" 2>&1 | cat"]).arg(env!("CARGO_BIN_EXE_crictl"));
        command
            .arg("--config")
            .arg(folder.file())
            .args(["config", "--set", "timeout=2"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin");
        let output = process::output(&mut command);
        assert!(output.stdout.contains("file too large, writing the config file"), "{output:?}");
        assert_eq!(folder.text(), text);
        assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 1 + usize::from(linked));
    }
}

#[test]
fn config_that_is_killed_leaves_the_file_whole() {
    let folder = Folder::with("timeout: 0\n");
    assert_eq!(folder.run(&["--set", "timeout=0"]).status, 0);
    let whole = folder.text();
    for round in 1..40 {
        let mut child = process::program()
            .arg("--config")
            .arg(folder.file())
            .args(["config", "--set", &format!("timeout={round}")])
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(round * 100));
        child.kill().unwrap();
        child.wait().unwrap();
        let text = folder.text();
        let value =
            text.lines().next().and_then(|line| line.strip_prefix("timeout: ")).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(text.replacen(value, "0", 1), whole);
    }
    assert_eq!(folder.run(&["--set", "timeout=99"]).status, 0);
    assert_eq!(folder.run(&["--get", "timeout"]).stdout, "99\n");
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 1);
}

#[test]
fn config_of_two_writers_loses_nothing() {
    let folder = Folder::with("timeout: 0\n");
    std::thread::scope(|scope| {
        for key in ["timeout", "max-retries", "image-endpoint", "runtime-endpoint"] {
            let folder = &folder;
            scope.spawn(move || {
                for value in 0..40 {
                    assert_eq!(folder.run(&["--set", &format!("{key}={value}")]).all(), ("", String::new(), 0));
                    assert_eq!(folder.run(&["--get", key]).stdout, format!("{value}\n"));
                }
            });
        }
    });
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 1);
}
