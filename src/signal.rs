//! The signals that end a run. They differ between systems.

use std::future::pending;

use tokio_util::sync::CancellationToken;

/// Returns when somebody asks for the end: the host by its token, or, if the run is to look at signals, by SIGINT or
/// SIGTERM, Ctrl-C on Windows.
pub(crate) async fn interrupted(signals: bool, cancellation: &CancellationToken) {
    let signalled = async {
        // Without handlers the signals end the process by themselves.
        if !signals || asked().await.is_err() {
            pending::<()>().await;
        }
    };
    tokio::select! {
        () = signalled => {}
        () = cancellation.cancelled() => {}
    }
}

/// Makes a write beyond the limit on file sizes fail with an error, instead of ending the process.
pub(crate) fn survive_file_limit(enabled: bool) {
    #[cfg(unix)]
    if enabled {
        use tokio::signal::unix::{SignalKind, signal};
        // The handler stays when its receiver is dropped, and then does nothing.
        let _ = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()));
    }
    #[cfg(not(unix))]
    let _ = enabled;
}

#[cfg(unix)]
async fn asked() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(windows)]
async fn asked() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
