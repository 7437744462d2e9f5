use std::fs;
use std::path::{Path, PathBuf};

use crate::support::run::{Output, crictl};

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
    assert!(output.status == 1 && output.stderr.contains("timeout is a number of seconds"), "{output:?}");
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
