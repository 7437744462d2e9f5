//! What a run of the harness prints.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;

use serde_json::{Value, json};

use crate::replay::case::{Case, Stdout, Text};
use crate::replay::compare::{Column, Verdict};
use crate::replay::document::parse_json;
use crate::replay::run::Outcome;

/// What the result of a case means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Passed,
    Failed,
    /// It is on the list of work not done yet.
    Waiting,
}

pub(crate) struct Report<'a> {
    pub(crate) case: &'a Case,
    pub(crate) outcome: &'a Outcome,
    pub(crate) verdict: Verdict,
    pub(crate) standing: Standing,
}

/// Prints the differences, if wanted, and the table; returns how many passed, failed and wait.
pub(crate) fn print(reports: &[Report<'_>], verbose: bool, out: &mut dyn io::Write) -> io::Result<[usize; 3]> {
    let standing = |standing| reports.iter().filter(move |report| report.standing == standing);
    let failed: Vec<_> = standing(Standing::Failed).collect();
    if verbose {
        for report in &failed {
            writeln!(out, "{}", explain(report))?;
        }
    }
    writeln!(out, "{}", table(reports))?;
    if !verbose && !failed.is_empty() {
        let names = failed.iter().map(|report| report.case.name.as_str());
        let names: Vec<_> = names.take(12).collect();
        writeln!(out, "failing (-v tells how): {} ...", names.join(" "))?;
    }
    Ok([standing(Standing::Passed).count(), failed.len(), standing(Standing::Waiting).count()])
}

/// One row a command; a cell tells how many of the cases it applies to match.
fn table(reports: &[Report<'_>]) -> String {
    let mut header = vec!["command", "cases", "pass"];
    header.extend(Column::ALL.map(|(_, name)| name));
    let mut commands = BTreeMap::<&str, Vec<&Report<'_>>>::new();
    for report in reports {
        commands.entry(&report.case.cmd).or_default().push(report);
    }
    let mut rows = vec![header.into_iter().map(str::to_owned).collect()];
    rows.extend(commands.iter().map(|(command, reports)| row(command, reports)));
    rows.push(row("TOTAL", &reports.iter().collect::<Vec<_>>()));
    let widths: Vec<_> =
        (0..rows[0].len()).map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for row in &rows {
        let _ = write!(out, "{:width$}", row[0], width = widths[0]);
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            let _ = write!(out, "  {cell:>width$}");
        }
        out.push('\n');
    }
    out
}

fn row(name: &str, reports: &[&Report<'_>]) -> Vec<String> {
    let passed = reports.iter().filter(|report| report.verdict.passes());
    let mut row = vec![name.to_owned(), reports.len().to_string(), passed.count().to_string()];
    row.extend(Column::ALL.map(|(column, _)| {
        let checks = reports.iter().filter_map(|report| report.verdict.get(column));
        let (all, matching) = checks.fold((0, 0), |(all, matching), matches| (all + 1, matching + u32::from(matches)));
        if all == 0 { "-".to_owned() } else { format!("{matching}/{all}") }
    }));
    row
}

/// How a run differs from its recording.
fn explain(report: &Report<'_>) -> String {
    let Report { case, outcome, verdict, .. } = report;
    let expect = &case.expect;
    let mut out = format!("--- {}\nargs: {}\n", case.name, json!(case.args));
    for note in &verdict.notes {
        let _ = writeln!(out, "{note}");
    }
    let differs = |column| verdict.get(column) == Some(false);
    if differs(Column::Exit) {
        let _ = writeln!(out, "exit: {:?} instead of {}", outcome.exit, expect.exit);
    }
    if differs(Column::Stdout) {
        let want = match &expect.stdout {
            Text::Whole(text) => text.clone(),
            Text::Hash { len, sha256 } => format!("({len} bytes, SHA-256 {sha256})"),
        };
        let got = outcome.stdout.clone();
        let values = (case.compare.stdout == Stdout::Json).then(|| Some((pretty(&want)?, pretty(&got)?))).flatten();
        let (want, got) = values.unwrap_or((want, got));
        out += &difference("stdout", &want, &got);
    }
    if differs(Column::Calls) {
        let lines = |calls: &[Value]| calls.iter().map(|call| format!("{call}\n")).collect::<String>();
        out += &difference("calls", &lines(&expect.calls), &lines(&outcome.calls));
    }
    if differs(Column::Files) {
        for (name, want) in &expect.files {
            let got = outcome.files.get(name).cloned().flatten();
            out += &difference(name, want.as_deref().unwrap_or(""), &got.unwrap_or_default());
        }
    }
    if !outcome.stderr.is_empty() {
        let _ = writeln!(out, "stderr: {}", outcome.stderr.trim_end());
    }
    out
}

/// The results for programs to read.
pub(crate) fn to_json(reports: &[Report<'_>]) -> Value {
    let cases = reports.iter().map(|report| {
        let checks = Column::ALL
            .iter()
            .filter_map(|(column, name)| Some(((*name).to_owned(), Value::Bool(report.verdict.get(*column)?))));
        json!({
            "name": report.case.name,
            "pass": report.verdict.passes(),
            "strict": checks.collect::<Value>(),
        })
    });
    json!({"cases": cases.collect::<Vec<_>>()})
}

fn pretty(text: &str) -> Option<String> {
    let values = parse_json(text).ok()?;
    let texts = values.iter().map(serde_json::to_string_pretty);
    texts.collect::<serde_json::Result<Vec<_>>>().ok().map(|texts| texts.join("\n"))
}

/// The lines between the common beginning and the common end.
fn difference(what: &str, want: &str, got: &str) -> String {
    /// Lines shown of each side, and characters of a line.
    const LINES: usize = 20;
    const WIDTH: usize = 400;

    let (want, got): (Vec<_>, Vec<_>) = (want.lines().collect(), got.lines().collect());
    let pairs = want.iter().zip(&got);
    let start = pairs.take_while(|(a, b)| a == b).count();
    let rest = want[start..].iter().rev().zip(got[start..].iter().rev());
    let end = rest.take_while(|(a, b)| a == b).count();
    let mut out = format!("{what}, from line {}:\n", start + 1);
    for (sign, lines) in [('-', &want), ('+', &got)] {
        let lines = &lines[start..lines.len() - end];
        for line in lines.iter().take(LINES) {
            let line: String = line.chars().take(WIDTH).collect();
            let _ = writeln!(out, "  {sign} {line}");
        }
        if lines.len() > LINES {
            let _ = writeln!(out, "  {sign} ... {} more", lines.len() - LINES);
        }
    }
    out
}
