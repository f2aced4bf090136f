//! `cargo run -p stack`: the whole system on one machine, for trying it and for developing against it.

mod introduction;
mod records;

use std::{
    convert::Infallible,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::{Result, ensure};
use clap::Parser;
use console::style;
use stack::{
    database::{Grants, Migrations},
    env_file,
    host::{Sockets, record::Recorder},
    progress::Progress,
    runtime::Kind,
    setup,
    stack::{Components, Options, Stack},
    watch::Watch,
};
use tokio::signal::unix::{SignalKind, signal};

use crate::records::Page;

/// Starts everything on this machine: PostgreSQL with the migrations and a small demo, PostgREST, a stand-in for Auth,
/// and the components, behind one origin that an unmodified supabase-js works with.
///
/// The first run fetches what is missing (the wasm32-wasip2 target, PostgREST, PostgreSQL if the machine has none) and
/// compiles the components. Telemetry goes to standard output, one line for each request; everything else to standard
/// error. Ctrl-C stops it and leaves nothing behind.
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit status: 0 after Ctrl-C or a smoke test that passed, the command's with --exec, 1 otherwise."
)]
struct Arguments {
    /// Serve what is saved: functions, migrations, the contract. The functions are compiled fast, and not as they ship
    #[arg(long, conflicts_with_all = ["migrations", "smoke"])]
    watch: bool,
    /// Port of the origin; 0 is any free one
    #[arg(long, default_value_t = 54321)]
    port: u16,
    /// Keep the database in this folder, and use it again
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// The bin folder of a PostgreSQL 15 or newer [default: the machine's, else npm's]
    #[arg(long, value_name = "FOLDER")]
    postgres: Option<PathBuf>,
    /// Default privileges of a new database
    #[arg(long, value_enum, default_value_t = Grants::Today)]
    grants: Grants,
    /// Make the new database one of a project that has been in use for years before its first migration
    #[arg(long)]
    in_use: bool,
    /// How many migrations to apply: `all`, `none`, or so many from the first one on, for trying a rollout
    #[arg(long, value_name = "COUNT", default_value = "all")]
    migrations: Migrations,
    /// Build and deploy no components: a function answers 404 until some are deployed
    #[arg(long)]
    no_components: bool,
    /// A variable of the components; may be given several times
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// Keep each component's records in this folder too, as Spin does in .spin/logs
    #[arg(long, value_name = "FOLDER")]
    logs: Option<PathBuf>,
    /// Write what the components see of each request to this new file, for `replay` to run it again: request, variables,
    /// readings of clocks and randomness, upstream answers. Tokens and keys are replaced by test ones with the same claims;
    /// what people wrote, and who they are by those claims, is not: the file is readable by its owner alone. An instance
    /// that is recorded takes one request at a time
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Show the records of the requests as they are: one JSON object a line
    #[arg(long, conflicts_with_all = ["smoke", "exec"])]
    json: bool,
    /// When it stops, write a page of the requests' latency and errors to this file
    #[arg(long, value_name = "PATH")]
    report: Option<PathBuf>,
    /// What runs the components
    #[arg(long, value_enum, default_value_t = Kind::Embedded)]
    runtime: Kind,
    /// Leave TCP_NODELAY off on the components' sockets, as Spin does
    #[arg(long)]
    no_nodelay: bool,
    /// Run the smoke test when everything is up, then stop, with its result
    #[arg(long)]
    smoke: bool,
    /// Run this command in a shell when everything is up, with what --env-file would have, then stop, with its status
    #[arg(long, value_name = "COMMAND", conflicts_with = "smoke")]
    exec: Option<String>,
    /// Write addresses, keys and tokens to this file when everything is up, for a shell to source
    #[arg(long, value_name = "PATH")]
    env_file: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = tokio::runtime::Runtime::new().map_err(Into::into).and_then(|runtime| {
        let result = runtime.block_on(run(arguments));
        // A component that is being compiled, or a smoke test, is not waited for.
        runtime.shutdown_background();
        result
    });
    result.unwrap_or_else(|error: anyhow::Error| {
        say::note!("{} {error:#}", style("error:").red().bold().for_stderr());
        ExitCode::FAILURE
    })
}

async fn run(arguments: Arguments) -> Result<ExitCode> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut page = arguments.report.as_deref().map(Page::at).transpose()?;
    // Before anything takes time: a file that is already there is not written over.
    let recorder = arguments.record.as_deref().map(Recorder::create).transpose()?;
    let work = serve(arguments, recorder.clone(), &mut page);
    // Whichever comes first drops the other, and with it all that was started.
    let status = tokio::select! {
        done = work => done,
        _ = interrupt.recv() => Ok(ExitCode::SUCCESS),
        _ = terminate.recv() => Ok(ExitCode::SUCCESS),
    };
    if let Some(page) = page {
        page.write().await?;
    }
    if let Some(recorder) = recorder {
        tokio::task::spawn_blocking(move || recorder.flush()).await?;
    }
    status
}

async fn serve(arguments: Arguments, recorder: Option<Arc<Recorder>>, page: &mut Option<Page>) -> Result<ExitCode> {
    let root = setup::checkout()?;
    say::note!("{} {}", style("Checkout:").bold().for_stderr(), root.display());
    let watched = "Spin watches by itself, with `spin watch`: leave --watch or --runtime out";
    ensure!(!arguments.watch || arguments.runtime == Kind::Embedded, watched);
    let components = match (arguments.no_components, arguments.watch) {
        (true, _) => Components::LeftAlone,
        (false, true) => Components::Fast,
        (false, false) => Components::Deployed,
    };
    // Before anything is compiled or applied: what is saved in the meantime is not missed.
    let watch = arguments.watch.then(|| Watch::begin(&root, components)).transpose()?;
    let stack = Stack::start(Options {
        root,
        port: arguments.port,
        data: absolute(arguments.data)?,
        durable: false,
        postgres: absolute(arguments.postgres)?,
        grants: arguments.grants,
        in_use: arguments.in_use,
        migrations: arguments.migrations,
        components,
        variables: arguments.variables.into_iter().collect(),
        logs: absolute(arguments.logs)?,
        recorder,
        runtime: arguments.runtime,
        sockets: if arguments.no_nodelay { Sockets::LikeSpin } else { Sockets::NoDelay },
        progress: Progress::Shown,
    })
    .await?;
    let environment = stack.environment()?;
    let value = |name: &str| environment.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value);
    let telemetry = stack.telemetry();
    if let Some(page) = page {
        page.follow(stack.telemetry());
    }

    let own = stack.folder().join("env");
    let env_file = arguments.env_file.as_ref().unwrap_or(&own);
    env_file::write(env_file, &environment)?;
    if arguments.smoke {
        let target = smoke::Target {
            url: value("FUNCTIONS_URL").to_owned(),
            token: value("TOKEN_MEMBER").to_owned(),
            outsider: Some(value("TOKEN_OUTSIDER").to_owned()),
            database_url: Some(value("DATABASE_URL").to_owned()),
            project: Some(smoke::Project {
                url: value("ORIGIN").to_owned(),
                apikey: value("SUPABASE_PUBLISHABLE_KEY").to_owned(),
            }),
            ..smoke::Target::default()
        };
        let outcome = tokio::task::spawn_blocking(move || smoke::run(&target, &AtomicBool::new(false))).await??;
        return Ok(if outcome.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }

    let work = async {
        if let Some(command) = &arguments.exec {
            return execute(command, environment).await;
        }
        introduction::show(&environment, env_file);
        if arguments.migrations == Migrations::All && !arguments.no_components {
            introduction::first_request(&environment).await?;
        }
        say::note!("\n{}\n", style("Serving until Ctrl-C. Telemetry:").bold().for_stderr());
        records::show(telemetry, arguments.json).await?;
        Ok(ExitCode::SUCCESS)
    };
    tokio::select! {
        status = work => status,
        failed = follow(watch, &stack) => failed.map(|never| match never {}),
    }
}

async fn follow(watch: Option<Watch>, stack: &Stack) -> Result<Infallible> {
    match watch {
        Some(watch) => watch.follow(stack, Progress::Shown).await,
        None => std::future::pending().await,
    }
}

/// A command of the shell, which ends with us.
async fn execute(command: &str, environment: Vec<(&str, String)>) -> Result<ExitCode> {
    let mut shell = tokio::process::Command::new("sh");
    let status = shell.args(["-c", command]).envs(environment).kill_on_drop(true).status().await?;
    // By a signal: what a shell would say.
    let code = status.code().unwrap_or(128);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)))
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has no `=`")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// PostgreSQL runs in another folder than the person who typed the path.
fn absolute(path: Option<PathBuf>) -> Result<Option<PathBuf>> {
    Ok(path.map(std::path::absolute).transpose()?)
}
