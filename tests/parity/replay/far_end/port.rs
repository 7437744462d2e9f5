//! Forwarded ports: each connection is a pair of streams, for data and for errors.

use std::collections::BTreeMap;
use std::io;

use super::super::text;
use super::record::Record;
use super::script::{Port, Script};
use super::spdy::{Connection, Event, Headers};

/// Serves the ports until the client leaves.
pub(crate) async fn serve(mut connection: Connection, script: &Script, record: &Record) -> io::Result<()> {
    record.set("ports", serde_json::json!([]));
    let mut pairs = BTreeMap::<String, Pair>::new();
    while let Some(event) = connection.events.recv().await {
        match event {
            Event::Opened { id, headers } => {
                let request = headers.get("requestid").cloned().unwrap_or_default();
                let pair = pairs.entry(request).or_default();
                pair.open(id, &headers, script);
                if pair.data == Some(id) {
                    record.push("ports", &pair.name);
                }
                pair.fail(&connection).await?;
            }
            Event::Data { id, data, fin } => {
                let pair = pairs.values_mut().find(|pair| pair.data == Some(id));
                if let Some(pair) = pair {
                    pair.answer(&connection, &data, fin, record).await?;
                }
            }
        }
    }
    Ok(())
}

/// One connection to a port.
#[derive(Default)]
struct Pair {
    name: String,
    port: Port,
    data: Option<u32>,
    error: Option<u32>,
    received: Vec<u8>,
}

impl Pair {
    fn open(&mut self, id: u32, headers: &Headers, script: &Script) {
        let header = |name: &str| headers.get(name).map_or("", String::as_str);
        self.name = header("port").to_owned();
        let echo = || Port { echo: true, ..Port::default() };
        self.port = script.ports.get(&self.name).cloned().unwrap_or_else(echo);
        match header("streamtype") {
            "data" => self.data = Some(id),
            _ => self.error = Some(id),
        }
    }

    /// Reports the failure of the port, if it has one, as soon as both streams are open.
    async fn fail(&self, connection: &Connection) -> io::Result<()> {
        if let (Some(message), Some(data), Some(error)) = (&self.port.error, self.data, self.error) {
            connection.send(error, message.as_bytes(), true).await?;
            connection.send(data, &[], true).await?;
        }
        Ok(())
    }

    async fn answer(&mut self, connection: &Connection, data: &[u8], fin: bool, record: &Record) -> io::Result<()> {
        let (Some(id), None) = (self.data, &self.port.error) else {
            return Ok(());
        };
        self.received.extend_from_slice(data);
        if self.port.echo {
            connection.send(id, data, false).await?;
        }
        if fin {
            connection.send(id, self.port.reply.as_bytes(), true).await?;
            record.push("received", &text::from_bytes(&self.received));
            if let Some(error) = self.error {
                connection.send(error, &[], true).await?;
            }
        }
        Ok(())
    }
}
