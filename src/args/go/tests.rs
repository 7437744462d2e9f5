use clap::{Args, FromArgMatches};

use super::*;
use crate::gotext::{GoDuration, go_int};

#[derive(Debug, Default, PartialEq, Args)]
struct ExampleArgs {
    #[arg(long, short)]
    all: bool,
    #[arg(long, short)]
    quiet: bool,
    #[arg(long, short)]
    latest: Option<bool>,
    #[arg(long, short = 'n', default_value = "0", value_parser = go_int)]
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
    whole_lists: false,
    variables: &[("output", "OUTPUT"), ("pull-timeout", "PULL_TIMEOUT")],
};
const MIXED: Rules = Rules { interspersed: true, ..STRICT };

fn outcome(line: &[&str], rules: &Rules, env: &[(&str, &str)]) -> Result<Outcome, UsageError> {
    let args: Vec<String> = line.iter().map(ToString::to_string).collect();
    let lookup = |name: &str| {
        let found = env.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    parse(ExampleArgs::augment_args(Command::new("example").args_override_self(true)), &args, rules, &lookup)
}

fn read_with(line: &[&str], rules: &Rules, env: &[(&str, &str)]) -> Result<ExampleArgs, String> {
    match outcome(line, rules, env).map_err(|error| error.to_string())? {
        Outcome::Help => Err("help".to_owned()),
        Outcome::Run(parsed) => {
            let args = ExampleArgs::from_arg_matches(&parsed.matches).expect("clap's own matches");
            assert_eq!(args.ids, parsed.positionals);
            Ok(args)
        }
    }
}

fn read(line: &[&str]) -> Result<ExampleArgs, String> {
    read_with(line, &STRICT, &[])
}

fn ids(list: &[&str]) -> ExampleArgs {
    ExampleArgs { ids: list.iter().map(ToString::to_string).collect(), ..Default::default() }
}

#[test]
fn one_dash_or_two_make_no_difference() {
    let expected = ExampleArgs {
        all: true,
        output: Some("json".to_owned()),
        pull_timeout: GoDuration(5_000_000_000),
        ..Default::default()
    };
    assert_eq!(read(&["-a", "-o", "json", "-pt", "5s"]).as_ref(), Ok(&expected));
    assert_eq!(read(&["--a", "--o=json", "--pt=5s"]).as_ref(), Ok(&expected));
    assert_eq!(read(&["-all", "-output", "json", "-pull-timeout=5s"]).as_ref(), Ok(&expected));
}

#[test]
fn a_value_may_be_empty_or_look_like_a_flag() {
    assert_eq!(read(&["--output="]).map(|args| args.output), Ok(Some(String::new())));
    assert_eq!(read(&["-o", ""]).map(|args| args.output), Ok(Some(String::new())));
    assert_eq!(read(&["-o", "--all"]).map(|args| args.output), Ok(Some("--all".to_owned())));
    assert_eq!(read(&["-o", "--"]).map(|args| args.output), Ok(Some("--".to_owned())));
    assert_eq!(read(&["-o=a=b"]).map(|args| args.output), Ok(Some("a=b".to_owned())));
    assert_eq!(read(&["-n", "-0x10"]).map(|args| args.last), Ok(-16));
}

#[test]
fn a_switch_takes_a_value_only_after_an_equals_sign() {
    assert_eq!(read(&["--all=1", "--quiet=T"]).map(|args| (args.all, args.quiet)), Ok((true, true)));
    assert_eq!(read(&["--all", "--all=false"]), Ok(ids(&[])));
    assert_eq!(read(&["--all", "false"]), Ok(ExampleArgs { all: true, ..ids(&["false"]) }));
    assert_eq!(read(&["--all=maybe"]), Err("invalid boolean value \"maybe\" for -all: parse error".to_owned()));
}

#[test]
fn a_switch_that_was_turned_off_was_still_given() {
    assert_eq!(read(&["--latest=false"]).map(|args| args.latest), Ok(Some(false)));
    assert_eq!(read(&["-l"]).map(|args| args.latest), Ok(Some(true)));
    let Ok(Outcome::Run(parsed)) = outcome(&["--all=false"], &STRICT, &[("OUTPUT", "")]) else {
        panic!("a good command line");
    };
    assert_eq!(parsed.given, ["all", "output"]);
}

#[test]
fn the_last_scalar_wins_and_lists_grow() {
    assert_eq!(read(&["-n", "1", "-n=2"]).map(|args| args.last), Ok(2));
    let labels = read(&["--label", "a=b, c=d", "-label", "", "--label=e"]).map(|args| args.label);
    assert_eq!(labels, Ok(["a=b", "c=d", "", "e"].map(str::to_owned).to_vec()));
}

#[test]
fn two_spellings_of_one_flag_clash() {
    let clash = |names: &str| Err(format!("Cannot use two forms of the same flag: {names}"));
    assert_eq!(read(&["-o", "json", "--output", "yaml"]), clash("o output"));
    assert_eq!(read(&["--pull-timeout", "1s", "-pt", "1s"]), clash("pt pull-timeout"));
    assert_eq!(read(&["-h", "--help"]), clash("h help"));
}

#[test]
fn the_first_positional_ends_the_flags() {
    assert_eq!(read(&["x", "-a", "--", "-z"]), Ok(ids(&["x", "-a", "--", "-z"])));
    assert_eq!(read(&["-", "-a"]), Ok(ids(&["-", "-a"])));
    assert_eq!(read(&["", "-a"]), Ok(ids(&["", "-a"])));
    assert_eq!(read(&["-a", "--", "-weird", "--"]), Ok(ExampleArgs { all: true, ..ids(&["-weird", "--"]) }));
}

#[test]
fn known_flags_after_positionals_are_flags_where_the_command_allows_it() {
    let mixed = |line: &[&str]| read_with(line, &MIXED, &[]);
    assert_eq!(mixed(&["x", "-aq", "y"]), Ok(ExampleArgs { all: true, quiet: true, ..ids(&["x", "y"]) }));
    assert_eq!(mixed(&["x", "-n", "5"]), Ok(ExampleArgs { last: 5, ..ids(&["x"]) }));
    assert_eq!(mixed(&["x", "-1", "---", "-z", "-"]), Ok(ids(&["x", "-1", "---", "-z", "-"])));
    assert_eq!(mixed(&["x", "--", "-a"]), Ok(ids(&["x", "-a"])));
    assert_eq!(mixed(&["-z", "x"]), Err("flag provided but not defined: -z".to_owned()));
    assert_eq!(mixed(&["x", "-h"]), Err("help".to_owned()));
}

#[test]
fn letters_are_grouped_where_the_command_allows_it() {
    let expected = ExampleArgs { all: true, last: 1, ..Default::default() };
    assert_eq!(read(&["-an", "1"]), Ok(expected));
    assert_eq!(read(&["-nq"]), Err("invalid value \"-q\" for flag -n: parse error".to_owned()));
    for (token, name) in [("-n1", "n1"), ("-aq=true", "aq"), ("-aZ", "aZ"), ("--aq", "aq")] {
        assert_eq!(read(&[token]), Err(format!("flag provided but not defined: -{name}")));
    }
    let single = Rules { grouping: false, ..STRICT };
    assert_eq!(read_with(&["-qo", "json"], &single, &[]), Err("flag provided but not defined: -qo".to_owned()));
}

#[test]
fn bad_values_are_reported_with_the_spelling_that_was_used() {
    let cases: [(&[&str], &str); 12] = [
        (&["---a"], "bad flag syntax: ---a"),
        (&["-=x"], "bad flag syntax: -=x"),
        (&["--nope=1"], "flag provided but not defined: -nope"),
        (&["-n"], "flag needs an argument: -n"),
        (&["--output"], "flag needs an argument: -output"),
        (&["--last", "x"], "invalid value \"x\" for flag -last: parse error"),
        (&["-n", ""], "invalid value \"\" for flag -n: parse error"),
        (&["-n", "99999999999999999999"], "invalid value \"99999999999999999999\" for flag -n: value out of range"),
        (&["--pull-timeout", "2"], "invalid value \"2\" for flag -pull-timeout: parse error"),
        (&["-pt", "1 s"], "invalid value \"1 s\" for flag -pt: parse error"),
        (&["-pt", "1\"y"], "invalid value \"1\\\"y\" for flag -pt: parse error"),
        (&["--help", "-n", "x"], "invalid value \"x\" for flag -n: parse error"),
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
    let expected =
        ExampleArgs { output: Some("yaml".to_owned()), pull_timeout: GoDuration(3_000_000_000), ..Default::default() };
    assert_eq!(read_with(&[], &STRICT, &env), Ok(expected));
    assert_eq!(read_with(&["-o", ""], &STRICT, &env).map(|args| args.output), Ok(Some(String::new())));
    let empty = [("OUTPUT", ""), ("PULL_TIMEOUT", "")];
    assert_eq!(read_with(&[], &STRICT, &empty), Ok(ExampleArgs { output: Some(String::new()), ..Default::default() }));
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
fn a_subcommand_gets_all_that_follows_its_name() {
    let command = ExampleArgs::augment_args(Command::new("example"));
    let command = command.subcommand(Command::new("jsonschema").alias("js"));
    let args = ["-a", "js", "-q", "--help"].map(str::to_owned);
    let outcome = parse(command, &args, &MIXED, &|_| None);
    assert!(matches!(outcome, Ok(Outcome::Run(parsed)) if parsed.positionals == args[1..]));
}
