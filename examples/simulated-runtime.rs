//! The fake runtime of the tests as a program: `simulated-runtime SOCKET` serves until SIGINT or SIGTERM. It has one
//! image, keeps the pods and containers that it is told of, and runs nothing. With `simulated-runtime SOCKET COUNT LOG`
//! it also has that many containers and images from the start, always the same ones; LOG is the log of the first.

#![cfg_attr(not(unix), allow(unused))]

#[cfg(unix)]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "the tests want more of it than this program")]
#[allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "it is a part of the tests")]
#[path = "../tests/support/fake/mod.rs"]
mod fake;

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

#[expect(clippy::disallowed_methods, reason = "a program reads its own arguments")]
fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let given = match args.as_slice() {
        [socket] => Some((socket, 0, OsStr::new(""))),
        [socket, count, log] => count.to_str().and_then(|count| Some((socket, count.parse().ok()?, log.as_os_str()))),
        _ => None,
    };
    let Some((socket, count, log)) = given else {
        let _ = writeln!(io::stderr(), "usage: simulated-runtime SOCKET [COUNT LOG]");
        return ExitCode::FAILURE;
    };
    match serve(Path::new(socket), count, log) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{}: {error}", socket.display());
            ExitCode::FAILURE
        }
    }
}

#[cfg(unix)]
fn serve(socket: &Path, count: u64, log: &OsStr) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let listener = tokio::net::UnixListener::bind(socket)?;
        writeln!(io::stdout(), "unix://{}", socket.display())?;
        let fake = fake::Fake::new()
            .images(std::iter::once(busybox()).chain((0..count).map(image)))
            .containers((0..count).map(container))
            .with(|state| drop(state.logs.insert(id(0), log.into())));
        let served = tokio::select! {
            served = fake.serve_on(listener) => served.map_err(io::Error::other),
            _ = interrupt.recv() => Ok(()),
            _ = terminate.recv() => Ok(()),
        };
        std::fs::remove_file(socket).and(served)
    })
}

#[cfg(not(unix))]
fn serve(_: &Path, _: u64, _: &OsStr) -> io::Result<()> {
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

#[cfg(unix)]
fn id(number: u64) -> String {
    format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).repeat(4)
}

#[cfg(unix)]
fn image(number: u64) -> crictl::cri::Image {
    let name = format!("registry.example.com/team-{}/service-{number}", number % 7);
    crictl::cri::Image {
        id: format!("sha256:{}", id(number)),
        repo_tags: vec![format!("{name}:v1.{}", number % 10), format!("{name}:latest")],
        repo_digests: vec![format!("{name}@sha256:{}", id(number + 1))],
        size: 1_000_000 + number * 1_009,
        ..Default::default()
    }
}

/// A container as a kubelet makes them, some 700 bytes.
#[cfg(unix)]
fn container(number: u64) -> crictl::cri::Container {
    let map = |prefix: &str, entries: &[(&str, String)]| {
        entries.iter().map(|(key, value)| (format!("{prefix}{key}"), value.clone())).collect()
    };
    let image = format!("sha256:{}", id(number % 40));
    let state = match number % 5 {
        0 => crictl::cri::ContainerState::ContainerExited,
        _ => crictl::cri::ContainerState::ContainerRunning,
    };
    crictl::cri::Container {
        id: id(number),
        pod_sandbox_id: id(number / 2 + 1_000_000),
        metadata: Some(crictl::cri::ContainerMetadata { name: format!("app-{number}"), attempt: 0 }),
        image: Some(crictl::cri::ImageSpec { image: image.clone(), ..Default::default() }),
        image_ref: image.clone(),
        image_id: image,
        state: state.into(),
        // In 2024, one a second: the newest is neither first nor last.
        created_at: 1_709_251_200_000_000_000 + (number * 7_919 % 100_003) as i64 * 1_000_000_000,
        labels: map(
            "io.kubernetes.",
            &[
                ("container.name", format!("app-{number}")),
                ("pod.name", format!("deployment-{}-{:05x}", number % 90, number / 2)),
                ("pod.namespace", format!("team-{}", number % 7)),
                ("pod.uid", id(number / 2 + 1_000_000)[..36].to_owned()),
            ],
        ),
        annotations: map(
            "io.kubernetes.container.",
            &[
                ("hash", format!("{number:08x}")),
                ("restartCount", "0".to_owned()),
                ("terminationMessagePath", "/dev/termination-log".to_owned()),
                ("terminationMessagePolicy", "File".to_owned()),
            ],
        ),
    }
}
