//! TLS to a streaming server: rustls with ring. The flags say which servers to trust.

use std::fmt::Display;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{self, CryptoProvider};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{self, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::error::Error;
use crate::stream::socket::Stream;
use crate::stream::target::Target;

/// Which servers a TLS connection trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    /// Any server: the runtime gave us the URL over its own socket, and the certificate is usually self-signed.
    Unverified,
    /// Servers with a certificate from the system's roots.
    System,
    /// A server with this name; it also checks our certificate.
    Mutual { ca: Option<String>, cert: String, key: String, name: String },
}

impl Tls {
    /// The trust that the flags ask for; an empty flag counts as not given.
    ///
    /// # Errors
    /// Only some of them were given.
    pub(crate) fn from_flags(ca: &str, cert: &str, key: &str, name: &str) -> Result<Self, Error> {
        if ca.is_empty() && cert.is_empty() && key.is_empty() {
            return Ok(Self::Unverified);
        }
        if cert.is_empty() || key.is_empty() {
            return Err(Error::failure(
                "--tls-cert and --tls-key are required for TLS streaming, only --tls-ca is optional",
            ));
        }
        let ca = (!ca.is_empty()).then(|| ca.to_owned());
        Ok(Self::Mutual { ca, cert: cert.to_owned(), key: key.to_owned(), name: name.to_owned() })
    }
}

/// Makes a socket a TLS connection.
///
/// # Errors
/// A file named by a flag can't be read, or one side doesn't trust the other.
pub(super) async fn connect(socket: Box<dyn Stream>, target: &Target, tls: &Tls) -> Result<Box<dyn Stream>, Error> {
    let name = match tls {
        Tls::Mutual { name, .. } => name,
        Tls::Unverified | Tls::System => &target.host,
    };
    let name = ServerName::try_from(name.clone()).map_err(|error| failed(format!("--tls-sni {name:?}"), &error))?;
    let connector = TlsConnector::from(Arc::new(config(tls)?));
    let socket = connector.connect(name, socket).await;
    Ok(Box::new(socket.map_err(|error| failed(format!("TLS with {target}"), &error))?))
}

fn config(tls: &Tls) -> Result<ClientConfig, Error> {
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed("TLS", &error))?;
    match tls {
        Tls::Unverified => {
            let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)));
            Ok(builder.with_no_client_auth())
        }
        Tls::System => Ok(builder.with_root_certificates(roots(None)?).with_no_client_auth()),
        Tls::Mutual { ca, cert, key, .. } => {
            let chain = certificates("--tls-cert", cert)?;
            let secret =
                PrivateKeyDer::from_pem_file(key).map_err(|error| failed(format!("--tls-key {key}"), &error))?;
            let builder = builder.with_root_certificates(roots(ca.as_deref())?);
            builder.with_client_auth_cert(chain, secret).map_err(|error| failed(format!("--tls-key {key}"), &error))
        }
    }
}

fn roots(ca: Option<&str>) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    let found = match ca {
        Some(ca) => certificates("--tls-ca", ca)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    // A system's store often has a few unreadable certificates; if all are, the handshake reports it.
    roots.add_parsable_certificates(found);
    Ok(roots)
}

fn certificates(flag: &str, path: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let what = format!("{flag} {path}");
    let found = CertificateDer::pem_file_iter(path).map_err(|error| failed(&what, &error))?;
    let found: Vec<_> = found.collect::<Result<_, _>>().map_err(|error| failed(&what, &error))?;
    if found.is_empty() { Err(failed(&what, &"no certificate in it")) } else { Ok(found) }
}

fn failed(what: impl Display, cause: &dyn Display) -> Error {
    Error::failure(format!("{what}: {cause}"))
}

/// Accepts every certificate; the signatures of the handshake must still be valid.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls12_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls13_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_needs_its_key_and_a_key_its_certificate() {
        assert_eq!(Tls::from_flags("", "", "", "localhost").expect("flags"), Tls::Unverified);
        for (ca, cert, key) in [("a", "", ""), ("", "c", ""), ("", "", "k"), ("a", "c", "")] {
            let error = Tls::from_flags(ca, cert, key, "localhost").expect_err("flags");
            assert!(error.cause().starts_with("--tls-cert and --tls-key are required"));
        }
        assert!(matches!(Tls::from_flags("", "c", "k", "n"), Ok(Tls::Mutual { ca: None, .. })));
    }

    #[test]
    fn a_missing_file_is_named() {
        let tls = Tls::from_flags("", "no-such.pem", "no-such.key", "localhost").expect("flags");
        assert!(config(&tls).is_err_and(|error| error.cause().contains("--tls-cert no-such.pem")));
    }
}
