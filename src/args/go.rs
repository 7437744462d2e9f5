//! Makes clap read a command line the way Go's `flag` package does under urfave/cli.
//!
//! clap cannot take `-output json` or `--o json`, nor stop at the first positional. So the
//! arguments are read here by the Go rules, with the flags of a clap [`Command`] as the table of
//! names, and handed to clap in the one form both agree on: `--name=value`, `--`, positionals.
//! clap then does what is left: types, defaults, conflicts.
//!
//! Commands declare flags as usual. `bool` fields are switches; where it matters that a switch
//! was given at all, the field is an `Option<bool>`. `Vec` fields are lists, split at commas.
//! Short names of several letters are aliases: `#[arg(long, alias = "pt")]`.

use std::{any::TypeId, collections::VecDeque, error::Error};

use clap::{
    Arg, ArgAction, ArgMatches, Command,
    error::{ContextKind, ErrorKind},
};

use crate::args::parse::{DurationError, GoDuration, ValueError, boolean, quote};

/// How the command lines of one command differ from those of another.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Rules {
    /// Whether `-abc` may stand for `-a -b -c`.
    pub(crate) grouping: bool,
    /// Whether the command's own flags are also taken after positionals. Upstream never does.
    /// It is for every command whose positionals are not somebody else's command line.
    pub(crate) interspersed: bool,
    /// Flags, by long name, that fall back to an environment variable.
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

/// A command line as understood.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// What clap made of it; the input of `FromArgMatches`.
    pub(crate) matches: ArgMatches,
    /// Everything that is not a flag. clap has it too if the command declares positionals.
    pub(crate) positionals: Vec<String>,
    /// Long names of the flags that were given, on the command line or by a variable.
    pub(crate) given: Vec<String>,
}

/// Why a command line cannot be understood, in one line and with the words of Go's `flag`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(pub(crate) String);

/// Reads the arguments that follow the command's name.
///
/// `lookup` is the environment; only [`Rules::variables`] are asked for.
pub(crate) fn parse(
    command: Command,
    args: &[String],
    rules: &Rules,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Outcome, UsageError> {
    let command = with_help(command).no_binary_name(true);
    let line = scan(&command, args, rules)?;
    let given = settle(&command, &line, rules, lookup)?;
    let mut argv: Vec<String> = given.iter().flat_map(Given::canonical).collect();
    if command.get_positionals().next().is_some() {
        argv.push("--".to_owned());
        argv.extend(line.positionals.iter().cloned());
    }
    let help = given
        .iter()
        .any(|one| one.name() == HELP && one.last() == "true");
    let matches = match command.clone().try_get_matches_from(argv) {
        Ok(matches) => matches,
        // Help is wanted by those who do not know yet what the command needs, but upstream
        // refuses a bad value even then.
        Err(error) if help && error.kind() != ErrorKind::ValueValidation => {
            return Ok(Outcome::Help);
        }
        Err(error) => return Err(usage_error(&error, &given)),
    };
    if help {
        return Ok(Outcome::Help);
    }
    let given = given.iter().map(|one| one.name().to_owned()).collect();
    Ok(Outcome::Run(Parsed {
        matches,
        positionals: line.positionals,
        given,
    }))
}

const HELP: &str = "help";

/// A flag as it stands on the line.
struct Token<'a> {
    flag: &'a Arg,
    spelling: String,
    value: String,
}

#[derive(Default)]
struct Line<'a> {
    tokens: Vec<Token<'a>>,
    positionals: Vec<String>,
}

/// A flag with everything that was said about it.
struct Given<'a> {
    flag: &'a Arg,
    values: Vec<String>,
    origin: Origin,
}

enum Origin {
    /// The command line, with the spelling used there.
    Line(String),
    /// The environment variable of this name.
    Variable(&'static str),
}

/// Splits the arguments into flags and positionals.
fn scan<'a>(command: &'a Command, args: &[String], rules: &Rules) -> Result<Line<'a>, UsageError> {
    let mut line = Line::default();
    let mut rest: VecDeque<String> = args.iter().cloned().collect();
    while let Some(token) = rest.pop_front() {
        let dashed = token.starts_with('-') && token != "-";
        if token == "--" {
            line.positionals.extend(rest);
            break;
        } else if let Some((flag, name, value)) = known(command, &token).filter(|_| dashed) {
            line.tokens.push(read(flag, name, value, &mut rest)?);
        } else if let Some(letters) = letters(command, &token).filter(|_| dashed && rules.grouping)
        {
            letters
                .into_iter()
                .rev()
                .for_each(|letter| rest.push_front(letter));
        } else if dashed && line.positionals.is_empty() {
            return Err(not_a_flag(&token));
        } else {
            line.positionals.push(token);
            if !rules.interspersed {
                line.positionals.extend(rest);
                break;
            }
        }
    }
    Ok(line)
}

/// The name and the value after `=` of a token with one or two dashes.
fn split(token: &str) -> Option<(&str, Option<&str>)> {
    let body = token
        .strip_prefix("--")
        .or_else(|| token.strip_prefix('-'))?;
    if body.is_empty() || body.starts_with(['-', '=']) {
        return None;
    }
    Some(match body.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (body, None),
    })
}

fn known<'a, 't>(
    command: &'a Command,
    token: &'t str,
) -> Option<(&'a Arg, &'t str, Option<&'t str>)> {
    let (name, value) = split(token)?;
    let flag = flags(command).find(|flag| names(flag).iter().any(|known| known == name))?;
    Some((flag, name, value))
}

/// `-abc` as `-a`, `-b`, `-c`, if all of them exist.
fn letters(command: &Command, token: &str) -> Option<Vec<String>> {
    let cluster = token.strip_prefix('-')?;
    let letters: Vec<String> = cluster.chars().map(|letter| format!("-{letter}")).collect();
    (letters.len() > 1
        && letters
            .iter()
            .all(|letter| known(command, letter).is_some()))
    .then_some(letters)
}

/// Completes a flag with its value, which may be the next argument.
fn read<'a>(
    flag: &'a Arg,
    name: &str,
    value: Option<&str>,
    rest: &mut VecDeque<String>,
) -> Result<Token<'a>, UsageError> {
    let value = if is_switch(flag) {
        let word = value.unwrap_or("true");
        let on = boolean(word).map_err(|_| {
            UsageError(format!(
                "invalid boolean value {} for -{name}: parse error",
                quote(word)
            ))
        })?;
        on.to_string()
    } else {
        value
            .map(str::to_owned)
            .or_else(|| rest.pop_front())
            .ok_or_else(|| UsageError(format!("flag needs an argument: -{name}")))?
    };
    Ok(Token {
        flag,
        spelling: name.to_owned(),
        value,
    })
}

fn not_a_flag(token: &str) -> UsageError {
    UsageError(match split(token) {
        Some((name, _)) => format!("flag provided but not defined: -{name}"),
        None => format!("bad flag syntax: {token}"),
    })
}

/// Decides what each flag is worth: the last value of a scalar, all values of a list, else the
/// environment variable.
fn settle<'a>(
    command: &'a Command,
    line: &Line<'a>,
    rules: &Rules,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Given<'a>>, UsageError> {
    let mut all = Vec::new();
    for flag in flags(command) {
        let tokens: Vec<&Token> = line
            .tokens
            .iter()
            .filter(|token| token.flag.get_id() == flag.get_id())
            .collect();
        one_spelling(flag, &tokens)?;
        if let Some(last) = tokens.last() {
            let values = match flag.get_action() {
                ArgAction::Append => tokens
                    .iter()
                    .flat_map(|token| pieces(&token.value))
                    .collect(),
                _ => vec![last.value.clone()],
            };
            all.push(Given {
                flag,
                values,
                origin: Origin::Line(last.spelling.clone()),
            });
        } else if let Some((variable, value)) = from_environment(flag, rules, lookup) {
            all.push(Given {
                flag,
                values: vec![value],
                origin: Origin::Variable(variable),
            });
        }
    }
    Ok(all)
}

fn one_spelling(flag: &Arg, tokens: &[&Token<'_>]) -> Result<(), UsageError> {
    let used = |name: &String| tokens.iter().any(|token| token.spelling == *name);
    let mut names = names(flag).into_iter().filter(used);
    match (names.next(), names.next()) {
        (Some(first), Some(second)) => Err(UsageError(format!(
            "Cannot use two forms of the same flag: {second} {first}"
        ))),
        _ => Ok(()),
    }
}

/// The pieces of a list; there is no way to write a comma into one.
fn pieces(value: &str) -> impl Iterator<Item = String> {
    value.split(',').map(|piece| piece.trim().to_owned())
}

fn from_environment(
    flag: &Arg,
    rules: &Rules,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Option<(&'static str, String)> {
    let (_, variable) = rules
        .variables
        .iter()
        .find(|(name, _)| flag.get_long() == Some(*name))?;
    let value = lookup(variable)?;
    // An empty text is a value, an empty duration is none.
    (!value.is_empty() || !holds::<GoDuration>(flag)).then_some((variable, value))
}

impl Given<'_> {
    fn name(&self) -> String {
        names(self.flag).into_iter().next().unwrap_or_default()
    }

    fn last(&self) -> &str {
        self.values.last().map_or("", String::as_str)
    }

    /// The flag as clap reads it.
    fn canonical(&self) -> Vec<String> {
        let name = match (self.flag.get_long(), self.flag.get_short()) {
            (Some(long), _) => format!("--{long}"),
            (None, Some(short)) => format!("-{short}"),
            (None, None) => return Vec::new(),
        };
        match self.flag.get_action() {
            ArgAction::SetTrue if self.last() == "true" => vec![name],
            ArgAction::SetTrue => Vec::new(),
            _ => self
                .values
                .iter()
                .map(|value| format!("{name}={value}"))
                .collect(),
        }
    }
}

/// clap's own help would print and exit; this one is a switch like any other.
fn with_help(command: Command) -> Command {
    let command = command.disable_help_flag(true).disable_version_flag(true);
    if command
        .get_arguments()
        .any(|arg| arg.get_long() == Some(HELP))
    {
        return command;
    }
    let help = Arg::new(HELP)
        .long(HELP)
        .short('h')
        .action(ArgAction::SetTrue);
    command.arg(help.help("show this help"))
}

fn flags(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| !arg.is_positional())
}

/// Every name of a flag, the one it is known by first.
fn names(flag: &Arg) -> Vec<String> {
    let long = flag.get_long().into_iter().map(str::to_owned);
    let short = flag.get_short().into_iter().map(String::from);
    let aliases = flag
        .get_all_aliases()
        .unwrap_or_default()
        .into_iter()
        .map(str::to_owned);
    let letters = flag
        .get_all_short_aliases()
        .unwrap_or_default()
        .into_iter()
        .map(String::from);
    long.chain(short).chain(aliases).chain(letters).collect()
}

fn is_switch(flag: &Arg) -> bool {
    matches!(flag.get_action(), ArgAction::SetTrue) || holds::<bool>(flag)
}

fn holds<T: 'static>(flag: &Arg) -> bool {
    flag.get_value_parser().type_id() == TypeId::of::<T>()
}

/// What clap found, in the words Go has for it where it has some.
fn usage_error(error: &clap::Error, given: &[Given<'_>]) -> UsageError {
    let context = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let invalid = context(ContextKind::InvalidArg);
    let name = invalid
        .trim_start_matches('-')
        .split([' ', '='])
        .next()
        .unwrap_or_default();
    let refused = given.iter().find(|one| one.name() == name);
    let (Some(refused), ErrorKind::ValueValidation | ErrorKind::InvalidValue) =
        (refused, error.kind())
    else {
        return UsageError(first_paragraph(error));
    };
    let value = quote(&context(ContextKind::InvalidValue));
    UsageError(match &refused.origin {
        Origin::Line(spelling) => format!(
            "invalid value {value} for flag -{spelling}: {}",
            reason(error)
        ),
        Origin::Variable(variable) => format!(
            "could not parse {value} as {} value from environment variable {} for flag {name}: {}",
            if holds::<GoDuration>(refused.flag) {
                "duration"
            } else {
                "string"
            },
            quote(variable),
            error.source().map(ToString::to_string).unwrap_or_default(),
        ),
    })
}

fn reason(error: &clap::Error) -> String {
    let Some(source) = error.source() else {
        let allowed = error.get(ContextKind::ValidValue).map(ToString::to_string);
        return format!("must be one of {}", allowed.unwrap_or_default());
    };
    // Go's flags hide the reason unless a number is merely too large.
    match source.downcast_ref::<ValueError>() {
        Some(ValueError::Range) => source.to_string(),
        Some(ValueError::Syntax) => "parse error".to_owned(),
        None if source.is::<DurationError>() => "parse error".to_owned(),
        None => source.to_string(),
    }
}

/// clap's message without its prefix, usage and tips, on one line.
fn first_paragraph(error: &clap::Error) -> String {
    let text = error.to_string();
    let message = text.strip_prefix("error: ").unwrap_or(&text);
    let paragraph = message.split("\n\n").next().unwrap_or_default();
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use clap::{Args, FromArgMatches};

    use super::*;
    use crate::args::parse::integer;

    #[derive(Debug, Default, PartialEq, Args)]
    struct ExampleArgs {
        #[arg(long, short)]
        all: bool,
        #[arg(long, short)]
        quiet: bool,
        #[arg(long, short)]
        latest: Option<bool>,
        #[arg(long, short = 'n', default_value = "0", value_parser = integer)]
        last: i64,
        #[arg(long, short)]
        output: Option<String>,
        #[arg(long)]
        label: Vec<String>,
        #[arg(long, alias = "pt", default_value = "0s")]
        pull_timeout: GoDuration,
        ids: Vec<String>,
    }

    const STRICT: Rules = Rules {
        grouping: true,
        interspersed: false,
        variables: &[("output", "OUTPUT"), ("pull-timeout", "PULL_TIMEOUT")],
    };
    const MIXED: Rules = Rules {
        interspersed: true,
        ..STRICT
    };

    fn outcome(line: &[&str], rules: &Rules, env: &[(&str, &str)]) -> Result<Outcome, UsageError> {
        let args: Vec<String> = line.iter().map(ToString::to_string).collect();
        let lookup = |name: &str| {
            let found = env.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        parse(
            ExampleArgs::augment_args(Command::new("example")),
            &args,
            rules,
            &lookup,
        )
    }

    fn read_with(
        line: &[&str],
        rules: &Rules,
        env: &[(&str, &str)],
    ) -> Result<ExampleArgs, String> {
        match outcome(line, rules, env).map_err(|error| error.to_string())? {
            Outcome::Help => Err("help".to_owned()),
            Outcome::Run(parsed) => {
                let args =
                    ExampleArgs::from_arg_matches(&parsed.matches).expect("clap's own matches");
                assert_eq!(args.ids, parsed.positionals);
                Ok(args)
            }
        }
    }

    fn read(line: &[&str]) -> Result<ExampleArgs, String> {
        read_with(line, &STRICT, &[])
    }

    fn ids(list: &[&str]) -> ExampleArgs {
        ExampleArgs {
            ids: list.iter().map(ToString::to_string).collect(),
            ..Default::default()
        }
    }

    #[test]
    fn one_dash_or_two_make_no_difference() {
        let expected = ExampleArgs {
            all: true,
            output: Some("json".to_owned()),
            pull_timeout: GoDuration(5_000_000_000),
            ..Default::default()
        };
        assert_eq!(
            read(&["-a", "-o", "json", "-pt", "5s"]).as_ref(),
            Ok(&expected)
        );
        assert_eq!(
            read(&["--a", "--o=json", "--pt=5s"]).as_ref(),
            Ok(&expected)
        );
        assert_eq!(
            read(&["-all", "-output", "json", "-pull-timeout=5s"]).as_ref(),
            Ok(&expected)
        );
    }

    #[test]
    fn a_value_may_be_empty_or_look_like_a_flag() {
        assert_eq!(
            read(&["--output="]).map(|args| args.output),
            Ok(Some(String::new()))
        );
        assert_eq!(
            read(&["-o", ""]).map(|args| args.output),
            Ok(Some(String::new()))
        );
        assert_eq!(
            read(&["-o", "--all"]).map(|args| args.output),
            Ok(Some("--all".to_owned()))
        );
        assert_eq!(
            read(&["-o", "--"]).map(|args| args.output),
            Ok(Some("--".to_owned()))
        );
        assert_eq!(
            read(&["-o=a=b"]).map(|args| args.output),
            Ok(Some("a=b".to_owned()))
        );
        assert_eq!(read(&["-n", "-0x10"]).map(|args| args.last), Ok(-16));
    }

    #[test]
    fn a_switch_takes_a_value_only_after_an_equals_sign() {
        assert_eq!(
            read(&["--all=1", "--quiet=T"]).map(|args| (args.all, args.quiet)),
            Ok((true, true))
        );
        assert_eq!(read(&["--all", "--all=false"]), Ok(ids(&[])));
        assert_eq!(
            read(&["--all", "false"]),
            Ok(ExampleArgs {
                all: true,
                ..ids(&["false"])
            })
        );
        assert_eq!(
            read(&["--all=maybe"]),
            Err("invalid boolean value \"maybe\" for -all: parse error".to_owned())
        );
    }

    #[test]
    fn a_switch_that_was_turned_off_was_still_given() {
        assert_eq!(
            read(&["--latest=false"]).map(|args| args.latest),
            Ok(Some(false))
        );
        assert_eq!(read(&["-l"]).map(|args| args.latest), Ok(Some(true)));
        let Ok(Outcome::Run(parsed)) = outcome(&["--all=false"], &STRICT, &[("OUTPUT", "")]) else {
            panic!("a good command line");
        };
        assert_eq!(parsed.given, ["all", "output"]);
    }

    #[test]
    fn the_last_scalar_wins_and_lists_grow() {
        assert_eq!(read(&["-n", "1", "-n=2"]).map(|args| args.last), Ok(2));
        let labels =
            read(&["--label", "a=b, c=d", "-label", "", "--label=e"]).map(|args| args.label);
        assert_eq!(
            labels,
            Ok(["a=b", "c=d", "", "e"].map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn two_spellings_of_one_flag_clash() {
        let clash = |names: &str| Err(format!("Cannot use two forms of the same flag: {names}"));
        assert_eq!(read(&["-o", "json", "--output", "yaml"]), clash("o output"));
        assert_eq!(
            read(&["--pull-timeout", "1s", "-pt", "1s"]),
            clash("pt pull-timeout")
        );
        assert_eq!(read(&["-h", "--help"]), clash("h help"));
    }

    #[test]
    fn the_first_positional_ends_the_flags() {
        assert_eq!(
            read(&["x", "-a", "--", "-z"]),
            Ok(ids(&["x", "-a", "--", "-z"]))
        );
        assert_eq!(read(&["-", "-a"]), Ok(ids(&["-", "-a"])));
        assert_eq!(read(&["", "-a"]), Ok(ids(&["", "-a"])));
        assert_eq!(
            read(&["-a", "--", "-weird", "--"]),
            Ok(ExampleArgs {
                all: true,
                ..ids(&["-weird", "--"])
            })
        );
    }

    #[test]
    fn known_flags_after_positionals_are_flags_where_the_command_allows_it() {
        let mixed = |line: &[&str]| read_with(line, &MIXED, &[]);
        assert_eq!(
            mixed(&["x", "-aq", "y"]),
            Ok(ExampleArgs {
                all: true,
                quiet: true,
                ..ids(&["x", "y"])
            })
        );
        assert_eq!(
            mixed(&["x", "-n", "5"]),
            Ok(ExampleArgs {
                last: 5,
                ..ids(&["x"])
            })
        );
        assert_eq!(
            mixed(&["x", "-1", "---", "-z", "-"]),
            Ok(ids(&["x", "-1", "---", "-z", "-"]))
        );
        assert_eq!(mixed(&["x", "--", "-a"]), Ok(ids(&["x", "-a"])));
        assert_eq!(
            mixed(&["-z", "x"]),
            Err("flag provided but not defined: -z".to_owned())
        );
        assert_eq!(mixed(&["x", "-h"]), Err("help".to_owned()));
    }

    #[test]
    fn letters_are_grouped_where_the_command_allows_it() {
        let expected = ExampleArgs {
            all: true,
            last: 1,
            ..Default::default()
        };
        assert_eq!(read(&["-an", "1"]), Ok(expected));
        assert_eq!(
            read(&["-nq"]),
            Err("invalid value \"-q\" for flag -n: parse error".to_owned())
        );
        for (token, name) in [
            ("-n1", "n1"),
            ("-aq=true", "aq"),
            ("-aZ", "aZ"),
            ("--aq", "aq"),
        ] {
            assert_eq!(
                read(&[token]),
                Err(format!("flag provided but not defined: -{name}"))
            );
        }
        let single = Rules {
            grouping: false,
            ..STRICT
        };
        assert_eq!(
            read_with(&["-qo", "json"], &single, &[]),
            Err("flag provided but not defined: -qo".to_owned())
        );
    }

    #[test]
    fn bad_values_are_reported_with_the_spelling_that_was_used() {
        let cases: [(&[&str], &str); 12] = [
            (&["---a"], "bad flag syntax: ---a"),
            (&["-=x"], "bad flag syntax: -=x"),
            (&["--nope=1"], "flag provided but not defined: -nope"),
            (&["-n"], "flag needs an argument: -n"),
            (&["--output"], "flag needs an argument: -output"),
            (
                &["--last", "x"],
                "invalid value \"x\" for flag -last: parse error",
            ),
            (&["-n", ""], "invalid value \"\" for flag -n: parse error"),
            (
                &["-n", "99999999999999999999"],
                "invalid value \"99999999999999999999\" for flag -n: value out of range",
            ),
            (
                &["--pull-timeout", "2"],
                "invalid value \"2\" for flag -pull-timeout: parse error",
            ),
            (
                &["-pt", "1 s"],
                "invalid value \"1 s\" for flag -pt: parse error",
            ),
            (
                &["-pt", "1\"y"],
                "invalid value \"1\\\"y\" for flag -pt: parse error",
            ),
            (
                &["--help", "-n", "x"],
                "invalid value \"x\" for flag -n: parse error",
            ),
        ];
        for (line, reason) in cases {
            assert_eq!(read(line), Err(reason.to_owned()), "{line:?}");
        }
    }

    #[test]
    fn help_is_asked_for_by_either_name() {
        for token in ["-h", "--help", "-help", "--h=true"] {
            assert_eq!(read(&[token, "x"]), Err("help".to_owned()), "{token}");
        }
        assert_eq!(read(&["--help=false"]), Ok(ids(&[])));
        assert_eq!(read(&["x", "--help"]), Ok(ids(&["x", "--help"])));
    }

    #[test]
    fn variables_stand_in_for_flags_that_are_not_given() {
        let env = [("OUTPUT", "yaml"), ("PULL_TIMEOUT", "3s")];
        let expected = ExampleArgs {
            output: Some("yaml".to_owned()),
            pull_timeout: GoDuration(3_000_000_000),
            ..Default::default()
        };
        assert_eq!(read_with(&[], &STRICT, &env), Ok(expected));
        assert_eq!(
            read_with(&["-o", ""], &STRICT, &env).map(|args| args.output),
            Ok(Some(String::new()))
        );
        let empty = [("OUTPUT", ""), ("PULL_TIMEOUT", "")];
        assert_eq!(
            read_with(&[], &STRICT, &empty),
            Ok(ExampleArgs {
                output: Some(String::new()),
                ..Default::default()
            })
        );
        assert_eq!(
            read_with(&[], &STRICT, &[("PULL_TIMEOUT", "300")]),
            Err("could not parse \"300\" as duration value from environment variable \"PULL_TIMEOUT\" \
                 for flag pull-timeout: time: missing unit in duration \"300\""
                .to_owned())
        );
    }

    #[test]
    fn a_command_without_positionals_leaves_them_to_the_caller() {
        let args = ["ps".to_owned(), "-a".to_owned()];
        let outcome = parse(Command::new("root"), &args, &Rules::default(), &|_| None);
        assert!(matches!(outcome, Ok(Outcome::Run(parsed)) if parsed.positionals == args));
    }

    #[test]
    fn what_clap_finds_is_told_on_one_line() {
        let command = Command::new("example")
            .arg(Arg::new("a").long("a").conflicts_with("b"))
            .arg(Arg::new("b").long("b"))
            .arg(Arg::new("c").long("c").value_parser(["x", "y"]));
        let read = |line: &[&str]| {
            let args: Vec<String> = line.iter().map(ToString::to_string).collect();
            parse(command.clone(), &args, &Rules::default(), &|_| None).map(|_| ())
        };
        let told = |text: &str| Err(UsageError(text.to_owned()));
        assert_eq!(
            read(&["--a", "1", "--b", "2"]),
            told("the argument '--a <a>' cannot be used with '--b <b>'")
        );
        assert_eq!(
            read(&["-c", "z"]),
            told("invalid value \"z\" for flag -c: must be one of x, y")
        );
    }
}
