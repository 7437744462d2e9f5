use std::fs;

use crate::support::run::{Output, crictl};

/// Runs `crictl config` on a file with this text, and returns the file's text too.
fn config(text: &str, args: &[&str]) -> (Output, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crictl.yaml");
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let output = crictl(["-c", path, "config"].into_iter().chain(args.iter().copied()), &[], "");
    (output, fs::read_to_string(path).unwrap())
}

const TEXT: &str = "# ours\ntimeout: \"3\" # seconds\n";

#[test]
fn config_gets_and_lists_without_a_change() {
    let (output, text) = config(TEXT, &["--get", "timeout"]);
    assert_eq!((output.stdout.as_str(), text.as_str()), ("3\n", TEXT));
    let (output, text) = config(TEXT, &["--list"]);
    assert!(output.stdout.starts_with("KEY                    VALUE\nruntime-endpoint       \n"), "{output:?}");
    assert_eq!(text, TEXT);
}

#[test]
fn config_sets_in_place() {
    let (output, text) = config(TEXT, &["--set", "debug=true,timeout=7"]);
    assert_eq!((output.stdout.as_str(), output.errors().as_str(), output.status), ("", "", 0));
    assert!(text.starts_with("# ours\ntimeout: \"7\" # seconds\nruntime-endpoint: \"\"\n"), "{text}");
    assert!(text.contains("\ndebug: true\n"), "{text}");
}

#[test]
fn config_writes_nothing_where_one_option_is_wrong() {
    for options in ["timeout=7,debug=yes", "timeout=7,nope=1", "timeout=7,debug", "timeout=7,runtime-endpoint=a=b"] {
        let (output, text) = config(TEXT, &["--set", options]);
        assert_eq!((output.status, text.as_str()), (1, TEXT), "{output:?}");
    }
}

#[test]
fn config_takes_a_key_and_a_value_too() {
    let (output, text) = config(TEXT, &["timeout", "9"]);
    assert_eq!(output.message(), "neither --get, --set nor --list: setting \"timeout\" to \"9\"");
    assert!(text.contains("timeout: \"9\" # seconds"), "{text}");
}

#[test]
fn config_names_the_keys_to_who_asks_for_another() {
    let (output, _) = config(TEXT, &["--get", "nope"]);
    let message = output.message();
    assert!(message.starts_with("no config option is called \"nope\"; there are runtime-endpoint, "), "{message}");
    assert_eq!(output.status, 1);
}
