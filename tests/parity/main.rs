//! Replays recorded runs of the reference against the built program; see README.md.

#[cfg(unix)]
mod replay;

/// The arguments are described by `--help`.
#[cfg(unix)]
fn main() -> std::process::ExitCode {
    replay::main()
}

/// The recordings speak of unix sockets, signals and terminals.
#[cfg(not(unix))]
fn main() {}
