//! Projects in use that have something of their own: either the migrations fit it, and everything works, or they say what
//! is in the way, all of it at once, and nothing is touched.

mod own;
mod shapes;

use clap::Parser as _;
use gate::{cli::Cli, finding::Report, run::Outcome};
use it::{Installation, Server};
use stack::{database::Grants, setup};

/// Lists, sends, stages, renews and sweeps, as a user who owns a room; the rows are those of the smoke test.
const WORK: &str = include_str!("adoption/work.sql");

/// `gate adopt` before the migrations, and `gate check` after them.
async fn gate(command: &str, installation: &Installation) -> Report {
    let url = installation.cluster.url("postgres");
    let contract = setup::root().join("supabase/rank_required_rpcs.json");
    let arguments = ["gate", command, "--database-url", &url, "--contract", contract.to_str().unwrap()];
    match gate::run::outcome(Cli::try_parse_from(arguments).unwrap().command).await.unwrap() {
        Outcome::Report(report) => report,
        Outcome::File(text) => panic!("a file, and no report: {text}"),
    }
}

/// As `postgres`, or as a superuser after `reset role`.
async fn execute(installation: &Installation, sql: &str) {
    let admin = installation.cluster.connect("supabase_admin").await.unwrap();
    let done = admin.batch_execute(&format!("set role postgres; {sql}")).await;
    done.unwrap_or_else(|error| panic!("{sql}: {:?}", error.as_db_error()));
}

async fn in_use(sql: &str) -> Installation {
    let installation = Installation::in_use_on(Server::Machine, Grants::BeforeOctober2026).await;
    execute(&installation, sql).await;
    installation
}

/// What does not fit, and the objects that have to be named.
const IN_THE_WAY: &[(&str, &[&str])] = &[
    (
        "drop table public.social_messages; create table public.social_messages (id bigint primary key, room_id uuid, author_id uuid, content text not null, created_at timestamptz)",
        &[
            "column public.social_messages.id",
            "column public.social_messages.channel_id",
            "column public.social_messages.sender_id",
            "column public.social_messages.body",
            "column public.social_messages.inserted_at",
            "column public.social_messages.content",
        ],
    ),
    (
        "alter table public.social_messages add column metadata jsonb not null",
        &["column public.social_messages.metadata"],
    ),
    ("alter table public.social_messages alter column id drop default", &["column public.social_messages.id"]),
    ("create unique index said_once on public.social_messages (channel_id, body)", &["index public.said_once"]),
    (
        "create function public.fetch_social_messages(uuid, integer) returns setof public.social_messages language sql as 'select * from public.social_messages'",
        &["function public.fetch_social_messages(uuid,integer)"],
    ),
    (
        "create function public.sync_rank_match_roster(uuid, uuid, uuid, jsonb, jsonb) returns void language sql as ''",
        &["function public.sync_rank_match_roster(uuid,uuid,uuid,jsonb,jsonb)"],
    ),
    (
        "drop table public.rank_sessions cascade; create table public.rank_sessions (id bigint primary key, game_id uuid, owner_id uuid)",
        &["column public.rank_sessions.id"],
    ),
    (
        "create unique index one_active on public.rank_sessions (owner_id) where status = 'active'",
        &["index public.one_active"],
    ),
    (
        "alter table public.rank_participants drop constraint rank_participants_game_id_owner_id_key",
        &["table public.rank_participants"],
    ),
    (
        "alter table public.rank_match_roster add column season text not null; alter table public.rank_match_roster alter column hero_name set not null",
        &["column public.rank_match_roster.hero_name", "column public.rank_match_roster.season"],
    ),
    ("create view public.rank_session_overlays as select 1 as id", &["table public.rank_session_overlays"]),
    (
        "alter table public.social_messages rename to chat; create view public.social_messages as select * from public.chat",
        &["table public.social_messages"],
    ),
    (
        "reset role; drop schema realtime cascade",
        &["function realtime.send(jsonb, text, text, boolean)", "function realtime.topic()", "table realtime.messages"],
    ),
    (
        "alter table public.rank_match_roster drop constraint rank_match_roster_pkey; reset role; create publication everything for all tables",
        &["table public.rank_match_roster"],
    ),
];

#[tokio::test]
async fn what_does_not_fit_is_named_all_at_once_and_nothing_is_touched() {
    for (sql, places) in IN_THE_WAY {
        let installation = Installation::in_use_on(Server::Machine, Grants::BeforeOctober2026).await;
        let admin = installation.cluster.connect("supabase_admin").await.unwrap();
        // An empty roster can be given a column without a default.
        installation.execute("delete from public.rank_match_roster; delete from public.social_messages").await;
        execute(&installation, sql).await;

        let report = gate("adopt", &installation).await;
        let error = installation.try_migrate().await.expect_err(sql);

        let mut said: Vec<&str> = report.findings.iter().map(|finding| finding.place.as_str()).collect();
        said.sort_unstable();
        said.dedup();
        let mut expected = places.to_vec();
        expected.sort_unstable();
        assert_eq!(said, expected, "{sql}: {:#?}", report.findings);
        let error = format!("{error:#}");
        assert!(places.iter().all(|place| error.contains(place)) && error.contains("nothing was changed"), "{error}");
        let touched = "select exists (select from pg_namespace where nspname = 'lockstep') or exists (select from supabase_migrations.schema_migrations)";
        assert!(!admin.query_one(touched, &[]).await.unwrap().get::<_, bool>(0), "{sql}");
    }
}

#[tokio::test]
async fn a_table_of_another_role_is_in_the_way() {
    let installation = in_use("reset role; alter table public.heroes owner to supabase_admin").await;

    let report = gate("adopt", &installation).await;

    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    assert_eq!(report.findings[0].place, "table public.heroes");
    assert!(installation.try_migrate().await.is_err());
}

/// What the project has of its own.
const FITS: &[&str] = &[
    "select",
    "drop table public.social_messages",
    "create table public.social_channels (id uuid primary key default gen_random_uuid(), name text not null)",
    "drop table public.rank_room_slots, public.rank_match_roster, public.rank_participants",
    include_str!("adoption/chat.sql"),
    include_str!("adoption/moderation.sql"),
    "alter table public.social_messages add column metadata jsonb not null default '{}'; alter table public.social_messages add unique (sender_id, id)",
    "alter table public.rank_sessions drop column status",
    "alter table public.rank_sessions alter column status set default 'playing'",
    "alter table public.rank_sessions drop constraint rank_sessions_game_id_fkey, drop constraint rank_sessions_owner_id_fkey; alter table public.rank_match_roster drop constraint rank_match_roster_room_id_fkey",
    "alter table public.rank_rooms disable row level security; alter table public.social_messages disable row level security",
    "reset role; create publication everything for all tables",
];

#[tokio::test]
async fn on_what_fits_everything_works() {
    for sql in FITS {
        let installation = in_use(sql).await;
        let report = gate("adopt", &installation).await;
        assert_eq!(report.exit_code(), 0, "{sql}: {:#?}", report.findings);
        let said =
            |what: &str| report.notices.iter().any(|notice| format!("{}: {}", notice.place, notice.what) == what);
        assert!(said("table public.rank_rooms: fits") && said("table public.rank_session_overlays: will be made"));

        installation.try_migrate().await.unwrap_or_else(|error| panic!("{sql}: {error:#}"));

        let checked = gate("check", &installation).await;
        assert_eq!(checked.findings, [], "{sql}");
        let database = installation.cluster.connect("postgres").await.unwrap();
        database.batch_execute(WORK).await.unwrap_or_else(|error| panic!("{sql}: {:?}", error.as_db_error()));
    }
}
