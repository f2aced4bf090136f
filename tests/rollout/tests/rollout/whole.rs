//! Rollouts that go well.

use serde_json::json;
use stack::database::Migrations;

use crate::site::{Site, steps};

const ALL: [&str; 10] = [
    "gate done",
    "migrations done",
    "schema cache done",
    "contract done",
    "deploy done",
    "smoke done",
    "routes done",
    "flags 10 % done",
    "flags on done",
    "smoke, all on done",
];

#[tokio::test(flavor = "multi_thread")]
async fn from_nothing_to_all_flags_on_and_a_second_time_there_is_nothing_to_do() {
    let site = Site::empty(Migrations::First(0)).await;
    let plan = site
        .rollout(&["apply", "--dry-run"])
        .await
        .is(0)
        .says(&format!("{} to apply", site.migrations()))
        .says("in place of nothing");
    assert!(plan.text.contains("20261122090000_rpc_foundation"), "{}", plan.text);
    assert_eq!(site.status().await["runs"], json!([]), "a plan is no run");

    site.rollout(&["apply"]).await.is(0).says("LOCKSTEP_FUNCTIONS_URL=").says("Done.");

    let run = site.last_run().await;
    assert_eq!(steps(&run), ALL);
    assert_eq!((&run["outcome"], &run["who"], &run["flags_before"]), (&json!("done"), &json!("ada"), &json!(null)));
    assert_eq!(run["migrations"].as_array().unwrap().len(), site.migrations());
    assert_eq!(site.in_place().await["flags"], json!({ "level": "on", "testers": [] }));

    site.rollout(&["apply"]).await.is(0);

    let again = steps(&site.last_run().await);
    let skipped = ["migrations skipped", "deploy skipped", "routes skipped", "flags skipped"];
    assert!(skipped.iter().all(|step| again.contains(&(*step).to_owned())), "{again:?}");
    assert!(again.contains(&"smoke done".to_owned()) && !again.contains(&"flags on done".to_owned()), "{again:?}");
}

/// Users have what is on: a new release does not turn it off for them.
#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_keeps_the_flags_that_are_up_and_watches_them() {
    let site = Site::in_use().await;
    let first = site.in_place().await;
    site.new_release("second");
    site.environment(&[("hold_seconds", "1")]);

    site.rollout(&["apply"]).await.is(0).says("as they were:");

    let (run, second) = (site.last_run().await, site.in_place().await);
    assert_eq!(run["flags_before"]["level"], "on");
    assert!(steps(&run).contains(&"flags on done".to_owned()), "{:?}", steps(&run));
    assert_eq!((&second["flags"], second["release"] == first["release"]), (&first["flags"], false));

    site.rollout(&["rollback"]).await.is(0).says("No migration was applied");

    assert_eq!(site.in_place().await, first);
    assert_eq!(site.status().await["runs"][1]["outcome"], "rolled_back");
}

/// As `head` does when it has seen enough, and `tee` on Ctrl-C.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_stops_nothing() {
    let site = Site::in_use().await;
    site.new_release("second");
    for arguments in [&["apply", "--dry-run"][..], &["apply"], &["status"]] {
        let mut child = site.command(arguments).spawn().unwrap();
        drop((child.stdout.take(), child.stderr.take()));

        let status = child.wait().await.unwrap();

        assert!(status.success(), "{arguments:?}: {status}");
    }
    let run = site.last_run().await;
    assert_eq!((&run["command"], &run["outcome"]), (&json!("apply"), &json!("done")));
    assert_eq!(site.in_place().await["release"], run["release_after"]);
}
