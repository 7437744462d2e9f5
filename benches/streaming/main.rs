//! `crictl exec` of a command with much output, and downloads through `crictl port-forward`, run by run beside another
//! crictl where its path is given. Needs a runtime and a container with `dd` and busybox's `httpd` in it; tests/real/up
//! and `ephemerd serve` make both. Without the container's pod nothing is forwarded.
//!
//! ```sh
//! cargo bench --bench streaming -- --endpoint ENDPOINT --container ID [--pod ID] \
//!     [--reference PATH] [--crictl PATH] [--runs N]
//! ```
//!
//! Prints a table as docs/performance.md has it; its time of the processor is crictl's alone.

#![allow(clippy::print_stdout, clippy::disallowed_methods)] // A program of its own: it prints, and has arguments.

#[cfg(unix)]
mod pairs;

#[cfg(unix)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    pairs::main()
}

/// Containers run on Linux.
#[cfg(not(unix))]
fn main() {}
