//! What the gate judges beside the product's objects of today: jobs of pg_cron, and views.

use gate::{
    catalog::Catalog,
    check,
    contract::{Contract, CronJob, Grants as Rights, Kind, Relation},
    database::{self, Connection},
    describe,
};
use it::{Installation, running};
use stack::database::Grants;

use super::{admin, contract, judge, said};

pub fn with_job() -> Contract {
    let sweep = CronJob {
        name: "sweep".into(),
        schedule: vec!["10 seconds".into(), "* * * * *".into()],
        command: "select lockstep.sweep()".into(),
        user: None,
    };
    Contract { cron_jobs: vec![sweep], ..contract() }
}

async fn judged_after(connection: &mut Connection, contract: &Contract, sql: &str) -> Vec<String> {
    database::run(connection, &format!("begin; {sql}")).await.unwrap_or_else(|error| panic!("{sql}: {error:#}"));
    let found = said(&judge(connection, contract).await);
    database::rollback(connection).await.unwrap();
    found
}

#[tokio::test]
async fn a_job_that_is_missing_changed_switched_off_or_failing_is_found() {
    if !running().has_test_extensions() {
        return;
    }
    let installation = Installation::migrated(Grants::Today).await;
    let mut connection = admin(&installation).await;
    let job = "select cron.schedule('sweep', '* * * * *', 'select  lockstep.sweep();');";
    let run = |status: &str| {
        format!(
            "{job} insert into cron.job_run_details (jobid, runid, status, return_message, start_time) \
             select jobid, 900, 'failed', 'of before', now() from cron.job where jobname = 'sweep' union all \
             select jobid, 901, '{status}', 'connection failed', now() from cron.job where jobname = 'sweep' union all \
             select jobid, 902, 'running', null, now() from cron.job where jobname = 'sweep'"
        )
    };

    for (sql, findings) in [
        (job.to_owned(), vec![]),
        (run("succeeded"), vec![]),
        ("select".to_owned(), vec!["cron_job_missing cron job sweep"]),
        ("drop extension pg_cron".to_owned(), vec!["cron_missing pg_cron"]),
        (job.replace("* * * * *", "0 3 * * *"), vec!["cron_job_changed cron job sweep"]),
        (job.replace("lockstep.sweep()", "1"), vec!["cron_job_changed cron job sweep"]),
        (
            format!("{job} update cron.job set database = 'template1' where jobname = 'sweep'"),
            vec!["cron_job_changed cron job sweep"],
        ),
        (
            format!("{job} select cron.alter_job(jobid, active := false) from cron.job where jobname = 'sweep'"),
            vec!["cron_job_inactive cron job sweep"],
        ),
        (run("failed"), vec!["cron_job_failing cron job sweep"]),
    ] {
        assert_eq!(judged_after(&mut connection, &with_job(), &sql).await, findings, "{sql}");
    }
}

#[tokio::test]
async fn a_missing_pg_cron_and_a_dead_scheduler_are_found() {
    if !running().has_test_extensions() {
        return;
    }
    let installation = Installation::migrated(Grants::Today).await;
    let mut connection = admin(&installation).await;
    let contract = with_job();

    database::run(&mut connection, "begin; drop extension pg_cron").await.unwrap();
    let without = judge(&mut connection, &contract).await;
    database::rollback(&mut connection).await.unwrap();
    assert_eq!(said(&without), ["cron_missing pg_cron"]);
    assert_eq!(without.findings[0].want, "pg_cron, which runs sweep");

    // Of the real one, the server starts another within a second.
    let job =
        "begin; set local search_path = ''; select cron.schedule('sweep', '* * * * *', 'select lockstep.sweep()')";
    database::run(&mut connection, job).await.unwrap();
    let mut catalog = Catalog::read(&mut connection, &contract).await.unwrap();
    database::rollback(&mut connection).await.unwrap();
    assert_eq!(said(&check::compare(&contract, &catalog)), [] as [String; 0]);
    catalog.cron.as_mut().unwrap().scheduler = false;
    assert_eq!(said(&check::compare(&contract, &catalog)), ["cron_scheduler_dead pg_cron"]);
}

#[tokio::test]
async fn a_view_is_judged_by_its_query_and_by_whose_rights_it_has() {
    let installation = Installation::migrated(Grants::Today).await;
    let mut connection = admin(&installation).await;
    let view = "create view public.live with (security_invoker = true) as \
         select id from public.social_messages where inserted_at > now();";
    let mut contract = contract();
    contract.relations.push(Relation {
        schema: "public".into(),
        name: "live".into(),
        kind: Kind::View,
        shared: false,
        owner: None,
        row_security: false,
        security_invoker: false,
        definition: Vec::new(),
        columns: Vec::new(),
        constraints: Default::default(),
        keys: Vec::new(),
        caller: None,
        indexes: Default::default(),
        rules: Vec::new(),
        policies: Vec::new(),
        triggers: Vec::new(),
        grants: Rights::default(),
    });
    database::run(&mut connection, &format!("begin; set local search_path = ''; {view}")).await.unwrap();
    let catalog = Catalog::read(&mut connection, &contract).await.unwrap();
    let contract = describe::describe(contract, &catalog).unwrap();
    database::rollback(&mut connection).await.unwrap();

    for (sql, findings) in [
        (view.to_owned(), vec![]),
        ("select".to_owned(), vec!["relation_missing view public.live"]),
        ("create table public.live as select 1".to_owned(), vec!["relation_missing view public.live"]),
        (view.replace("with (security_invoker = true)", ""), vec!["security_invoker_off view public.live"]),
        (
            view.replace("security_invoker = true", "security_invoker = false"),
            vec!["security_invoker_off view public.live"],
        ),
        (view.replace(" > ", " >= "), vec!["view_changed view public.live"]),
    ] {
        assert_eq!(judged_after(&mut connection, &contract, &sql).await, findings, "{sql}");
    }
}
