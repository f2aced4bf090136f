//! Each step fails once: nothing after it is done, the message says what is wrong, and the way back leads to a system
//! that passes the smoke test.

use std::fs;

use record::Record;
use serde_json::{Value, json};

use crate::site::{DEPLOY, Site, steps};

/// A second release fails at a step, on a system whose first one is in use; and is taken back.
async fn fails(site: &Site, before: &Value, at: &str, says: &[&str]) {
    let said = site.rollout(&["apply"]).await.is(1);
    for text in
        says.iter().chain(&[&*format!("stopped at {at}"), "Nothing after it was done", "rollout rollback local"])
    {
        assert!(said.text.contains(text), "no {text:?} in:\n{}", said.text);
    }
    let run = site.last_run().await;
    assert_eq!(run["outcome"], "failed");
    assert_eq!(steps(&run).last().unwrap(), &format!("{at} failed"), "{run}");
    assert!(run["error"].as_str().unwrap().contains(says[0]), "{run}");

    // Its last step is the smoke test.
    site.environment(&[]);
    site.rollout(&["rollback"]).await.is(0);

    assert_eq!(&site.in_place().await, before);
    assert_eq!(steps(&site.last_run().await).last().unwrap(), "smoke done");
    assert_eq!(site.status().await["runs"][1]["outcome"], "rolled_back");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stops_a_rollout_before_anything_is_deployed() {
    let site = Site::in_use().await;
    let before = site.in_place().await;
    site.new_release("second");

    site.edit("supabase/environments.toml", |text| text.replace("pgcrypto = '*'", "pgcrypto = '9.9'"));
    fails(&site, &before, "gate", &["extension_version extension pgcrypto", "wanted 9.9"]).await;

    let applied = "supabase/migrations/20261122090010_settings.sql";
    let text = fs::read_to_string(site.path(applied)).unwrap();
    site.edit(applied, |text| text.replace("'60', 'How many", "'600', 'How many"));
    fails(&site, &before, "gate", &["migration_changed"]).await;
    fs::write(site.path(applied), text).unwrap();

    let (good, bad) = ("supabase/migrations/20991231000000_good.sql", "supabase/migrations/20991231000001_bad.sql");
    fs::write(site.path(good), "-- Good.\n-- Undo: drop table public.fine;\ncreate table public.fine ();\n").unwrap();
    fs::write(site.path(bad), "-- Bad.\n-- Undo: none\nselect 1;\nselect * from nowhere;\n").unwrap();
    let says =
        ["relation \"nowhere\" does not exist", "20991231000001_bad.sql, line 4", "1 of 2 migrations were applied"];
    fails(&site, &before, "migrations", &says).await;
    let undone = site.status().await["runs"][1].clone();
    assert_eq!(undone["migrations"], json!(["20991231000000"]));
    fs::remove_file(site.path(bad)).unwrap();

    let contract = "supabase/rank_required_rpcs.json";
    let text = fs::read_to_string(site.path(contract)).unwrap();
    let mut changed: Value = serde_json::from_str(&text).unwrap();
    changed["rpcs"][0]["version"] = json!("7.0.0");
    fs::write(site.path(contract), changed.to_string()).unwrap();
    fails(&site, &before, "contract", &["version_comment", "\"version\": \"7.0.0\""]).await;
    fs::write(site.path(contract), text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stops_a_rollout_when_something_is_deployed() {
    let site = Site::in_use().await;
    let before = site.in_place().await;
    site.new_release("second");

    site.environment(&[(
        "deploy",
        "'echo \"the cloud has no room\"; echo $TOKEN_MEMBER $DATABASE_URL >&2; exit 7 # $FLAGS'",
    )]);
    fails(&site, &before, "deploy", &["the cloud has no room", "exit status: 7", "has not come back"]).await;

    // It is up, and asks Supabase with a key that is not the project's.
    site.environment(&[("deploy", &format!("'''{DEPLOY} -d supabase_publishable_key=nonsense'''"))]);
    fails(&site, &before, "smoke", &["a member reads the channel", "upstream_misconfigured"]).await;

    // Answers go wrong once the flags have been set.
    let error = Some("upstream_unavailable".into());
    let record = Record { timestamp: "NOW".into(), method: "GET".into(), status: 503, error, ..Record::default() };
    let record = serde_json::to_string(&record).unwrap();
    let script = site.path("bad-records.sh");
    let now = "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)";
    fs::write(&script, format!("for i in 1 2 3 4 5; do echo '{record}' | sed \"s/NOW/{now}/\"; done\n")).unwrap();
    let watched = format!("'sh {}'", script.display());
    site.environment(&[("hold_seconds", "60"), ("logs_command", &watched)]);
    fails(&site, &before, "flags on", &["the error budget burns: 5 of"]).await;
}

/// What did not get done is no state that anybody wants back.
#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_mends_another_leads_back_to_where_all_was_well() {
    let site = Site::in_use().await;
    let before = site.in_place().await;
    site.new_release("broken");
    site.environment(&[("deploy", &format!("'''{DEPLOY} -d supabase_publishable_key=nonsense'''"))]);
    site.rollout(&["apply"]).await.is(1).says("stopped at smoke");
    assert_ne!(site.in_place().await, before);
    site.environment(&[]);
    site.new_release("mended");

    site.rollout(&["apply"]).await.is(0).says("stopped at smoke").says("goes on from there");

    assert_eq!(site.last_run().await["release_before"], before["release"]);
    site.rollout(&["rollback"]).await.is(0);
    assert_eq!(site.in_place().await, before);
    let outcomes: Vec<Value> =
        site.status().await["runs"].as_array().unwrap().iter().map(|run| run["outcome"].clone()).collect();
    assert_eq!(outcomes, ["done", "rolled_back", "rolled_back", "done"]);
}

/// Silence is no good news.
#[tokio::test(flavor = "multi_thread")]
async fn a_level_that_cannot_be_judged_is_not_passed() {
    let site = Site::in_use().await;
    site.new_release("second");
    site.environment(&[("hold_seconds", "1"), ("minimum_requests", "5"), ("patience_seconds", "1")]);
    site.rollout(&["apply"]).await.is(1).says("stopped at flags on").says("only 0 requests in 2 s, and 5 are needed");

    site.environment(&[("hold_seconds", "1"), ("logs", "['nowhere/*_stdout.txt']")]);
    site.rollout(&["apply"]).await.is(1).says("there is no file at nowhere/*_stdout.txt");

    site.environment(&[("hold_seconds", "1"), ("logs_command", "'echo no such pod >&2; exit 1'")]);
    site.rollout(&["apply"]).await.is(1).says("logs_command").says("no such pod");

    site.environment(&[("hold_seconds", "1")]);
    site.rollout(&["plan", "--restart-flags"]).await.is(0).says("may pass unjudged");
    site.rollout(&["apply"]).await.is(0).says("not judged: 0 requests");
}
