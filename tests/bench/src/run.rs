//! The run, part by part, and what becomes of it.

use std::{path::Path, process::ExitCode, sync::Arc};

use anyhow::{Context as _, Result};
use report::destination::Destination;
use stack::{host::Sockets, progress::Progress, reaper::Reaper, setup};
use tokio_postgres::{Client, NoTls};

use crate::{
    children::{Child, Peer, Upstream},
    cli::{Cli, Part},
    growth, limits,
    limits::Verdict,
    machine::Machine,
    micro, page,
    people::{Algorithm, People, Signer},
    result::{Cell, Method, ProcessFigures, Run, Speed},
    speed::{self, Bench, Plan, System},
    text,
    work::Spelling,
};

/// Measures, shows and writes.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    let page = destination(&cli.page).context("--page")?;
    let json = cli.json.as_deref().map(destination).transpose().context("--json")?;
    let measured = measure(&cli).await?;
    text::show(&measured);
    page.write(&page::html(&measured))?;
    if let Some(json) = json {
        json.write(&(serde_json::to_string_pretty(&measured)? + "\n"))?;
    }
    eprintln!("\npage: {}", cli.page.display());
    let missed = measured.limits.iter().any(|limit| limit.verdict == Verdict::Missed);
    Ok(if missed && cli.fail_on_miss { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn destination(path: &Path) -> Result<Destination> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    Destination::at(path)
}

async fn measure(cli: &Cli) -> Result<Run> {
    let progress = Progress::Shown;
    let method = if cli.quick {
        Method { quick: true, rounds: 3, warm_up_seconds: 0.1, measured_seconds: 0.25 }
    } else {
        Method { quick: false, rounds: 5, warm_up_seconds: 0.25, measured_seconds: 1.0 }
    };
    let folder = tempfile::Builder::new().prefix("bench-").tempdir()?;
    let reaper = Reaper::start()?;
    let install = async {
        Peer::Deno.install().await?;
        Peer::Node.install().await
    };
    progress.step("the peers' packages (npm)", install).await?;
    let upstream = progress.step("the stack", Upstream::start(folder.path(), &reaper)).await?;
    let database = connect(upstream.value("DATABASE_URL")?).await?;
    let postgresql: String = database.query_one("show server_version", &[]).await?.get(0);
    let machine = Machine::describe(&setup::root(), postgresql)?;
    let signer = Signer::new(&upstream.environment)?;
    let people = People::new(&database, &signer, upstream.value("SUPABASE_PUBLISHABLE_KEY")?);
    let people = Arc::new(progress.step("people, channels and rooms", people).await?);
    let bench = Bench { people, database, method: method.clone() };
    let site = Site { upstream, bench, folder: folder.path(), reaper, progress };

    let mut run = Run { machine, method, speed: None, sockets: None, micro: None, growth: None, limits: Vec::new() };
    if cli.wants(Part::Speed) {
        run.speed = Some(site.speed().await?);
    }
    if cli.wants(Part::Sockets) {
        run.sockets = Some(site.sockets().await?);
    }
    if cli.wants(Part::Micro) {
        let measure = micro::measure(&site.upstream, &site.bench.people, &signer, cli.quick);
        run.micro = Some(progress.step("one instance", measure).await?);
    }
    drop(site);
    if cli.wants(Part::Growth) {
        run.growth = Some(growth::measure(cli.quick, &run.method, progress).await?);
    }
    run.limits = limits::judge(&run);
    Ok(run)
}

/// What is measured, while it is measured.
struct Site<'f> {
    bench: Bench,
    upstream: Upstream,
    folder: &'f Path,
    reaper: Reaper,
    progress: Progress,
}

impl Site<'_> {
    async fn speed(&self) -> Result<Speed> {
        let Self { upstream, folder, reaper, .. } = self;
        let start = async {
            let ours = Child::host(upstream, Sockets::NoDelay, "off", folder, reaper).await?;
            let deno = Child::peer(Peer::Deno, upstream, "off", reaper).await?;
            Ok((ours, deno, Child::peer(Peer::Node, upstream, "off", reaper).await?))
        };
        let (ours, deno, node) = self.progress.step("the functions and the peers", start).await?;
        let systems = self.systems(&[("lockstep", &ours), ("deno", &deno), ("node", &node)]);
        let mut cells = self.cells(speed::plans(), &systems).await?;
        let mut processes = Vec::new();
        for (system, child) in [("lockstep", &ours), ("deno", &deno), ("node", &node)] {
            let memory_bytes = child.family.memory_bytes()?;
            processes.push(ProcessFigures { system, memory_bytes, first_answer_ms: 0.0 });
        }
        drop((ours, deno, node));

        let start = async {
            let ours = Child::host(upstream, Sockets::NoDelay, "writes", folder, reaper).await?;
            let deno = Child::peer(Peer::Deno, upstream, "writes", reaper).await?;
            Ok((ours, deno, Child::peer(Peer::Node, upstream, "writes", reaper).await?))
        };
        let (ours, deno, node) = self.progress.step("the same, with the session checked", start).await?;
        let systems = self.systems(&[("lockstep", &ours), ("deno", &deno), ("node", &node)]);
        cells.extend(self.cells(speed::checked_plans(), &systems).await?);
        drop((ours, deno, node));

        let starts = self.first_answers(&mut processes);
        self.progress.step("from start to first answer", starts).await?;
        Ok(Speed { cells, processes })
    }

    async fn sockets(&self) -> Result<Vec<Cell>> {
        let start = Child::host(&self.upstream, Sockets::LikeSpin, "off", self.folder, &self.reaper);
        let ours = self.progress.step("the functions without TCP_NODELAY", start).await?;
        self.cells(speed::socket_plans(), &self.systems(&[("lockstep", &ours)])).await
    }

    async fn cells(&self, plans: Vec<Plan>, systems: &[System]) -> Result<Vec<Cell>> {
        let mut cells = Vec::new();
        for plan in plans {
            cells.push(self.progress.step(&plan.title(), self.bench.cell(plan, systems)).await?);
        }
        Ok(cells)
    }

    /// The direct call first: the others are compared with it.
    fn systems(&self, children: &[(&'static str, &Child)]) -> Vec<System> {
        let upstream = &self.upstream.child;
        let direct = System {
            name: "direct",
            spelling: Spelling::Direct,
            address: upstream.address.clone(),
            families: vec![upstream.family],
        };
        let others = children.iter().map(|(name, child)| System {
            name,
            spelling: Spelling::Function,
            address: child.address.clone(),
            families: vec![upstream.family, child.family],
        });
        std::iter::once(direct).chain(others).collect()
    }

    /// Each started anew some times, in turns: from the start of the process to the first list.
    async fn first_answers(&self, processes: &mut [ProcessFigures]) -> Result<()> {
        let mut taken = vec![Vec::new(); processes.len()];
        for _ in 0..self.bench.method.rounds {
            for (place, process) in processes.iter().enumerate() {
                let (upstream, reaper) = (&self.upstream, &self.reaper);
                let began = std::time::Instant::now();
                let child = match process.system {
                    "deno" => Child::peer(Peer::Deno, upstream, "off", reaper).await?,
                    "node" => Child::peer(Peer::Node, upstream, "off", reaper).await?,
                    _ => Child::host(upstream, Sockets::NoDelay, "off", self.folder, reaper).await?,
                };
                self.bench.first_list(&child.address, Algorithm::Es256).await?;
                taken[place].push(began.elapsed().as_secs_f64() * 1000.0);
            }
        }
        for (process, taken) in processes.iter_mut().zip(taken) {
            process.first_answer_ms = crate::figures::median(taken).context("there are rounds")?;
        }
        Ok(())
    }
}

/// To PostgreSQL, over TCP.
pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("cannot connect to the database")?;
    tokio::spawn(async move {
        // The client sees the error too, at its next query.
        let _ended = connection.await;
    });
    Ok(client)
}
