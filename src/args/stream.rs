//! The flags of the commands that stream: exec, attach and port-forward.

use std::collections::BTreeMap;

use clap::Args;

use crate::error::Error;
use crate::stream::Dialer;
use crate::stream::tls::Tls;

/// How streams are opened.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct StreamArgs {
    /// How streams are carried: spdy, websocket, or auto to try one after the other
    #[arg(long, short = 'r', value_name = "TRANSPORT", default_value = "spdy")]
    transport: String,
    #[command(flatten)]
    tls: TlsArgs,
}

/// Whom we believe, and who we are, where streams are served over TLS.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TlsArgs {
    /// Name that the streaming server's certificate must have
    #[arg(long, alias = "tls-server-name", value_name = "NAME", default_value = "localhost")]
    tls_sni: String,
    /// Certificates to believe, PEM; without it the system's
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    tls_ca: String,
    /// Our certificate, PEM; with it the streaming server's is verified
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    tls_cert: String,
    /// The key of our certificate, PEM
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    tls_key: String,
}

impl TlsArgs {
    /// What these flags say.
    ///
    /// # Errors
    /// A certificate without its key, or a key without its certificate.
    pub(crate) fn tls(&self) -> Result<Tls, Error> {
        Tls::from_flags(&self.tls_ca, &self.tls_cert, &self.tls_key, &self.tls_sni)
    }
}

impl StreamArgs {
    /// What opens the streams of a runtime. `runtime` is the host on which it is called, if that is by TCP.
    ///
    /// # Errors
    /// As [`TlsArgs::tls`].
    pub(crate) fn dialer(&self, env: &BTreeMap<String, String>, runtime: Option<&str>) -> Result<Dialer, Error> {
        Ok(Dialer {
            transport: self.transport.clone(),
            tls: self.tls.tls()?,
            env: env.clone(),
            runtime: runtime.map(str::to_owned),
        })
    }
}
