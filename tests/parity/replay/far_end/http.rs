//! The request for an upgrade, and the answer to it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine};
use sha1::{Digest, Sha1};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::record::Records;
use super::script::{Refusal, Script};
use super::wire::Wire;
use super::{Stream, port, session, spdy, websocket};

/// The protocols of exec and attach, the best first.
const CHANNELS: [&str; 5] =
    ["v5.channel.k8s.io", "v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];
const PORT_FORWARD: &str = "portforward.k8s.io";
/// Port forwarding as SPDY inside a WebSocket.
const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";

/// Serves one connection.
pub(crate) async fn serve(mut stream: Stream, script: &Script, records: &Arc<Records>) -> io::Result<()> {
    let request = Request::read(&mut stream).await?;
    let record = records.open(request.transport(), &request.path);
    if let Some(refusal) = &script.http {
        return refuse(&mut stream, refusal).await;
    }
    match request.transport() {
        "spdy" => {
            let Some(protocol) = upgrade_to_spdy(&mut stream, &request, script).await? else {
                return Ok(());
            };
            if protocol == PORT_FORWARD {
                port::serve(spdy::Connection::new(stream), script, &record).await
            } else {
                let wire = Wire::spdy(stream);
                session::play(wire, script, &protocol, &record).await
            }
        }
        "websocket" => {
            let Some(protocol) = upgrade_to_websocket(&mut stream, &request, script).await? else {
                return Ok(());
            };
            if protocol == TUNNEL {
                let stream = websocket::tunnel(stream);
                port::serve(spdy::Connection::new(stream), script, &record).await
            } else {
                let wire = Wire::websocket(stream);
                session::play(wire, script, &protocol, &record).await
            }
        }
        _ => {
            let refusal =
                Refusal { status: 400, body: "expected an upgrade".to_owned(), content_type: "text/plain".to_owned() };
            refuse(&mut stream, &refusal).await
        }
    }
}

/// The head of a request.
struct Request {
    path: String,
    headers: BTreeMap<String, Vec<String>>,
}

impl Request {
    async fn read(stream: &mut Stream) -> io::Result<Self> {
        let mut head = Vec::new();
        // Byte by byte: what follows the head is for somebody else.
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head);
        let mut lines = head.lines();
        let path = lines.next().and_then(|line| line.split(' ').nth(1));
        let mut headers = BTreeMap::<_, Vec<_>>::new();
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let values = value.split(',').map(|value| value.trim().to_owned());
            headers.entry(name.trim().to_ascii_lowercase()).or_default().extend(values);
        }
        Ok(Self { path: path.unwrap_or_default().to_owned(), headers })
    }

    fn values(&self, name: &str) -> &[String] {
        self.headers.get(name).map_or(&[], Vec::as_slice)
    }

    fn transport(&self) -> &'static str {
        let upgrade = self.values("upgrade").join(",").to_ascii_lowercase();
        if upgrade.contains("websocket") {
            "websocket"
        } else if upgrade.contains("spdy") {
            "spdy"
        } else {
            "http"
        }
    }
}

/// The first protocol of ours that the client offers.
fn choose(script: &Script, offered: &[String]) -> Option<String> {
    let all = || CHANNELS.iter().copied().chain([PORT_FORWARD]);
    let ours = script.protocols.clone();
    let ours = ours.unwrap_or_else(|| all().map(str::to_owned).collect());
    if ours.iter().any(|ours| ours == PORT_FORWARD) && offered.iter().any(|name| name == TUNNEL) {
        return Some(TUNNEL.to_owned());
    }
    ours.into_iter().find(|ours| offered.contains(ours))
}

async fn refuse(stream: &mut Stream, refusal: &Refusal) -> io::Result<()> {
    let Refusal { status, body, content_type } = refusal;
    let answer = format!(
        "HTTP/1.1 {status} Refused\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.flush().await
}

async fn upgrade_to_spdy(stream: &mut Stream, request: &Request, script: &Script) -> io::Result<Option<String>> {
    let offered = request.values("x-stream-protocol-version");
    let protocol = choose(script, offered);
    if protocol.is_none() && !offered.is_empty() {
        let refusal = Refusal {
            status: 403,
            body: "unable to upgrade: no supported protocol".to_owned(),
            content_type: "text/plain".to_owned(),
        };
        refuse(stream, &refusal).await?;
        return Ok(None);
    }
    let chosen =
        protocol.as_ref().map_or_else(String::new, |protocol| format!("X-Stream-Protocol-Version: {protocol}\r\n"));
    let answer =
        format!("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n{chosen}\r\n");
    stream.write_all(answer.as_bytes()).await?;
    stream.flush().await?;
    // A client that names none speaks the oldest.
    Ok(Some(protocol.unwrap_or_else(|| CHANNELS[4].to_owned())))
}

async fn upgrade_to_websocket(stream: &mut Stream, request: &Request, script: &Script) -> io::Result<Option<String>> {
    let Some(protocol) = choose(script, request.values("sec-websocket-protocol")) else {
        let refusal = Refusal { status: 403, body: String::new(), content_type: "text/plain".to_owned() };
        refuse(stream, &refusal).await?;
        return Ok(None);
    };
    // RFC 6455, 4.2.2
    let key = request.values("sec-websocket-key").concat() + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    let accept = BASE64_STANDARD.encode(Sha1::digest(key));
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.flush().await?;
    Ok(Some(protocol))
}
