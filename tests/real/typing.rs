//! Containers in a terminal: what is typed there, how large it is, and how it is left.

use serde_json::json;

use crate::support::Real;
use crate::terminal::Terminal;

const TRANSPORTS: [&str; 2] = ["spdy", "websocket"];

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_shell_in_a_terminal_has_its_size_and_its_keys() {
    let real = Real::find();
    let ephemerd = real.serve("shell");
    let pod = ephemerd.run_pod("web", "10050");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    for transport in TRANSPORTS {
        let exec = ephemerd.command(["exec", "-it", "--exit-code", "--transport", transport, &container, "sh"]);
        let mut terminal = Terminal::run(&exec);
        terminal.expect("# ");
        terminal.expect_echo(false);
        // The answer is not in what the shell echoes of the question.
        terminal.type_text("echo si''ze: $(stty size)\r");
        terminal.expect("size: 24 80");
        terminal.resize(33, 111);
        terminal.type_text("sleep 1; echo si''ze: $(stty size)\r");
        terminal.expect("size: 33 111");

        // The trap is set before anything is said: the key may come before a `sleep` is there to be interrupted.
        terminal.type_text("sh -c 'trap \"exit 130\" INT; echo sleep\"\"ing; while :; do sleep 1; done'\r");
        terminal.expect("sleeping");
        terminal.type_text("\x03");
        terminal.type_text("echo interrupted: $?\r");
        terminal.expect("interrupted: 130");
        terminal.type_text("exit 3\r");
        assert_eq!(terminal.end(), Some(3), "{transport}: {}", terminal.screen());
    }
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn the_detach_keys_leave_an_attached_shell_running() {
    let real = Real::find();
    let ephemerd = real.serve("detach");
    let pod = ephemerd.run_pod("web", "10051");
    for transport in TRANSPORTS {
        let config = json!({
            "metadata": { "name": format!("shell-{transport}") },
            "image": { "image": real["BUSYBOX_IMAGE"] },
            "command": ["sh"], "stdin": true, "tty": true, "linux": {},
        });
        let container = ephemerd.start_config(&pod, &config);
        let attach = ephemerd.command(["attach", "-it", "--transport", transport, &container]);
        let mut terminal = Terminal::run(&attach);
        terminal.expect_echo(false);
        terminal.type_text("answer=$((6 * 7)); echo answer: $answer\r");
        terminal.expect("answer: 42");
        terminal.type_text("\x10\x11");
        assert_eq!(terminal.end(), Some(0), "{transport}: {}", terminal.screen());

        // The shell is still the same one.
        let mut terminal = Terminal::run(&attach);
        terminal.expect_echo(false);
        terminal.type_text("echo still: $answer\r");
        terminal.expect("still: 42");
        terminal.type_text("exit\r");
        assert_eq!(terminal.end(), Some(0), "{transport}: {}", terminal.screen());
        ephemerd.exited(&container);
    }
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn a_runtime_that_dies_leaves_the_terminal_as_it_was() {
    let real = Real::find();
    let ephemerd = real.serve("terminal");
    let pod = ephemerd.run_pod("web", "10052");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    let mut terminal = Terminal::run(&ephemerd.command(["exec", "-it", &container, "sh"]));
    terminal.expect("# ");
    terminal.expect_echo(false);
    ephemerd.kill_containerd();
    assert_eq!(terminal.end(), Some(1), "{}", terminal.screen());
    assert!(terminal.screen().contains("the streaming connection broke"), "{}", terminal.screen());
}
