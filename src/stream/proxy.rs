//! Proxies: which one the environment names for a target, and how to connect through it.

use std::collections::BTreeMap;
use std::io;

use http::Uri;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tower::ServiceExt;

use crate::error::Error;
use crate::stream::socket::{Stream, tcp};
use crate::stream::target::Target;
use crate::stream::tls::{self, Tls};

/// The proxy for a target, if the environment names one. A loopback target never has one.
pub(super) fn choose(target: &Target, env: &BTreeMap<String, String>) -> Option<Intercept> {
    let value = |name: &str| {
        let lower = env.get(&name.to_lowercase());
        env.get(name).or(lower).cloned().unwrap_or_default()
    };
    let excepted = exceptions(&value("NO_PROXY"), target);
    let matcher = || Matcher::builder().http(value("HTTP_PROXY")).https(value("HTTPS_PROXY")).no(excepted).build();
    // Go's rules know http and https; upstream treats everything that is not http as https.
    let uri: Uri = target.uri(if target.is_tls() { "https" } else { "http" }).parse().ok()?;
    if target.is_loopback() { None } else { matcher().intercept(&uri) }
}

/// The entries of NO_PROXY in the form of the matcher. Go's rules differ: `*` also means all addresses, an entry may
/// have a port, and an entry that begins with a dot does not cover the host itself.
fn exceptions(list: &str, target: &Target) -> String {
    let entries = list.split(',').map(str::trim).filter_map(|entry| {
        if entry == "*" {
            return Some("*,0.0.0.0/0,::/0");
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) if host.ends_with(']') || !host.contains(':') => (host, port.parse().ok()),
            _ => (entry, None),
        };
        let host = host.trim_start_matches(['*', '[']).trim_end_matches(']');
        let own = host.strip_prefix('.').is_some_and(|domain| domain.eq_ignore_ascii_case(&target.host));
        (port.is_none_or(|port: u16| port == target.port) && !own).then_some(host)
    });
    entries.collect::<Vec<_>>().join(",")
}

/// Opens a connection to a target through a proxy.
///
/// # Errors
/// The proxy can't be reached, or refuses the connection.
pub(super) async fn connect(proxy: &Intercept, target: &Target) -> Result<Box<dyn Stream>, Error> {
    let failed = |reason: &dyn std::fmt::Display| {
        Error::failure(format!("cannot connect to {target} through the proxy {}: {reason}", proxy.uri()))
            .hint("hosts in NO_PROXY are reached directly")
    };
    let destination: Uri = target.uri("http").parse().map_err(|error| failed(&error))?;
    let connector = tower::service_fn(reach);
    let socket = match proxy.uri().scheme_str() {
        Some("socks5" | "socks5h") => {
            let mut socks = SocksV5::new(proxy.uri().clone(), connector);
            if let Some((user, password)) = proxy.raw_auth() {
                socks = socks.with_auth(user.to_owned(), password.to_owned());
            }
            socks.oneshot(destination).await.map_err(|error| failed(&error))?
        }
        Some("http" | "https") => {
            let mut tunnel = Tunnel::new(proxy.uri().clone(), connector);
            if let Some(credentials) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(credentials.clone());
            }
            tunnel.oneshot(destination).await.map_err(|error| failed(&error))?
        }
        _ => return Err(failed(&"a proxy must be http, https or socks5")),
    };
    Ok(Box::new(socket.into_inner()))
}

/// A connection to the proxy itself.
async fn reach(proxy: Uri) -> io::Result<TokioIo<Box<dyn Stream>>> {
    let host = proxy.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let secure = proxy.scheme_str() == Some("https");
    let default = match proxy.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => 1080,
    };
    let socket: Box<dyn Stream> = Box::new(tcp(host, proxy.port_u16().unwrap_or(default)).await?);
    if !secure {
        return Ok(TokioIo::new(socket));
    }
    let target = Target::parse(&proxy.to_string()).map_err(|error| io::Error::other(error.line()))?;
    let socket = tls::connect(socket, &target, &Tls::System).await;
    socket.map(TokioIo::new).map_err(|error| io::Error::other(error.line()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(url: &str, env: &[(&str, &str)]) -> Option<String> {
        let env = env.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        choose(&Target::parse(url).expect("url"), &env).map(|proxy| proxy.uri().to_string())
    }

    #[test]
    fn each_scheme_has_its_own_proxy() {
        let env = [("HTTP_PROXY", "http://one:1"), ("https_proxy", "socks5://two:2")];
        assert_eq!(chosen("http://node:5/", &env).as_deref(), Some("http://one:1/"));
        assert_eq!(chosen("https://node:5/", &env).as_deref(), Some("socks5://two:2/"));
        assert_eq!(chosen("http://node:5/", &[]), None);
    }

    #[test]
    fn loopback_and_excepted_hosts_are_reached_directly() {
        let env = [("HTTP_PROXY", "http://one:1"), ("NO_PROXY", "10.0.0.0/8, .example,*.org,whole,one:5,fd00::1")];
        assert_eq!(chosen("http://127.0.0.1:5/", &env), None);
        assert_eq!(chosen("http://[::1]:5/", &env), None);
        assert_eq!(chosen("http://10.1.2.3:5/", &env), None);
        assert_eq!(chosen("http://node.example:5/", &env), None);
        assert_eq!(chosen("http://node.org:5/", &env), None);
        assert_eq!(chosen("http://part.whole:5/", &env), None);
        assert_eq!(chosen("http://one:5/", &env), None);
        assert_eq!(chosen("http://[fd00::1]:5/", &env), None);
        for elsewhere in ["node.test:5", "example:5", "one:6", "11.1.2.3:5", "[fd00::2]:5"] {
            assert!(chosen(&format!("http://{elsewhere}/"), &env).is_some(), "{elsewhere}");
        }
    }

    #[test]
    fn a_star_excepts_everything() {
        for host in ["node", "10.1.2.3", "[fd00::2]"] {
            let env = [("HTTP_PROXY", "http://one:1"), ("NO_PROXY", "*")];
            assert_eq!(chosen(&format!("http://{host}:5/"), &env), None, "{host}");
        }
    }
}
