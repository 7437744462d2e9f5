//! `crictl port-forward`: makes ports of a pod available on this machine.

use std::cell::Cell;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use futures_util::StreamExt;
use futures_util::future::select_all;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpListener;

use crate::args::go::Parsed;
use crate::args::stream::StreamArgs;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::{Error, lower};
use crate::generated::cri::PortForwardRequest;
use crate::stream::TRANSPORTS;
use crate::stream::portforward::forward;
use crate::stream::spdy::Connection;
use crate::stream::stdio::{Lines, Output};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "port-forward",
    about: "Forward local ports to a pod",
    usage: "[flags] POD-ID [LOCAL:]REMOTE...",
    words: 2..=usize::MAX,
    example: "crictl port-forward be3fba1dc3a2 8080:80    # :80 takes a free local port",
    grouping: false,
    arguments: PortForwardArgs::augment_args,
    values: &[("transport", TRANSPORTS)],
    calls: &["PortForward"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct PortForwardArgs {
    /// Address to listen on; may be repeated. localhost is 127.0.0.1 and ::1
    #[arg(long, value_name = "ADDRESS", default_value = "localhost")]
    address: Vec<String>,
    #[command(flatten)]
    stream: StreamArgs,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let (id, words) = (parsed.word(0), parsed.positionals.get(1..).unwrap_or_default());
    if id.is_empty() {
        return Err(Error::failure("ID cannot be empty: port-forward needs the id of a pod"));
    }
    let args: PortForwardArgs = args(parsed)?;
    let addresses = addresses(&args.address)?;
    let runtime = ctx.runtime().await?;
    let dialer = args.stream.dialer(&ctx.env, runtime.0.endpoint().host())?;
    let url = async || {
        let url = runtime.port_forward(request(id)).await?.url;
        ports(words)?;
        Ok(url)
    };
    let forwarding = |error: Error| error.context(format!("forwarding ports of pod {id}"));
    let connection = dialer.forward(url).await.map_err(forwarding)?;
    let listeners = listen(ctx, &ports(words)?, &addresses).await.map_err(forwarding)?;
    ctx.stops_cleanly = true;
    let out = Output::share(ctx.io.out);
    let (lines, written) = out.lines();
    let ended = tokio::select! {
        lost = connection.lost() => Err(forwarding(lost)),
        never = serve(ctx, &connection, listeners, &lines) => match never {},
        // Only an output that can't be written ends this before the last line.
        ended = written => ended.map(drop).map_err(Error::from),
    };
    out.give_back(ctx.io.out);
    ended
}

fn request(id: &str) -> PortForwardRequest {
    // Upstream names no port here, and runtimes take the port from the streams' headers.
    PortForwardRequest { pod_sandbox_id: id.to_owned(), ..Default::default() }
}

/// A pair of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ports {
    /// 0 means any free port.
    local: u16,
    remote: u16,
}

fn ports(words: &[String]) -> Result<Vec<Ports>, Error> {
    words.iter().map(|word| pair(word)).collect()
}

/// `REMOTE`, `LOCAL:REMOTE` or `:REMOTE`.
fn pair(word: &str) -> Result<Ports, Error> {
    let (local, remote) = word.split_once(':').unwrap_or((word, word));
    if remote.contains(':') {
        return Err(Error::failure(format!("invalid port format '{word}': expected [LOCAL:]REMOTE")));
    }
    let local = if word.starts_with(':') { 0 } else { port("local", local)? };
    match port("remote", remote)? {
        0 => Err(Error::failure("remote port must be > 0")),
        remote => Ok(Ports { local, remote }),
    }
}

fn port(side: &str, text: &str) -> Result<u16, Error> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = if digits { text.parse().ok() } else { None };
    port.ok_or_else(|| Error::failure(format!("error parsing {side} port '{text}': a port is a number up to 65535")))
}

fn addresses(words: &[String]) -> Result<Vec<IpAddr>, Error> {
    let mut addresses = Vec::new();
    for word in words {
        match word.as_str() {
            "localhost" => addresses.extend([IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()]),
            word => {
                let wrong = |_| Error::failure(format!("--address {word:?} is not an IP address"));
                addresses.push(word.parse().map_err(wrong)?);
            }
        }
    }
    Ok(addresses)
}

/// Listens on each address that this machine has, for each pair of ports.
async fn listen(
    ctx: &mut Context<'_>,
    ports: &[Ports],
    addresses: &[IpAddr],
) -> Result<Vec<(TcpListener, Ports)>, Error> {
    let mut listeners = Vec::new();
    for pair in ports {
        let (mut local, mut failures) = (pair.local, Vec::new());
        for address in addresses {
            match bind(SocketAddr::new(*address, local)).await {
                Ok((listener, bound)) => {
                    // A free port that was found for one address is used for all addresses.
                    local = bound.port();
                    ctx.line(&format!("Forwarding from {bound} -> {}", pair.remote))?;
                    listeners.push((listener, Ports { local, ..*pair }));
                }
                Err(error) => failures.push(format!("{address}: {}", lower(&error))),
            }
        }
        if failures.len() == addresses.len() {
            ctx.error(format!("unable to listen on port {}: {}", pair.local, failures.join(", ")));
        }
    }
    match listeners.is_empty() {
        true => Err(Error::failure("unable to listen on any of the requested ports")),
        false => Ok(listeners),
    }
}

async fn bind(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

/// How long to stop accepting connections after accepting failed, unless a connection ends earlier.
const PAUSE: Duration = Duration::from_millis(500);

/// Forwards every connection until a signal ends the command.
async fn serve(
    ctx: &Context<'_>,
    connection: &Connection,
    listeners: Vec<(TcpListener, Ports)>,
    lines: &Lines,
) -> Infallible {
    let (requests, said) = (Cell::new(0), Cell::new(None));
    let handle = async |socket, ports: Ports| {
        let request = requests.replace(requests.get() + 1);
        lines.say(format!("Handling connection for {}", ports.local)).await;
        forward(connection, socket, ports.remote, request).await
    };
    let served = listeners.into_iter().map(async |(listener, ports): (TcpListener, Ports)| -> Infallible {
        let mut connections = FuturesUnordered::new();
        let mut paused = false;
        loop {
            tokio::select! {
                accepted = listener.accept(), if !paused => match accepted {
                    Ok((socket, _)) => connections.push(handle(socket, ports)),
                    // Most likely too many files are open. Waiting clients stay in the queue until a file is free.
                    Err(error) => {
                        paused = true;
                        if said.replace(error.raw_os_error()) != error.raw_os_error() {
                            let reason = format!("accepting on port {}: {}", ports.local, lower(&error));
                            ctx.error(format!("{reason}; trying again when a connection ends"));
                        }
                    }
                },
                () = tokio::time::sleep(PAUSE), if paused => paused = false,
                Some(ended) = connections.next(), if !connections.is_empty() => {
                    paused = false;
                    // The failure of one connection does not affect the others.
                    if let Err(error) = ended {
                        let context = format!("forwarding {} -> {}", ports.local, ports.remote);
                        ctx.failed(&error.context(context));
                    }
                }
            }
        }
    });
    select_all(served.map(Box::pin)).await.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_a_pair_or_one_for_both() {
        assert_eq!(pair("80").expect("ports"), Ports { local: 80, remote: 80 });
        assert_eq!(pair("8080:80").expect("ports"), Ports { local: 8080, remote: 80 });
        assert_eq!(pair(":80").expect("ports"), Ports { local: 0, remote: 80 });
        assert_eq!(pair("0:80").expect("ports"), Ports { local: 0, remote: 80 });
    }

    #[test]
    fn what_is_no_port_is_named() {
        for (word, cause) in [
            ("abc", "error parsing local port 'abc'"),
            ("1:2:3", "invalid port format '1:2:3'"),
            ("70000", "error parsing local port '70000'"),
            ("80:", "error parsing remote port ''"),
            (":", "error parsing remote port ''"),
            ("0", "remote port must be > 0"),
            ("+1", "error parsing local port '+1'"),
            ("", "error parsing local port ''"),
        ] {
            let error = pair(word).expect_err(word);
            assert!(error.cause().starts_with(cause), "{word}: {}", error.cause());
        }
    }

    #[test]
    fn localhost_is_both_loopbacks() {
        let words = ["localhost".to_owned(), "10.0.0.1".to_owned()];
        assert_eq!(addresses(&words).expect("addresses").len(), 3);
        assert!(addresses(&["nowhere".to_owned()]).is_err());
    }
}
