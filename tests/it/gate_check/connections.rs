//! What may stand between the gate and a database: a pooler, TLS, nothing at all.

use it::{Installation, running};
use stack::{
    database::Grants,
    pooler::{Mode, Pooler},
    setup,
};

use super::{gate, said};

fn contract() -> String {
    setup::root().join("supabase/rank_required_rpcs.json").display().to_string()
}

/// Each transaction gets the next of several backends, so a statement prepared before it would be unknown.
#[tokio::test]
async fn a_pooler_without_prepared_statements_is_no_obstacle() {
    if !running().has_test_extensions() {
        return;
    }
    let installation = Installation::migrated(Grants::Today).await;
    let settings = "server_round_robin = 1\nmin_pool_size = 3";
    let pooler = Pooler::start(&installation.cluster, Mode::Transaction, settings).await.unwrap();

    for _ in 0..3 {
        let report =
            gate(&["check", "--probe", "--contract", &contract(), "--database-url", &pooler.url()]).await.unwrap();

        assert_eq!((said(&report), report.exit_code()), (vec![], 0), "{:?}", report.unseen);
    }
}

/// How it connects is tested in `connections/`.
#[tokio::test]
async fn a_database_without_tls_is_not_looked_at_by_who_asks_for_tls() {
    let installation = Installation::empty(Grants::Today).await;
    let url = format!("{}?ssl=true", installation.cluster.url("postgres"));

    let error = gate(&["check", "--contract", &contract(), "--database-url", &url]).await.unwrap_err();

    assert!(format!("{error:#}").contains("sslmode=require asks for it"), "{error:#}");
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
