//! From a target to an open connection: TCP, a proxy if one is configured, and TLS if the URL says so.

use std::collections::BTreeMap;
use std::io;

use crate::error::{Error, lower};
use crate::stream::socket::{Stream, tcp};
use crate::stream::target::Target;
use crate::stream::tls::Tls;
use crate::stream::{proxy, tls};

/// Opens a connection.
///
/// # Errors
/// Nobody listens there, the proxy refuses, or TLS fails: because of a certificate, or a file that can't be read.
pub(crate) async fn dial(target: &Target, tls: &Tls, env: &BTreeMap<String, String>) -> Result<Box<dyn Stream>, Error> {
    let failed = |error: &io::Error| Error::failure(format!("cannot connect to {target}: {}", lower(error)));
    let socket: Box<dyn Stream> = match proxy::choose(target, env) {
        Some(proxy) => proxy::connect(&proxy, target).await?,
        None => Box::new(tcp(&target.host, target.port).await.map_err(|error| failed(&error))?),
    };
    match target.is_tls() {
        true => tls::connect(socket, target, tls).await,
        false => Ok(socket),
    }
}
