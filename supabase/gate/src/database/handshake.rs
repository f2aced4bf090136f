//! TLS on a stream to a server, and what a failure of it means.

use std::{
    future::{Ready, ready},
    io,
};

use anyhow::{Context as _, Error, Result};
use rustls::{AlertDescription, ClientConfig, pki_types::ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{dial::Address, settings::Host};

/// To a server, encrypted or not.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// For SNI. What is no DNS name has none; whether a certificate is good for it, the verifier says.
pub fn name(host: &Host, address: &Address) -> String {
    let name = host.name_or_address();
    match address {
        Address::Tcp(address) if ServerName::try_from(name.as_str()).is_err() => address.ip().to_string(),
        _ => name,
    }
}

/// Whether one side does not accept the other's certificate. libpq goes on without TLS then, if `sslmode` lets it.
pub fn is_about_a_certificate(error: &Error) -> bool {
    use AlertDescription::{
        AccessDenied, BadCertificate, CertificateExpired, CertificateRequired, CertificateRevoked, CertificateUnknown,
        UnknownCA, UnsupportedCertificate,
    };
    let causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref());
    causes.into_iter().any(|cause: &rustls::Error| match cause {
        rustls::Error::InvalidCertificate(_) => true,
        rustls::Error::AlertReceived(alert) => matches!(
            alert,
            AccessDenied
                | BadCertificate
                | CertificateExpired
                | CertificateRequired
                | CertificateRevoked
                | CertificateUnknown
                | UnknownCA
                | UnsupportedCertificate
        ),
        _ => false,
    })
}

pub async fn encrypted(
    stream: Box<dyn Stream>,
    name: String,
    config: ClientConfig,
) -> Result<impl Stream + TlsStream + 'static> {
    let mut rustls = MakeRustlsConnect::new(config);
    let connector = MakeTlsConnect::<Box<dyn Stream>>::make_tls_connect(&mut rustls, &name)?;
    let speaks = "no TLS with the server: spoken here are TLS 1.2 and 1.3 with ephemeral keys, and certificates of RSA, \
        P-256, P-384 or Ed25519";
    connector.connect(stream).await.context(speaks)
}

/// For a stream that is encrypted already.
pub struct Encrypted;

impl<S: TlsStream + Unpin> TlsConnect<S> for Encrypted {
    type Stream = S;
    type Error = io::Error;
    type Future = Ready<io::Result<S>>;

    fn connect(self, stream: S) -> Self::Future {
        ready(Ok(stream))
    }
}
