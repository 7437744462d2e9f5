//! The harness: from the command line to the table of results.
//!
//! It knows nothing of how the program works: it starts the binary and looks at what comes out.

mod act;
mod alone;
#[path = "../../support/calls.rs"]
#[allow(unreachable_pub, reason = "the in-process tests use it too")]
mod calls;
mod case;
mod codec;
mod compare;
mod document;
mod fake;
mod far_end;
mod flag;
mod list;
mod message;
mod normalise;
mod phrase;
mod place;
mod port;
mod process;
mod report;
mod rule;
mod run;
mod select;
mod subst;
mod terminal;
mod text;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use prost_reflect::DescriptorPool;
use tokio::runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::replay::calls::Declared;
use crate::replay::case::Case;
use crate::replay::list::Lists;
use crate::replay::report::{Report, Standing};
use crate::replay::run::{Outcome, Setup};
use crate::replay::select::Args;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

#[expect(clippy::disallowed_methods, reason = "a program of its own")]
pub(crate) fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|arg| arg == terminal::TAKE_OVER) {
        let error = terminal::take_over(args);
        let _ = writeln!(io::stderr(), "cannot become the program: {error}");
        return ExitCode::from(126);
    }
    let args = Args::parse();
    match alone::hide().and_then(|()| replay(&args)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "parity: {error}");
            ExitCode::from(2)
        }
    }
}

/// Runs the selected cases and prints the results; whether all is as it should be.
fn replay(args: &Args) -> Result<bool> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity");
    let lists = Lists::load(&data)?;
    let cases = case::load(&data)?;
    let mut complaints = lists.unknown(&cases);
    let (cases, skipped) = args.select(cases)?;
    let setup = Setup {
        program: fs::canonicalize(&args.bin)?,
        runner: args.runner.as_ref().map(fs::canonicalize).transpose()?,
        schema: DescriptorPool::decode(fs::read(data.join("cri-v1.36.binpb"))?.as_slice())?,
        fixtures: data.join("fixtures"),
    };
    let start = Instant::now();
    let declared = declared(&setup)?;
    let outcomes = run_all(cases, setup, args.jobs)?;
    let elapsed = start.elapsed().as_secs_f64();
    complaints.extend(declared.iter().flat_map(|declared| undeclared(declared, &outcomes)));
    let reports = judge(&outcomes, &lists, args, &mut complaints);

    let mut out = io::stdout().lock();
    let counts = report::print(&reports, args.verbose, &mut out)?;
    if let Some(path) = &args.json {
        fs::write(path, report::to_json(&reports).to_string())?;
    }
    for complaint in &complaints {
        writeln!(out, "{complaint}")?;
    }
    let [passed, failed, waiting] = counts;
    writeln!(out, "{passed} passed, {failed} failed, {waiting} waiting, {skipped} skipped in {elapsed:.1} s")?;
    Ok(complaints.is_empty() && failed == 0)
}

/// The calls that the program's commands say they make. The reference says nothing.
fn declared(setup: &Setup) -> Result<Option<Declared>> {
    let list = ["rpc", "list", "-o", "json"].map(str::to_owned);
    let (program, args) = setup.command_line(&setup.program, list.into());
    let list = Command::new(program).args(args).env_clear().output()?;
    Ok(Declared::read(&String::from_utf8_lossy(&list.stdout)).ok())
}

fn undeclared(declared: &Declared, outcomes: &[(Case, Outcome)]) -> Vec<String> {
    let complaint = |(case, outcome): &(Case, Outcome)| {
        let calls = outcome.calls.iter().filter_map(|call| call["method"].as_str());
        let (command, method) = declared.undeclared(&case.args, calls)?;
        Some(format!("{}: {command} calls {method}, which its `calls` does not name", case.name))
    };
    outcomes.iter().filter_map(complaint).collect()
}

/// Runs so many cases at a time; the results come in the order of their names.
fn run_all(cases: Vec<Case>, setup: Setup, jobs: usize) -> Result<Vec<(Case, Outcome)>> {
    // A case that reads or compares much must not keep the servers of the others from answering in time.
    let runtime = runtime::Builder::new_multi_thread().worker_threads(jobs + 2).enable_all().build()?;
    let setup = Arc::new(setup);
    let seats = Arc::new(Semaphore::new(jobs));
    let mut outcomes = runtime.block_on(async {
        let mut running = JoinSet::new();
        for case in cases {
            let seat = seats.clone().acquire_owned().await?;
            let setup = setup.clone();
            running.spawn(async move {
                let outcome = run::run(&case, &setup).await;
                drop(seat);
                (case, outcome)
            });
        }
        Ok::<_, Error>(running.join_all().await)
    })?;
    runtime.shutdown_background();
    outcomes.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    Ok(outcomes)
}

/// Holds the results against the recordings and the two lists.
fn judge<'a>(
    outcomes: &'a [(Case, Outcome)],
    lists: &Lists,
    args: &Args,
    complaints: &mut Vec<String>,
) -> Vec<Report<'a>> {
    let mut reports = Vec::new();
    let mut as_meant = Vec::new();
    for (case, outcome) in outcomes {
        let verdict = compare::compare(case, outcome);
        let deviation = lists.deviation(case);
        let right = verdict.passes() != deviation.is_some();
        as_meant.push((case, right));
        // Who asks for cases by name wants to hear of them.
        let standing = match right {
            _ if !args.by_name() && lists.waits(case) => Standing::Waiting,
            true => Standing::Passed,
            false => Standing::Failed,
        };
        if let (Some(deviation), true, Standing::Failed) = (deviation, verdict.passes(), standing) {
            complaints.push(deviation.outlived());
        }
        reports.push(Report { case, outcome, verdict, standing });
    }
    if args.is_whole() {
        complaints.extend(lists.done(&as_meant));
    }
    reports
}
