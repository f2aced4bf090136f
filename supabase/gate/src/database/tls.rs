//! TLS as `sslmode` and the files beside it ask for it.
//!
//! <https://www.postgresql.org/docs/current/libpq-ssl.html>. With roots at hand, those of `~/.postgresql/root.crt` included,
//! the server's certificate is verified whatever `sslmode` says; `verify-full` looks at its name too.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail, ensure};
use rustls::{
    ClientConfig,
    crypto::ring,
    pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, pem::PemObject},
    version::{TLS12, TLS13},
};

use super::{
    settings::Settings,
    trust::{Roots, Verifier},
};

/// What a connection to a host needs.
pub fn config(settings: &Settings, host: &str) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let versions = match (settings.get("ssl_min_protocol_version"), settings.get("ssl_max_protocol_version")) {
        (Some("TLSv1.3"), Some("TLSv1.2")) => bail!("ssl_min_protocol_version is above ssl_max_protocol_version"),
        (Some("TLSv1.3"), _) => vec![&TLS13],
        (_, Some("TLSv1.2")) => vec![&TLS12],
        _ => vec![&TLS13, &TLS12],
    };
    let full = settings.ssl_mode() == "verify-full";
    ensure!(!full || !host.is_empty(), "sslmode=verify-full needs a host: hostaddr alone has no name to verify");
    let name = full.then(|| host.to_owned());
    let verifier = Verifier { roots: roots(settings)?, name, provider: provider.clone() };
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match client_certificate(settings)? {
        Some((chain, key, of)) => config
            .with_client_auth_cert(chain, key)
            .with_context(|| format!("sslcert and sslkey ({}) do not go together", of.display()))?,
        None => config.with_no_client_auth(),
    };
    config.enable_sni = settings.get("sslsni") != Some("0");
    Ok(config)
}

/// What the server's certificate has to come from; nothing where it is not to be verified.
fn roots(settings: &Settings) -> Result<Option<Roots>> {
    let given = settings.get("sslrootcert");
    if given == Some("system") {
        return system(settings).map(Some);
    }
    let Some(file) = given.map(PathBuf::from).or_else(|| settings.at_home("root.crt")) else { return Ok(None) };
    if !file.exists() {
        let shown = file.display();
        // psql would go on without verifying anything, although a file was named.
        ensure!(given.is_none(), "sslrootcert: there is no file {shown}");
        ensure!(
            !settings.ssl_mode().starts_with("verify"),
            "sslmode={} needs the certificate to verify with: give it as sslrootcert, put it at {shown}, or take \
             sslrootcert=system for the roots of this machine",
            settings.ssl_mode()
        );
        return Ok(None);
    }
    let crls = match (settings.get("sslcrl"), settings.at_home("root.crl").filter(|file| file.exists())) {
        (Some(file), _) => crls("sslcrl", Path::new(file))?,
        (None, Some(file)) => crls("sslcrl", &file)?,
        (None, None) => Vec::new(),
    };
    Ok(Some(Roots::new(certificates("sslrootcert", &file)?, crls)?))
}

fn system(settings: &Settings) -> Result<Roots> {
    ensure!(settings.get("sslcrl").is_none(), "sslcrl is not supported here with sslrootcert=system: leave it out");
    let [file, folder] = &settings.system;
    let found = match (file, folder) {
        (None, None) => rustls_native_certs::load_native_certs(),
        _ => rustls_native_certs::load_certs_from_paths(file.as_deref(), folder.as_deref()),
    };
    let why = || found.errors.iter().map(|error| format!(": {error}")).collect::<String>();
    ensure!(!found.certs.is_empty(), "sslrootcert=system: this machine has no roots that can be read{}", why());
    Roots::new(found.certs, Vec::new())
}

fn certificates(parameter: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let shown = file.display();
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.with_context(|| format!("{parameter}: cannot read {shown}"))?;
    ensure!(!certificates.is_empty(), "{parameter}: there is no certificate in {shown}: it has to be PEM");
    Ok(certificates)
}

fn crls(parameter: &str, file: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>> {
    let shown = file.display();
    let read = CertificateRevocationListDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let lists = read.with_context(|| format!("{parameter}: cannot read {shown}"))?;
    ensure!(!lists.is_empty(), "{parameter}: there is no revocation list in {shown}: it has to be PEM");
    Ok(lists)
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>, PathBuf);

/// What we show the server, where there is something: it may or may not ask for it.
fn client_certificate(settings: &Settings) -> Result<Option<Identity>> {
    if settings.get("sslcertmode") == Some("disable") {
        return Ok(None);
    }
    let at = |name: &str, default: &str| settings.get(name).map(PathBuf::from).or_else(|| settings.at_home(default));
    let Some(certificate) = at("sslcert", "postgresql.crt").filter(|file| file.exists()) else { return Ok(None) };
    let Some(key) = at("sslkey", "postgresql.key") else { return Ok(None) };
    let shown = key.display();
    let metadata = fs::metadata(&key).with_context(|| format!("sslkey: there is a certificate, and no key {shown}"))?;
    ensure!(metadata.is_file(), "sslkey: {shown} is no file");
    let others = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    ensure!(metadata.mode() & others == 0, "sslkey: others than its owner may read {shown}: chmod 0600 it");
    let content = fs::read(&key).with_context(|| format!("sslkey: cannot read {shown}"))?;
    let text = String::from_utf8_lossy(&content);
    let encrypted = text.contains("ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED");
    ensure!(!encrypted, "sslkey: {shown} is encrypted, and sslpassword is not supported here: give a key that is not");
    let read = PrivateKeyDer::from_pem_slice(&content);
    let key_read = read.or_else(|error| PrivateKeyDer::try_from(content).map_err(|_| error));
    let key_read = key_read.with_context(|| format!("sslkey: there is no private key in {shown}"))?;
    Ok(Some((certificates("sslcert", &certificate)?, key_read, key)))
}
