//! The fake runtime of the tests as a program: `simulated-runtime SOCKET` serves until SIGINT or SIGTERM. It has one
//! image, keeps the pods and containers that it is told of, and runs nothing.

#![cfg_attr(not(unix), allow(unused))]

#[cfg(unix)]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "the tests want more of it than this program")]
#[allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "it is a part of the tests")]
#[path = "../tests/support/fake/mod.rs"]
mod fake;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

#[expect(clippy::disallowed_methods, reason = "a program reads its own arguments")]
fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let (Some(socket), None) = (args.next(), args.next()) else {
        let _ = writeln!(io::stderr(), "usage: simulated-runtime SOCKET");
        return ExitCode::FAILURE;
    };
    match serve(Path::new(&socket)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{}: {error}", socket.display());
            ExitCode::FAILURE
        }
    }
}

#[cfg(unix)]
fn serve(socket: &Path) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let listener = tokio::net::UnixListener::bind(socket)?;
        writeln!(io::stdout(), "unix://{}", socket.display())?;
        let served = tokio::select! {
            served = fake::Fake::new().images([busybox()]).serve_on(listener) => served.map_err(io::Error::other),
            _ = interrupt.recv() => Ok(()),
            _ = terminate.recv() => Ok(()),
        };
        std::fs::remove_file(socket).and(served)
    })
}

#[cfg(not(unix))]
fn serve(_: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "there are no unix sockets here"))
}

#[cfg(unix)]
fn busybox() -> crictl::cri::Image {
    crictl::cri::Image {
        id: format!("sha256:{}", "b".repeat(64)),
        repo_tags: vec!["localhost/test/busybox:1".to_owned()],
        repo_digests: vec![format!("localhost/test/busybox@sha256:{}", "d".repeat(64))],
        size: 1_088_813,
        ..Default::default()
    }
}
