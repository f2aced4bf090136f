//! `gate describe`: the contract, as a database has it, with what a migration has made; and without what it forgot.

use clap::Parser as _;
use gate::{
    cli::Cli,
    contract::Contract,
    database::{self, Connection},
    run::Outcome,
};
use it::Installation;
use stack::{database::Grants, setup};

use super::{admin, contract};

struct Migrated {
    installation: Installation,
    admin: Connection,
}

impl Migrated {
    async fn new() -> Self {
        let installation = Installation::migrated(Grants::BeforeOctober2026).await;
        let admin = admin(&installation).await;
        Self { installation, admin }
    }

    /// As `postgres`, whose functions go to everybody unless something is said.
    async fn execute(&mut self, sql: &str) {
        let sql = format!("begin; set local role postgres; {sql}; commit");
        database::run(&mut self.admin, &sql).await.unwrap_or_else(|error| panic!("{sql}: {error:#}"));
    }

    async fn described(&self, also: &[&str]) -> Result<String, String> {
        let path = setup::root().join("supabase/rank_required_rpcs.json");
        let url = self.installation.cluster.url("postgres");
        let arguments = ["gate", "describe", "--contract", path.to_str().unwrap(), "--database-url", &url];
        let cli = Cli::try_parse_from([&arguments[..], also].concat()).unwrap();
        match gate::run::outcome(cli.command).await {
            Ok(Outcome::File(text)) => Ok(text),
            Ok(Outcome::Report(report)) => panic!("{report:?}"),
            Err(error) => Err(format!("{error:#}")),
        }
    }

    async fn refused(&self, also: &[&str], complaints: &[&str]) {
        let said = self.described(also).await.unwrap_err();
        for complaint in complaints {
            assert!(said.contains(complaint), "no {complaint:?} in {said}");
        }
    }
}

/// What is printed is the file, where nothing has changed; and what is named besides is in it.
#[tokio::test]
async fn a_good_database_is_described_by_the_contract_itself() {
    let mut migrated = Migrated::new().await;
    let same = migrated.described(&[]).await.unwrap();
    let create = "create function lockstep.helper() returns integer language sql set search_path = '' as 'select 1'; \
         revoke all on function lockstep.helper() from public, anon, authenticated, service_role; \
         grant execute on function lockstep.helper() to rank_rpc_owner; \
         create table lockstep.notes (id uuid primary key); alter table lockstep.notes enable row level security";
    migrated.execute(create).await;

    let more = Contract::parse(&migrated.described(&["lockstep.helper", "lockstep.notes"]).await.unwrap()).unwrap();

    // Where pg_cron is missing, or another PostgreSQL spells it otherwise, the file would still be taken over.
    let path = setup::root().join("supabase/rank_required_rpcs.json");
    assert_eq!(same, std::fs::read_to_string(&path).unwrap());
    let helper = more.functions.iter().find(|function| function.name == "helper").expect("it is named");
    assert_eq!(helper.execute.must, ["rank_rpc_owner"]);
    assert_eq!(helper.execute.must_not, ["public", "anon", "authenticated", "service_role"]);
    assert!(more.relations.iter().any(|relation| relation.name == "notes" && relation.row_security));
    assert_eq!(
        more.functions.len() + more.relations.len(),
        contract().functions.len() + contract().relations.len() + 2
    );
}

const MAKE: &str = "create function public.fetch_channels() returns setof public.social_channels language plpgsql stable \
    security definer set search_path = '' as $$ begin perform lockstep.announce_rpc('fetch_channels', '1.2.0'); end $$";
const FINISH: &str = "comment on function public.fetch_channels() is '{\"rpc\": \"fetch_channels\", \"version\": \"1.2.0\"}'; \
    revoke all on function public.fetch_channels() from public, anon, authenticated, service_role; \
    grant execute on function public.fetch_channels() to authenticated; \
    grant create on schema public to social_rpc_owner; \
    alter function public.fetch_channels() owner to social_rpc_owner; \
    revoke create on schema public from social_rpc_owner";

#[tokio::test]
async fn a_new_rpc_is_written_down_when_its_migration_has_forgotten_nothing() {
    let mut migrated = Migrated::new().await;
    migrated.execute(MAKE).await;

    let complaints = [
        "fetch_channels() may be executed by public, anon, service_role: revoke all on function public.fetch_channels() \
         from public, anon, authenticated, service_role; grant execute on function public.fetch_channels() to authenticated;",
        "fetch_channels() belongs to postgres: alter function public.fetch_channels() owner to \
         <social_rpc_owner or rank_rpc_owner>;",
        "fetch_channels() does not say its version in its comment",
    ];
    migrated.refused(&["public.fetch_channels=channels-list"], &complaints).await;
    migrated.execute(FINISH).await;
    migrated.refused(&["public.fetch_channels"], &["is an RPC: name", "public.fetch_channels=<component>"]).await;
    migrated.refused(&["public.fetch_social_messages"], &["is in the contract already"]).await;
    let described = migrated.described(&["public.fetch_channels=channels-list"]).await.unwrap();

    let described = Contract::parse(&described).unwrap();
    let rpc = described.rpcs.iter().find(|rpc| rpc.name == "fetch_channels").unwrap();
    assert_eq!((rpc.component.as_deref(), &*rpc.owner), (Some("channels-list"), "social_rpc_owner"));
    assert_eq!(rpc.version.as_ref().unwrap().to_string(), "1.2.0");
    assert_eq!(rpc.execute.must, ["authenticated"]);
    assert_eq!(rpc.execute.must_not, ["public", "anon", "service_role"]);
}

/// An argument more takes dropping, and dropping takes comment, owner and rights along.
#[tokio::test]
async fn an_rpc_that_lost_its_rights_with_its_old_arguments_is_not_written_down() {
    let mut migrated = Migrated::new().await;
    let head = "(p_session_id uuid, p_why text default null) returns jsonb language plpgsql security definer \
         set search_path = '' as $$ begin perform lockstep.announce_rpc('end_rank_session', '1.1.0'); end $$";
    migrated
        .execute(&format!(
            "drop function public.end_rank_session(uuid); create function public.end_rank_session{head}; \
             comment on function public.end_rank_session is '{{\"rpc\": \"end_rank_session\", \"version\": \"1.1.0\"}}'; \
             grant execute on function lockstep.sweep_rank_overlays to public"
        ))
        .await;

    let complaints = [
        "public.end_rank_session(uuid,text) may be executed by public, anon, service_role",
        "belongs to postgres: alter function public.end_rank_session(uuid,text) owner to rank_rpc_owner;",
        "lockstep.sweep_rank_overlays() may be executed by everybody",
    ];
    migrated.refused(&[], &complaints).await;
    let finish = "revoke all on function public.end_rank_session from public, anon, authenticated, service_role; \
         revoke all on function lockstep.sweep_rank_overlays from public; \
         grant create on schema public to rank_rpc_owner; \
         alter function public.end_rank_session owner to rank_rpc_owner";
    migrated.execute(finish).await;
    migrated.refused(&[], &["public.end_rank_session(uuid,text) may not be executed by authenticated: grant"]).await;
    migrated.execute("grant execute on function public.end_rank_session to authenticated").await;
    let described = Contract::parse(&migrated.described(&[]).await.unwrap()).unwrap();

    let rpc = described.rpcs.iter().find(|rpc| rpc.name == "end_rank_session").unwrap();
    assert_eq!((rpc.version.as_ref().unwrap().to_string(), rpc.arguments.len()), ("1.1.0".to_owned(), 2));
}
