//! What stands between the command and the database: a real PgBouncer.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use gate::database;
use stack::{
    database::Migrations,
    pooler::{Mode, Pooler},
    setup,
};

use crate::{
    hanging::{Blocked, kill},
    site::Site,
};

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
async fn a_pooler_in_transaction_mode_is_found_out_before_anything_is_done() {
    if !has_pgbouncer().await {
        return;
    }
    let site = Site::empty(Migrations::All).await;
    for settings in ["", "min_pool_size = 5", "server_round_robin = 1\nmin_pool_size = 5", "default_pool_size = 1"] {
        let pooler = Pooler::start(site.stack.cluster(), Mode::Transaction, settings).await.unwrap();

        let said = site.rollout(&["apply", "--database-url", &pooler.url()]).await.is(2);

        said.says("a pooler in transaction mode").says("the session pooler");
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
    // The command has one connection for its lock, one for its record, and others for what it does.
    let pooler = Pooler::start(site.stack.cluster(), Mode::Session, "min_pool_size = 5").await.unwrap();

    site.rollout(&["apply", "--database-url", &pooler.url()]).await.is(0);

    assert_eq!(advisory_locks(&site).await, 0);
}

/// Instead of a lock that waits for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_cannot_give_what_a_run_needs_is_refused_with_advice() {
    if !has_pgbouncer().await {
        return;
    }
    let site = Site::empty(Migrations::All).await;
    for (mode, settings, advice) in [
        (Mode::Session, "default_pool_size = 1", "give the pool a larger size"),
        (Mode::Statement, "", "the session pooler"),
    ] {
        let pooler = Pooler::start(site.stack.cluster(), mode, settings).await.unwrap();

        site.rollout(&["apply", "--database-url", &pooler.url()]).await.is(2).says(advice);

        assert_eq!(advisory_locks(&site).await, 0, "{mode:?}");
    }
}

/// It lets in as many clients as a run has connections that stay open. So nobody else can be given a backend of the run, and
/// nothing shows that the backends are not kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_is_taken_for_none_is_left_without_the_lock() {
    if !has_pgbouncer().await {
        return;
    }
    let site = Site::in_use().await;
    let pooler = async || Pooler::start(site.stack.cluster(), Mode::Transaction, "max_client_conn = 2").await.unwrap();
    let none = "select not exists (select from pg_locks where locktype = 'advisory')";

    let one = pooler().await;
    site.rollout(&["close", "--database-url", &one.url()]).await.is(0);
    assert_eq!(advisory_locks(&site).await, 0, "after its end");

    let another = pooler().await;
    let blocked = Blocked::new(&site).await;
    let child = site.command(&["close", "--database-url", &another.url()]).spawn().unwrap();
    blocked.waits(&site).await;
    assert_eq!(advisory_locks(&site).await, 1);
    site.rollout(&["reopen"]).await.is(3);
    kill(child).await;
    site.until(none).await;

    blocked.end().await;
    site.rollout(&["reopen"]).await.is(0);
}

/// They take and give back backends all the time, so it is chance what a run is given, and what it finds out.
#[tokio::test(flavor = "multi_thread")]
async fn beside_the_traffic_of_others_a_run_is_refused_or_works_and_no_lock_stays() {
    if !has_pgbouncer().await {
        return;
    }
    let site = Site::empty(Migrations::All).await;
    let pooler = Pooler::start(site.stack.cluster(), Mode::Transaction, "").await.unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let mut others = Vec::new();
    for _ in 0..5 {
        let (mut other, over) = (database::connect(&pooler.url()).await.unwrap(), over.clone());
        others.push(tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                database::run(&mut other, "select pg_sleep(0.003)").await.unwrap();
            }
        }));
    }

    for _ in 0..20 {
        let said = site.rollout(&["reopen", "--database-url", &pooler.url()]).await;

        match said.status {
            0 => said.says("Nothing was closed"),
            _ => said.is(2).says("a pooler in transaction mode"),
        };
    }

    over.store(true, Ordering::Relaxed);
    for other in others {
        other.await.unwrap();
    }
    assert_eq!(advisory_locks(&site).await, 0);
    site.rollout(&["apply"]).await.is(0);
}
