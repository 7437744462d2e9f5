//! Makes clap read a command line the way Go's `flag` package does under urfave/cli.
//!
//! clap cannot take `-output json` or `--o json`, nor stop at the first positional. So the
//! arguments are read here by the Go rules, with the flags of a clap [`Command`] as the table of
//! names, and handed to clap in the one form both agree on: `--name=value`, `--`, positionals.
//! clap then does what is left: types, defaults, conflicts.
//!
//! Commands declare flags as usual. `bool` fields are switches; if it matters whether a switch was given at all, the
//! field is an `Option<bool>`. `Vec` fields are lists, split at commas.
//! Short names of several letters are aliases: `#[arg(long, alias = "pt")]`.

mod flag;
mod given;
mod line;
#[cfg(test)]
mod tests;
mod usage;

use clap::{Arg, ArgAction, ArgMatches, Command, error::ErrorKind};

use given::{Given, settle};
use line::Line;

/// How a command's argument rules differ from the default.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Rules {
    /// Whether `-abc` may stand for `-a -b -c`.
    pub(crate) grouping: bool,
    /// Whether the command's own flags are also accepted after positionals, which upstream never does. Set for every
    /// command whose positionals are not another program's command line. After the name of a subcommand, every flag
    /// belongs to the subcommand.
    pub(crate) interspersed: bool,
    /// Whether a list's value is kept whole. Upstream splits it at commas, but JSON contains commas too.
    pub(crate) whole_lists: bool,
    /// Flags, by long name, that take their value from an environment variable if they are not given.
    pub(crate) variables: &'static [(&'static str, &'static str)],
}

/// What a command line asks for.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// `--help` was among the flags.
    Help,
    /// The command is to be run.
    Run(Parsed),
}

/// A parsed command line.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// What clap made of it; the input of `FromArgMatches`.
    pub(crate) matches: ArgMatches,
    /// Everything that is not a flag. clap has it too, if the command declares positionals.
    pub(crate) positionals: Vec<String>,
    /// Long names of the flags that were given, on the command line or by a variable.
    pub(crate) given: Vec<String>,
    /// The environment variables that gave values to flags.
    pub(crate) variables: Vec<&'static str>,
}

impl Parsed {
    /// The word at this place among [`Parsed::positionals`], or an empty one, which no command tells from a missing one.
    pub(crate) fn word(&self, at: usize) -> &str {
        self.positionals.get(at).map_or("", String::as_str)
    }
}

/// Why a command line is wrong, in one line and in the words of Go's `flag`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(pub(crate) String);

/// Reads the arguments that follow the command's name.
///
/// `lookup` reads the environment; it is called only for [`Rules::variables`].
pub(crate) fn parse(
    command: Command,
    args: &[String],
    rules: &Rules,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Outcome, UsageError> {
    let command = with_help(command).no_binary_name(true);
    let line = Line::read(&command, args, rules)?;
    let given = settle(&command, &line, rules, lookup)?;
    let mut argv: Vec<String> = given.iter().flat_map(Given::canonical).collect();
    if command.get_positionals().next().is_some() {
        argv.push("--".to_owned());
        argv.extend(line.positionals.iter().cloned());
    }
    let wanted = |one: &Given| one.name() == HELP && one.last() == "true";
    let help = given.iter().any(wanted);
    let matches = match command.clone().try_get_matches_from(argv) {
        Ok(matches) => matches,
        // A user who asks for help does not know yet what the command needs, but upstream refuses a bad value even
        // then.
        Err(error) if help && error.kind() != ErrorKind::ValueValidation => {
            return Ok(Outcome::Help);
        }
        Err(error) => return Err(usage::error(&error, &given)),
    };
    if help {
        return Ok(Outcome::Help);
    }
    let variables = given.iter().filter_map(Given::variable).collect();
    let given = given.iter().map(Given::name).collect();
    Ok(Outcome::Run(Parsed { matches, positionals: line.positionals, given, variables }))
}

const HELP: &str = "help";

/// clap's own help would print and exit; here, `--help` is an ordinary switch.
fn with_help(command: Command) -> Command {
    let command = command.disable_help_flag(true).disable_version_flag(true);
    let help = Arg::new(HELP).long(HELP).short('h');
    command.arg(help.action(ArgAction::SetTrue))
}
