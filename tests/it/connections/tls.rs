//! `sslmode`, and certificates: right ones, wrong ones and none.

use super::{Case, none_is, same_as_psql, server};

const URL: &str = "postgresql://anybody:{password}@localhost:{port}/postgres";

/// The same string and environment, with more parameters.
fn with<'a>(parameters: &'a [(String, &'a str)]) -> Vec<Case<'a>> {
    parameters.iter().map(|(url, expected)| (url.as_str(), &[][..], *expected)).collect()
}

fn at(host: &str, more: &str) -> String {
    format!("{}?{more}", URL.replace("localhost", host))
}

#[tokio::test]
async fn a_server_without_tls_is_reached_only_by_who_does_not_ask_for_it() {
    let Some(server) = server().await else { return };
    let cases = [
        ("sslmode=disable", "clear anybody"),
        ("sslmode=allow", "clear anybody"),
        ("sslmode=prefer", "clear anybody"),
        ("", "clear anybody"),
        ("sslmode=require", "refused"),
        ("ssl=true", "refused"),
        ("ssl=false", "refused"),
        ("ssl=1", "refused"),
        ("sslmode=on", "refused"),
        ("sslmode=REQUIRE", "refused"),
        ("sslmode=verify-ca&sslrootcert={here}/root.crt", "refused"),
        ("sslmode=verify-full&sslrootcert={here}/root.crt", "refused"),
        ("channel_binding=require", "refused"),
        ("ssl_mode=disable", "refused"),
    ];

    none_is(&same_as_psql(&server, &with(&cases.map(|(more, expected)| (at("localhost", more), expected)))).await);

    let said = server.ours(&at("localhost", "ssl=true"), &[]).await.unwrap_err();
    assert!(said.ends_with("the server has no TLS, and sslmode=require asks for it"), "{said}");
    let variables = [("PGSSLMODE", "require")];
    none_is(&same_as_psql(&server, &[(URL, &variables, "refused"), (URL, &[("PGREQUIRESSL", "1")], "refused")]).await);
}

/// The server's certificate, the host, the parameters, and what psql makes of it.
const CERTIFICATES: &[(&str, &str, &str, &str)] = &[
    ("good", "localhost", "", "encrypted anybody"),
    ("good", "localhost", "sslmode=disable", "clear anybody"),
    ("good", "localhost", "sslmode=allow", "clear anybody"),
    ("good", "localhost", "sslmode=require", "encrypted anybody"),
    ("good", "localhost", "sslmode=require&sslrootcert={here}/root.crt", "encrypted anybody"),
    ("good", "localhost", "sslmode=require&sslrootcert={here}/other.crt", "refused"),
    ("good", "localhost", "sslmode=prefer&sslrootcert={here}/other.crt", "clear anybody"),
    ("good", "localhost", "ssl=true&sslrootcert={here}/other.crt", "refused"),
    ("good", "localhost", "sslmode=require&sslrootcert={here}/both.crt", "encrypted anybody"),
    ("good", "localhost", "sslmode=verify-ca&sslrootcert={here}/root.crt", "encrypted anybody"),
    ("good", "localhost", "sslmode=verify-ca&sslrootcert={here}/other.crt", "refused"),
    ("good", "localhost", "sslmode=verify-ca&sslrootcert={here}/empty.crt", "refused"),
    ("good", "localhost", "sslmode=verify-ca&sslrootcert={here}/broken.crt", "refused"),
    ("good", "localhost", "sslmode=verify-ca&sslrootcert={here}/missing.crt", "refused"),
    ("good", "localhost", "sslmode=verify-ca&sslrootcert={here}", "refused"),
    ("good", "localhost", "sslmode=verify-ca", "refused"),
    ("good", "localhost", "sslmode=verify-full", "refused"),
    ("good", "localhost", "sslmode=verify-full&sslrootcert={here}/root.crt", "encrypted anybody"),
    ("good", "LocalHost", "sslmode=verify-full&sslrootcert={here}/root.crt", "encrypted anybody"),
    ("good", "127.0.0.1", "sslmode=verify-full&sslrootcert={here}/root.crt", "encrypted anybody"),
    ("good", "db.example", "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={here}/root.crt", "refused"),
    ("good", "db.example", "hostaddr=127.0.0.1&sslmode=verify-ca&sslrootcert={here}/root.crt", "encrypted anybody"),
    ("good", "", "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={here}/root.crt", "refused"),
    ("good", "localhost", "sslmode=require&channel_binding=require", "encrypted anybody"),
    ("good", "localhost", "sslmode=disable&channel_binding=require", "refused"),
    ("good", "localhost", "sslmode=require&channel_binding=disable", "encrypted anybody"),
    ("good", "localhost", "sslmode=require&ssl_min_protocol_version=TLSv1.3", "encrypted anybody"),
    ("good", "localhost", "sslmode=require&ssl_max_protocol_version=TLSv1.2", "encrypted anybody"),
    ("good", "localhost", "ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2", "refused"),
    ("good", "localhost", "sslmode=require&sslsni=0&sslcompression=0", "encrypted anybody"),
    ("good", "localhost", "sslmode=verify-ca&sslrootcert={here}/root.crt&sslcrl={here}/root.crl", "encrypted anybody"),
    ("revoked", "localhost", "sslmode=verify-ca&sslrootcert={here}/root.crt", "encrypted anybody"),
    ("revoked", "localhost", "sslmode=verify-ca&sslrootcert={here}/root.crt&sslcrl={here}/root.crl", "refused"),
    ("revoked", "localhost", "sslmode=require&sslrootcert={here}/root.crt&sslcrl={here}/root.crl", "refused"),
    ("expired", "localhost", "sslmode=require", "encrypted anybody"),
    ("expired", "localhost", "sslmode=require&sslrootcert={here}/root.crt", "refused"),
    ("expired", "localhost", "sslmode=verify-full&sslrootcert={here}/root.crt", "refused"),
    ("good-of-another", "localhost", "sslmode=verify-full&sslrootcert={here}/root.crt", "refused"),
    ("good-of-an-old", "localhost", "sslmode=verify-full&sslrootcert={here}/old.crt", "refused"),
    ("elsewhere", "localhost", "sslmode=verify-ca&sslrootcert={here}/root.crt", "encrypted anybody"),
    ("elsewhere", "localhost", "sslmode=verify-full&sslrootcert={here}/root.crt", "refused"),
    ("wild", "db.example", "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={here}/root.crt", "encrypted anybody"),
    ("wild", "db.b.example", "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={here}/root.crt", "refused"),
    ("wild", "example", "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={here}/root.crt", "refused"),
    ("common-name", "localhost", "sslmode=verify-full&sslrootcert={here}/root.crt", "encrypted anybody"),
    ("common-name", "127.0.0.1", "sslmode=verify-full&sslrootcert={here}/root.crt", "refused"),
    ("common-address", "127.0.0.1", "sslmode=verify-full&sslrootcert={here}/root.crt", "encrypted anybody"),
    ("common-address", "localhost", "sslmode=verify-full&sslrootcert={here}/root.crt", "refused"),
    ("chained", "localhost", "sslmode=verify-full&sslrootcert={here}/root.crt", "encrypted anybody"),
    ("chained", "localhost", "sslmode=verify-full&sslrootcert={here}/between.crt", "refused"),
    ("unchained", "localhost", "sslmode=verify-full&sslrootcert={here}/root.crt", "refused"),
    ("unchained", "localhost", "sslmode=verify-full&sslrootcert={here}/root-and-between.crt", "encrypted anybody"),
    ("for-clients", "localhost", "sslmode=verify-ca&sslrootcert={here}/root.crt", "refused"),
    ("for-clients", "localhost", "sslmode=require", "encrypted anybody"),
    ("authority", "localhost", "sslmode=verify-full&sslrootcert={here}/root.crt", "encrypted anybody"),
    ("authority", "localhost", "sslmode=verify-full&sslrootcert={here}/other.crt", "refused"),
    ("itself", "localhost", "sslmode=verify-full&sslrootcert={here}/itself.crt", "encrypted anybody"),
    ("itself", "localhost", "sslmode=verify-full&sslrootcert={here}/root.crt", "refused"),
    ("itself", "localhost", "sslmode=require&sslrootcert={here}/itself-authority.crt", "refused"),
    (
        "itself-authority",
        "localhost",
        "sslmode=verify-full&sslrootcert={here}/itself-authority.crt",
        "encrypted anybody",
    ),
    ("itself-authority", "localhost", "sslmode=require&sslrootcert={here}/itself-authority.crt", "encrypted anybody"),
    ("itself-authority", "localhost", "sslmode=verify-ca&sslrootcert={here}/itself.crt", "refused"),
    ("itself-expired", "localhost", "sslmode=verify-ca&sslrootcert={here}/itself-expired.crt", "refused"),
    ("manual-itself", "localhost", "sslmode=verify-full&sslrootcert={here}/manual-itself.crt", "encrypted anybody"),
    ("manual-itself", "127.0.0.1", "sslmode=verify-full&sslrootcert={here}/manual-itself.crt", "refused"),
    ("manual", "localhost", "sslmode=require", "encrypted anybody"),
    ("manual", "localhost", "sslmode=verify-full&sslrootcert={here}/manual-root.crt", "encrypted anybody"),
    ("manual", "localhost", "sslmode=verify-full&sslrootcert={here}/root.crt", "refused"),
];

#[tokio::test]
async fn a_servers_certificate_is_judged_as_psql_judges_it() {
    let Some(server) = server().await else { return };
    let mut wrong = Vec::new();
    let mut has = "";
    for (certificate, host, more, expected) in CERTIFICATES {
        if *certificate != has {
            server.takes(certificate).await;
            has = certificate;
        }
        let found = same_as_psql(&server, &[(&at(host, more), &[], expected)]).await;
        wrong.extend(found.into_iter().map(|one| format!("{certificate}: {one}")));
    }

    none_is(&wrong);
}
