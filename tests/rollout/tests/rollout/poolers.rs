//! What stands between the command and the database: a real PgBouncer.

use stack::{
    database::Migrations,
    pooler::{Mode, Pooler},
    setup,
};

use crate::site::Site;

/// Whether there is one. Loud where there is none, and fatal in CI.
async fn has_pgbouncer() -> bool {
    let Some(lacking) = setup::provide(&["pgbouncer".to_owned()]).await.unwrap() else { return true };
    assert!(std::env::var("CI").is_err(), "{lacking}");
    say::note!("NOT TESTED: {lacking}");
    false
}

async fn advisory_locks(site: &Site) -> i64 {
    let query = "select count(*) from pg_locks where locktype = 'advisory'";
    site.database.query_one(query, &[]).await.unwrap().get(0)
}

/// Whatever its port, and however many backends it has at hand.
#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_transaction_mode_is_found_out_before_the_lock_is_taken() {
    if !has_pgbouncer().await {
        return;
    }
    let site = Site::empty(Migrations::All).await;
    for settings in ["", "min_pool_size = 5", "server_round_robin = 1\nmin_pool_size = 5", "default_pool_size = 1"] {
        let pooler = Pooler::start(site.stack.cluster(), Mode::Transaction, settings).await.unwrap();

        let said = site.rollout(&["apply", "--database-url", &pooler.url()]).await.is(2);

        said.says("a pooler in transaction mode, where no lock holds").says("the session pooler");
        assert_eq!(advisory_locks(&site).await, 0, "{settings}");
        site.rollout(&["status", "--database-url", &pooler.url()]).await.is(0);
    }
    site.rollout(&["apply"]).await.is(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_session_mode_is_as_good_as_none() {
    if !has_pgbouncer().await {
        return;
    }
    let site = Site::empty(Migrations::All).await;
    // The command has one connection for its lock, and others for what it does.
    let pooler = Pooler::start(site.stack.cluster(), Mode::Session, "min_pool_size = 5").await.unwrap();

    site.rollout(&["apply", "--database-url", &pooler.url()]).await.is(0);

    assert_eq!(advisory_locks(&site).await, 0);
}
