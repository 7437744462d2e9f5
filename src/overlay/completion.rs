//! `crictl completion`: a script that completes crictl's command line in a shell.

use clap::Args;
use clap_complete::{Shell, generate};

use crate::args::go::Parsed;
use crate::command::Overlay;
use crate::context::Context;
use crate::error::Error;

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "completion",
    about: "Print a script that completes commands and flags in a shell",
    usage: "[bash | zsh | fish | powershell]",
    words: 0..=1,
    example: "source <(crictl completion bash)",
    grouping: false,
    arguments: CompletionArgs::augment_args,
    values: &[("shell", &["bash", "zsh", "fish", "powershell"])],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct CompletionArgs {
    /// bash, zsh, fish or powershell; bash by default
    shell: Vec<String>,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let shell = parsed.positionals.first().map_or(Ok(Shell::Bash), |name| shell(name))?;
    let mut script = Vec::new();
    generate(shell, &mut (ctx.command_line)(), "crictl", &mut script);
    ctx.bytes(&script)
}

fn shell(name: &str) -> Result<Shell, Error> {
    match name {
        "bash" => Ok(Shell::Bash),
        "zsh" => Ok(Shell::Zsh),
        "fish" => Ok(Shell::Fish),
        "powershell" => Ok(Shell::PowerShell),
        _ => {
            Err(Error::failure(format!("there is no script for the shell {name:?}: use bash, zsh, fish or powershell")))
        }
    }
}
