//! The comparison.

mod forward;
#[path = "../../logs/large/measure.rs"]
mod measure;

use std::error::Error;
use std::io;
use std::time::Duration;

use self::measure::{Run, Sample, median};

/// What goes through in each run.
const MEBIBYTES: u32 = 512;

/// What measures a program once.
type Measure<'a> = &'a dyn Fn(&str) -> io::Result<Sample>;

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::read(std::env::args().skip(1))?;
    if options.endpoint.is_empty() || options.container.is_empty() {
        println!("skipped: needs --endpoint and --container of a runtime");
        return Ok(());
    }
    println!("{MEBIBYTES} MiB, median of {} runs\n", options.runs);
    println!("| | | MiB/s | cpu ms per GiB | peak MiB |\n|---|---|--:|--:|--:|");
    options.compare("exec, to /dev/null", true, &|program| options.exec(program, "spdy").measure(false))?;
    options.compare("exec, through a pipe", true, &|program| options.exec(program, "spdy").measure(true))?;
    // The reference knows no WebSocket that containerd 2.1 does.
    let websocket = |program: &str| options.exec(program, "websocket").measure(true);
    options.compare("exec over WebSocket, through a pipe", false, &websocket)?;
    if !options.pod.is_empty() {
        forward::serve(&options)?;
        options.compare("port-forward, one connection", true, &|program| forward::download(&options, program, 1))?;
        options.compare("port-forward, 8 connections", true, &|program| forward::download(&options, program, 8))?;
    }
    Ok(())
}

struct Options {
    crictl: String,
    reference: Option<String>,
    endpoint: String,
    container: String,
    pod: String,
    runs: usize,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            crictl: env!("CARGO_BIN_EXE_crictl").to_owned(),
            reference: None,
            endpoint: String::new(),
            container: String::new(),
            pod: String::new(),
            runs: 5,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--crictl" => options.crictl = value()?,
                "--reference" => options.reference = Some(value()?),
                "--endpoint" => options.endpoint = value()?,
                "--container" => options.container = value()?,
                "--pod" => options.pod = value()?,
                "--runs" => options.runs = value()?.parse()?,
                // Cargo says this to every benchmark.
                "--bench" => {}
                _ => return Err(format!("unknown option {word}").into()),
            }
        }
        Ok(options)
    }

    /// A program with these arguments behind the endpoint.
    fn run(&self, program: &str, args: &[&str]) -> Run {
        let run = Run::new(program).arg("--runtime-endpoint").arg(&self.endpoint);
        args.iter().fold(run, |run, arg| run.arg(arg))
    }

    fn exec(&self, program: &str, transport: &str) -> Run {
        let count = format!("count={MEBIBYTES}");
        let command = ["dd", "if=/dev/zero", "bs=1M", &count];
        self.run(program, &[&["exec", "--transport", transport, &self.container], &command[..]].concat())
    }

    /// Measures the programs in turn, so that whatever else the machine does meets all of them.
    fn compare(&self, name: &str, with_reference: bool, measure: Measure<'_>) -> io::Result<()> {
        let mut programs = vec![("crictl", self.crictl.as_str(), Vec::new())];
        let reference = self.reference.iter().filter(|_| with_reference);
        programs.extend(reference.map(|path| ("reference", path.as_str(), Vec::new())));
        for _ in 0..self.runs {
            for (_, program, samples) in &mut programs {
                samples.push(measure(program)?);
            }
        }
        for (program, _, samples) in &programs {
            let Sample { wall, cpu, peak } = median(samples);
            let speed = f64::from(MEBIBYTES) / wall.max(Duration::from_millis(1)).as_secs_f64();
            let cpu = cpu * 1024 / MEBIBYTES;
            println!("| {name} | {program} | {speed:.0} | {} | {:.1} |", cpu.as_millis(), peak as f64 / 1024.0);
        }
        Ok(())
    }
}
