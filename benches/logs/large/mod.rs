//! The comparison. Its programs are measured as unix measures children.

mod log;
mod measure;
mod runtime;

use std::error::Error;
use std::path::Path;

use self::measure::{Run, Sample, median};
use self::runtime::serve;

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::read(std::env::args().skip(1))?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (path, socket) = (folder.join(format!("{}.log", options.lines)), folder.join("logs.sock"));
    let size = log::make(&path, options.lines)?;
    println!("{} lines, {} MB, median of {} runs\n", options.lines, size / 1_000_000, options.runs);
    // What stays in the page cache is measured, not the disk.
    std::io::copy(&mut std::fs::File::open(&path)?, &mut std::io::sink())?;
    let _ = std::fs::remove_file(&socket);
    serve(&path, &socket);

    println!("| | | wall ms | cpu ms | peak MiB |\n|---|---|--:|--:|--:|");
    let since = log::time(options.lines - options.lines / 1000);
    let cases: [(&str, &[&str], bool); 5] = [
        ("all, to /dev/null", &[], false),
        ("all, through a pipe", &[], true),
        ("`-t`, through a pipe", &["-t"], true),
        ("`--since`, the last 0.1 %", &["--since", &since], false),
        ("`--tail 100`", &["--tail", "100"], false),
    ];
    for (name, flags, piped) in cases {
        let mut programs = vec![("crictl", crictl(&options.crictl, flags, &socket))];
        programs.extend(options.reference.iter().map(|path| ("reference", crictl(path, flags, &socket))));
        if flags.is_empty() {
            programs.push(("cat", Run::new("cat").arg(&path.display().to_string())));
        }
        compare(name, &programs, piped, options.runs)?;
    }
    Ok(())
}

struct Options {
    crictl: String,
    reference: Option<String>,
    lines: u64,
    runs: usize,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let crictl = env!("CARGO_BIN_EXE_crictl").to_owned();
        let mut options = Self { crictl, reference: None, lines: 5_000_000, runs: 5 };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--crictl" => options.crictl = words.next().ok_or("--crictl PATH")?,
                "--reference" => options.reference = words.next(),
                "--lines" => options.lines = words.next().ok_or("--lines N")?.parse()?,
                "--runs" => options.runs = words.next().ok_or("--runs N")?.parse()?,
                // Cargo says this to every benchmark.
                "--bench" => {}
                _ => return Err(format!("unknown option {word}").into()),
            }
        }
        Ok(options)
    }
}

fn crictl(program: &str, flags: &[&str], socket: &Path) -> Run {
    let endpoint = format!("unix://{}", socket.display());
    let run = Run::new(program).arg("--runtime-endpoint").arg(&endpoint).arg("logs");
    flags.iter().fold(run, |run, flag| run.arg(flag)).arg("large")
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
        let milliseconds = |duration: std::time::Duration| duration.as_secs_f64() * 1000.0;
        let (wall, cpu) = (milliseconds(wall), milliseconds(cpu));
        println!("| {name} | {program} | {wall:.1} | {cpu:.0} | {:.1} |", peak as f64 / 1024.0);
    }
    Ok(())
}
