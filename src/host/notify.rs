//! Tells systemd how it goes, by the protocol of `sd_notify(3)`: datagrams to the socket that the environment names.

use std::time::Duration;

use crate::host::{Env, variable};

/// Whoever wants to know; nobody, if we are not a service of systemd's.
pub(super) struct Notify {
    #[cfg(target_os = "linux")]
    socket: Option<std::os::unix::net::UnixDatagram>,
    /// How often systemd wants to hear that we are alive.
    watchdog: Option<Duration>,
}

/// What systemd tells a service about itself, which is not for containerd: it would answer in our place.
pub(super) const VARIABLES: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

impl Notify {
    pub(super) fn new(env: &Env) -> Self {
        Self {
            #[cfg(target_os = "linux")]
            socket: variable(env, "NOTIFY_SOCKET").and_then(connect),
            watchdog: watchdog(env),
        }
    }

    /// Sends lines such as `READY=1`. Whoever does not listen is not waited for.
    pub(super) fn send(&self, lines: &str) {
        #[cfg(target_os = "linux")]
        if let Some(socket) = &self.socket {
            let _ = socket.send(lines.as_bytes());
        }
        #[cfg(not(target_os = "linux"))]
        let _ = lines;
    }

    /// Tells as often as is wanted that we are alive: another task on our one thread is run only if nothing blocks it.
    pub(super) async fn stay_alive(&self) {
        let Some(period) = self.watchdog else { return std::future::pending().await };
        loop {
            self.send("WATCHDOG=1");
            tokio::time::sleep(period / 2).await;
        }
    }
}

/// A name that begins with `@` is not of a file.
#[cfg(target_os = "linux")]
fn connect(name: &std::ffi::OsStr) -> Option<std::os::unix::net::UnixDatagram> {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    let address = match name.as_encoded_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(name),
    };
    let socket = UnixDatagram::unbound().ok()?;
    socket.connect_addr(&address.ok()?).ok()?;
    socket.set_nonblocking(true).ok()?;
    Some(socket)
}

/// The time within which systemd has to hear of us, if that is meant for this process.
fn watchdog(env: &Env) -> Option<Duration> {
    let number = |name| variable(env, name)?.to_str()?.parse::<u64>().ok();
    let is_ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
    number("WATCHDOG_USEC").filter(|time| is_ours && *time > 0).map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watchdogs_time_counts_for_the_process_that_is_named() {
        let time = |text: &str, pid: &str| {
            watchdog(&vec![("WATCHDOG_USEC".into(), text.into()), ("WATCHDOG_PID".into(), pid.into())])
        };
        assert_eq!(time("3000000", &std::process::id().to_string()), Some(Duration::from_secs(3)));
        assert_eq!(time("3000000", "1"), None);
        assert_eq!(time("0", ""), None);
        assert_eq!(watchdog(&Env::new()), None);
    }
}
