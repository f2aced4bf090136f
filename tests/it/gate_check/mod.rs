//! The gate: what is good passes, and each thing that can be wrong is found, with its code, and nothing else.

mod battery;
mod built;
mod connections;
mod cron_and_views;
mod describe;
mod diff;
mod doors;
mod environment;
mod functions;
mod good;
mod history;
mod logins;
mod mutation;
mod overlays;
mod patience;
mod probe;
mod realtime_send;
mod relations;
mod remake;
mod sessions;

use clap::Parser as _;
use gate::{
    catalog::Catalog,
    check,
    cli::Cli,
    contract::{Contract, Function},
    database::{self, Connection},
    finding::{Code, Report},
    run::Outcome,
};
use it::Installation;
use stack::setup;

fn contract() -> Contract {
    Contract::read(&setup::root().join("supabase/rank_required_rpcs.json")).unwrap()
}

/// `gate <arguments>`, as the command line would run it.
async fn gate(arguments: &[&str]) -> anyhow::Result<Report> {
    let cli = Cli::try_parse_from(std::iter::once(&"gate").chain(arguments)).unwrap();
    match gate::run::outcome(cli.command).await? {
        Outcome::Report(report) => Ok(report),
        Outcome::File(text) => panic!("a file, and no report: {text}"),
    }
}

/// `gate check`, as a role of the baseline.
async fn check_as(installation: &Installation, role: &str, more: &[&str]) -> Report {
    let url = installation.cluster.url(role);
    let contract = setup::root().join("supabase/rank_required_rpcs.json");
    let mut arguments = vec!["check", "--database-url", &url, "--contract", contract.to_str().unwrap()];
    arguments.extend(more);
    let report = gate(&arguments).await.unwrap_or_else(|error| panic!("{error:#}"));
    on_this_server(&mut admin(installation).await, report).await
}

/// As the superuser, who can break everything.
async fn admin(installation: &Installation) -> Connection {
    database::connect(&installation.cluster.socket_url("supabase_admin")).await.unwrap()
}

/// What the gate says of the transaction that is open.
pub async fn judge(connection: &mut Connection, contract: &Contract) -> Report {
    database::spell_plainly(connection).await.unwrap();
    let report = check::compare(contract, &Catalog::read(connection, contract).await.unwrap());
    on_this_server(connection, report).await
}

/// A PostgreSQL for tests may have no pg_cron to create.
async fn on_this_server(connection: &mut Connection, mut report: Report) -> Report {
    let has_cron = "select to_jsonb(exists (select from pg_available_extensions where name = 'pg_cron'))::text";
    if database::read(connection, has_cron).await.unwrap() == false {
        report.findings.retain(|finding| finding.code != Code::CronMissing);
    }
    report
}

/// `code where`, for a comparison that reads well when it fails.
fn said(report: &Report) -> Vec<String> {
    report.findings.iter().map(|finding| format!("{} {}", finding.code.word(), finding.place)).collect()
}

/// The same without the arguments of the contract's functions, which stand there alone; `(…)` where they are others.
fn said_in_short(report: &Report, contract: &Contract) -> Vec<String> {
    let short = |said: String| {
        let Some((start, signature)) = said.split_once("function ") else { return said };
        let named = |function: &&Function| signature.split('(').next() == Some(&*function.qualified());
        match contract.all_functions().find(named) {
            Some(function) if function.signature() == signature => format!("{start}function {}", function.qualified()),
            Some(function) => format!("{start}function {}(…)", function.qualified()),
            None => said,
        }
    };
    said(report).into_iter().map(short).collect()
}
