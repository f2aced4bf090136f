//! The process is killed in the middle of a step: what runs goes on from there, or leads back.

use std::{fs, io::Write as _};

use nix::{
    sys::signal::{Signal, kill as signal},
    unistd::Pid,
};
use serde_json::json;

use crate::{
    hanging::{Hanging, kill},
    site::{Site, steps},
};

/// A step that hangs, when it does.
async fn at_the_deploy(site: &Site) -> (tokio::process::Child, std::net::TcpStream) {
    let hanging = Hanging::new();
    site.environment(&[("deploy", &hanging.command())]);
    let child = site.command(&["apply"]).spawn().unwrap();
    let connection = hanging.started().await;
    site.environment(&[]);
    (child, connection)
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_the_deploy_it_is_said_and_gone_on_from_or_taken_back() {
    let site = Site::in_use().await;
    let before = site.in_place().await;
    site.new_release("second");
    let (child, _connection) = at_the_deploy(&site).await;

    kill(child).await;

    site.rollout(&["status"]).await.is(0).says("interrupted").says("has not come back");
    site.rollout(&["rollback"]).await.is(0).says("works on the database as it is");
    assert_eq!(site.in_place().await, before);

    let (child, _connection) = at_the_deploy(&site).await;
    kill(child).await;

    site.rollout(&["apply"]).await.is(0).says("stopped at deploy").says("goes on from there");
    let status = site.status().await;
    assert_eq!(status["runs"][1]["outcome"], "interrupted");
    assert_eq!(status["runs"][0]["release_before"], before["release"]);
    assert_eq!(status["in_place"]["local"]["release"], status["runs"][0]["release_after"]);
    site.rollout(&["rollback"]).await.is(0);
    assert_eq!(site.in_place().await, before);
}

/// The statement that ran ends with the process, and the file is applied as a whole or not at all.
#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_migration_nothing_of_it_stays() {
    let site = Site::in_use().await;
    let file = site.path("supabase/migrations/20991231000000_slow.sql");
    let slow = "-- Slow.\n-- Undo: drop table public.slow;\ncreate table public.slow ();\n";
    fs::write(&file, format!("{slow}select pg_sleep(600);\n")).unwrap();
    let child = site.command(&["apply"]).spawn().unwrap();
    let runs = "exists (select from pg_stat_activity where state = 'active' and query like '%pg_sleep(600)%' \
         and pid <> pg_backend_pid())";
    site.until(&format!("select {runs}")).await;

    kill(child).await;

    site.until(&format!("select not {runs}")).await;
    fs::write(&file, slow).unwrap();
    site.rollout(&["apply"]).await.is(0).says("stopped at migrations");
    assert_eq!(site.last_run().await["migrations"], json!(["20991231000000"]));
    site.rollout(&["rollback"]).await.is(0).says("drop table public.slow;").says("1 migrations stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_level_is_watched_the_level_is_watched_again() {
    let site = Site::in_use().await;
    site.new_release("second");
    site.environment(&[("hold_seconds", "600")]);
    let child = site.command(&["apply", "--restart-flags"]).spawn().unwrap();
    let step = |name: &str| {
        format!(
            "select coalesce((select steps @> '[{{\"name\": \"{name}\"}}]' from lockstep_rollout.runs order by id desc limit 1), false)"
        )
    };
    site.until(&step("flags 10 %")).await;
    site.until("select flags ->> 'level' = '10' from lockstep_rollout.in_place").await;

    kill(child).await;

    site.environment(&[("hold_seconds", "1")]);
    site.rollout(&["apply"]).await.is(0).says("stopped at flags 10 %");
    let steps = steps(&site.last_run().await);
    assert!(steps.contains(&"deploy skipped".to_owned()) && steps.contains(&"flags 10 % done".to_owned()), "{steps:?}");
    assert_eq!(site.in_place().await["flags"]["level"], "on");
}

/// A database that restarts, a network that goes away: the lock or the record is gone, and the run must not go on.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_lock_or_the_record_nothing_goes_on_and_the_record_says_so() {
    let site = Site::in_use().await;
    site.new_release("second");
    site.environment(&[("hold_seconds", "600")]);
    for (connection, lost) in [
        ("pg_locks where locktype = 'advisory' and objsubid = 1", "the connection that keeps others out is gone"),
        ("pg_stat_activity where application_name = 'gate'", "the connection of the record is gone"),
    ] {
        let child = site.command(&["apply", "--restart-flags"]).spawn().unwrap();
        let step = "outcome = 'running' and steps @> '[{\"name\": \"flags 10 %\", \"outcome\": \"running\"}]'";
        let set = "deploying is null and flags ->> 'level' = '10'";
        let watches = format!("from lockstep_rollout.runs, lockstep_rollout.in_place where {step} and {set}");
        site.until(&format!("select exists (select {watches})")).await;

        let end = format!("select pg_terminate_backend(pid) from {connection}");
        site.database.query(&end, &[]).await.unwrap();
        let said = site.said(child.wait_with_output().await.unwrap());

        said.is(1).says("stopped at flags 10 %").says(lost).says("flags at 10 %");
        assert_eq!(site.last_run().await["outcome"], "failed");
    }
}

/// Another run may have begun since then, and its release is in place.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_step_has_done_without_the_lock_is_not_recorded_as_in_place() {
    let site = Site::in_use().await;
    let before = site.in_place().await;
    site.new_release("second");
    let (child, mut connection) = at_the_deploy(&site).await;
    let end = "select pg_terminate_backend(pid, 60000) from pg_locks where locktype = 'advisory' and objsubid = 1";
    site.database.query_one(end, &[]).await.unwrap();

    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    let said = site.said(child.wait_with_output().await.unwrap());

    said.is(1).says("stopped at deploy").says("the connection that keeps others out is gone").says("has not come back");
    assert_eq!(site.in_place().await["release"], before["release"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_the_record_and_says_where_it_stands() {
    let site = Site::in_use().await;
    site.new_release("second");
    let (child, _connection) = at_the_deploy(&site).await;

    signal(Pid::from_raw(child.id().unwrap().cast_signed()), Signal::SIGINT).unwrap();
    let said = site.said(child.wait_with_output().await.unwrap());

    said.is(1).says("stopped at deploy").says("interrupted by a signal").says("rollout rollback local");
    assert_eq!(site.last_run().await["outcome"], "interrupted");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_exclude_each_other_and_the_second_is_told_who_is_at_it() {
    let site = Site::in_use().await;
    site.new_release("second");
    let runs = site.status().await["runs"].as_array().unwrap().len();
    let (child, connection) = at_the_deploy(&site).await;

    for command in ["apply", "rollback"] {
        site.rollout(&[command])
            .await
            .is(3)
            .says("another rollout is running")
            .says("ada, `apply local`, since")
            .says("at deploy");
    }

    assert_eq!(site.status().await["running"], true);
    assert_eq!(site.status().await["runs"].as_array().unwrap().len(), runs + 1);
    drop(connection);
    child.wait_with_output().await.unwrap();
    site.rollout(&["apply"]).await.is(0);
}
