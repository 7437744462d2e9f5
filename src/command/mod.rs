//! What a command is: a name, its arguments, and a function that runs it; and the parts that several commands share.

pub(crate) mod batch;
pub(crate) mod inspection;
pub(crate) mod watch;

use std::ops::RangeInclusive;
use std::pin::Pin;

use clap::builder::PossibleValuesParser;
use clap::{Command, FromArgMatches};

use crate::args::go::Parsed;
use crate::context::Context;
use crate::error::{Error, either};

/// One hand-written command.
pub(crate) struct Overlay {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
    /// One line, for the list of commands.
    pub(crate) about: &'static str,
    /// What follows the name in the usage line, `[flags] CONTAINER-ID`.
    pub(crate) usage: &'static str,
    /// How many words it takes besides its flags; with another number it shows its help. A command that has more to say
    /// about a missing word allows for it here, and says it.
    pub(crate) words: RangeInclusive<usize>,
    /// An example command line; what follows `#` explains it.
    pub(crate) example: &'static str,
    /// `-abc` may mean `-a -b -c`. Upstream allows it for some commands only.
    pub(crate) grouping: bool,
    /// Flags are accepted after positionals too. Not set where positionals may include another program's flags, as in
    /// `exec`.
    pub(crate) interspersed: bool,
    /// Adds the arguments: `XArgs::augment_args`.
    pub(crate) arguments: fn(Command) -> Command,
    /// Environment variables that give values to flags: flag, variable.
    pub(crate) env: &'static [(&'static str, &'static str)],
    /// Words that flags and positionals usually take: argument, words. Shells offer them; parsing takes others too.
    pub(crate) values: &'static [(&'static str, &'static [&'static str])],
    /// The methods that it may call, by the proto's names, shown by `rpc list`. They are names and not tables, because
    /// an older CRI lacks some of them. `Version` is left out: any error may call it to name the runtime.
    pub(crate) calls: &'static [&'static str],
    /// What scripts expect before the error of a failed call: upstream's words, where those contain no id.
    pub(crate) step: &'static str,
    pub(crate) subcommands: &'static [Overlay],
    /// Subcommands that are made from tables, and that the command parses itself.
    pub(crate) made: fn() -> Vec<Command>,
    pub(crate) run: Run,
}

/// For [`Overlay::words`]: any number of them.
pub(crate) const ANY: RangeInclusive<usize> = 0..=usize::MAX;

/// Runs a command.
pub(crate) type Run = for<'a> fn(&'a mut Context<'_>, &'a Parsed) -> Running<'a>;

/// A running command.
pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>>;

impl Overlay {
    /// What most commands have; an overlay sets the rest.
    pub(crate) const DEFAULT: Self = Self {
        name: "",
        aliases: &[],
        about: "",
        usage: "[flags]",
        words: 0..=0,
        example: "",
        grouping: true,
        interspersed: true,
        arguments: |command| command,
        env: &[],
        values: &[],
        calls: &[],
        step: "",
        subcommands: &[],
        made: Vec::new,
        run: |_, _| Box::pin(async { Err(Error::help()) }),
    };

    /// Whether a word is this command's name.
    pub(crate) fn is_called(&self, word: &str) -> bool {
        self.name == word || self.aliases.contains(&word)
    }

    /// The help of the command.
    pub(crate) fn help(&self, parent: &str) -> String {
        format!("{}\n", self.described(parent).render_help().to_string().trim_end())
    }

    /// The clap command with all that its help says. `parent` is as in [`Overlay::command`].
    pub(crate) fn described(&self, parent: &str) -> Command {
        let mut command = document_env(self.command(parent), self.env);
        if let Some((_, formats)) = self.values.iter().find(|(name, _)| *name == "output") {
            command = document_formats(command, formats);
        }
        self.subcommands.iter().fold(command, |command, inner| {
            command.mut_subcommand(inner.name, |_| inner.described(&format!("{parent} {}", self.name)))
        })
    }

    /// The clap command, for parsing. `parent` is what comes before the name, `crictl`.
    pub(crate) fn command(&self, parent: &str) -> Command {
        let command = Command::new(self.name)
            .visible_aliases(self.aliases)
            .override_usage(format!("{parent} {} {}", self.name, self.usage))
            .disable_help_subcommand(true)
            .disable_version_flag(true)
            .args_override_self(true);
        let command = match self.example {
            "" => command,
            example => command.after_help(format!("Example:\n  {example}")),
        };
        let subcommands = self.subcommands.iter().map(|overlay| overlay.command(&format!("{parent} {}", self.name)));
        // This comes last, because clap takes a doc comment on a struct of flags for the description of the command.
        (self.arguments)(command).about(self.about).subcommands(subcommands)
    }

    /// As [`Overlay::described`], with [`Overlay::values`] and [`Overlay::made`]; not for parsing.
    pub(crate) fn tree(&self, parent: &str) -> Command {
        let mut command = self.described(parent).subcommands((self.made)());
        for (name, words) in self.values {
            command = command.mut_arg(name.replace('-', "_"), |arg| {
                let is_word = arg.get_default_values().iter().all(|value| words.iter().any(|word| value == word));
                // clap also checks defaults against these words.
                let arg = if is_word { arg } else { arg.default_value(None) };
                arg.value_parser(PossibleValuesParser::new(*words))
            });
        }
        self.subcommands.iter().fold(command, |command, inner| {
            command.mut_subcommand(inner.name, |_| inner.tree(&format!("{parent} {}", self.name)))
        })
    }
}

/// Names each flag's environment variable in its help. [`crate::args::go`] reads the variables, from the environment
/// that the run was given.
pub(crate) fn document_env(mut command: Command, env: &[(&'static str, &'static str)]) -> Command {
    for (flag, variable) in env {
        command = command.mut_arg(flag.replace('-', "_"), |arg| {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            arg.help(format!("{help} [env: {variable}]"))
        });
    }
    command
}

/// Names the formats in the help of `--output`.
pub(crate) fn document_formats(command: Command, formats: &[&str]) -> Command {
    command.mut_arg("output", |arg| {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        arg.help(help.replacen("Output format", &format!("Output format: {}", either(formats)), 1))
    })
}

/// The arguments as a command's own type.
pub(crate) fn args<A: FromArgMatches>(parsed: &Parsed) -> Result<A, Error> {
    A::from_arg_matches(&parsed.matches).map_err(|error| Error::usage(error.to_string()))
}
