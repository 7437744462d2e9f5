//! Proxies that the environment names.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use serde_json::json;

use super::front::{Fate, Front, request};
use super::{Far, run, runtime};

/// A host that only a proxy knows.
const HOST: &str = "node.invalid:1234";

/// A proxy that leads to a far end, wherever it is asked to lead.
fn proxy(far: &Far) -> Front {
    let port = far.port();
    Front::serve(request, move |_| Fate::Joined("HTTP/1.1 200 OK\r\n\r\n", port))
}

fn far() -> Far {
    Far::start(json!({"chunks": [["stdout", "through\n"]]}))
}

#[test]
fn streams_go_through_the_proxy_of_their_scheme() {
    for (scheme, variable, script) in [
        ("http", "HTTP_PROXY", json!({"chunks": [["stdout", "through\n"]]})),
        ("http", "http_proxy", json!({"chunks": [["stdout", "through\n"]]})),
        ("https", "HTTPS_PROXY", json!({"chunks": [["stdout", "through\n"]], "tls": true})),
        ("https", "https_proxy", json!({"chunks": [["stdout", "through\n"]], "tls": true})),
    ] {
        let far = Far::start(script);
        let proxy = proxy(&far);
        let fake = runtime(&format!("{scheme}://{HOST}/exec/token"));
        for transport in super::TRANSPORTS {
            let env = [(variable, &*format!("http://127.0.0.1:{}", proxy.port))];
            let output = run(&fake, ["exec", "-r", transport, "a", "id"], &env);
            assert_eq!(output.all(), ("through\n", String::new(), 0), "{scheme} {variable} {transport}");
        }
        let heads = proxy.heads();
        assert_eq!(heads.len(), 2);
        assert!(heads.iter().all(|head| head.starts_with(&format!("CONNECT {HOST} HTTP/1.1\r\n"))), "{heads:?}");
        assert!(far.records().iter().all(|record| record["path"] == "/exec/token"));
    }
}

#[test]
fn a_proxy_is_shown_its_password_and_nobody_else() {
    let far = far();
    let proxy = proxy(&far);
    let fake = runtime(&format!("http://{HOST}/exec/token"));
    let env = [("HTTP_PROXY", &*format!("http://ada:lovelace@127.0.0.1:{}", proxy.port))];
    assert_eq!(run(&fake, ["exec", "a", "id"], &env).all(), ("through\n", String::new(), 0));
    let head = proxy.heads().concat().to_ascii_lowercase();
    assert!(head.contains("proxy-authorization: basic ywrhomxvdmvsywnl"), "{head}");

    let closed = Front::serve(request, |_| Fate::Answered("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"));
    let env = [("HTTP_PROXY", &*format!("http://ada:byron@127.0.0.1:{}", closed.port))];
    let output = run(&fake, ["--debug", "exec", "a", "id"], &env);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    let start = format!("cannot connect to http://{HOST} through the proxy http://127.0.0.1:{}", closed.port);
    assert!(output.stderr.contains(&start), "{output:?}");
    assert!(output.stderr.contains("hosts in NO_PROXY are reached directly"), "{output:?}");
    assert!(!output.stderr.contains("byron"), "{output:?}");
}

#[test]
fn a_socks_proxy_is_told_the_name() {
    let far = far();
    let port = far.port();
    let answer = "\x05\0\0\x01\0\0\0\0\0\0";
    let proxy = Front::serve(socks, move |_| Fate::Joined(answer, port));
    let fake = runtime(&format!("http://{HOST}/exec/token"));
    let env = [("HTTP_PROXY", &*format!("socks5://127.0.0.1:{}", proxy.port))];
    assert_eq!(run(&fake, ["exec", "a", "id"], &env).all(), ("through\n", String::new(), 0));
    assert_eq!(proxy.heads(), ["node.invalid\x04\u{fffd}"], "the name, and the port behind it");
}

#[test]
fn loopback_and_what_no_proxy_names_is_reached_directly() {
    let (far, proxy) = (far(), Front::serve(request, |_| Fate::Answered("HTTP/1.1 502 Bad Gateway\r\n\r\n")));
    let address = format!("http://127.0.0.1:{}", proxy.port);
    // This machine under an address that is not loopback's.
    for (host, no_proxy, is_direct) in [
        ("127.0.0.1", "", true),
        ("localhost", "", true),
        ("0.0.0.0", "", false),
        ("0.0.0.0", "example.com,0.0.0.0", true),
        ("0.0.0.0", "0.0.0.0/8", true),
        ("0.0.0.0", "*", true),
        ("0.0.0.0", "10.0.0.0/8", false),
    ] {
        let fake = runtime(&format!("http://{host}:{}/exec/token", far.port()));
        let output = run(&fake, ["exec", "a", "id"], &[("HTTP_PROXY", &address), ("NO_PROXY", no_proxy)]);
        let expected = if is_direct { ("through\n", 0) } else { ("", 1) };
        assert_eq!((output.stdout.as_str(), output.status), expected, "{host} {no_proxy}: {output:?}");
    }
    assert_eq!(proxy.heads().len(), 2);
}

/// What a client asks a SOCKS proxy for: the host's name and its port.
fn socks(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut greeting = [0; 2];
    client.read_exact(&mut greeting)?;
    client.read_exact(&mut vec![0; usize::from(greeting[1])])?;
    client.write_all(&[5, 0])?;
    let mut head = [0; 5];
    client.read_exact(&mut head)?;
    assert_eq!(head[..4], [5, 1, 0, 3], "a connection to a name");
    let mut address = vec![0; usize::from(head[4]) + 2];
    client.read_exact(&mut address)?;
    Ok(address)
}
