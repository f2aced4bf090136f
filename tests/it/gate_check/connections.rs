//! What may stand between the gate and a database: a pooler, TLS, nothing at all.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, chown},
    path::Path,
    process::Command,
    time::Duration,
};

use gate::database;
use it::{Installation, running};
use nix::sys::signal::Signal;
use stack::{database::Grants, process::Process, reaper::Reaper, setup};

use super::{admin, gate, said};

fn contract() -> String {
    setup::root().join("supabase/rank_required_rpcs.json").display().to_string()
}

/// A file that PostgreSQL, or a pooler, reads as its own.
fn give(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    if let Some(user) = setup::unprivileged().unwrap() {
        chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
    }
}

/// Each transaction gets the next of several backends, so a statement prepared before it would be unknown.
#[tokio::test]
async fn a_pooler_without_prepared_statements_is_no_obstacle() {
    if !running().has_test_extensions() {
        return;
    }
    let installation = Installation::migrated(Grants::Today).await;
    let folder = tempfile::Builder::new().prefix("lockstep-").tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let at = folder.path().display();
    let settings = format!(
        "[databases]\npostgres = host=127.0.0.1 port={} user=postgres password=postgres\n\
         [pgbouncer]\nlisten_addr =\nlisten_port = 6432\nunix_socket_dir = {at}\nauth_type = any\n\
         pool_mode = transaction\nserver_round_robin = 1\nmin_pool_size = 3\nlogfile =\npidfile =\n",
        installation.cluster.port()
    );
    let file = folder.path().join("pgbouncer.ini");
    give(&file, &settings);
    let reaper = Reaper::start().unwrap();
    let mut command = Command::new("/usr/sbin/pgbouncer");
    command.arg(&file);
    if let Some(user) = setup::unprivileged().unwrap() {
        use std::os::unix::process::CommandExt as _;
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    let mut pooler = Process::spawn("PgBouncer", command, Signal::SIGINT, &reaper).unwrap();
    pooler.until("process up", Duration::from_secs(20)).await.unwrap_or_else(|error| panic!("{error:#}"));
    let url = format!("postgresql://postgres@localhost/postgres?host={at}&port=6432");

    for _ in 0..3 {
        let report = gate(&["check", "--probe", "--contract", &contract(), "--database-url", &url]).await.unwrap();

        assert_eq!((said(&report), report.exit_code()), (vec![], 0), "{:?}", report.unseen);
    }
}

#[tokio::test]
async fn tls_is_as_strict_as_the_url_says() {
    let installation = Installation::empty(Grants::Today).await;
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::Builder::new().prefix("lockstep-").tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let (certificate, key) = (folder.path().join("server.crt"), folder.path().join("server.key"));
    give(&certificate, &certified.cert.pem());
    give(&key, &certified.signing_key.serialize_pem());
    let mut connection = admin(&installation).await;
    for sql in [
        &format!("alter system set ssl_cert_file = '{}'", certificate.display()),
        &format!("alter system set ssl_key_file = '{}'", key.display()),
        "alter system set ssl = on",
        "select pg_reload_conf()",
    ] {
        database::run(&mut connection, sql).await.unwrap();
    }
    let url = |more: &str| {
        let port = installation.cluster.port();
        format!("postgresql://postgres:postgres@localhost:{port}/postgres?{more}")
    };
    let encrypted = "select to_jsonb(ssl)::text from pg_stat_ssl where pid = pg_backend_pid()";
    let trusted = format!("sslmode=verify-full&sslrootcert={}", certificate.display());

    for more in ["sslmode=require", &trusted] {
        let mut connection = database::connect(&url(more)).await.unwrap_or_else(|error| panic!("{more}: {error:#}"));
        assert_eq!(database::read(&mut connection, encrypted).await.unwrap(), true, "{more}");
    }
    let mut plain = database::connect(&url("sslmode=disable")).await.unwrap();
    assert_eq!(database::read(&mut plain, encrypted).await.unwrap(), false);
    let refused = database::connect(&url("sslmode=verify-full")).await.unwrap_err();
    assert!(format!("{refused:#}").contains("certificate"), "{refused:#}");
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_said_to_be_so_without_its_password() {
    // Held, so that nobody else listens there, and not listening either.
    let nowhere = tokio::net::TcpSocket::new_v4().unwrap();
    nowhere.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = nowhere.local_addr().unwrap().port();
    let installation = Installation::empty(Grants::Today).await;
    let wrong = installation.cluster.url("postgres").replace(":postgres@", ":hunter2@");

    for url in [format!("postgresql://postgres:hunter2@127.0.0.1:{port}/postgres"), wrong, "hunter2".to_owned()] {
        let error = gate(&["check", "--contract", &contract(), "--database-url", &url]).await.unwrap_err();

        let text = format!("{error:#}");
        assert!(text.contains("cannot connect as postgres at 127.0.0.1") || text.contains("cannot be read"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}
