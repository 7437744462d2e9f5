//! Starting the program under test and waiting for its end.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
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
    screen: bool,
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
        let Start { program, args, dir, env, input } = start;
        let mut command = match input {
            Input::Terminal { .. } => {
                let mut command = std::process::Command::new(std::env::current_exe()?);
                command.arg(TAKE_OVER).arg(program);
                command
            }
            _ => {
                let mut command = std::process::Command::new(program);
                command.process_group(0);
                command
            }
        };
        command.args(args).current_dir(dir).env_clear().envs(env);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (mut terminal, mut typed, mut screen) = (None, Vec::new(), false);
        match input {
            Input::Nothing => {}
            Input::Pipe(text) => {
                command.stdin(Stdio::piped());
                typed = text;
            }
            Input::Terminal { typed: text, screen: both } => {
                let (mut user, side) = Terminal::open()?;
                if both {
                    command.stdout(side.try_clone()?);
                    user.watch()?;
                }
                command.stdin(side);
                (terminal, typed, screen) = (Some(user), text, both);
            }
        }
        let child = spawn(command).await?;
        let pid = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        Ok(Self { child, pid: pid.ok_or("the program has no process id")?, typed, terminal, screen })
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Gives the program its input and waits for it to end.
    pub(crate) async fn wait(self) -> io::Result<End> {
        let Self { mut child, pid, typed, terminal, screen } = self;
        let stdin = child.stdin.take();
        let ended = child.wait_with_output();
        let input = async {
            // A program need not read its input.
            if let Some(mut stdin) = stdin {
                let _ = stdin.write_all(&typed).await;
            } else if let Some(terminal) = &terminal {
                let _ = terminal.type_text(&typed).await;
            }
            std::future::pending().await
        };
        let ended = async {
            tokio::select! {
                output = ended => output,
                never = input => never,
            }
        };
        tokio::pin!(ended);
        let mut timed_out = false;
        let output = match timeout(LIMIT, &mut ended).await {
            Ok(output) => output,
            Err(_) => {
                timed_out = true;
                // The group is what this case started, and nothing else.
                let _ = kill_process_group(pid, Signal::KILL);
                timeout(Duration::from_secs(5), &mut ended).await?
            }
        }?;
        let mut stdout = output.stdout;
        if let (Some(terminal), true) = (&terminal, screen) {
            stdout = terminal.finish().await;
        }
        Ok(End { exit: status(output.status), stdout, stderr: output.stderr, timed_out })
    }
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
