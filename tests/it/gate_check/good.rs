//! A database that is as it should be.

use clap::Parser as _;
use gate::{cli::Cli, contract::Contract, database, run::Outcome};
use it::{Installation, Server};
use stack::{database::Grants, setup};

use super::{admin, check_as, contract, said};

/// Empty and in use, under both regimes of default grants, on the machine's PostgreSQL and on 17.
#[tokio::test]
async fn a_good_database_has_no_finding() {
    for server in [Server::Machine, Server::Npm] {
        for grants in [Grants::Today, Grants::BeforeOctober2026] {
            for installation in
                [Installation::empty_on(server, grants).await, Installation::in_use_on(server, grants).await]
            {
                installation.migrate().await;

                let report = check_as(&installation, "postgres", &["--probe"]).await;

                assert_eq!(said(&report), [] as [String; 0], "{server:?} {grants:?}: {:#?}", report.findings);
                assert_eq!(report.exit_code(), 0, "{:?}", report.unseen);
            }
        }
    }
}

#[tokio::test]
async fn a_database_without_any_migration_is_told_so_and_breaks_nothing() {
    let installation = Installation::empty(Grants::Today).await;

    let report = check_as(&installation, "postgres", &["--probe"]).await;

    let missing = said(&report).into_iter().filter(|finding| finding.starts_with("function_missing")).count();
    assert_eq!(missing, contract().all_functions().count());
    assert!(said(&report).contains(&"schema_missing schema lockstep".to_owned()), "{:?}", said(&report));
    assert!(said(&report).contains(&"role_missing role rank_rpc_owner".to_owned()), "{:?}", said(&report));
    assert_eq!(report.exit_code(), 1);
}

/// What `gate describe` prints is the file, where nothing has changed; and what is named besides is in it.
#[tokio::test]
async fn a_good_database_is_described_by_the_contract_itself() {
    let installation = Installation::migrated(Grants::Today).await;
    let path = setup::root().join("supabase/rank_required_rpcs.json");
    let url = installation.cluster.url("postgres");
    let arguments = ["gate", "describe", "--contract", path.to_str().unwrap(), "--database-url", &url];
    let described = async |also: &[&str]| match gate::run::outcome(
        Cli::try_parse_from([&arguments[..], also].concat()).unwrap().command,
    )
    .await
    .unwrap_or_else(|error| panic!("{error:#}"))
    {
        Outcome::File(text) => text,
        Outcome::Report(report) => panic!("{report:?}"),
    };
    let same = described(&[]).await;
    let create = "create function lockstep.helper() returns integer language sql set search_path = '' as 'select 1'; \
         revoke all on function lockstep.helper() from public; grant execute on function lockstep.helper() to rank_rpc_owner; \
         create table lockstep.notes (id uuid primary key); alter table lockstep.notes enable row level security";
    database::run(&mut admin(&installation).await, create).await.unwrap();

    let more = Contract::parse(&described(&["lockstep.helper", "lockstep.notes"]).await).unwrap();

    // Where pg_cron is missing, or another PostgreSQL spells it otherwise, the file would still be taken over.
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
