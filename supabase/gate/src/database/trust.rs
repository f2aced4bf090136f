//! Whether a server's certificate is trusted, as OpenSSL decides it for libpq.
//!
//! webpki builds and verifies the chains. It refuses on principle two shapes that OpenSSL takes, and that `openssl req -x509`
//! and `openssl x509 -req` make: a certificate that is its own root, and one that is a CA or has no extensions. Those are
//! verified here, without intermediates.

use std::{fmt, sync::Arc};

use anyhow::{Result, ensure};
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature_with_raw_key},
    pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, SubjectPublicKeyInfoDer, UnixTime},
};
use x509_parser::{
    certificate::X509Certificate, extensions::ParsedExtension, oid_registry::OID_PKCS1_SHA1WITHRSA,
    prelude::FromDer as _, time::ASN1Time, x509::X509Version,
};

use super::names;

/// What is verified, for a connection.
#[derive(Debug)]
pub struct Verifier {
    /// Without any, it is not verified where the certificate comes from.
    pub roots: Option<Roots>,
    /// Whom it has to be for, where that is looked at.
    pub name: Option<String>,
    /// What verifies signatures.
    pub provider: Arc<CryptoProvider>,
}

/// Certificates that are trusted.
#[derive(Debug)]
pub struct Roots {
    /// Those of themselves. As for OpenSSL, a chain ends with one.
    own: Vec<CertificateDer<'static>>,
    /// The others of the file: they complete a chain.
    between: Vec<CertificateDer<'static>>,
    crls: Vec<CertificateRevocationListDer<'static>>,
}

/// A reason of ours, for [`CertificateError::Other`].
#[derive(Debug)]
struct Reason(String);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Reason {}

fn refused(reason: impl Into<String>) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(Reason(reason.into())))))
}

fn parsed<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, Error> {
    let read = X509Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding.into());
    read.map(|(_, certificate)| certificate)
}

impl Roots {
    /// Those of a file, or of the system.
    pub fn new(
        certificates: Vec<CertificateDer<'static>>,
        crls: Vec<CertificateRevocationListDer<'static>>,
    ) -> Result<Self> {
        let of_itself = |certificate: &CertificateDer<'static>| {
            parsed(certificate).is_ok_and(|certificate| certificate.subject() == certificate.issuer())
        };
        let (own, between): (Vec<_>, Vec<_>) = certificates.into_iter().partition(of_itself);
        ensure!(
            !own.is_empty(),
            "sslrootcert: none of its certificates is a root: put in the one that has signed itself"
        );
        Ok(Self { own, between, crls })
    }

    fn verify(
        &self,
        der: &CertificateDer<'_>,
        sent: &[CertificateDer<'_>],
        server: &ServerName<'_>,
        now: UnixTime,
        provider: &Arc<CryptoProvider>,
    ) -> Result<(), Error> {
        let certificate = parsed(der)?;
        serves(&certificate)?;
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let time = ASN1Time::from_timestamp(seconds).map_err(|_| CertificateError::BadEncoding)?;
        let itself = self.own.iter().any(|root| root == der);
        if itself || certificate.is_ca() || certificate.version() == X509Version::V1 {
            return self.verify_directly(&certificate, itself, time);
        }
        let valid = |root: &&CertificateDer<'_>| {
            parsed(root).is_ok_and(|root| is_authority(&root) && root.validity().is_valid_at(time))
        };
        let mut anchors = RootCertStore::empty();
        let (_, _unreadable) = anchors.add_parsable_certificates(self.own.iter().filter(valid).cloned());
        if anchors.is_empty() {
            return Err(refused("no certificate of sslrootcert is an authority that is valid now"));
        }
        let webpki = WebPkiServerVerifier::builder_with_provider(anchors.into(), provider.clone())
            .with_crls(self.crls.iter().cloned())
            .enforce_revocation_expiration()
            .build()
            .map_err(|error| refused(format!("sslcrl: {error}")))?;
        let between: Vec<_> = sent.iter().chain(&self.between).cloned().collect();
        match webpki.verify_server_cert(der, &between, server, &[], now) {
            // It looks at the name last. Which name is good, libpq decides otherwise.
            Ok(_)
            | Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// It is a root itself, or a root has signed it.
    fn verify_directly(&self, certificate: &X509Certificate<'_>, itself: bool, time: ASN1Time) -> Result<(), Error> {
        if !self.crls.is_empty() {
            return Err(refused("sslcrl is not supported here with a server certificate of this kind"));
        }
        if !certificate.validity().is_valid_at(time) {
            let early = time < certificate.validity().not_before;
            return Err(if early { CertificateError::NotValidYet } else { CertificateError::Expired }.into());
        }
        let unknown = |extension: &ParsedExtension<'_>| extension.unsupported() || extension.error().is_some();
        if certificate.extensions().iter().any(|one| one.critical && unknown(one.parsed_extension())) {
            return Err(CertificateError::UnhandledCriticalExtension.into());
        }
        let signed_by = |root: &CertificateDer<'_>| {
            parsed(root).is_ok_and(|root| {
                root.subject() == certificate.issuer()
                    && is_authority(&root)
                    && root.validity().is_valid_at(time)
                    && certificate.signature_algorithm.algorithm != OID_PKCS1_SHA1WITHRSA
                    && certificate.verify_signature(Some(root.public_key())).is_ok()
            })
        };
        let trusted = itself || self.own.iter().any(signed_by);
        if trusted { Ok(()) } else { Err(CertificateError::UnknownIssuer.into()) }
    }
}

/// Whether it may be a server's: what it says that it is for, if it says so.
fn serves(certificate: &X509Certificate<'_>) -> Result<(), Error> {
    let bad = |_| Error::from(CertificateError::BadEncoding);
    let usage = certificate.key_usage().map_err(bad)?.map(|usage| usage.value);
    let key = usage.is_none_or(|of| of.digital_signature() || of.key_encipherment() || of.key_agreement());
    let purpose = certificate.extended_key_usage().map_err(bad)?.is_none_or(|purpose| purpose.value.server_auth);
    if key && purpose { Ok(()) } else { Err(CertificateError::InvalidPurpose.into()) }
}

/// Whether it may sign others. Before version 3, a certificate could not say so.
fn is_authority(certificate: &X509Certificate<'_>) -> bool {
    let signs = certificate.key_usage().is_ok_and(|usage| usage.is_none_or(|usage| usage.value.key_cert_sign()));
    (certificate.is_ca() || certificate.version() == X509Version::V1) && signs
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        sent: &[CertificateDer<'_>],
        server: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(roots) = &self.roots {
            roots.verify(certificate, sent, server, now, &self.provider)?;
        }
        if let Some(name) = &self.name {
            names::matches(&parsed(certificate)?, name).map_err(refused)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    /// With the key alone: webpki would refuse a certificate of version 1 here.
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let certificate = parsed(certificate)?;
        let key = SubjectPublicKeyInfoDer::from(certificate.public_key().raw);
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature_with_raw_key(message, &key, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
