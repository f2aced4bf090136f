//! The cost as the work grows: lists and the gate over more and more messages, the sweep over more and more overlays. On a
//! stack of its own, since five million messages would be in everybody's way.

use std::{path::Path, sync::Arc, time::Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Parser as _;
use stack::{progress::Progress, reaper::Reaper, setup};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::{
    cells::Plan,
    children::{Child, Upstream},
    figures::median,
    host::SUPERUSER,
    ours::Hosting,
    people::{self, Algorithm, People, Signer},
    plan,
    result::{
        Method,
        database::{GrownList, GrownSweep, Growth},
    },
    run::{NO_JOBS, connect},
    speed::{Bench, System},
    work::{Operation, Spelling},
};

/// How many there are, from step to step.
const MESSAGES: [u64; 5] = [1_000, 10_000, 100_000, 1_000_000, 5_000_000];
const OVERLAYS: [u64; 4] = [100, 1_000, 10_000, 100_000];
/// The largest step of a quick run.
const QUICK: u64 = 100_000;
/// A median of so many.
const GATE_RUNS: usize = 5;

/// Of both kinds of work.
pub async fn measure(quick: bool, method: &Method, hosting: &Hosting, progress: Progress) -> Result<Growth> {
    let folder = tempfile::Builder::new().prefix("bench-growth-").tempdir()?;
    let reaper = Reaper::start()?;
    let upstream = progress.step("a stack to grow", Upstream::start(folder.path(), &reaper)).await?;
    let ours = hosting.start(&upstream.variables("off")?, folder.path(), &reaper).await?;
    let admin = connect(upstream.value(SUPERUSER)?).await?;
    let signer = Signer::new(&upstream.environment)?;
    let publishable = upstream.value("SUPABASE_PUBLISHABLE_KEY")?;

    let host = hosting.mark();
    let mut growing = Growing { upstream: &upstream, ours: &ours, host: &host, admin: &admin, method, messages: 0 };
    let mut people = People::new(&admin, &signer, publishable).await?;
    // Those of the people themselves go, so that there are as many as is said.
    admin.batch_execute("set session_replication_role = replica; delete from public.social_messages").await?;
    let mut lists = Vec::new();
    for messages in MESSAGES.into_iter().filter(|messages| !quick || *messages <= QUICK) {
        progress.step(&format!("{messages} messages"), growing.to(messages, &mut people)).await?;
        let everybody = Arc::new(people.clone());
        let list = growing.lists(&everybody);
        lists.push(progress.step(&format!("lists of {messages} messages"), list).await?);
    }
    // Not before: the gate wants the jobs.
    admin.batch_execute(NO_JOBS).await.context("the sweep's job cannot be taken away")?;
    admin.batch_execute(AT_ONCE).await.context("the sweep's limit cannot be raised")?;
    let mut sweeps = Vec::new();
    for overlays in OVERLAYS.into_iter().filter(|overlays| !quick || *overlays < QUICK) {
        sweeps.push(progress.step(&format!("sweep of {overlays} overlays"), sweep(&admin, overlays)).await?);
    }
    Ok(Growth { host, lists, sweeps })
}

/// All overlays that there are.
const AT_ONCE: &str = "update lockstep.settings set value = '999999999' where name = 'overlays_per_sweep'";

struct Growing<'g> {
    upstream: &'g Upstream,
    ours: &'g Child,
    host: &'g str,
    admin: &'g Client,
    method: &'g Method,
    messages: u64,
}

impl Growing<'_> {
    /// Adds messages until there are so many: every second one in one big channel, the others in a thousand small ones.
    async fn to(&mut self, messages: u64, people: &mut People) -> Result<()> {
        // In pieces, and with neither triggers nor foreign keys: it is the reading that is measured.
        const PIECE: u64 = 250_000;
        while self.messages < messages {
            let last = messages.min(self.messages + PIECE);
            let insert = format!(
                "insert into public.social_messages (channel_id, sender_id, body, client_message_id, inserted_at)
                 select case when n % 2 = 0 then '{big}'::uuid else md5('channel ' || n % 1000)::uuid end,
                   '{sender}'::uuid, 'Message ' || n || ': thursday, same time as always, ask Mika.', gen_random_uuid(),
                   timestamptz '2026-01-01' + interval '1 second' * n
                 from generate_series({first}, {last}) as n",
                big = people.reading,
                sender = people.person(0).id(),
                first = self.messages + 1,
            );
            self.admin.batch_execute(&insert).await?;
            self.messages = last;
        }
        self.admin.batch_execute("vacuum (analyze) public.social_messages").await?;
        let newer = i64::try_from(messages / 4)?;
        people.middle = people::middle(self.admin, people.reading.parse::<Uuid>()?, newer).await?;
        Ok(())
    }

    async fn lists(&self, people: &Arc<People>) -> Result<GrownList> {
        let database = connect(self.upstream.value("DATABASE_URL")?).await?;
        let bench = Bench { people: people.clone(), database, method: self.method.clone() };
        let family = self.upstream.child.family;
        let system = |name, host, spelling, address: &str| System {
            name,
            host,
            spelling,
            address: address.to_owned(),
            families: vec![family],
        };
        let systems = [
            system("direct", None, Spelling::Direct, &self.upstream.child.address),
            system("lockstep", Some(self.host.to_owned()), Spelling::Function, &self.ours.address),
        ];
        let plan = |operation| Plan { operation, algorithm: Algorithm::Es256, connections: 1, session_check: false };
        let newest = bench.cell(plan(Operation::List { rows: 50 }), &systems).await?;
        let middle = bench.cell(plan(Operation::Page), &systems).await?;
        let plans = plan::of_lists(self.upstream.value(SUPERUSER)?, people).await?;
        let by_index = plans.iter().all(|plan| plan.by_index);
        Ok(GrownList {
            messages: self.messages,
            newest_direct_ms: newest.systems[0].p50_ms,
            newest_lockstep_ms: newest.systems[1].p50_ms,
            middle_direct_ms: middle.systems[0].p50_ms,
            middle_lockstep_ms: middle.systems[1].p50_ms,
            plans: plans.into_iter().map(|plan| plan.shown).collect(),
            by_index,
            gate_ms: gate(self.upstream.value("DATABASE_URL")?).await?,
        })
    }
}

/// `gate check`, in this process: what it takes without being started.
async fn gate(database_url: &str) -> Result<f64> {
    let contract = setup::root().join("supabase/rank_required_rpcs.json");
    let mut taken = Vec::new();
    for _ in 0..GATE_RUNS {
        let began = Instant::now();
        gate_check(&contract, database_url).await?;
        taken.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    median(taken).context("the gate was run")
}

async fn gate_check(contract: &Path, database_url: &str) -> Result<()> {
    let contract = contract.display().to_string();
    let arguments = ["gate", "check", "--contract", &contract, "--database-url", database_url];
    let gate::run::Outcome::Report(report) =
        gate::run::outcome(gate::cli::Cli::try_parse_from(arguments)?.command).await?
    else {
        anyhow::bail!("the gate gave no report");
    };
    ensure!(report.findings.is_empty(), "the gate found: {:?}", report.findings);
    Ok(())
}

/// So many overlays that are over and of which nobody was told, and the sweep that takes them.
async fn sweep(admin: &Client, overlays: u64) -> Result<GrownSweep> {
    let insert = format!(
        "set session_replication_role = replica;
         insert into public.rank_session_overlays (session_id, room_id, owner_id, version, renewed_at, expires_at)
         select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1,
           now() - interval '10 minutes', now() - interval '5 minutes'
         from generate_series(1, {overlays});
         set session_replication_role = origin;"
    );
    admin.batch_execute(&insert).await?;
    admin.batch_execute("vacuum (analyze) public.rank_session_overlays").await?;
    let began = Instant::now();
    let swept: i32 = admin.query_one("select lockstep.sweep_rank_overlays()", &[]).await?.get(0);
    let took = began.elapsed();
    ensure!(u64::try_from(swept)? == overlays, "the sweep took {swept} overlays of {overlays}");
    Ok(GrownSweep { overlays, took_ms: took.as_secs_f64() * 1000.0 })
}
