//! A database that is as it should be.

use it::{Installation, Server};
use stack::database::Grants;

use super::{check_as, contract, said};

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
