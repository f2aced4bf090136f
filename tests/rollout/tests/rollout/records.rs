//! What is kept, for how long, and who may see it.

use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_releases_are_kept_and_the_one_that_a_rollback_needs() {
    let site = Site::in_use().await;
    let first = site.in_place().await["release"].as_str().unwrap().to_owned();
    for number in 2..=8 {
        site.new_release(&number.to_string());
        site.rollout(&["apply"]).await.is(0);
    }

    let releases = site.status().await["releases"].clone();
    let kept: Vec<bool> = releases.as_array().unwrap().iter().map(|release| release["kept"] == true).collect();

    assert_eq!(kept, [true, true, true, true, true, false, false, false], "{releases}");
    site.rollout(&["rollback", "--to", &first[..10]]).await.is(2).says("no longer kept");
    let fourth = releases[4]["id"].as_str().unwrap();
    site.rollout(&["rollback", "--to", &fourth[..10]]).await.is(0);
    assert_eq!(site.in_place().await["release"], fourth);
}

/// A database without API roles' rights on it: whoever is signed in sees neither releases nor runs.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_owner_has_rights_on_the_record() {
    let site = Site::in_use().await;

    let rights = "select count(*) from pg_tables, unnest(array['anon', 'authenticated', 'service_role']) as role \
         where schemaname = 'lockstep_rollout' \
           and (has_schema_privilege(role, 'lockstep_rollout', 'usage') \
             or has_table_privilege(role, schemaname || '.' || tablename, 'select, insert, update, delete') \
             or not rowsecurity)";
    let tables = "select count(*) from pg_tables where schemaname = 'lockstep_rollout'";

    assert_eq!(site.database.query_one(rights, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert_eq!(site.database.query_one(tables, &[]).await.unwrap().get::<_, i64>(0), 4);
}
