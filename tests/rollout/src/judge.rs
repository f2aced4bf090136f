//! What the gate is asked, and what stops a rollout.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, bail};
use gate::{
    cli::{Command, ContractFile, Database, Probe},
    finding::{Code, Finding, Report},
    run::{Outcome, outcome},
};
use tokio::time::{Instant, sleep};

use crate::{cli::Sources, context::Context};

/// How long PostgREST may take to read a schema again.
const RELOAD: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_millis(500);

async fn report(command: Command) -> Result<Report> {
    match outcome(command).await? {
        Outcome::Report(report) => Ok(report),
        Outcome::File(_) => bail!("the gate gave a file, and no judgement"),
    }
}

fn database(context: &Context) -> Database {
    Database { database_url: context.database_url().to_owned() }
}

/// Before anything is changed: the environment is the locked one, and the migrations that it has are the files'. Those
/// that it does not have are what a rollout is for. Returns what could not be looked at.
pub async fn present(context: &Context, sources: &Sources) -> Result<Vec<String>> {
    let environment = report(Command::Environment {
        name: context.environment.clone(),
        environments: context.place.environments.clone(),
        apikey: Some(context.people.apikey.clone()),
        database: database(context),
    })
    .await?;
    let mut migrations =
        report(Command::Migrations { migrations: sources.migrations.clone(), database: database(context) }).await?;
    migrations.findings.retain(|finding| finding.code != Code::MigrationPending);
    let mut unseen = Vec::new();
    for report in [environment, migrations] {
        demand(&report)?;
        unseen.extend(report.unseen.iter().map(|unseen| format!("{}: {}", unseen.place, unseen.why)));
    }
    Ok(unseen)
}

/// The database meets the contract, and PostgREST knows it: each RPC is called, and names its version.
pub async fn contract(context: &Context, sources: &Sources) -> Result<String> {
    let deadline = Instant::now() + RELOAD;
    loop {
        let probe = Probe {
            probe: true,
            url: context.lock.url.clone(),
            apikey: Some(context.people.apikey.clone()),
            token: Some(context.people.token.clone()),
        };
        let contract = ContractFile { contract: sources.contract.clone() };
        let report = report(Command::Check { contract, database: database(context), probe }).await?;
        let stale = |finding: &Finding| [Code::SchemaCacheStale, Code::ProbeHttpFailed].contains(&finding.code);
        let may_pass = report.findings.iter().all(stale);
        if report.exit_code() == 0 {
            return Ok(report.subject);
        }
        if !may_pass || Instant::now() > deadline {
            demand(&report)?;
            let unseen = report.unseen.iter().map(|unseen| format!("{}: {}", unseen.place, unseen.why));
            bail!("the gate could not look: {}", unseen.collect::<Vec<_>>().join("; "));
        }
        sleep(AGAIN).await;
    }
}

/// Whether built components work on the database as it is now.
pub async fn components(context: &Context, files: Vec<PathBuf>) -> Result<Report> {
    report(Command::Components { files, database: database(context) }).await
}

/// Fails with every finding.
pub fn demand(report: &Report) -> Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    bail!("the gate refuses {}:\n{}", report.subject, findings(report))
}

/// In a line each.
pub fn findings(report: &Report) -> String {
    let line = |finding: &Finding| {
        let Finding { code, place, want, have, remedy } = finding;
        format!("  {} {place}: wanted {want}, found {have}; {remedy}", code.word())
    };
    report.findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// PostgREST reads the schema again. Its own trigger does too, where a project has it.
pub async fn reload(context: &mut Context) -> Result<()> {
    let notify = "notify pgrst, 'reload schema'; notify pgrst, 'reload config'";
    gate::database::run(context.store.connection(), notify).await.context("PostgREST cannot be told")
}
