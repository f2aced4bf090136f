//! The run, part by part, and what becomes of it.

use std::{path::Path, process::ExitCode, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use report::destination::Destination;
use stack::{progress::Progress, reaper::Reaper, setup};
use tokio_postgres::{Client, NoTls};

use crate::{
    children::{Peer, Upstream},
    cli::{Cli, Part},
    first, growth, limits,
    limits::Verdict,
    machine::Machine,
    micro,
    ours::{Hosting, Runtime},
    page,
    people::{self, People, Signer},
    result::{Method, Run},
    rpc,
    site::Site,
    soak,
    speed::Bench,
    text,
};

/// Measures, shows and writes.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    ensure!(
        cli.quick || !cfg!(debug_assertions),
        "this was compiled for debugging, and would measure that: cargo run --release -p bench, or --quick to try it"
    );
    let page = destination(&cli.page).context("--page")?;
    let json = cli.json.as_deref().map(destination).transpose().context("--json")?;
    let measured = measure(&cli).await?;
    text::show(&measured)?;
    page.write(&page::html(&measured))?;
    if let Some(json) = json {
        json.write(&(serde_json::to_string_pretty(&measured)? + "\n"))?;
    }
    say::note!("\npage: {}", cli.page.display());
    let missed = measured.limits.iter().any(|limit| limit.verdict == Verdict::Missed);
    Ok(if missed && cli.fail_on_miss { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn destination(path: &Path) -> Result<Destination> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    Destination::at(path)
}

const PROGRESS: Progress = Progress::Shown;

async fn measure(cli: &Cli) -> Result<Run> {
    let method = if cli.quick {
        Method { quick: true, rounds: 3, warm_up_seconds: 0.1, measured_seconds: 0.25 }
    } else {
        Method { quick: false, rounds: 5, warm_up_seconds: 0.25, measured_seconds: 1.0 }
    };
    ensure!(
        cli.runtime == Runtime::Stack || !cli.wants(Part::Sockets),
        "the part `sockets` is about the stack's host: leave --runtime spin out"
    );
    let hosting = Hosting::of(cli.runtime, &cli.spin)?;
    let mut run = Run::new(Machine::describe(&setup::root())?, hosting.mark(), method);
    let postgresql = if cli.wants_site() { Some(on_site(cli, hosting.clone(), &mut run).await?) } else { None };
    run.machine.add_versions(&setup::root(), &hosting, postgresql);
    if cli.wants(Part::Rpc) {
        run.rpc = Some(rpc::measure(cli.quick, PROGRESS).await?);
    }
    if cli.wants(Part::Growth) {
        run.growth = Some(growth::measure(cli.quick, &run.method, &hosting, PROGRESS).await?);
    }
    run.limits = limits::check(&run);
    Ok(run)
}

/// The parts that ask functions, all of them with one stack behind them. Returns the version of its PostgreSQL.
async fn on_site(cli: &Cli, hosting: Hosting, run: &mut Run) -> Result<String> {
    let folder = tempfile::Builder::new().prefix("bench-").tempdir()?;
    let reaper = Reaper::start()?;
    let install = async {
        Peer::Deno.install().await?;
        Peer::Node.install().await
    };
    PROGRESS.step("the peers' packages (npm)", install).await?;
    let upstream = PROGRESS.step("the stack", Upstream::start(folder.path(), &reaper)).await?;
    let database = connect(upstream.value("DATABASE_URL")?).await?;
    let postgresql: String = database.query_one("show server_version", &[]).await?.get(0);
    let signer = Signer::new(&upstream.environment)?;
    let people = People::new(&database, &signer, upstream.value("SUPABASE_PUBLISHABLE_KEY")?);
    let people = Arc::new(PROGRESS.step("people, channels and rooms", people).await?);
    people::unlimited(&database).await?;
    let bench = Bench { people, database, method: run.method.clone() };
    let site = Site { upstream, bench, hosting, folder: folder.path(), reaper, progress: PROGRESS };
    if cli.wants(Part::Speed) {
        run.speed = Some(site.speed().await?);
    }
    if cli.wants(Part::Sockets) {
        run.sockets = Some(site.sockets().await?);
    }
    if cli.wants(Part::First) {
        run.first = Some(first::measure(&site).await?);
    }
    if cli.wants(Part::Micro) {
        let measure = micro::measure(&site.upstream, &site.bench.people, &signer, cli.quick);
        run.micro = Some(PROGRESS.step("one instance", measure).await?);
    }
    if cli.wants(Part::Soak) {
        run.soak = Some(soak::measure(&site, cli.soak_minutes()).await?);
    }
    Ok(postgresql)
}

/// Takes pg_cron's jobs away, so that nothing happens but what is measured.
pub const NO_JOBS: &str = "
    do $$
    begin
      if exists (select from pg_extension where extname = 'pg_cron') then
        perform cron.unschedule(jobid) from cron.job;
      end if;
    end;
    $$;";

/// To PostgreSQL, over TCP.
pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("cannot connect to the database")?;
    tokio::spawn(async move {
        // The client sees the error too, at its next query.
        let _ended = connection.await;
    });
    Ok(client)
}
