use crate::support::run::crictl;

#[test]
fn completion_knows_commands_aliases_flags_and_their_words_in_each_shell() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let output = crictl(["completion", shell], &[], "");
        for word in ["ps", "img", "no-trunc", "notready", "list-containers", "filter.state.state"] {
            assert!(output.stdout.contains(word), "{word} in {shell}");
        }
        assert_eq!(output.status, 0);
    }
}

#[test]
fn completion_is_for_bash_unless_another_shell_is_named() {
    let run = |args: &[&str]| crictl(args.iter().copied(), &[], "");
    assert_eq!(run(&["completion"]).stdout, run(&["completion", "bash"]).stdout);
    let output = run(&["completion", "tcsh"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert!(output.message().starts_with("there is no script for the shell \"tcsh\""), "{output:?}");
    let output = run(&["completion", "bash", "zsh"]);
    assert!(output.stdout.contains("Usage: crictl completion") && output.status == 0, "{output:?}");
}

#[test]
fn completion_registers_itself_as_each_shell_wants_it() {
    for (shell, mark) in [
        ("bash", "complete -F _crictl"),
        ("zsh", "#compdef crictl"),
        ("fish", "complete -c crictl"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        assert!(crictl(["completion", shell], &[], "").stdout.contains(mark), "{shell}");
    }
}
