//! TLS with the keys made for these tests.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::super::Result;
use super::script::{Client, Script, Tls};

/// What wraps the connections of a script that wants TLS.
pub(crate) fn acceptor(script: &Script, keys: &Path) -> Result<Option<TlsAcceptor>> {
    let config = match &script.tls {
        Tls::Server(false) => return Ok(None),
        Tls::Server(true) => ServerConfig::builder().with_no_client_auth(),
        Tls::Both(Client::Client) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_file(keys.join("ca.pem"))?)?;
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build()?;
            ServerConfig::builder().with_client_cert_verifier(verifier)
        }
    };
    let chain = CertificateDer::pem_file_iter(keys.join("server.pem"))?;
    let key = PrivateKeyDer::from_pem_file(keys.join("server.key"))?;
    let config = config.with_single_cert(chain.collect::<std::result::Result<_, _>>()?, key)?;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}
