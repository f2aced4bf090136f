//! The migrations, on what they may meet: nothing, an installation in use, and themselves.

use std::fs;

use it::{Installation, Server};
use serde_json::Value;
use stack::{database::Grants, setup};

/// Everything that a migration could have changed: definitions, owners, rights, policies, triggers, settings; and how
/// many rows there are.
const PICTURE: &str = "select jsonb_build_object( \
    'functions', (select jsonb_agg(jsonb_build_array(p.oid::regprocedure::text, md5(pg_get_functiondef(p.oid)), p.proowner::regrole::text, (select array_agg(a::text order by a::text) from unnest(p.proacl) as a), obj_description(p.oid)) order by p.oid::regprocedure::text) \
        from pg_proc as p where p.pronamespace::regnamespace::text in ('public', 'lockstep') and p.prokind = 'f'), \
    'relations', (select jsonb_agg(jsonb_build_array(c.oid::regclass::text, c.relrowsecurity, (select array_agg(a::text order by a::text) from unnest(c.relacl) as a)) order by c.oid::regclass::text) \
        from pg_class as c where c.relnamespace::regnamespace::text in ('public', 'lockstep') and c.relkind in ('r', 'v', 'i')), \
    'columns', (select jsonb_agg(jsonb_build_array(table_schema, table_name, column_name, data_type, column_default, is_nullable) order by table_schema, table_name, column_name) from information_schema.columns where table_schema in ('public', 'lockstep')), \
    'policies', (select jsonb_agg(to_jsonb(p) order by p.schemaname, p.tablename, p.policyname) from pg_policies as p), \
    'triggers', (select jsonb_agg(pg_get_triggerdef(t.oid) order by pg_get_triggerdef(t.oid)) from pg_trigger as t where not t.tgisinternal), \
    'constraints', (select jsonb_agg(jsonb_build_array(c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid)) order by c.conrelid::regclass::text, c.conname) from pg_constraint as c where c.connamespace = 'public'::regnamespace))";

pub async fn picture(installation: &Installation) -> Value {
    let database = installation.cluster.connect("supabase_admin").await.unwrap();
    // Names are written in full whoever looks.
    database.batch_execute("set search_path = ''").await.unwrap();
    database.query_one(PICTURE, &[]).await.unwrap().get(0)
}

async fn forget_the_history(installation: &Installation) {
    installation.execute("delete from supabase_migrations.schema_migrations where true").await;
}

pub async fn in_use() -> Installation {
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
        assert_eq!((missing(&once, &twice), missing(&twice, &once)), (vec![], vec![]));
        assert_eq!(installation.migrate().await, 0, "what is recorded is not applied again");
    }
}

/// What is in a picture and not in another, by kind.
pub fn missing<'a>(from: &'a Value, to: &Value) -> Vec<(&'a str, Value)> {
    let kinds = from.as_object().unwrap().iter();
    let lost = kinds.flat_map(|(kind, items)| {
        let left = to[kind].as_array();
        let lost = items.as_array().into_iter().flatten();
        let lost = lost.filter(move |item| !left.is_some_and(|left| left.contains(item)));
        lost.map(move |item| (kind.as_str(), item.clone()))
    });
    lost.collect()
}

/// Each right by itself: rights of others may be added.
const HELD: &str = "select jsonb_build_object( \
    'rows', (select jsonb_agg(jsonb_build_array(c.oid::regclass::text, (xpath('//n/text()', query_to_xml('select count(*) as n from ' || c.oid::regclass, true, true, '')))[1]::text)) \
        from pg_class as c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'), \
    'rights', (select jsonb_agg(jsonb_build_array(c.oid::regclass::text, a.item::text)) from pg_class as c, unnest(c.relacl) as a(item) where c.relnamespace = 'public'::regnamespace), \
    'row security', (select jsonb_agg(jsonb_build_array(c.oid::regclass::text, c.relrowsecurity, c.relowner::regrole::text)) from pg_class as c where c.relnamespace = 'public'::regnamespace), \
    'publications', (select jsonb_agg(to_jsonb(p)) from pg_publication_tables as p where p.schemaname = 'public'))";

#[tokio::test]
async fn applying_them_takes_nothing_from_an_installation_in_use() {
    let installation = in_use().await;
    let kept = async || {
        let mut picture = picture(&installation).await;
        let database = installation.cluster.connect("supabase_admin").await.unwrap();
        let held: Value = database.query_one(HELD, &[]).await.unwrap().get(0);
        picture.as_object_mut().unwrap().remove("relations");
        picture.as_object_mut().unwrap().extend(held.as_object().unwrap().clone());
        picture
    };
    let before = kept().await;
    assert!(before["functions"].as_array().unwrap().len() > 5 && before["rights"].as_array().unwrap().len() > 30);

    installation.migrate().await;
    // The columns that a publication lists are those of the table.
    let mut after = kept().await;
    assert_ne!(after["publications"], before["publications"], "the chat has a column more");
    after["publications"] = before["publications"].clone();

    assert_eq!(missing(&before, &after), []);
}

/// The newest first, each as its file says it.
#[tokio::test]
async fn all_undone_the_project_is_as_it_was() {
    let looked = async |installation: &Installation| {
        let database = installation.cluster.connect("supabase_admin").await.unwrap();
        let mut all = picture(installation).await;
        let held: Value = database.query_one(HELD, &[]).await.unwrap().get(0);
        all.as_object_mut().unwrap().extend(held.as_object().unwrap().clone());
        all
    };
    for installation in [in_use().await, Installation::empty(Grants::Today).await] {
        installation.execute(include_str!("migrations/own.sql")).await;
        let before = looked(&installation).await;
        installation.migrate().await;
        let files = gate::migrations::files(&setup::root().join("supabase/migrations")).unwrap();

        for file in files.iter().rev() {
            let undo = gate::migrate::undo(&fs::read_to_string(&file.path).unwrap()).unwrap();
            installation.execute(&format!("set search_path = ''; {undo}")).await;
        }

        let after = looked(&installation).await;
        assert_eq!((missing(&before, &after), missing(&after, &before)), (vec![], vec![]));
    }
}

/// What a SQL editor is given is what is applied otherwise.
#[tokio::test]
async fn the_one_file_for_an_editor_is_made_of_them_and_can_be_run_twice() {
    let supabase = setup::root().join("supabase");
    let files = gate::migrations::files(&supabase.join("migrations")).unwrap();
    let one = fs::read_to_string(supabase.join("supabase-rank-backend-upgrades.sql")).unwrap();
    assert!(
        one == gate::migrate::bundle(&files).unwrap(),
        "make it anew: gate bundle >supabase/supabase-rank-backend-upgrades.sql"
    );
    let [by_files, by_one] = [in_use().await, in_use().await];

    by_files.migrate().await;
    for _ in 0..2 {
        by_one.execute(&format!("begin; {one} commit;")).await;
    }

    let (by_files, by_one) = (picture(&by_files).await, picture(&by_one).await);
    assert_eq!((missing(&by_files, &by_one), missing(&by_one, &by_files)), (vec![], vec![]));
}

/// By use, not by name: a second index of the same columns would cost each write, and serve nothing.
#[tokio::test]
async fn an_index_that_serves_is_not_made_again() {
    let installation = in_use().await;
    let own = "create index own_roster on public.rank_match_roster (room_id desc, role); \
        create index own_age on public.social_messages (channel_id, inserted_at, id); \
        create index own_sender on public.social_messages (sender_id)";
    installation.execute(own).await;

    installation.migrate().await;

    let database = installation.cluster.connect("postgres").await.unwrap();
    let made = "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relname = any ($1) order by 1";
    let ours = [
        "one_message_per_client_message_id",
        "rank_match_roster_by_room",
        "rank_rooms_by_owner",
        "social_messages_by_channel_and_age",
        "social_messages_by_sender_and_age",
    ];
    let made: Vec<String> = database.query(made, &[&&ours[..]]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(made, ["one_message_per_client_message_id", "social_messages_by_sender_and_age"]);
}

/// Its roster may have neither keys nor indexes, and millions of rows: what a build that failed has left is replaced.
#[tokio::test]
async fn an_installation_without_keys_gets_an_index_for_each_column_that_the_rpcs_search_by() {
    let installation = in_use().await;
    let bare = "alter table public.rank_match_roster \
        drop constraint if exists rank_match_roster_room_id_fkey, \
        drop constraint if exists rank_match_roster_match_instance_id_slot_index_key; \
        create index rank_match_roster_by_room on public.rank_match_roster (room_id)";
    installation.execute(bare).await;
    let database = installation.cluster.connect("supabase_admin").await.unwrap();
    // As a build that failed leaves it.
    let invalid =
        "update pg_index set indisvalid = false where indexrelid = 'public.rank_match_roster_by_room'::regclass";
    database.batch_execute(invalid).await.unwrap();
    let indexed = "select distinct attname::text from pg_index \
         join pg_attribute on attrelid = indrelid and attnum = indkey[0] \
         where indrelid = 'public.rank_match_roster'::regclass and indisvalid \
         and attname in ('room_id', 'match_instance_id') order by 1";
    assert_eq!(database.query(indexed, &[]).await.unwrap().len(), 0, "there is none to begin with");

    installation.migrate().await;

    let after: Vec<String> = database.query(indexed, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(after, ["match_instance_id", "room_id"]);
}
