//! What a project had on its tables before the migrations stays its own as long as it is as it was.

use gate::{catalog::Catalog, contract::Relation, database, migrate};

use super::shapes::{contract, in_use, migrations, with};
use crate::gate_check::judge;

/// What the project has, how it is changed after the migrations, and where `gate check` then has a finding.
const CHANGED: &[(&str, &str, &str)] = &[
    (
        include_str!("moderation.sql"),
        "create or replace function public.refuse_bad_words() returns trigger language plpgsql as $$ begin raise exception 'closed'; end $$",
        "trigger refuse_bad_words on public.social_messages",
    ),
    (
        "create rule copies as on insert to public.social_messages do also notify said",
        "create or replace rule copies as on insert to public.social_messages do also notify others",
        "rule copies on public.social_messages",
    ),
    (
        "create function public.may_say(uuid) returns boolean language sql stable return false; create policy own on public.social_messages as restrictive for insert with check (public.may_say(sender_id))",
        "create or replace function public.may_say(uuid) returns boolean language sql stable return $1 is null",
        r#"policy "own" on public.social_messages"#,
    ),
    (
        "alter table public.social_messages add constraint unsigned check (sender_id is null)",
        "alter table public.social_messages drop constraint unsigned, add constraint unsigned check (sender_id is null and body is not null)",
        "constraint unsigned on public.social_messages",
    ),
    (
        "alter table public.rank_sessions alter column status set default 'playing'",
        "alter table public.rank_sessions alter column status set default 'done'",
        "column public.rank_sessions.status",
    ),
    (
        "alter table public.rank_sessions drop column status",
        "alter table public.rank_sessions alter column status set default 'done'",
        "column public.rank_sessions.status",
    ),
    (
        "create view public.chat as select id, channel_id from public.social_messages; grant select on public.chat to authenticated",
        "create or replace view public.chat as select id, channel_id, body from public.social_messages",
        "view public.chat",
    ),
    (
        "create view public.chat as select body from public.social_messages; revoke all on public.chat from anon; grant select on public.chat to authenticated",
        "grant select on public.chat to anon",
        "view public.chat",
    ),
    (
        "create function public.unread(uuid) returns bigint language sql stable security definer begin atomic select count(*) from public.social_messages where channel_id = $1; end",
        "create or replace function public.unread(uuid) returns bigint language sql stable security definer begin atomic select count(*) from public.social_messages; end",
        "function public.unread(uuid)",
    ),
    (
        "create function public.asked_first() returns void language plpgsql as 'begin null; end'; reset role; alter role authenticator set pgrst.db_pre_request = 'public.asked_first'",
        "create or replace function public.asked_first() returns void language plpgsql as 'begin raise exception ''closed''; end'",
        "role authenticator",
    ),
    (
        "grant insert (code) on public.rank_rooms to public",
        "grant insert on public.rank_rooms to public",
        "table public.rank_rooms",
    ),
    (
        "create table public.older () inherits (public.social_messages)",
        "create table public.oldest () inherits (public.social_messages)",
        "table public.social_messages",
    ),
];

#[tokio::test]
async fn it_is_a_notice_until_it_is_changed() {
    let (_installation, mut connection) = in_use().await;
    let (_, others) = migrations();
    let others = migrate::bundle(&others).unwrap();
    let mut wrong = Vec::new();
    for (sql, change, place) in CHANGED {
        let (before, after) = with(&mut connection, sql, async |connection| {
            migrate::run(connection, "migrations", &others).await.unwrap_or_else(|error| panic!("{sql}: {error:#}"));
            let before = judge(connection, &contract()).await;
            database::run(connection, change).await.unwrap_or_else(|error| panic!("{change}: {error:#}"));
            (before, judge(connection, &contract()).await)
        })
        .await;

        let told = before.notices.iter().any(|notice| notice.place == *place && notice.what.contains("as it was"));
        let places: Vec<&str> = after.findings.iter().map(|finding| finding.place.as_str()).collect();
        if !before.findings.is_empty() || !told || places != [*place] {
            wrong.push(format!("{sql}: {:#?} told: {told} {places:?}", before.findings));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Of each kind one that comes later.
const LATER: &str = "create function public.refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$; \
    create trigger refuse before insert on public.social_messages for each row execute function public.refuse(); \
    create rule copies as on insert to public.social_messages do also notify said; \
    create policy own on public.social_messages as restrictive for insert with check (sender_id is null); \
    alter table public.social_messages add constraint unsigned check (sender_id is null); \
    create index long on public.social_messages (body)";

#[tokio::test]
async fn what_comes_later_is_right_once_the_contract_has_it() {
    let (_installation, mut connection) = in_use().await;
    let (_, others) = migrations();
    let others = migrate::bundle(&others).unwrap();
    let mut contract = contract();

    let (without, with_it) = with(&mut connection, "select", async |connection| {
        migrate::run(connection, "migrations", &others).await.unwrap();
        database::run(connection, LATER).await.unwrap();
        let without = judge(connection, &contract).await;
        let catalog = Catalog::read(connection, &contract).await.unwrap();
        let is_messages = |relation: &&mut Relation| relation.name == "social_messages";
        let found = catalog.relations.iter().find(|relation| relation.name == "social_messages").unwrap().clone();
        let meant = contract.relations.iter_mut().find(is_messages).unwrap();
        meant.triggers.extend(found.triggers.into_iter().filter(|trigger| trigger.name == "refuse"));
        meant.rules.push("copies".to_owned());
        meant.policies.extend(found.policies.into_iter().filter(|policy| policy.name == "own"));
        meant.constraints.insert("unsigned".to_owned(), found.constraints["unsigned"].clone());
        meant.indexes.insert("long".to_owned(), found.indexes["long"].clone());
        (without, judge(connection, &contract).await)
    })
    .await;

    assert_eq!(without.findings.len(), 5, "{:#?}", without.findings);
    assert_eq!(with_it.findings, []);
}
