//! Who sees what, when.

use serde_json::{Value, json};
use stack::database::Migrations;

use crate::site::{DEPLOY, Site};

async fn overlays(site: &Site) -> [Value; 2] {
    let query =
        "select value::text from lockstep.settings where name in ('flag_rank_overlays', 'flag_testers') order by name";
    let rows = site.database.query(query, &[]).await.unwrap();
    std::array::from_fn(|row| serde_json::from_str(rows[row].get(0)).unwrap())
}

/// There was nothing before it, so what it has deployed is turned off for everybody; and another try begins as new.
#[tokio::test(flavor = "multi_thread")]
async fn until_the_first_level_only_the_testers_see_anything_and_the_way_back_is_off() {
    let site = Site::empty(Migrations::First(0)).await;
    site.environment(&[("flags", "'echo not now; exit 1 # $FLAGS'")]);
    site.rollout(&["apply"]).await.is(1).says("stopped at flags 10 %").says("not now");

    // Grace is no tester; ada and eve, whom the smoke test is made as, are.
    assert_eq!(site.answer().await, (503, "feature_disabled".to_owned()));
    let [level, testers] = overlays(&site).await;
    assert_eq!((level, testers.as_array().unwrap().len()), (json!(0), 2));
    site.environment(&[]);
    site.rollout(&["rollback"]).await.is(0).says("drop schema lockstep;").says("flags off");
    assert_eq!(site.answer().await, (503, "feature_disabled".to_owned()));
    assert_eq!(overlays(&site).await, [json!("off"), json!([])]);

    site.rollout(&["apply"]).await.is(0);
    // On: the database is asked, and this one has no demo in it.
    assert_eq!(site.answer().await, (403, "not_channel_member".to_owned()));
    assert_eq!(overlays(&site).await, [json!("on"), json!([])]);

    // By the command that is quick, where there is one.
    site.environment(&[("deploy", "'exit 1 # $FLAGS'"), ("flags", &format!("'''{DEPLOY}'''"))]);
    site.rollout(&["rollback", "--flags-only"]).await.is(0);
    assert_eq!(site.answer().await, (503, "feature_disabled".to_owned()));
}
