//! The flags of the commands that stream: exec, attach and port-forward.

use std::collections::BTreeMap;

use clap::Args;

use crate::error::Error;
use crate::stream::tls::Tls;
use crate::stream::{Dialer, Transport};

/// How streams are opened.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct StreamArgs {
    /// How streams are carried: spdy, websocket, or auto to try both in turn
    #[arg(long, short = 'r', value_name = "TRANSPORT", default_value = "spdy")]
    transport: String,
    #[command(flatten)]
    tls: TlsArgs,
}

/// How we check the server, and how we identify ourselves, when streams use TLS.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TlsArgs {
    /// Name that the streaming server's certificate must have
    #[arg(long, alias = "tls-server-name", value_name = "NAME", default_value = "localhost")]
    tls_sni: String,
    /// CA certificates to trust, PEM; by default the system's
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    tls_ca: String,
    /// Client certificate, PEM; with it, the streaming server's certificate is verified
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    tls_cert: String,
    /// Private key of the client certificate, PEM
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    tls_key: String,
}

impl TlsArgs {
    /// The TLS settings that these flags give.
    ///
    /// # Errors
    /// There is a certificate without its key, or a key without its certificate.
    pub(crate) fn tls(&self) -> Result<Tls, Error> {
        Tls::from_flags(&self.tls_ca, &self.tls_cert, &self.tls_key, &self.tls_sni)
    }
}

impl StreamArgs {
    /// Makes the opener of a runtime's streams. `runtime` is the host of the runtime's endpoint, if that is TCP.
    ///
    /// # Errors
    /// As [`TlsArgs::tls`].
    pub(crate) fn dialer(&self, env: &BTreeMap<String, String>, runtime: Option<&str>) -> Result<Dialer, Error> {
        Ok(Dialer {
            transport: Transport::from(self.transport.as_str()),
            tls: self.tls.tls()?,
            env: env.clone(),
            runtime: runtime.map(str::to_owned),
        })
    }
}
