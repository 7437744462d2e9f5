//! `crictl logs` on a large log, run by run beside `cat` and, where its path is given, another crictl:
//!
//! ```sh
//! cargo bench --bench logs-pairs -- [--reference PATH] [--crictl PATH] [--lines N] [--runs N]
//! ```
//!
//! Prints a table as docs/performance.md has it.

#![allow(clippy::print_stdout, clippy::disallowed_methods)] // A program of its own: it prints, and has arguments.

#[cfg(unix)]
mod large;

#[cfg(unix)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    large::main()
}

/// The tests' runtime listens at a unix socket.
#[cfg(not(unix))]
fn main() {}
