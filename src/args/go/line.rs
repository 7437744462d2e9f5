//! The first pass: separates flags, their values, and positionals.

use std::collections::VecDeque;

use clap::{Arg, Command};

use super::{Rules, UsageError, flag};
use crate::gotext::{boolean, quote};

/// A flag as it stands on the command line.
pub(super) struct Token<'a> {
    pub(super) flag: &'a Arg,
    pub(super) spelling: String,
    pub(super) value: String,
}

/// The arguments of one command, separated.
#[derive(Default)]
pub(super) struct Line<'a> {
    pub(super) tokens: Vec<Token<'a>>,
    pub(super) positionals: Vec<String>,
}

impl<'a> Line<'a> {
    /// Splits the arguments into flags and positionals.
    pub(super) fn read(command: &'a Command, args: &[String], rules: &Rules) -> Result<Self, UsageError> {
        let mut line = Self::default();
        let mut rest: VecDeque<String> = args.iter().cloned().collect();
        while let Some(token) = rest.pop_front() {
            if token == "--" {
                line.positionals.extend(rest);
                break;
            }
            if let Some((flag, name, value)) = known(command, &token) {
                line.tokens.push(Token::read(flag, name, value, &mut rest)?);
                continue;
            }
            if let Some(letters) = letters(command, &token).filter(|_| rules.grouping) {
                letters.into_iter().rev().for_each(|letter| rest.push_front(letter));
                continue;
            }
            let first = line.positionals.is_empty();
            // After a positional, it may be a name: upstream starts a container called `-f`.
            if first && token.starts_with('-') && token != "-" {
                return Err(not_a_flag(&token));
            }
            let subcommand = first && command.find_subcommand(&token).is_some();
            line.positionals.push(token);
            if subcommand || !rules.interspersed {
                line.positionals.extend(rest);
                break;
            }
        }
        Ok(line)
    }
}

impl<'a> Token<'a> {
    /// Completes a flag with its value, which may be the next argument.
    fn read(flag: &'a Arg, name: &str, value: Option<&str>, rest: &mut VecDeque<String>) -> Result<Self, UsageError> {
        let value = if flag::is_switch(flag) {
            let word = value.unwrap_or("true");
            boolean(word).map_err(|_| bad_switch(name, word))?.to_string()
        } else if flag::is_optional(flag) {
            value.unwrap_or_default().to_owned()
        } else {
            value
                .map(str::to_owned)
                .or_else(|| rest.pop_front())
                .ok_or_else(|| UsageError(format!("flag needs an argument: -{name}")))?
        };
        Ok(Self { flag, spelling: name.to_owned(), value })
    }
}

/// The name and the value after `=` of a token with one or two dashes.
fn split(token: &str) -> Option<(&str, Option<&str>)> {
    let body = token.strip_prefix("--").or_else(|| token.strip_prefix('-'))?;
    if body.is_empty() || body.starts_with(['-', '=']) {
        return None;
    }
    Some(match body.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (body, None),
    })
}

/// The flag that a token names, with the name it used and the value after `=`.
fn known<'a, 't>(command: &'a Command, token: &'t str) -> Option<(&'a Arg, &'t str, Option<&'t str>)> {
    let (name, value) = split(token)?;
    let flag = flag::all(command).find(|flag| flag::names(flag).iter().any(|known| known == name))?;
    Some((flag, name, value))
}

/// `-abc` as `-a`, `-b`, `-c`, if all of them exist.
fn letters(command: &Command, token: &str) -> Option<Vec<String>> {
    let cluster = token.strip_prefix('-')?;
    let letters: Vec<String> = cluster.chars().map(|letter| format!("-{letter}")).collect();
    let all_known = letters.iter().all(|letter| known(command, letter).is_some());
    (letters.len() > 1 && all_known).then_some(letters)
}

fn bad_switch(name: &str, word: &str) -> UsageError {
    let word = quote(word);
    UsageError(format!("invalid boolean value {word} for -{name}: parse error"))
}

fn not_a_flag(token: &str) -> UsageError {
    UsageError(match split(token) {
        Some((name, _)) => format!("flag provided but not defined: -{name}"),
        None => format!("bad flag syntax: {token}"),
    })
}
