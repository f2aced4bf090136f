//! Who looks: any login will do for what the catalog shows, and what it does not see is said, with what helps.

use gate::{database, finding::Report};
use it::{Installation, Server, running};
use stack::database::Grants;

use super::{admin, check_as, contract, cron_and_views::with_job, judge, said};

fn places(report: &Report) -> Vec<&str> {
    report.unseen.iter().map(|unseen| unseen.place.as_str()).collect()
}

/// Row security hides the jobs of others without a word.
#[tokio::test]
async fn jobs_that_cannot_be_seen_are_not_missing() {
    if !running().has_test_extensions() {
        return;
    }
    let installation = Installation::migrated(Grants::Today).await;
    let mut connection = admin(&installation).await;
    let reader = "create role reader; grant usage on schema cron to reader; grant select on cron.job to reader;";
    database::run(&mut connection, &format!("begin; {reader} set local role reader")).await.unwrap();

    let report = judge(&mut connection, &with_job()).await;

    assert_eq!(said(&report), [] as [String; 0]);
    assert_eq!(
        places(&report),
        ["cron.job", "lockstep.settings", "function auth.uid()", "function auth.jwt()", "function realtime.topic()"]
    );
    assert_eq!(report.exit_code(), 2);
}

/// `pg_catalog` is open to everybody. The rest is neither right nor wrong until somebody lets it be seen.
#[tokio::test]
async fn a_login_without_any_right_is_told_what_it_does_not_see_and_what_helps() {
    let installation = Installation::migrated(Grants::Today).await;
    let create = "create role reader login password 'postgres'; \
         alter role reader set default_transaction_read_only = on";
    let mut connection = admin(&installation).await;
    database::run(&mut connection, create).await.unwrap();

    let report = check_as(&installation, "reader", &[]).await;
    let probed = check_as(&installation, "reader", &["--probe"]).await;
    for unseen in &report.unseen {
        let (_, helps) = unseen.remedy.split_once("or").unwrap();
        let helps = helps.trim_start_matches([',', ':', ' ']).trim_start_matches("as a superuser: ");
        database::run(&mut connection, helps).await.unwrap_or_else(|error| panic!("{helps}: {error:#}"));
    }
    let helped = check_as(&installation, "reader", &[]).await;

    let jobs = if running().has_test_extensions() { vec!["cron.job"] } else { vec![] };
    let rest = ["lockstep.settings", "function auth.uid()", "function auth.jwt()", "function realtime.topic()"];
    let hidden = [jobs, rest.to_vec()].concat();
    assert_eq!((said(&report), places(&report), report.exit_code()), (vec![], hidden.clone(), 2));
    assert_eq!((said(&probed), places(&probed)), (vec![], [hidden, vec!["calls in SQL"]].concat()));
    let not_counted =
        ["no cron jobs, since they cannot be seen", "no rows of lockstep.settings, since they cannot be seen"];
    for line in &not_counted[usize::from(!running().has_test_extensions())..] {
        assert!(report.looked_at.iter().any(|said| said == line), "{:?}", report.looked_at);
    }
    let left: Vec<&str> = places(&helped).into_iter().filter(|place| *place != "cron.job_run_details").collect();
    assert_eq!((said(&helped), left), (vec![], vec![]), "{helped:#?}");
    let rows = format!("{} rows of lockstep.settings", contract().rows.len());
    assert!(helped.looked_at.contains(&rows), "{:?}", helped.looked_at);
}

/// A finding is a finding for everybody, and what has to be asked is not passed over by who cannot ask.
#[tokio::test]
async fn a_login_without_any_right_judges_everything_in_the_catalog() {
    let installation = Installation::in_use_on(Server::Machine, Grants::BeforeOctober2026).await;
    installation.migrate().await;
    let mut connection = admin(&installation).await;
    let change = "create role reader login password 'postgres'; \
         alter database postgres set session_replication_role = replica; \
         alter table lockstep.audit_log set unlogged; \
         create policy closed on public.rank_rooms as restrictive for select using (false); \
         alter table public.rank_sessions add constraint waits check (status = 'waiting') not valid";
    database::run(&mut connection, change).await.unwrap();

    let report = check_as(&installation, "reader", &[]).await;

    assert_eq!(report.exit_code(), 1);
    let mut found = said(&report);
    found.sort();
    assert_eq!(found, ["setting_unexpected database postgres", "storage_changed table lockstep.audit_log"]);
    for place in ["policy \"closed\" on public.rank_rooms", "constraint waits on public.rank_sessions"] {
        let (what, table) = place.split_once(" on ").unwrap();
        let named = |unseen: &str| unseen.contains(what) && unseen.ends_with(table);
        assert!(places(&report).iter().any(|unseen| named(unseen)), "{place}: {:?}", report.unseen);
    }
}
