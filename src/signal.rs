//! The signals that end a run. The systems differ here.

use std::future::pending;

/// Ends when somebody asks the process to end: SIGINT or SIGTERM, Ctrl-C on Windows. Never ends where the run is not
/// to look at signals.
pub(crate) async fn interrupted(enabled: bool) {
    // Without handlers the signals end the process by themselves.
    if !enabled || asked().await.is_err() {
        pending::<()>().await;
    }
}

/// Makes a file that grows over the process's limit an error of who writes it, where it would end the process.
pub(crate) fn survive_file_limit(enabled: bool) {
    #[cfg(unix)]
    if enabled {
        use tokio::signal::unix::{SignalKind, signal};
        // The handler stays when its receiver has gone, and does nothing.
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
