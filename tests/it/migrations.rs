//! The migrations, on what they may meet: nothing, an installation in use, and themselves.

use it::{Installation, Server};
use serde_json::Value;
use stack::database::Grants;

/// Everything that a migration could have changed: definitions, owners, rights, policies, triggers, settings; and how
/// many rows there are.
const PICTURE: &str = "select jsonb_build_object( \
    'functions', (select jsonb_agg(jsonb_build_array(p.oid::regprocedure::text, md5(pg_get_functiondef(p.oid)), p.proowner::regrole::text, (select array_agg(a::text order by a::text) from unnest(p.proacl) as a), obj_description(p.oid)) order by p.oid::regprocedure::text) \
        from pg_proc as p where p.pronamespace in ('public'::regnamespace, 'lockstep'::regnamespace) and p.prokind = 'f'), \
    'relations', (select jsonb_agg(jsonb_build_array(c.oid::regclass::text, c.relrowsecurity, (select array_agg(a::text order by a::text) from unnest(c.relacl) as a)) order by c.oid::regclass::text) \
        from pg_class as c where c.relnamespace in ('public'::regnamespace, 'lockstep'::regnamespace) and c.relkind in ('r', 'v', 'i')), \
    'columns', (select jsonb_agg(jsonb_build_array(table_schema, table_name, column_name, data_type, column_default, is_nullable) order by table_schema, table_name, column_name) from information_schema.columns where table_schema in ('public', 'lockstep')), \
    'policies', (select jsonb_agg(to_jsonb(p) order by p.schemaname, p.tablename, p.policyname) from pg_policies as p), \
    'triggers', (select jsonb_agg(pg_get_triggerdef(t.oid) order by pg_get_triggerdef(t.oid)) from pg_trigger as t where not t.tgisinternal), \
    'constraints', (select jsonb_agg(jsonb_build_array(c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid)) order by c.conrelid::regclass::text, c.conname) from pg_constraint as c where c.connamespace = 'public'::regnamespace))";

async fn picture(installation: &Installation) -> Value {
    let database = installation.cluster.connect("supabase_admin").await.unwrap();
    // Names are written in full whoever looks.
    database.batch_execute("set search_path = ''").await.unwrap();
    database.query_one(PICTURE, &[]).await.unwrap().get(0)
}

async fn forget_the_history(installation: &Installation) {
    installation.execute("delete from supabase_migrations.schema_migrations where true").await;
}

async fn in_use() -> Installation {
    Installation::in_use_on(Server::Machine, Grants::BeforeOctober2026).await
}

#[tokio::test]
async fn applying_them_twice_changes_nothing() {
    for installation in [Installation::migrated(Grants::Today).await, in_use().await] {
        installation.migrate().await;
        let once = picture(&installation).await;
        forget_the_history(&installation).await;

        assert!(installation.migrate().await > 10);

        let twice = picture(&installation).await;
        for (what, before) in once.as_object().unwrap() {
            let changed = |from: &Value, to: &Value| {
                let to = to.as_array().unwrap();
                from.as_array().unwrap().iter().filter(|item| !to.contains(item)).cloned().collect::<Vec<_>>()
            };
            assert_eq!(changed(before, &twice[what]), changed(&twice[what], before), "{what}");
        }
        assert_eq!(installation.migrate().await, 0, "what is recorded is not applied again");
    }
}

#[tokio::test]
async fn an_installation_in_use_keeps_its_rows_and_loses_its_older_overloads() {
    let installation = in_use().await;
    let database = installation.cluster.connect("supabase_admin").await.unwrap();
    let count = async |table: &str| {
        let query = format!("select count(*) from public.{table}");
        database.query_one(&query, &[]).await.unwrap().get::<_, i64>(0)
    };
    let tables = [
        "heroes",
        "rank_games",
        "rank_rooms",
        "rank_room_slots",
        "rank_participants",
        "rank_match_roster",
        "rank_sessions",
    ];
    let mut before = Vec::new();
    for table in tables {
        before.push(count(table).await);
    }
    assert!(before.iter().all(|rows| *rows > 0), "{before:?}: a table without rows proves nothing");
    let overloads = "select proname::text from pg_proc where pronamespace = 'public'::regnamespace \
         and proname in ('verify_rank_roles_and_slots', 'sync_rank_match_roster') order by proname";
    assert!(database.query(overloads, &[]).await.unwrap().len() > 2, "there are overloads to drop");

    installation.migrate().await;

    let mut after = Vec::new();
    for table in tables {
        after.push(count(table).await);
    }
    assert_eq!(after, before);
    let left: Vec<String> = database.query(overloads, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(left, ["sync_rank_match_roster", "verify_rank_roles_and_slots"]);
}

/// Its roster may have neither keys nor indexes, and millions of rows.
#[tokio::test]
async fn an_installation_without_keys_gets_an_index_for_each_column_that_the_rpcs_search_by() {
    let installation = in_use().await;
    let bare = "alter table public.rank_match_roster \
        drop constraint if exists rank_match_roster_room_id_fkey, \
        drop constraint if exists rank_match_roster_match_instance_id_slot_index_key";
    installation.execute(bare).await;
    let database = installation.cluster.connect("supabase_admin").await.unwrap();
    let indexed = "select distinct attname::text from pg_index \
         join pg_attribute on attrelid = indrelid and attnum = indkey[0] \
         where indrelid = 'public.rank_match_roster'::regclass and attname in ('room_id', 'match_instance_id') order by 1";
    assert_eq!(database.query(indexed, &[]).await.unwrap().len(), 0, "there is none to begin with");

    installation.migrate().await;

    let after: Vec<String> = database.query(indexed, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(after, ["match_instance_id", "room_id"]);
}
