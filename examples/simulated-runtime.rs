//! The tests' runtime without containers as a program: what `scripts/try` shows crictl on where there is no containerd.
//!
//! usage: simulated-runtime SOCKET

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, unreachable_pub)]

/// The runtime listens at a unix socket.
#[cfg(unix)]
#[allow(dead_code)] // The tests need more of it.
#[path = "../tests/support/fake.rs"]
mod fake;

#[cfg(unix)]
fn main() -> Result<(), &'static str> {
    let socket = std::env::args_os().nth(1).ok_or("usage: simulated-runtime SOCKET")?;
    let socket = std::path::Path::new(&socket);
    fake::Fake::new().serve_at(socket);
    println!("unix://{}", socket.display());
    loop {
        std::thread::park();
    }
}

#[cfg(not(unix))]
fn main() {}
