//! The whole command line, for help, for completion and for the manual. Parsing builds one command at a time.

use clap::{Arg, ArgAction, Args as _, Command};

use crate::args::{GLOBAL_ENV, GlobalArgs};
use crate::command::document_env;
use crate::overlay::OVERLAYS;

/// The root command without its commands: those are found by name, and only the one that is called is built.
pub(super) fn root() -> Command {
    let command = Command::new("crictl")
        .override_usage("crictl [global flags] COMMAND [flags] [ARG...]")
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .args_override_self(true)
        .arg(Arg::new("version").long("version").short('v').action(ArgAction::SetTrue).help("Print the version"));
    // Otherwise clap takes the doc comment of the arguments' type; scripts look for these words.
    GlobalArgs::augment_args(command).about("crictl - client for CRI").long_about(None)
}

/// The root command with all that its help says.
fn described_root() -> Command {
    document_env(root(), GLOBAL_ENV)
}

/// The whole command line: every command with its arguments. Used to show or complete it; parsing builds only one
/// command.
pub(super) fn tree<'a>(host: impl Iterator<Item = &'a Command>) -> Command {
    let own = OVERLAYS.iter().map(|overlay| overlay.tree("crictl"));
    described_root().subcommands(own).subcommands(host.cloned())
}

/// The whole command line as its help describes it, for writing the manual.
#[doc(hidden)]
#[must_use]
pub fn command_line() -> Command {
    described_root().subcommands(OVERLAYS.iter().map(|overlay| overlay.described("crictl")))
}

/// The root's help, with the commands, the host's last.
pub(super) fn root_help<'a>(host: impl Iterator<Item = &'a Command>) -> String {
    let commands =
        OVERLAYS.iter().map(|overlay| Command::new(overlay.name).about(overlay.about).visible_aliases(overlay.aliases));
    let help = described_root()
        .subcommands(commands)
        .subcommands(host.cloned())
        .subcommand_help_heading("Commands")
        .render_help();
    format!("{}\n", help.to_string().trim_end())
}
