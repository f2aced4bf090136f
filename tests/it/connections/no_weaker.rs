//! Where psql would be encrypted, nothing goes in the clear; and a password is sent once.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use gate::database;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{Case, none_is, same_as_psql, server};

const URL: &str = "postgresql://anybody:{password}@localhost:{port}/postgres";

/// OpenSSL has keys and ciphers that we have not.
#[tokio::test]
async fn a_server_whose_tls_we_do_not_speak_is_refused_and_not_reached_in_the_clear() {
    let Some(server) = server().await else { return };
    server.takes("p521").await;
    assert_eq!(server.psql(URL, &[]).as_deref(), Ok("encrypted anybody"));

    for mode in ["prefer", "require"] {
        let said = server.ours(&format!("{URL}?sslmode={mode}"), &[]).await.unwrap_err();
        assert!(said.contains("spoken here are TLS 1.2 and 1.3"), "{mode}: {said}");
    }

    // RSA, as the key exchange of that cipher is.
    server.takes("manual-itself").await;
    server.run("alter system set ssl_max_protocol_version = 'TLSv1.2'").await;
    server.run("alter system set ssl_ciphers = 'AES256-SHA256'").await;
    server.run("select pg_reload_conf()").await;
    assert_eq!(server.psql(URL, &[]).as_deref(), Ok("encrypted anybody"));
    let said = server.ours(URL, &[]).await.unwrap_err();
    assert!(said.contains("spoken here are TLS 1.2 and 1.3"), "{said}");
}

#[tokio::test]
async fn what_is_given_and_empty_is_what_libpq_makes_of_it() {
    let Some(server) = server().await else { return };
    server.takes("good").await;
    let more = |parameters: &str| format!("{URL}?{parameters}");
    let empty = ["sslmode=", "channel_binding=", "target_session_attrs=", "gssencmode="].map(more);
    let in_the_clear = more("sslmode=");
    let fine =
        ["ssl_min_protocol_version=&sslmode=require", "ssl_min_protocol_version=tlsv1.2&sslmode=require"].map(more);
    let default_database = "postgresql://postgres:postgres@localhost:{port}/?dbname=";
    let mut cases: Vec<Case<'_>> = empty.iter().map(|url| (url.as_str(), &[][..], "refused")).collect();
    cases.extend([
        (in_the_clear.as_str(), &[("PGSSLMODE", "disable")][..], "refused"),
        (URL, &[("PGSSLMODE", "")], "refused"),
        (URL, &[("PGCHANNELBINDING", "")], "refused"),
        (default_database, &[("PGDATABASE", "nowhere")], "encrypted postgres"),
        ("host=localhost port=' {port} ' user=anybody password=hunter2/ dbname=postgres", &[], "encrypted anybody"),
        ("postgresql://anybody:{password}@127.1:{port}/postgres", &[], "encrypted anybody"),
    ]);
    cases.extend(fine.iter().map(|url| (url.as_str(), &[][..], "encrypted anybody")));

    none_is(&same_as_psql(&server, &cases).await);
}

/// Speaks no TLS, and accepts no password.
async fn refuse(mut client: TcpStream, passwords: Arc<AtomicU32>) -> std::io::Result<()> {
    loop {
        let length = client.read_u32().await?;
        let mut message = vec![0; length as usize - 4];
        client.read_exact(&mut message).await?;
        if message == 80_877_103_u32.to_be_bytes() {
            client.write_all(b"N").await?;
        } else {
            break;
        }
    }
    // AuthenticationCleartextPassword.
    client.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]).await?;
    if client.read_u8().await? == b'p' {
        passwords.fetch_add(1, Ordering::SeqCst);
    }
    let length = client.read_u32().await?;
    client.read_exact(&mut vec![0; length as usize - 4]).await?;
    let fields = b"SFATAL\0C28P01\0Mpassword authentication failed\0\0";
    client.write_all(b"E").await?;
    client.write_all(&(fields.len() as u32 + 4).to_be_bytes()).await?;
    client.write_all(fields).await
}

/// A pooler that counts failed logins shuts out who has too many.
#[tokio::test]
async fn a_wrong_password_is_sent_once_to_a_server_without_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let passwords = Arc::<AtomicU32>::default();
    let counted = passwords.clone();
    let accept = tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(refuse(client, counted.clone()));
        }
    });

    for (mode, sent) in [("prefer", 1), ("allow", 1), ("disable", 1), ("require", 0)] {
        passwords.store(0, Ordering::SeqCst);
        let url = format!("postgresql://ada:hunter2@{at}/postgres?sslmode={mode}");
        let said = format!("{:#}", database::connect(&url).await.unwrap_err());
        let why = if sent == 0 { "has no TLS" } else { "password authentication failed" };
        assert!(said.contains(why), "{mode}: {said}");
        assert_eq!(passwords.load(Ordering::SeqCst), sent, "{mode}");
    }
    accept.abort();
}
