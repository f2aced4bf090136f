//! Rollouts while people use what is being rolled out: no request fails for another reason than a flag.

use std::fs;

use serde_json::json;
use stack::database::Migrations;

use crate::{
    site::Site,
    traffic::{Answers, Traffic},
};

fn count(answers: &Answers, status: u16, code: &str) -> usize {
    answers.get(&(status, code.to_owned())).copied().unwrap_or_default()
}

fn only(answers: &Answers, allowed: &[(u16, &str)]) {
    let others: Vec<_> = answers.iter().filter(|(a, _)| !allowed.contains(&(a.0, a.1.as_str()))).collect();
    assert!(others.is_empty(), "{others:?} among {answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_migration_to_all_flags_on_an_upgrade_and_back_nothing_fails_but_for_a_flag() {
    let site = Site::off(Migrations::First(1)).await;
    fs::write(site.path("supabase/migrations/20991231000000_traffic.sql"), Traffic::migration()).unwrap();
    site.environment(&[("hold_seconds", "1"), ("minimum_requests", "20"), ("steps", "[10, 50, 100]")]);

    let traffic = Traffic::begin(&site).await;
    site.rollout(&["apply"]).await.is(0);
    let answers = traffic.end().await;

    only(&answers, &[(200, ""), (201, ""), (503, "feature_disabled")]);
    assert!(count(&answers, 200, "") > 50 && count(&answers, 503, "feature_disabled") > 50, "{answers:?}");

    let first = site.in_place().await;
    site.new_release("second");
    let traffic = Traffic::begin(&site).await;
    site.rollout(&["apply"]).await.is(0).says("as they were:");
    site.rollout(&["rollback"]).await.is(0);
    let answers = traffic.end().await;

    only(&answers, &[(200, ""), (201, "")]);
    assert!(count(&answers, 200, "") > 50, "{answers:?}");
    assert_eq!(site.in_place().await, first);
}

/// The records of the people themselves decide, and few have met the fault.
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_shows_under_load_only_stops_the_flags_where_they_are() {
    let site = Site::off(Migrations::First(1)).await;
    fs::write(site.path("supabase/migrations/20991231000000_traffic.sql"), Traffic::migration()).unwrap();
    // What sets the flags breaks the way to the database, too.
    let flags = format!("'''{} -d request_timeout_ms=1'''", crate::site::DEPLOY);
    site.environment(&[("hold_seconds", "30"), ("flags", &flags), ("steps", "[50, 100]")]);
    let traffic = Traffic::begin(&site).await;

    let said = site.rollout(&["apply"]).await.is(1);

    said.says("stopped at flags 50 %").says("the error budget burns").says("flags at 50 %");
    assert_eq!(site.last_run().await["flags_after"]["level"], "50");

    site.rollout(&["rollback"])
        .await
        .is(0)
        .says("flags off")
        .says(&format!("{} migrations stay", site.migrations() - 1));

    traffic.end().await;
    assert_eq!(site.in_place().await["flags"], json!({ "level": "off", "testers": [] }));
    assert_eq!(site.answer().await, (503, "feature_disabled".to_owned()));
}
