//! `crictl exec` of a command with much output, run by run beside another crictl where its path is given. Needs a
//! runtime and a container with `dd` in it: tests/real/up and `ephemerd serve` make both.
//!
//! ```sh
//! cargo bench --bench streaming -- --endpoint ENDPOINT --container ID [--reference PATH] [--crictl PATH] [--runs N]
//! ```
//!
//! Prints a table; its time of the processor is crictl's alone.

#![allow(clippy::print_stdout, clippy::disallowed_methods)] // A program of its own: it prints, and has arguments.

#[path = "../logs/large/measure.rs"]
mod measure;

use std::error::Error;
use std::time::Duration;

use measure::{Run, Sample, median};

/// What the command writes.
const MEBIBYTES: u32 = 512;

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::read(std::env::args().skip(1))?;
    if options.endpoint.is_empty() || options.container.is_empty() {
        println!("skipped: needs --endpoint and --container of a runtime");
        return Ok(());
    }
    println!("{MEBIBYTES} MiB, median of {} runs\n", options.runs);
    println!("| | | MiB/s | cpu ms | peak MiB |\n|---|---|--:|--:|--:|");
    let cases: [(&str, &str, bool); 3] = [
        ("SPDY, to /dev/null", "spdy", false),
        ("SPDY, through a pipe", "spdy", true),
        ("WebSocket, through a pipe", "websocket", true),
    ];
    for (name, transport, piped) in cases {
        let mut programs = vec![("crictl", options.exec(&options.crictl, transport))];
        // The reference knows no WebSocket that containerd 2.1 does.
        let reference = options.reference.iter().filter(|_| transport == "spdy");
        programs.extend(reference.map(|path| ("reference", options.exec(path, transport))));
        compare(name, &programs, piped, options.runs)?;
    }
    Ok(())
}

struct Options {
    crictl: String,
    reference: Option<String>,
    endpoint: String,
    container: String,
    runs: usize,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            crictl: env!("CARGO_BIN_EXE_crictl").to_owned(),
            reference: None,
            endpoint: String::new(),
            container: String::new(),
            runs: 5,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--crictl" => options.crictl = value()?,
                "--reference" => options.reference = Some(value()?),
                "--endpoint" => options.endpoint = value()?,
                "--container" => options.container = value()?,
                "--runs" => options.runs = value()?.parse()?,
                // Cargo says this to every benchmark.
                "--bench" => {}
                _ => return Err(format!("unknown option {word}").into()),
            }
        }
        Ok(options)
    }

    fn exec(&self, program: &str, transport: &str) -> Run {
        let count = format!("count={MEBIBYTES}");
        let args = ["--runtime-endpoint", &self.endpoint, "exec", "--transport", transport, &self.container];
        let command = ["dd", "if=/dev/zero", "bs=1M", &count];
        args.iter().chain(&command).fold(Run::new(program), |run, arg| run.arg(arg))
    }
}

/// Runs the programs in turn, so that whatever else the machine does meets all of them.
fn compare(name: &str, programs: &[(&str, Run)], piped: bool, runs: usize) -> Result<(), Box<dyn Error>> {
    let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); programs.len()];
    for _ in 0..runs {
        for ((_, program), samples) in programs.iter().zip(&mut samples) {
            samples.push(program.measure(piped)?);
        }
    }
    for ((program, _), samples) in programs.iter().zip(&samples) {
        let Sample { wall, cpu, peak } = median(samples);
        let speed = f64::from(MEBIBYTES) / wall.max(Duration::from_millis(1)).as_secs_f64();
        println!("| {name} | {program} | {speed:.0} | {} | {:.1} |", cpu.as_millis(), peak as f64 / 1024.0);
    }
    Ok(())
}
