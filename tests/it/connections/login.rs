//! Who comes in and how, and where libpq finds what a connection string does not say.

use std::fs;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

use super::{
    Case, none_is, same_as_psql,
    server::{Server, give},
};

const URL: &str = "postgresql://anybody:{password}@localhost:{port}/postgres";
/// Its role, and whatever else is not there.
const BARE: &str = "postgresql://localhost:{port}/postgres";

async fn server() -> Option<Server> {
    let server = super::server().await?;
    server.takes("good").await;
    Some(server)
}

#[tokio::test]
async fn a_role_comes_in_as_pg_hba_conf_lets_it() {
    let Some(server) = server().await else { return };
    let cases: &[Case<'_>] = &[
        ("postgresql://encrypted:{password}@localhost:{port}/postgres", &[], "encrypted encrypted"),
        ("postgresql://encrypted:{password}@localhost:{port}/postgres?sslmode=allow", &[], "encrypted encrypted"),
        ("postgresql://encrypted:{password}@localhost:{port}/postgres?sslmode=disable", &[], "refused"),
        ("postgresql://clear:{password}@localhost:{port}/postgres", &[], "clear clear"),
        ("postgresql://clear:{password}@localhost:{port}/postgres?sslmode=require", &[], "refused"),
        ("postgresql://nobody:{password}@localhost:{port}/postgres", &[], "refused"),
        ("postgresql://anybody:wrong@localhost:{port}/postgres", &[], "refused"),
        ("postgresql://anybody@localhost:{port}/postgres", &[], "refused"),
        ("postgresql://anybody:{password}@localhost:{port}/nowhere", &[], "refused"),
        (
            CERTIFIED,
            &[("PGSSLCERT", "{here}/certified.crt"), ("PGSSLKEY", "{here}/certified.key")],
            "encrypted certified",
        ),
        (CERTIFIED, &[("PGSSLCERT", "{here}/certified.crt"), ("PGSSLKEY", "{here}/good.key")], "refused"),
        (CERTIFIED, &[("PGSSLCERT", "{here}/certified.crt"), ("PGSSLKEY", "{here}/missing.key")], "refused"),
        (CERTIFIED, &[("PGSSLCERT", "{here}/certified.crt"), ("PGSSLKEY", "{here}/open.key")], "refused"),
        (CERTIFIED, &[("PGSSLCERT", "{here}/stranger.crt"), ("PGSSLKEY", "{here}/stranger.key")], "refused"),
        (CERTIFIED, &[("PGSSLCERT", "{here}/missing.crt")], "refused"),
        (CERTIFIED, &[], "refused"),
        (
            "postgresql://certified_too:{password}@localhost:{port}/postgres\
             ?sslcert={here}/certified.crt&sslkey={here}/certified.key",
            &[],
            "encrypted certified_too",
        ),
        ("postgresql://certified_too:{password}@localhost:{port}/postgres", &[], "refused"),
    ];
    let open = server.file("open.key");
    give(&open, &fs::read_to_string(server.file("certified.key")).unwrap());
    fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();

    none_is(&same_as_psql(&server, cases).await);
}

const CERTIFIED: &str = "postgresql://certified@localhost:{port}/postgres?sslmode=require";

#[tokio::test]
async fn what_a_string_does_not_say_is_taken_from_where_libpq_takes_it() {
    let Some(server) = server().await else { return };
    // Else its own row of pg_stat_ssl would be hidden from it.
    server.run("grant clear to anybody; grant pg_read_all_stats to clear").await;
    let (pgpass, open) = (server.file("home/.pgpass"), server.file("open.pgpass"));
    give(&pgpass, "# of nobody\n*:*:*:somebody:wrong\nlocalhost:*:postgres:anybody:hunter2/\n");
    give(&open, "*:*:*:*:hunter2/\n");
    fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    give(&server.file("other.pgpass"), "localhost:1:*:*:hunter2/\n");
    let port = server.installation.cluster.port();
    let service = format!("[here]\nhost=localhost\nport={port}\nuser=anybody\npassword=hunter2/\nsslmode=require\n");
    let broken = "[unknown]\nssl_mode=require\n[weak]\nsslmode=weak\n";
    give(&server.file("services"), &(service.clone() + broken));
    give(&server.file("home/.pg_service.conf"), &service);
    let cases: &[Case<'_>] = &[
        (BARE, &[("PGUSER", "anybody"), ("PGPASSWORD", "hunter2/")], "encrypted anybody"),
        (
            URL,
            &[("PGUSER", "nobody"), ("PGPASSWORD", "wrong"), ("PGPORT", "1"), ("PGHOST", "nowhere")],
            "encrypted anybody",
        ),
        (BARE, &[("PGUSER", "anybody")], "encrypted anybody"),
        (BARE, &[("PGUSER", "anybody"), ("PGPASSFILE", "{here}/other.pgpass")], "refused"),
        (BARE, &[("PGUSER", "anybody"), ("PGPASSFILE", "{here}/open.pgpass")], "refused"),
        (BARE, &[("PGUSER", "anybody"), ("PGPASSFILE", "{here}/missing.pgpass")], "refused"),
        ("postgresql://127.0.0.1:{port}/postgres", &[("PGUSER", "anybody")], "refused"),
        (
            "postgresql://",
            &[("PGHOST", "localhost"), ("PGPORT", "{port}"), ("PGUSER", "anybody"), ("PGDATABASE", "postgres")],
            "encrypted anybody",
        ),
        ("postgresql:///postgres?service=here", &[], "encrypted anybody"),
        ("postgresql:///postgres", &[("PGSERVICE", "here")], "encrypted anybody"),
        ("postgresql:///postgres", &[("PGSERVICE", "here"), ("PGSSLMODE", "disable")], "encrypted anybody"),
        ("postgresql:///postgres?sslmode=disable", &[("PGSERVICE", "here")], "clear anybody"),
        ("postgresql:///postgres", &[("PGSERVICE", "here"), ("PGSERVICEFILE", "{here}/services")], "encrypted anybody"),
        ("postgresql:///postgres", &[("PGSERVICE", "here"), ("PGSERVICEFILE", "{here}/missing")], "refused"),
        ("postgresql:///postgres", &[("PGSERVICE", "nowhere")], "refused"),
        (URL, &[("PGSERVICE", "unknown"), ("PGSERVICEFILE", "{here}/services")], "refused"),
        (URL, &[("PGSERVICE", "weak"), ("PGSERVICEFILE", "{here}/services")], "refused"),
        (URL, &[("PGSSLMODE", "disable")], "clear anybody"),
        (URL, &[("PGSSLMODE", "weak")], "refused"),
        (URL, &[("PGSSLMODE", "verify-full")], "refused"),
        (URL, &[("PGSSLMODE", "verify-full"), ("PGSSLROOTCERT", "{here}/root.crt")], "encrypted anybody"),
        (URL, &[("PGSSLMODE", "require"), ("PGSSLROOTCERT", "{here}/other.crt")], "refused"),
        (URL, &[("PGOPTIONS", "-c role=clear")], "encrypted clear"),
        (URL, &[("PGCHANNELBINDING", "require"), ("PGSSLMODE", "disable")], "refused"),
        (URL, &[("PGTARGETSESSIONATTRS", "standby")], "refused"),
        (URL, &[("PGCONNECT_TIMEOUT", "soon")], "refused"),
    ];

    none_is(&same_as_psql(&server, cases).await);

    let file = |name: &str, of: &str| {
        give(&server.file("home/.postgresql").join(name), &fs::read_to_string(server.file(of)).unwrap())
    };
    file("root.crt", "root.crt");
    file("postgresql.crt", "certified.crt");
    file("postgresql.key", "certified.key");
    let full = format!("{URL}?sslmode=verify-full");
    let revoked: &[Case<'_>] = &[(&full, &[], "refused"), (URL, &[], "clear anybody")];
    none_is(
        &same_as_psql(&server, &[(&full, &[], "encrypted anybody"), (CERTIFIED, &[], "encrypted certified")]).await,
    );
    server.takes("revoked").await;
    none_is(&same_as_psql(&server, &[(&full, &[], "encrypted anybody")]).await);
    file("root.crl", "root.crl");
    none_is(&same_as_psql(&server, revoked).await);
    server.takes("good-of-another").await;
    none_is(&same_as_psql(&server, &[(CERTIFIED, &[], "refused"), (URL, &[], "clear anybody")]).await);
}

/// psql is waited for while a thread of its own forwards what it says.
#[tokio::test(flavor = "multi_thread")]
async fn every_spelling_of_a_place_leads_there() {
    let Some(server) = server().await else { return };
    let verified = "sslmode=verify-full&sslrootcert={here}/root.crt";
    let socket = server.installation.cluster.socket_url("anybody");
    let folder = url::Url::parse(&socket).unwrap();
    let folder = folder.query_pairs().find(|(name, _)| name == "host").unwrap().1.into_owned();
    let in_the_path = format!("postgresql://anybody@{}:{{port}}/postgres", folder.replace('/', "%2F"));
    let pairs = format!("host='{folder}' port={{port}} user=anybody dbname = postgres");
    let socket_verified = format!("{socket}&sslmode=verify-full");
    let address = format!("postgresql://anybody:{{password}}@127.0.0.1:{{port}}/postgres?{verified}");
    let cases: &[Case<'_>] = &[
        ("postgres://anybody:{password}@localhost:{port}/postgres", &[], "encrypted anybody"),
        (&socket, &[], "clear anybody"),
        (&socket_verified, &[], "clear anybody"),
        (&in_the_path, &[], "clear anybody"),
        (&pairs, &[], "clear anybody"),
        (&address, &[], "encrypted anybody"),
        (
            "host=localhost port={port} user=anybody password='hunter2\\/' dbname=postgres sslmode=require",
            &[],
            "encrypted anybody",
        ),
        ("host=localhost port={port} user=anybody password=hunter2/ dbname=postgres ssl=true", &[], "refused"),
        (
            "host=localhost port={port} user=anybody password=hunter2/ dbname=postgres application_name=x keepalives=0",
            &[],
            "encrypted anybody",
        ),
        ("postgresql://anybody:{password}@127.0.0.1:1,localhost:{port}/postgres", &[], "encrypted anybody"),
        ("postgresql://anybody:{password}@nowhere.invalid,localhost/postgres?port=1,{port}", &[], "encrypted anybody"),
        ("postgresql://anybody:wrong@localhost:{port},localhost:{port}/postgres", &[], "refused"),
        ("postgresql://anybody:{password}@localhost,localhost/postgres?port=1,{port},1", &[], "refused"),
        ("postgresql://anybody:{password}@/postgres?host=localhost&port={port}", &[], "encrypted anybody"),
        (
            "postgresql://anybody:{password}@localhost:{port}/postgres?target_session_attrs=read-write",
            &[],
            "encrypted anybody",
        ),
        (
            "postgresql://anybody:{password}@localhost:{port}/postgres?target_session_attrs=primary",
            &[],
            "encrypted anybody",
        ),
        (
            "postgresql://anybody:{password}@localhost:{port}/postgres?target_session_attrs=prefer-standby",
            &[],
            "encrypted anybody",
        ),
        ("postgresql://anybody:{password}@localhost:{port}/postgres?target_session_attrs=standby", &[], "refused"),
        ("postgresql://anybody:{password}@localhost:{port}/postgres?target_session_attrs=read-only", &[], "refused"),
        (
            "postgresql://anybody:{password}@localhost:{port}/postgres?target_session_attrs=read-only&options=-c%20default_transaction_read_only%3Don",
            &[],
            "encrypted anybody",
        ),
        ("postgresql://anybody:{password}@localhost:{port}/postgres?target_session_attrs=master", &[], "refused"),
        ("postgresql://anybody:{password}@localhost:0/postgres", &[], "refused"),
        ("postgresql://anybody:{password}@localhost:66000/postgres", &[], "refused"),
        ("postgresql://anybody:{password}@localhost:{port}/postgres?hostaddr=localhost", &[], "refused"),
        ("postgresql://anybody:{password}@localhost:{port}/postgres?application_name", &[], "refused"),
        ("postgresql://anybody:{password}@localhost:{port}/postgres?application_name=%zz", &[], "refused"),
        ("postgresql://anybody:{password}@[::1/postgres", &[], "refused"),
        ("postgresql://anybody:{password}@[]/postgres", &[], "refused"),
    ];

    none_is(&same_as_psql(&server, cases).await);

    // PostgreSQL listens on IPv4 alone.
    let Ok(listener) = TcpListener::bind("[::1]:0").await else {
        return say::note!("NOT TESTED: this machine has no IPv6");
    };
    let six = listener.local_addr().unwrap().port();
    let port = server.installation.cluster.port();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            let mut to = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            tokio::spawn(async move { copy_bidirectional(&mut from, &mut to).await });
        }
    });
    let bracketed = format!("postgresql://anybody:{{password}}@[::1]:{six}/postgres?{verified}");
    let named =
        format!("postgresql://anybody:{{password}}@nowhere.invalid:{six}/postgres?hostaddr=::1&sslmode=require");
    let wrong_name =
        format!("postgresql://anybody:{{password}}@nowhere.invalid:{six}/postgres?hostaddr=::1&{verified}");
    let pairs = format!("host=::1 port={six} user=anybody password=hunter2/ dbname=postgres");
    let cases: &[Case<'_>] = &[
        (&bracketed, &[], "encrypted anybody"),
        (&named, &[], "encrypted anybody"),
        (&wrong_name, &[], "refused"),
        (&pairs, &[], "encrypted anybody"),
    ];
    none_is(&same_as_psql(&server, cases).await);
}
