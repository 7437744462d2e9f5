//! The second pass: decides the value of each flag, and passes it on to clap.

use clap::{Arg, ArgAction, Command};

use super::{
    Rules, UsageError, flag,
    line::{Line, Token},
};
use crate::gotext::GoDuration;

/// A flag with everything that was given for it.
pub(super) struct Given<'a> {
    pub(super) flag: &'a Arg,
    pub(super) values: Vec<String>,
    pub(super) origin: Origin,
}

/// Where a value comes from.
pub(super) enum Origin {
    /// The command line, with the spelling used there.
    Line(String),
    /// The environment variable of this name.
    Variable(&'static str),
}

/// Decides the value of each flag: the last value of a scalar, all values of a list, else the environment variable.
pub(super) fn settle<'a>(
    command: &'a Command,
    line: &Line<'a>,
    rules: &Rules,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Given<'a>>, UsageError> {
    let mut all = Vec::new();
    for flag in flag::all(command) {
        let of_flag = |token: &&Token| token.flag.get_id() == flag.get_id();
        let tokens: Vec<&Token> = line.tokens.iter().filter(of_flag).collect();
        one_spelling(flag, &tokens)?;
        let given = from_line(flag, &tokens, rules);
        all.extend(given.or_else(|| from_environment(flag, rules, lookup)));
    }
    Ok(all)
}

impl Given<'_> {
    /// The name the flag is known by.
    pub(super) fn name(&self) -> String {
        flag::names(self.flag).into_iter().next().unwrap_or_default()
    }

    /// The value that counts, if the flag has one.
    pub(super) fn last(&self) -> &str {
        self.values.last().map_or("", String::as_str)
    }

    /// The environment variable that the value comes from, if any.
    pub(super) fn variable(&self) -> Option<&'static str> {
        match self.origin {
            Origin::Variable(name) => Some(name),
            Origin::Line(_) => None,
        }
    }

    /// The flag as clap reads it.
    pub(super) fn canonical(&self) -> Vec<String> {
        let name = match (self.flag.get_long(), self.flag.get_short()) {
            (Some(long), _) => format!("--{long}"),
            (None, Some(short)) => format!("-{short}"),
            (None, None) => return Vec::new(),
        };
        match self.flag.get_action() {
            ArgAction::SetTrue if self.last() == "true" => vec![name],
            ArgAction::SetTrue => Vec::new(),
            // clap knows the value in that case.
            _ if flag::is_optional(self.flag) && self.last().is_empty() => vec![name],
            _ => self.values.iter().map(|value| format!("{name}={value}")).collect(),
        }
    }
}

/// urfave/cli refuses a flag and its alias side by side, even with equal values.
fn one_spelling(flag: &Arg, tokens: &[&Token<'_>]) -> Result<(), UsageError> {
    let used = |name: &String| tokens.iter().any(|token| token.spelling == *name);
    let mut names = flag::names(flag).into_iter().filter(used);
    match (names.next(), names.next()) {
        (Some(first), Some(second)) => {
            Err(UsageError(format!("Cannot use two forms of the same flag: {second} {first}")))
        }
        _ => Ok(()),
    }
}

fn from_line<'a>(flag: &'a Arg, tokens: &[&Token<'_>], rules: &Rules) -> Option<Given<'a>> {
    let last = tokens.last()?;
    let values = match flag.get_action() {
        ArgAction::Append if rules.whole_lists => tokens.iter().map(|token| token.value.clone()).collect(),
        ArgAction::Append => tokens.iter().flat_map(|token| pieces(&token.value)).collect(),
        _ => vec![last.value.clone()],
    };
    let origin = Origin::Line(last.spelling.clone());
    Some(Given { flag, values, origin })
}

/// The items of a list; there is no way to write a comma inside one.
fn pieces(value: &str) -> impl Iterator<Item = String> {
    value.split(',').map(|piece| piece.trim().to_owned())
}

fn from_environment<'a>(flag: &'a Arg, rules: &Rules, lookup: &dyn Fn(&str) -> Option<String>) -> Option<Given<'a>> {
    let named = |(name, _): &&(&str, &str)| flag.get_long() == Some(*name);
    let (_, variable) = rules.variables.iter().find(named)?;
    let value = lookup(variable)?;
    // An empty text is a value, an empty duration is not.
    if value.is_empty() && flag::holds::<GoDuration>(flag) {
        return None;
    }
    let origin = Origin::Variable(variable);
    Some(Given { flag, values: vec![value], origin })
}
