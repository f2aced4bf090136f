//! Certificates of every kind that a server or a client may have, in files of a folder.

use std::{path::Path, process::Command};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, RevokedCertParams, SerialNumber, date_time_ymd,
};

use super::server::give;

const REVOKED: u64 = 4711;

fn params(common_name: &str, alternatives: &[&str]) -> CertificateParams {
    let alternatives: Vec<String> = alternatives.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(alternatives).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

fn with(params: &CertificateParams, change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = params.clone();
    change(&mut params);
    params
}

fn authority(params: &CertificateParams) -> CertificateParams {
    with(params, |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained))
}

fn expired(params: &CertificateParams) -> CertificateParams {
    with(params, |params| {
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    })
}

/// Writes `<name>.crt` and `<name>.key`.
fn issue(folder: &Path, name: &str, params: &CertificateParams, issuer: &Issuer<'_, KeyPair>, chain: &str) {
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    give(&folder.join(format!("{name}.crt")), &format!("{}{chain}", certificate.pem()));
    give(&folder.join(format!("{name}.key")), &key.serialize_pem());
}

/// Of a kind that OpenSSL has, and rustls with ring has not.
fn issue_p521(folder: &Path) {
    openssl(
        folder,
        "req -new -x509 -days 365 -nodes -subj /CN=localhost -newkey ec -pkeyopt ec_paramgen_curve:P-521 \
         -out p521.crt -keyout p521.key",
    );
    own(folder, &["p521.crt", "p521.key"]);
}

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// What `openssl` has written is ours.
fn own(folder: &Path, names: &[&str]) {
    for file in names.iter().map(|name| folder.join(name)) {
        give(&file, &std::fs::read_to_string(&file).unwrap());
    }
}

fn issue_itself(folder: &Path, name: &str, params: &CertificateParams) {
    let key = KeyPair::generate().unwrap();
    give(&folder.join(format!("{name}.crt")), &params.self_signed(&key).unwrap().pem());
    give(&folder.join(format!("{name}.key")), &key.serialize_pem());
}

/// All of them. The names of the files say what they are.
pub fn make(folder: &Path) {
    let itself = |params| CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let (root, other) = (itself(authority(&params("a root", &[]))), itself(authority(&params("another root", &[]))));
    let old = itself(expired(&authority(&params("an old root", &[]))));
    let between =
        CertifiedIssuer::signed_by(authority(&params("one between", &[])), KeyPair::generate().unwrap(), &root)
            .unwrap();
    for (name, pem) in [
        ("root.crt", root.pem()),
        ("other.crt", other.pem()),
        ("old.crt", old.pem()),
        ("between.crt", between.pem()),
        ("root-and-between.crt", root.pem() + &between.pem()),
        ("both.crt", other.pem() + &root.pem()),
        ("empty.crt", String::new()),
        ("broken.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned()),
    ] {
        give(&folder.join(name), &pem);
    }
    let good = params("a server", &["localhost", "127.0.0.1", "::1"]);
    issue(folder, "good", &good, &root, "");
    issue(folder, "good-of-another", &good, &other, "");
    issue(folder, "good-of-an-old", &good, &old, "");
    issue(folder, "expired", &expired(&good), &root, "");
    issue(folder, "elsewhere", &params("localhost", &["db.example"]), &root, "");
    issue(folder, "wild", &params("db.b.example", &["*.example"]), &root, "");
    issue(folder, "common-name", &params("localhost", &[]), &root, "");
    issue(folder, "common-address", &params("127.0.0.1", &["db.example"]), &root, "");
    issue(folder, "chained", &good, &between, &between.pem());
    issue(folder, "unchained", &good, &between, "");
    let for_clients = with(&good, |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]);
    issue(folder, "for-clients", &for_clients, &root, "");
    let authority_too = authority(&good);
    issue(folder, "authority", &authority_too, &root, "");
    issue_itself(folder, "itself", &good);
    issue_itself(folder, "itself-authority", &authority_too);
    issue_itself(folder, "itself-expired", &expired(&authority_too));

    let revoked = with(&good, |params| params.serial_number = Some(SerialNumber::from(REVOKED)));
    issue(folder, "revoked", &revoked, &root, "");
    revoke(folder, &root);
    issue(folder, "certified", &params("certified", &[]), &root, "");
    issue(folder, "stranger", &params("certified", &[]), &other, "");
    as_the_manual_does(folder);
    issue_p521(folder);
}

fn revoke(folder: &Path, root: &Issuer<'_, KeyPair>) {
    let revoked = RevokedCertParams {
        serial_number: SerialNumber::from(REVOKED),
        revocation_time: date_time_ymd(2024, 1, 1),
        reason_code: None,
        invalidity_date: None,
    };
    let list = CertificateRevocationListParams {
        this_update: date_time_ymd(2024, 1, 1),
        next_update: date_time_ymd(2100, 1, 1),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: vec![revoked],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    give(&folder.join("root.crl"), &list.signed_by(root).unwrap().pem().unwrap());
}

/// `manual-itself` and `manual`, by the commands of PostgreSQL's manual, 19.9.5: with a common name and nothing else, the
/// one its own authority, the other often of version 1.
fn as_the_manual_does(folder: &Path) {
    let openssl = |arguments: &str| openssl(folder, arguments);
    let subject = "-nodes -subj /CN=localhost";
    openssl(&format!("req -new -x509 -days 365 {subject} -out manual-itself.crt -keyout manual-itself.key"));
    openssl(&format!("req -new {subject} -out manual.csr -keyout manual.key"));
    openssl("req -new -x509 -days 365 -nodes -subj /CN=manual -out manual-root.crt -keyout manual-root.key");
    openssl(
        "x509 -req -in manual.csr -days 365 -CA manual-root.crt -CAkey manual-root.key -CAcreateserial -out manual.crt",
    );
    own(folder, &["manual-itself.crt", "manual-itself.key", "manual.crt", "manual.key", "manual-root.crt"]);
}
