//! Each command, from its arguments to its report.

use std::time::Duration;

use anyhow::{Context as _, Result};
use console::style;
use indicatif::ProgressBar;

use crate::{
    adopt,
    catalog::Catalog,
    check,
    cli::{Cli, Command, Database, Probe},
    components,
    contract::Contract,
    database::{self, Connection},
    describe, diff,
    environment::{self, Lock},
    finding::{Report, Unseen},
    migrate, migrations,
    output::{self, Format},
    probe::{self, Project},
};

/// What a command gives.
#[derive(Debug)]
pub enum Outcome {
    /// A judgement.
    Report(Report),
    /// A file, for standard output.
    File(String),
}

/// Runs the command, shows what it gives, and says with which status to exit. An error is a look that was not possible.
pub async fn run(cli: Cli) -> Result<u8> {
    let spinner = ProgressBar::new_spinner().with_message("looking");
    spinner.enable_steady_tick(Duration::from_millis(100));
    let outcome = outcome(cli.command).await;
    spinner.finish_and_clear();
    match outcome? {
        Outcome::Report(report) => {
            output::show(&report, cli.format)?;
            Ok(report.exit_code())
        }
        Outcome::File(text) => output::write(&text).map(|()| 0),
    }
}

/// The error of [`run`]: for people on standard error, and in another format as a report of what could not be looked at.
pub fn explain(error: &anyhow::Error, format: Format) {
    say::note!("{} {error:#}", style("could not look:").yellow().bold().for_stderr());
    if format != Format::Text {
        let unseen = Unseen {
            place: "gate".to_owned(),
            why: format!("{error:#}"),
            remedy: "see why, and run it again".to_owned(),
        };
        let report = Report { subject: "nothing was judged".to_owned(), unseen: vec![unseen], ..Report::default() };
        // Standard error has it already.
        let _shown = output::show(&report, format);
    }
}

/// Runs the command.
pub async fn outcome(command: Command) -> Result<Outcome> {
    Ok(Outcome::Report(match command {
        Command::Check { contract, database, probe } => {
            check(&Contract::read(&contract.contract)?, &database, probe).await?
        }
        Command::Adopt { contract, database } => {
            let contract = Contract::read(&contract.contract)?;
            let mut connection = reading(&database).await?;
            let report = adopt::look(&mut connection, &contract).await?;
            database::close(connection).await;
            report
        }
        Command::Look => return Ok(Outcome::File(adopt::migration())),
        Command::Bundle { migrations } => {
            return Ok(Outcome::File(migrate::bundle(&migrations::files(&migrations)?)?));
        }
        Command::Migrations { migrations, database } => {
            let files = migrations::files(&migrations)?;
            let mut connection = reading(&database).await?;
            let report = migrations::compare(&mut connection, &files).await?;
            database::close(connection).await;
            Report { subject: format!("the database against {}", migrations.display()), ..report }
        }
        Command::Diff { old, new } => diff::compare(&Contract::read(&old)?, &Contract::read(&new)?),
        Command::Components { files, database } => {
            let carried = files.iter().map(|path| components::read(path)).collect::<Result<Vec<_>>>()?;
            let catalog = catalog(&components::needs(&carried), &database).await?;
            components::compare(&carried, &catalog)
        }
        Command::Environment { name, environments, apikey, database } => {
            let lock = Lock::read(&environments, &name)?;
            let nothing = components::needs(&[]);
            let access = catalog(&nothing, &database).await?.access;
            let compare = move || environment::compare(&name, &lock, &access, apikey.as_deref());
            tokio::task::spawn_blocking(compare).await??
        }
        Command::Schema => return Ok(Outcome::File(output::layout(&schemars::schema_for!(Contract))?)),
        Command::Describe { also, contract, database } => {
            let contract = describe::with(Contract::read(&contract.contract)?, &also)?;
            let catalog = catalog(&contract, &database).await?;
            return Ok(Outcome::File(output::layout(&describe::describe(contract, &catalog)?)?));
        }
    }))
}

async fn check(contract: &Contract, database: &Database, probe: Probe) -> Result<Report> {
    let mut connection = reading(database).await?;
    let catalog = Catalog::read(&mut connection, contract).await.context("cannot read the catalog")?;
    database::rollback(&mut connection).await?;
    let mut how = String::new();
    let mut called = Report::default();
    if probe.probe {
        how.push_str(", calls in SQL");
        // What the catalog says is said in any case.
        called = probe::in_a_transaction(&mut connection, contract, &catalog).await.unwrap_or_else(|error| Report {
            unseen: vec![Unseen {
                place: "calls in SQL".to_owned(),
                why: format!("{error:#}"),
                remedy: "connect to the primary database, where an RPC may write".to_owned(),
            }],
            ..Report::default()
        });
    }
    database::close(connection).await;
    let functions = catalog.functions.clone();
    let mut report = check::compare(contract, &catalog);
    if let (Some(url), Some(apikey), Some(token)) = (probe.url, probe.apikey, probe.token) {
        how.push_str(" and through PostgREST");
        let project = Project { url, apikey, token };
        let contract = contract.clone();
        let call = move || probe::through_postgrest(&project, &contract, &functions);
        let also = tokio::task::spawn_blocking(call).await?;
        called.findings.extend(also.findings);
        called.unseen.extend(also.unseen);
    }
    report.subject = format!("the database against contract {}{how}", contract.version);
    report.findings.extend(called.findings);
    report.unseen.extend(called.unseen);
    Ok(report)
}

async fn catalog(contract: &Contract, database: &Database) -> Result<Catalog> {
    let mut connection = reading(database).await?;
    let catalog = Catalog::read(&mut connection, contract).await.context("cannot read the catalog")?;
    database::close(connection).await;
    Ok(catalog)
}

async fn reading(database: &Database) -> Result<Connection> {
    let mut connection = database::connect(&database.database_url).await?;
    database::begin_reading(&mut connection).await?;
    Ok(connection)
}
