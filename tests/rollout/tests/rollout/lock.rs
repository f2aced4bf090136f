//! The lock that only one run has, and the connections that it takes.

use stack::database::Migrations;
use tokio_postgres::Client;

use crate::{hanging::Blocked, site::Site};

async fn superuser(site: &Site) -> Client {
    site.stack.cluster().connect("supabase_admin").await.unwrap()
}

/// Whatever the role has set for its sessions.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_had_for_long_holds_no_vacuum_back_and_is_not_ended() {
    let site = Site::in_use().await;
    let blocked = Blocked::new(&site).await;
    let set = "alter role postgres set default_transaction_isolation = 'repeatable read'; \
         alter role postgres set idle_in_transaction_session_timeout = '500ms'";
    superuser(&site).await.batch_execute(set).await.unwrap();
    let child = site.command(&["close"]).spawn().unwrap();
    blocked.waits(&site).await;
    let lock = "from pg_stat_activity where application_name = 'rollout: the lock of the run'";

    site.until(&format!("select exists (select {lock} and now() - state_change > '1 s')")).await;

    let idle = format!("select state, backend_xid is null and backend_xmin is null {lock}");
    let idle = site.database.query_one(&idle, &[]).await.unwrap();
    assert_eq!((idle.get(0), idle.get(1)), ("idle in transaction", true));
    blocked.end().await;
    site.said(child.wait_with_output().await.unwrap()).is(0);
}

/// The application needs those that are left, and has idle ones that look as if a pooler had them.
#[tokio::test(flavor = "multi_thread")]
async fn where_connections_are_few_a_run_takes_its_own_and_asks_for_no_more() {
    let site = Site::empty(Migrations::All).await;
    let superuser = superuser(&site).await;
    let mut application = Vec::new();
    for _ in 0..20 {
        application.push(site.stack.cluster().connect("postgres").await.unwrap());
    }
    let ours = "select count(*) from pg_stat_activity where usename = 'postgres'";
    let present: i64 = superuser.query_one(ours, &[]).await.unwrap().get(0);
    let left = async |left: i64| {
        superuser.batch_execute(&format!("alter role postgres connection limit {}", present + left)).await
    };

    left(1).await.unwrap();
    site.rollout(&["reopen"]).await.is(2).says("there is no connection for the lock").says("end idle connections");

    site.until(&format!("select ({ours}) = {present}")).await;
    left(2).await.unwrap();
    site.rollout(&["reopen"]).await.is(0);
}
