//! What psql of some version does and ours refuses, saying why; and what psql of this version does not know yet.

use gate::database;

use super::server;

const URL: &str = "postgresql://anybody:{password}@localhost:{port}/postgres";

#[tokio::test]
async fn what_is_not_there_is_refused_by_its_name() {
    let Some(server) = server().await else { return };
    server.takes("good").await;
    for (more, variables, complaint) in [
        ("sslmode=require&sslrootcert={here}/missing.crt", &[][..], "sslrootcert: there is no file"),
        ("sslmode=prefer&sslrootcert={here}/missing.crt", &[], "sslrootcert: there is no file"),
        ("", &[("PGSSLROOTCERT", "{here}/missing.crt")], "sslrootcert: there is no file"),
        ("sslmode=verify-full", &[], "take sslrootcert=system"),
        ("sslmode=require&sslrootcert={here}/root.crt&sslcrl={here}/missing.crl", &[], "sslcrl: cannot read"),
        (
            "sslmode=require&sslrootcert={here}/root.crt&sslcrl={here}/root.crt",
            &[],
            "sslcrl: there is no revocation list",
        ),
        ("sslcrldir={here}", &[], "sslcrldir (PGSSLCRLDIR) is not supported"),
        ("", &[("PGSSLCRLDIR", "{here}")], "sslcrldir (PGSSLCRLDIR) is not supported"),
        ("sslmode=require&sslcert={here}/certified.crt&sslkey={here}/encrypted.key", &[], "sslkey: "),
        ("require_auth=scram-sha-256", &[], "require_auth (PGREQUIREAUTH) is not supported"),
        ("", &[("PGREQUIREAUTH", "password")], "require_auth (PGREQUIREAUTH) is not supported"),
        ("requirepeer=postgres", &[], "requirepeer (PGREQUIREPEER) is not supported"),
        ("gssencmode=require", &[], "gssencmode (PGGSSENCMODE) cannot be require"),
        ("sslmode=require&sslnegotiation=direct", &[], "sslnegotiation (PGSSLNEGOTIATION) cannot be direct"),
        ("load_balance_hosts=random", &[], "load_balance_hosts (PGLOADBALANCEHOSTS) cannot be random"),
        ("sslcertmode=require", &[], "sslcertmode (PGSSLCERTMODE) cannot be require"),
        (
            "ssl_max_protocol_version=TLSv1.1",
            &[],
            "ssl_max_protocol_version (PGSSLMAXPROTOCOLVERSION) cannot be TLSv1.1",
        ),
        ("client_encoding=LATIN1", &[], "client_encoding cannot be LATIN1"),
        ("replication=database", &[], "replication cannot be database"),
        ("target_session_attr=any", &[], "target_session_attr is no parameter that libpq knows"),
    ] {
        server::give(
            &server.file("encrypted.key"),
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        );

        let said = server.ours(&format!("{URL}?{more}"), variables).await.unwrap_err();

        assert!(said.contains(complaint), "{more} {variables:?}: {said}");
    }
}

/// From PostgreSQL 16 and 17 on.
#[tokio::test]
async fn the_roots_of_the_system_verify_in_full_and_no_less() {
    let Some(server) = server().await else { return };
    server.takes("good").await;
    let system = format!("{URL}?sslrootcert=system");
    let address = system.replace("localhost", "127.0.0.1");
    let elsewhere = format!("{}&hostaddr=127.0.0.1", system.replace("localhost", "db.example"));
    let weak = format!("{system}&sslmode=require");
    let ours: &[(&str, &str)] = &[("SSL_CERT_FILE", "{here}/root.crt")];
    for (url, variables, complaint) in [
        (&system, ours, None),
        (&address, ours, None),
        (&elsewhere, ours, Some("it is for localhost, 127.0.0.1, ::1, not for db.example")),
        (&system, &[("SSL_CERT_FILE", "{here}/other.crt")], Some("UnknownIssuer")),
        (&system, &[("SSL_CERT_FILE", "{here}/empty.crt")], Some("no roots that can be read")),
        (&system, &[], Some("certificate")),
        (&weak, ours, Some("sslmode=require is too weak for sslrootcert=system")),
        (&system, &[("PGSSLMODE", "verify-ca")], Some("sslmode=verify-ca is too weak for sslrootcert=system")),
    ] {
        let outcome = server.ours(url, variables).await;

        match (complaint, &outcome) {
            (None, Ok(how)) => assert_eq!(how, "encrypted anybody", "{url}"),
            (Some(complaint), Err(said)) => assert!(said.contains(complaint), "{url}: {said}"),
            _ => panic!("{url} {variables:?}: {outcome:?}"),
        }
    }
    for more in ["sslnegotiation=postgres", "load_balance_hosts=disable", "sslcertmode=allow", "gssencmode=prefer"] {
        let how = server.ours(&format!("{URL}?sslmode=require&{more}"), &[]).await;

        assert_eq!(how.as_deref(), Ok("encrypted anybody"), "{more}");
    }
}

/// What comes first in an error is who, and where.
#[tokio::test]
async fn who_does_not_answer_is_not_waited_for_longer_than_was_said() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = silent.local_addr().unwrap();

    let url = format!("postgresql://ada:hunter2@{at}/postgres?connect_timeout=1");
    let said = format!("{:#}", database::connect(&url).await.unwrap_err());

    assert_eq!(said, format!("cannot connect as ada at {at}: no answer within 2 s"));
}
