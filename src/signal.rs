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
