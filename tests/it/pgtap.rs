//! `supabase/tests`, run as `supabase test db` would run them, and as an auditor of functions would.

use std::process::Command;

use it::{Installation, running};
use stack::{database::Grants, setup};

/// In a database of their own: they lock and break what the other tests use.
async fn prove(grants: Grants) {
    if !running().has_test_extensions() {
        return;
    }
    let installation = Installation::migrated(grants).await;
    let url = installation.cluster.url("postgres");
    let tests = setup::root().join("supabase/tests");

    let output = Command::new("pg_prove").args(["--ext", ".sql", "--recurse", "--dbname", &url]).arg(tests).output();

    let output = output.expect("pg_prove is installed: Debian's libtap-parser-sourcehandler-pgtap-perl");
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
}

#[tokio::test]
async fn the_databases_own_tests_pass_under_the_grants_of_today() {
    prove(Grants::Today).await;
}

#[tokio::test]
async fn the_databases_own_tests_pass_under_the_grants_of_before_october_2026() {
    prove(Grants::BeforeOctober2026).await;
}

/// plpgsql_check reads every function as a compiler would: types, columns, unused variables.
#[tokio::test]
async fn no_function_has_a_fault_that_a_checker_sees() {
    if !running().has_test_extensions() {
        return;
    }
    let installation = Installation::migrated(Grants::Today).await;
    let database = installation.cluster.connect("supabase_admin").await.unwrap();

    let query = "select p.oid::regprocedure::text || ': ' || f.message \
         from pg_proc as p \
         join pg_language as l on l.oid = p.prolang and l.lanname = 'plpgsql' \
         cross join lateral extensions.plpgsql_check_function_tb(p.oid, performance_warnings := false) as f \
         where p.pronamespace in ('lockstep'::regnamespace, 'public'::regnamespace) \
           and p.prorettype <> 'trigger'::regtype \
           and not exists (select from pg_depend as d where d.objid = p.oid and d.deptype = 'e')";
    let faults: Vec<String> = database.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();

    assert_eq!(faults, [] as [String; 0]);
}
