//! What clap refuses, in Go's words where Go has them.

use std::error::Error;

use clap::error::{ContextKind, ErrorKind};

use super::{
    UsageError, flag,
    given::{Given, Origin},
};
use crate::gotext::{DurationError, GoDuration, ValueError, quote};

/// Turns clap's error into one line.
pub(super) fn error(error: &clap::Error, given: &[Given<'_>]) -> UsageError {
    let context = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let value = quote(&context(ContextKind::InvalidValue));
    // clap says `--timeout <TIMEOUT>`, but the user may have typed `-t`.
    let shown = context(ContextKind::InvalidArg);
    let name = shown.trim_start_matches('-').split([' ', '=']).next();
    let refused = given.iter().find(|one| Some(one.name().as_str()) == name);
    let of_value = matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue);
    UsageError(match refused.filter(|_| of_value) {
        None => first_paragraph(error),
        Some(Given { origin: Origin::Line(spelling), .. }) => {
            format!("invalid value {value} for flag -{spelling}: {}", reason(error))
        }
        Some(Given { origin: Origin::Variable(variable), flag, .. }) => {
            let kind = if flag::holds::<GoDuration>(flag) { "duration" } else { "flag" };
            let (variable, name) = (quote(variable), name.unwrap_or_default());
            let reason = error.source().map(ToString::to_string).unwrap_or_default();
            format!(
                "could not parse {value} as {kind} value from environment variable {variable} \
                 for flag {name}: {reason}"
            )
        }
    })
}

/// What is wrong with a value.
fn reason(error: &clap::Error) -> String {
    let Some(source) = error.source() else {
        let allowed = error.get(ContextKind::ValidValue).map(ToString::to_string);
        return format!("must be one of {}", allowed.unwrap_or_default());
    };
    // Go's flags give no reason, except for a number that is too large.
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
    use clap::{Arg, Command};

    use super::*;
    use crate::args::go::{Rules, parse};

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
        assert_eq!(read(&["--a", "1", "--b", "2"]), told("the argument '--a <a>' cannot be used with '--b <b>'"));
        assert_eq!(read(&["-c", "z"]), told("invalid value \"z\" for flag -c: must be one of x, y"));
    }
}
