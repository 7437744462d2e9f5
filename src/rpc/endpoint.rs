//! What the text after `--runtime-endpoint` means. Pure.

use std::fmt;
use std::path::PathBuf;

/// Where a runtime listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// A unix socket.
    Unix(PathBuf),
    /// `host:port`.
    Tcp(String),
    /// A named pipe, `//./pipe/name`.
    Pipe(String),
}

/// Reads an endpoint.
///
/// # Errors
/// A protocol that is unknown or that this system lacks, or an address that is incomplete.
pub(crate) fn parse(text: &str) -> Result<Endpoint, String> {
    // Windows users write either slash; elsewhere a backslash is an ordinary character of a file name.
    let text = if cfg!(windows) { text.replace('\\', "/") } else { text.to_owned() };
    let named = |reason: &str| format!("{reason} in endpoint {:?}", without_user(&text));
    match text.split_once(':') {
        Some(("unix", rest)) => socket(rest).ok_or_else(|| named("no path")),
        Some(("npipe", rest)) if cfg!(windows) => Ok(Endpoint::Pipe(pipe(rest))),
        Some(("npipe", _)) => Err(named("named pipes exist only on Windows; \"npipe\" can't be used here")),
        Some(("tcp", rest)) => tcp(rest).ok_or_else(|| named("expected tcp://HOST:PORT, found no host and port")),
        Some((scheme, rest)) if rest.starts_with("//") => {
            Err(named(&format!("protocol {scheme:?} is not supported (use unix, tcp or npipe)")))
        }
        _ if text.starts_with("//./pipe/") && cfg!(windows) => Ok(Endpoint::Pipe(text)),
        _ => socket(&text).ok_or_else(|| named("no path")),
    }
}

/// A path with or without the two slashes of a URL. `unix://name` is a relative path, as it looks.
fn socket(rest: &str) -> Option<Endpoint> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    (!path.is_empty()).then(|| Endpoint::Unix(PathBuf::from(path)))
}

/// The text of a URL without `USER:PASSWORD@`: gRPC does not need it, and it is a secret.
fn without_user(text: &str) -> String {
    match (text.split_once("//"), text.rsplit_once('@')) {
        (Some((scheme, rest)), Some((_, host))) if rest.contains('@') && scheme != "unix:" => {
            format!("{scheme}//{host}")
        }
        _ => text.to_owned(),
    }
}

fn tcp(rest: &str) -> Option<Endpoint> {
    let rest = without_user(rest);
    let address = rest.strip_prefix("//")?.trim_end_matches('/');
    let (host, port) = address.rsplit_once(':')?;
    let valid = !host.is_empty() && port.parse::<u16>().is_ok() && !address.contains('/');
    valid.then(|| Endpoint::Tcp(address.to_owned()))
}

/// `npipe:////./pipe/x`, `npipe://./pipe/x`, `npipe:/pipe/x` and `npipe:x` all name `//./pipe/x`.
fn pipe(rest: &str) -> String {
    let path = rest.trim_start_matches('/');
    match path.split_once("pipe/") {
        Some((host, name)) => {
            let host = host.trim_end_matches('/');
            format!("//{}/pipe/{name}", if host.is_empty() { "." } else { host })
        }
        None => format!("//./pipe/{path}"),
    }
}

impl Endpoint {
    /// The host, if the runtime may be on another machine.
    pub(crate) fn host(&self) -> Option<&str> {
        match self {
            Self::Tcp(address) => address.rsplit_once(':').map(|(host, _)| host.trim_matches(['[', ']'])),
            Self::Unix(_) | Self::Pipe(_) => None,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(formatter, "unix://{}", path.display()),
            Self::Tcp(address) => write!(formatter, "tcp://{address}"),
            Self::Pipe(path) => write!(formatter, "npipe://{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unix(path: &str) -> Result<Endpoint, String> {
        Ok(Endpoint::Unix(PathBuf::from(path)))
    }

    #[test]
    fn every_spelling_of_a_socket_names_its_path() {
        for text in ["unix:///run/x.sock", "unix:/run/x.sock", "/run/x.sock"] {
            assert_eq!(parse(text), unix("/run/x.sock"), "{text}");
        }
    }

    #[test]
    fn a_relative_path_keeps_its_first_segment() {
        assert_eq!(parse("run/x.sock"), unix("run/x.sock"));
        assert_eq!(parse("unix://run/x.sock"), unix("run/x.sock"));
        assert_eq!(parse("x:y.sock"), unix("x:y.sock"));
    }

    #[test]
    fn tcp_needs_a_host_and_a_port() {
        assert_eq!(parse("tcp://node-1:3333"), Ok(Endpoint::Tcp("node-1:3333".to_owned())));
        assert_eq!(parse("tcp://[::1]:3333"), Ok(Endpoint::Tcp("[::1]:3333".to_owned())));
        for text in ["tcp://node-1", "tcp:node:1", "tcp://:1", "tcp://h:99999", "tcp://h:1/x"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn who_one_is_said_to_be_in_a_url_is_shown_nowhere() {
        let endpoint = parse("tcp://user:S3cret@node-1:3333");
        assert_eq!(endpoint, Ok(Endpoint::Tcp("node-1:3333".to_owned())));
        for text in ["tcp://user:S3cret@node-1", "http://user:S3cret@node-1:1", "tcp://u:S3cret/x@h"] {
            assert!(parse(text).is_err_and(|reason| !reason.contains("S3cret")), "{text}");
        }
        assert_eq!(parse("unix:///run/a@b.sock"), unix("/run/a@b.sock"));
    }

    #[test]
    fn what_nobody_speaks_is_refused_by_name() {
        assert!(parse("http:///run/x.sock").is_err_and(|reason| reason.contains("\"http\" is not supported")));
        assert!(parse("unix://").is_err());
        assert!(parse("").is_err());
    }

    #[test]
    #[cfg(not(windows))]
    fn pipes_are_refused_off_windows() {
        assert!(parse("npipe:////./pipe/x").is_err_and(|reason| reason.contains("only on Windows")));
    }

    #[test]
    fn every_spelling_of_a_pipe_names_the_same() {
        for text in ["////./pipe/x", "//./pipe/x", "/pipe/x", "x"] {
            assert_eq!(pipe(text), "//./pipe/x", "{text}");
        }
        assert_eq!(pipe("//node/pipe/x"), "//node/pipe/x");
        // It is shown as Kubernetes writes it.
        assert_eq!(Endpoint::Pipe(pipe("x")).to_string(), "npipe:////./pipe/x");
    }
}
