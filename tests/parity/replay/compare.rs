//! Whether a run did what the recording says.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::replay::Result;
use crate::replay::case::{Case, Stdout, Text};
use crate::replay::document::{parse_json, parse_yaml, same};
use crate::replay::message::messages;
use crate::replay::run::Outcome;
use crate::replay::text::{to_bytes, to_hex};

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    Exit,
    Stdout,
    Calls,
    Files,
    Stderr,
}

impl Column {
    pub(crate) const ALL: [(Self, &'static str); 5] = [
        (Self::Exit, "exit"),
        (Self::Stdout, "stdout"),
        (Self::Calls, "calls"),
        (Self::Files, "files"),
        (Self::Stderr, "stderr"),
    ];
}

/// What matched and what did not; what does not apply to the case is absent.
#[derive(Default)]
pub(crate) struct Verdict {
    pub(crate) checks: Vec<(Column, bool)>,
    pub(crate) notes: Vec<String>,
}

impl Verdict {
    pub(crate) fn passes(&self) -> bool {
        self.checks.iter().all(|(_, matches)| *matches)
    }

    pub(crate) fn get(&self, column: Column) -> Option<bool> {
        let mut checks = self.checks.iter();
        checks.find_map(|(checked, matches)| (*checked == column).then_some(*matches))
    }

    fn check(&mut self, column: Column, matches: bool) {
        self.checks.push((column, matches));
    }
}

/// Compares a run with its recording.
pub(crate) fn compare(case: &Case, outcome: &Outcome) -> Verdict {
    let mut verdict = Verdict::default();
    verdict.notes.extend(outcome.trouble.clone());
    let exit = match case.compare.exit {
        Some(_) => outcome.exit.is_some_and(|exit| exit != 0),
        None => outcome.exit == Some(case.expect.exit),
    };
    verdict.check(Column::Exit, outcome.trouble.is_none() && exit);
    if case.compare.stdout != Stdout::Ignore {
        let matches = stdout_matches(case, &outcome.stdout).unwrap_or_else(|error| {
            verdict.notes.push(format!("stdout cannot be read: {error}"));
            false
        });
        verdict.check(Column::Stdout, matches);
    }
    if !case.compare.calls_ignore {
        let unordered = case.compare.calls_unordered;
        let matches = calls_match(&case.expect.calls, &outcome.calls, unordered);
        verdict.check(Column::Calls, matches);
    }
    compare_files(case, outcome, &mut verdict);
    compare_stderr(case, &outcome.stderr, &mut verdict);
    let patterns = [
        (Column::Stdout, &case.expect.stdout_matches, &outcome.stdout),
        (Column::Stderr, &case.expect.stderr_matches, &outcome.stderr),
    ];
    for (column, pattern, text) in patterns {
        let Some(pattern) = pattern else { continue };
        let matches = Regex::new(pattern).is_ok_and(|regex| regex.is_match(text));
        if !matches {
            verdict.notes.push(format!("nothing matches {pattern:?} in {text:?}"));
        }
        verdict.check(column, matches);
    }
    verdict
}

fn stdout_matches(case: &Case, got: &str) -> Result<bool> {
    let got = without_clearing(got);
    let want = match &case.expect.stdout {
        Text::Whole(text) => without_clearing(text),
        Text::Hash { len, sha256 } => {
            let bytes = to_bytes(&got);
            return Ok(bytes.len() == *len && to_hex(&Sha256::digest(bytes)) == *sha256);
        }
    };
    let parse = match case.compare.stdout {
        Stdout::Exact | Stdout::Ignore => return Ok(want == got),
        Stdout::Unordered => return Ok(sorted_lines(&want) == sorted_lines(&got)),
        Stdout::NoIpv6 => return Ok(without_ipv6(&want).eq(without_ipv6(&got))),
        Stdout::Subsequence => {
            let drop = Regex::new(case.compare.drop.as_deref().unwrap_or("^$"))?;
            let mut rest = got.split('\n');
            let mut wanted = want.split('\n').filter(|line| !drop.is_match(line));
            return Ok(wanted.all(|line| rest.any(|other| other == line)));
        }
        Stdout::Json => parse_json,
        Stdout::Yaml => parse_yaml,
    };
    Ok(same(&parse(&want)?.into(), &parse(&got)?.into()))
}

/// A program need not clear the screen where there is none.
fn without_clearing(text: &str) -> String {
    text.replace("\x1b[2J\x1b[H", "")
}

fn sorted_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.split('\n').collect();
    lines.sort_unstable();
    lines
}

/// Whether the IPv6 loopback can be listened on depends on the machine.
fn without_ipv6(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').filter(|line| !line.contains("[::1]"))
}

/// Whether these are the calls that the command is about: the reference probes the server before,
/// another program need not.
fn calls_match(want: &[Value], got: &[Value], unordered: bool) -> bool {
    let core = without_probes(want);
    calls_equal(want, got, unordered)
        || calls_equal(&core, got, unordered)
        || calls_equal(&core, &without_probes(got), unordered)
}

/// Leaves out empty `Version` requests and the first `ImageFsInfo`.
fn without_probes(calls: &[Value]) -> Vec<Value> {
    let is_empty = |call: &Value| call["request"].as_object().is_none_or(|fields| fields.is_empty());
    let mut calls: Vec<_> = calls.to_vec();
    calls.retain(|call| call["method"] != "Version" || !is_empty(call));
    if let Some(first) = calls.iter().position(|call| call["method"] == "ImageFsInfo") {
        calls.remove(first);
    }
    calls
}

fn calls_equal(want: &[Value], got: &[Value], unordered: bool) -> bool {
    let (mut want, mut got) = (want.to_vec(), got.to_vec());
    if unordered {
        want.sort_by_cached_key(Value::to_string);
        got.sort_by_cached_key(Value::to_string);
    }
    same(&want.into(), &got.into())
}

fn compare_files(case: &Case, outcome: &Outcome, verdict: &mut Verdict) {
    let (want, got) = (&case.expect.files, &outcome.files);
    let names: BTreeSet<_> = want.keys().chain(got.keys()).collect();
    let mut all = true;
    for name in &names {
        let note = match (want.get(*name), got.get(*name)) {
            (None, _) => "was not to change",
            (_, None) => "did not change",
            (Some(want), Some(got)) if file_matches(name, want.as_deref(), got.as_deref()) => {
                continue;
            }
            _ => "differs",
        };
        all = false;
        verdict.notes.push(format!("file {name} {note}"));
    }
    if !names.is_empty() {
        verdict.check(Column::Files, all);
    }
}

fn file_matches(name: &str, want: Option<&str>, got: Option<&str>) -> bool {
    match (want, got) {
        (Some("@exists"), got) => got.is_some(),
        (Some(want), Some(got)) if name.ends_with(".yaml") || name.ends_with(".yml") => {
            let values = parse_yaml(want).and_then(|want| Ok((want, parse_yaml(got)?)));
            want == got || values.is_ok_and(|(want, got)| same(&want.into(), &got.into()))
        }
        (want, got) => want == got,
    }
}

fn compare_stderr(case: &Case, stderr: &str, verdict: &mut Verdict) {
    let expect = &case.expect;
    if expect.stderr_contains.is_empty() && expect.stderr_lines.is_none() {
        return;
    }
    let messages = messages(stderr);
    let mut matches = true;
    let said = |part: &String| stderr.contains(part) || messages.iter().any(|message| message.text.contains(part));
    for missing in expect.stderr_contains.iter().filter(|part| !said(part)) {
        matches = false;
        verdict.notes.push(format!("stderr lacks {missing:?}"));
    }
    if let Some(want) = &expect.stderr_lines {
        let lines = messages.iter().filter(|message| message.level.is_empty());
        let lines: Vec<_> = lines.map(|message| &message.text).collect();
        if !lines.iter().copied().eq(want) {
            matches = false;
            verdict.notes.push(format!("stderr lines: {lines:?} instead of {want:?}"));
        }
    }
    verdict.check(Column::Stderr, matches);
}
