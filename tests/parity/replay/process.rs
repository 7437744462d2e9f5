//! Starting the program under test and waiting for its end.

use std::convert::Infallible;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{sleep, timeout};

use crate::replay::Result;
use crate::replay::terminal::{TAKE_OVER, Terminal};

/// A run that takes longer than this has failed.
const LIMIT: Duration = Duration::from_secs(30);

/// How to start the program.
pub(crate) struct Start<'a> {
    pub(crate) program: &'a Path,
    pub(crate) args: Vec<String>,
    pub(crate) dir: &'a Path,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) input: Input,
}

/// What standard input is.
pub(crate) enum Input {
    Nothing,
    Pipe(Vec<u8>),
    /// A terminal, with something typed; `screen`: it is standard output, too.
    Terminal {
        typed: Vec<u8>,
        screen: bool,
    },
}

pub(crate) struct Process {
    child: Child,
    pid: Pid,
    typed: Vec<u8>,
    terminal: Option<Terminal>,
}

/// How the program ended.
pub(crate) struct End {
    /// The status, or the negative number of the signal that ended it.
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) timed_out: bool,
}

impl Process {
    pub(crate) async fn start(start: Start<'_>) -> Result<Self> {
        let (mut command, terminal, typed) = match start.input {
            Input::Nothing => (piped(start.program), None, Vec::new()),
            Input::Pipe(text) => {
                let mut command = piped(start.program);
                command.stdin(Stdio::piped());
                (command, None, text)
            }
            Input::Terminal { typed, screen } => {
                let (command, terminal) = in_terminal(start.program, screen)?;
                (command, Some(terminal), typed)
            }
        };
        command.args(start.args).current_dir(start.dir);
        command.env_clear().envs(start.env);
        let child = spawn(command).await?;
        let pid = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        Ok(Self { child, pid: pid.ok_or("the program has no process id")?, typed, terminal })
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Gives the program its input and waits for it to end.
    pub(crate) async fn wait(mut self) -> io::Result<End> {
        let (pid, terminal, typed) = (self.pid, self.terminal, self.typed);
        let stdin = self.child.stdin.take();
        let ended = self.child.wait_with_output();
        let ended = async {
            tokio::select! {
                output = ended => output,
                never = give(stdin, terminal.as_ref(), &typed) => match never {},
            }
        };
        tokio::pin!(ended);
        let in_time = timeout(LIMIT, &mut ended).await;
        let timed_out = in_time.is_err();
        let output = match in_time {
            Ok(output) => output?,
            Err(_) => {
                // The group is what this case started, and nothing else.
                let _ = kill_process_group(pid, Signal::KILL);
                timeout(Duration::from_secs(5), ended).await??
            }
        };
        let stdout = match terminal.as_ref().filter(|terminal| terminal.is_watched()) {
            Some(terminal) => terminal.finish().await,
            None => output.stdout,
        };
        Ok(End { exit: status(output.status), stdout, stderr: output.stderr, timed_out })
    }
}

/// The program in a process group of its own, with pipes for its output.
fn piped(program: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(program);
    command.process_group(0);
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The program in a terminal of its own; `screen`: its output goes there, too.
fn in_terminal(program: &Path, screen: bool) -> Result<(std::process::Command, Terminal)> {
    let (mut terminal, side) = Terminal::open()?;
    let mut command = std::process::Command::new(std::env::current_exe()?);
    command.arg(TAKE_OVER).arg(program);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    if screen {
        command.stdout(side.try_clone()?);
        terminal.watch()?;
    }
    command.stdin(side);
    Ok((command, terminal))
}

/// Writes the input, which a program need not read.
async fn give(stdin: Option<ChildStdin>, terminal: Option<&Terminal>, text: &[u8]) -> Infallible {
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(text).await;
    } else if let Some(terminal) = terminal {
        let _ = terminal.type_text(text).await;
    }
    std::future::pending().await
}

/// Sends a signal given by its name without `SIG`.
pub(crate) fn send_signal(pid: Pid, name: &str) -> Result<()> {
    let signal = match name {
        "INT" => Signal::INT,
        "TERM" => Signal::TERM,
        other => return Err(format!("unknown signal {other}").into()),
    };
    Ok(kill_process(pid, signal)?)
}

/// Starts a program, again if another thread's child still holds a fresh copy of it open for writing.
async fn spawn(command: std::process::Command) -> io::Result<Child> {
    let mut command = Command::from(command);
    command.kill_on_drop(true);
    for _ in 0..40 {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                sleep(Duration::from_millis(50)).await;
            }
            result => return result,
        }
    }
    command.spawn()
}

fn status(status: ExitStatus) -> Option<i32> {
    status.code().or_else(|| status.signal().map(|signal| -signal))
}
