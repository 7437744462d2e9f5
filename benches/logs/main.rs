//! `crictl logs` in this process, on a log of 200,000 lines: what a change to reading or printing costs.
//!
//! `benches/logs/pairs.rs` measures whole programs beside each other.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

#[cfg(unix)]
#[path = "large/log.rs"]
mod log;
#[cfg(unix)]
#[path = "large/runtime.rs"]
mod runtime;

use criterion::{Criterion, criterion_group, criterion_main};

/// How many lines the log has.
#[cfg(unix)]
const LINES: u64 = 200_000;

#[cfg(unix)]
fn logs(criterion: &mut Criterion) {
    use std::io;
    use std::path::Path;

    use crictl::{Io, run};
    use criterion::Throughput;

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (path, socket) = (folder.join(format!("{LINES}.log")), folder.join("logs-criterion.sock"));
    let size = log::make(&path, LINES).unwrap();
    let _ = std::fs::remove_file(&socket);
    runtime::serve(&path, &socket);

    let endpoint = format!("unix://{}", socket.display());
    let since = log::time(LINES - LINES / 1000);
    // What counts for the first two is that they do not read the file.
    let cases: [(&str, &[&str]); 4] =
        [("since", &["--since", &since]), ("tail", &["--tail", "100"]), ("all", &[]), ("timestamps", &["-t"])];
    let mut group = criterion.benchmark_group("logs");
    for (name, flags) in cases {
        if !matches!(name, "since" | "tail") {
            group.throughput(Throughput::Bytes(size));
        }
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut io = Io::buffers(io::empty(), io::sink(), io::sink());
                let args =
                    ["crictl", "-r", &endpoint, "logs"].into_iter().chain(flags.iter().copied()).chain(["large"]);
                assert_eq!(run(args, [("TZ", "UTC")], &mut io), 0);
            });
        });
    }
    group.finish();
}

/// The tests' runtime listens at a unix socket.
#[cfg(not(unix))]
fn logs(_: &mut Criterion) {}

criterion_group!(benches, logs);
criterion_main!(benches);
