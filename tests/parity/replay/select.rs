//! The command line of the harness, and which cases it selects.

use std::path::{Path, PathBuf};

use clap::Parser;
use regex::Regex;

use crate::replay::Result;
use crate::replay::case::Case;

/// Cases where the reference is plainly wrong, or where this project means to differ.
const NOT_BINDING: [&str; 2] = ["upstream-bug", "ours"];

/// Replays recorded runs of the reference against the built program.
#[derive(Parser)]
pub(crate) struct Args {
    /// The program to run
    #[arg(long, default_value = env!("CARGO_BIN_EXE_crictl"))]
    pub(crate) bin: PathBuf,
    /// What runs it, where this machine can't: an emulator that is given the program and its arguments
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) runner: Option<PathBuf>,
    /// Only cases whose name matches this regular expression; todo.toml is not heeded then
    #[arg(long, value_name = "REGEX")]
    filter: Option<Regex>,
    /// No cases whose name matches this regular expression
    #[arg(long, value_name = "REGEX")]
    exclude: Option<Regex>,
    /// Only cases with this tag
    #[arg(long)]
    tag: Option<String>,
    /// No cases with this tag
    #[arg(long)]
    skip_tag: Vec<String>,
    /// Also the cases tagged upstream-bug or ours
    #[arg(long)]
    all: bool,
    /// Print how the failing cases differ
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Cases at a time
    #[arg(long, default_value_t = 8)]
    pub(crate) jobs: usize,
    /// Write all results to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Only cases with this in their name, as `cargo test NAME` asks for
    names: Vec<String>,
}

impl Args {
    /// The cases to run, the longest first, and how many cannot be run on this machine.
    pub(crate) fn select(&self, mut cases: Vec<Case>) -> Result<(Vec<Case>, usize)> {
        cases.retain(|case| self.wants(case));
        if cases.is_empty() && self.names.is_empty() {
            return Err("no case is selected".into());
        }
        let selected = cases.len();
        cases.retain(|case| case.requires_absent.iter().all(|path| !Path::new(path).exists()));
        cases.sort_by_key(|case| std::cmp::Reverse(case.cost));
        let skipped = selected - cases.len();
        Ok((cases, skipped))
    }

    /// Whether cases were asked for by name.
    pub(crate) fn by_name(&self) -> bool {
        self.filter.is_some() || !self.names.is_empty()
    }

    /// Whether nothing is left out that is usually run.
    pub(crate) fn is_whole(&self) -> bool {
        !self.by_name() && self.exclude.is_none() && self.tag.is_none() && self.skip_tag.is_empty()
    }

    fn wants(&self, case: &Case) -> bool {
        let matches = |regex: &Regex| regex.is_match(&case.name);
        self.filter.as_ref().is_none_or(matches)
            && !self.exclude.as_ref().is_some_and(matches)
            && self.tag.iter().all(|tag| case.tags.contains(tag))
            && !self.skip_tag.iter().any(|tag| case.tags.contains(tag))
            && (self.all || !NOT_BINDING.iter().any(|tag| case.tags.iter().any(|t| t == tag)))
            && (self.names.is_empty() || self.names.iter().any(|name| case.name.contains(name)))
    }
}
