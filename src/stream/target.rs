//! The URL of a stream, and its meaning if the runtime is on another machine. Pure.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use http::uri::PathAndQuery;

use crate::error::Error;

/// The port where runtimes serve streams, unless the URL names one: the kubelet's.
const DEFAULT_AUTHORITY: &str = "127.0.0.1:10250";

/// Where a stream is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Any scheme but `http` means TLS.
    pub(crate) scheme: String,
    /// Without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Path and query as they were given: the path is the token that grants access.
    pub(crate) path: PathAndQuery,
}

impl Target {
    /// Parses the URL that the runtime answered with.
    ///
    /// # Errors
    /// It is missing or invalid.
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        if url.is_empty() {
            return Err(Error::failure("URL is not set: the runtime has answered without one"));
        }
        let wrong = || Error::failure(format!("the runtime answered with {url:?}, which is not a URL"));
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) if !scheme.contains(['/', '?']) => (scheme, rest),
            _ => ("", url.strip_prefix("//").unwrap_or(url)),
        };
        let scheme = if scheme.is_empty() { "http" } else { scheme };
        let whole = if rest.starts_with('/') || rest.is_empty() {
            format!("{scheme}://{DEFAULT_AUTHORITY}{rest}")
        } else {
            format!("{scheme}://{rest}")
        };
        let uri: Uri = whole.parse().map_err(|_| wrong())?;
        let host = uri.host().ok_or_else(wrong)?.trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(wrong());
        }
        let tls = !scheme.eq_ignore_ascii_case("http");
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            host,
            port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            path: uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/")),
        })
    }

    /// If the target is on the runtime's own loopback, moves it to the host on which the runtime was reached. Returns
    /// whether that was so.
    pub(crate) fn reach(&mut self, runtime: Option<&str>) -> bool {
        match runtime {
            Some(runtime) if self.is_loopback() && !is_loopback(runtime) => {
                runtime.clone_into(&mut self.host);
                true
            }
            _ => false,
        }
    }

    /// Where a redirect leads.
    pub(crate) fn redirect(&self, location: &str) -> Result<Self, Error> {
        match location.starts_with('/') && !location.starts_with("//") {
            true => Self::parse(&format!("{}://{}{location}", self.scheme, self.authority())),
            false => Self::parse(location),
        }
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.scheme != "http"
    }

    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// `host:port`, with brackets around an IPv6 address.
    pub(crate) fn authority(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }

    /// The URL with another scheme.
    pub(crate) fn uri(&self, scheme: &str) -> String {
        format!("{scheme}://{}{}", self.authority(), self.path)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The path is left out: anybody who knows it may take over the stream.
        write!(formatter, "{}://{}", self.scheme, self.authority())
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (String, String, u16, String) {
        let target = Target::parse(url).expect(url);
        (target.scheme, target.host, target.port, target.path.to_string())
    }

    fn expected(scheme: &str, host: &str, port: u16, path: &str) -> (String, String, u16, String) {
        (scheme.to_owned(), host.to_owned(), port, path.to_owned())
    }

    #[test]
    fn what_a_url_lacks_is_filled_in() {
        assert_eq!(parts("http://127.0.0.1:35001/exec/t"), expected("http", "127.0.0.1", 35001, "/exec/t"));
        assert_eq!(parts("/exec/t?a=b"), expected("http", "127.0.0.1", 10250, "/exec/t?a=b"));
        assert_eq!(parts("//node:1/exec"), expected("http", "node", 1, "/exec"));
        assert_eq!(parts("https://[::1]/x"), expected("https", "::1", 443, "/x"));
        assert_eq!(parts("http://node"), expected("http", "node", 80, "/"));
    }

    #[test]
    fn what_is_no_url_is_named() {
        assert!(Target::parse("").is_err_and(|error| error.cause().contains("URL is not set")));
        assert!(Target::parse("http://a b/").is_err());
        assert!(Target::parse("http://:x/").is_err());
    }

    #[test]
    fn loopback_means_the_runtimes_loopback() {
        let mut target = Target::parse("http://127.0.0.1:5/x").expect("url");
        assert!(!target.reach(None) && !target.reach(Some("localhost")));
        assert!(target.reach(Some("node-7")));
        assert_eq!(target.authority(), "node-7:5");
        assert!(!target.reach(Some("node-8")), "a target that is no loopback stays");
    }

    #[test]
    fn a_redirect_may_be_a_path_alone() {
        let target = Target::parse("http://node:5/x").expect("url");
        assert_eq!(target.redirect("/y").expect("url").uri("http"), "http://node:5/y");
        assert_eq!(target.redirect("https://other/z").expect("url").uri("wss"), "wss://other:443/z");
    }
}
