//! The command tree: well-formed, and as it was reviewed.

use crate::golden::golden;
use crate::support::run::crictl;

#[test]
fn the_tree_is_one_that_clap_accepts() {
    crictl::command_line().debug_assert();
}

#[test]
fn the_help_of_every_command_is_the_golden_one() {
    let root = crictl(["--help"], &[], "");
    assert_eq!((root.status, root.errors()), (0, String::new()));
    let mut text = format!("$ crictl --help\n{}", root.stdout);
    for command in commands(&root.stdout) {
        let help = crictl(["help", &command], &[], "");
        assert_eq!((help.status, help.errors()), (0, String::new()), "{command}");
        assert!(help.stdout.contains("Usage: crictl "), "{command} has no usage");
        assert!(help.stdout.contains("Example:\n  "), "{command} has no example");
        text += &format!("\n$ crictl help {command}\n{}", help.stdout);
    }
    golden("help.txt", &text);
}

#[test]
fn the_flags_of_every_method_are_the_golden_ones() {
    let mut text = String::new();
    for method in crictl::generated::methods::METHODS {
        let help = crictl(["rpc", method.command, "--help"], &[], "");
        assert_eq!((help.status, help.errors()), (0, String::new()), "{}", method.command);
        text += &format!("$ crictl rpc {} --help\n{}\n", method.command, help.stdout);
    }
    golden("rpc-help.txt", &text);
}

/// The names under the heading of the commands.
fn commands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    lines
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .collect()
}
