//! The RPCs in the database: each over its bare form, and what each of its parts costs. On clusters of its own, of
//! PostgreSQL 15 and 17, with one connection and nothing else to do.
//!
//! [`database`] has the rows and the bare forms, [`cases`] says what is called, [`call`] calls it as PostgREST does, and
//! [`parts`] leaves one part of the RPCs out after the other. All of it takes turns in every round.

mod call;
mod cases;
mod database;
mod parts;

use anyhow::{Context as _, Result};
use stack::{progress::Progress, reaper::Reaper, setup, setup::Binaries};

use self::{
    call::{Caller, Role},
    cases::Case,
    database::Database,
    parts::Part,
};
use crate::{
    figures::median,
    result::database::{RpcDatabase, RpcFigures, RpcPart, Rpcs, title},
};

/// The oldest that the migrations take, and what new projects get.
const VERSIONS: [u32; 2] = [15, 17];

/// How often.
#[derive(Debug, Clone, Copy)]
struct Amount {
    rounds: usize,
    /// In each of which every variant has so many calls,
    calls: usize,
    /// after so many in which the connection makes its plans: the first five of a statement are of another kind.
    warm_up: usize,
}

/// All RPCs, on each PostgreSQL that is to be had.
pub async fn measure(quick: bool, progress: Progress) -> Result<Rpcs> {
    let amount = if quick {
        Amount { rounds: 3, calls: 30, warm_up: 10 }
    } else {
        Amount { rounds: 9, calls: 100, warm_up: 15 }
    };
    let folder = stack::stack::folder()?;
    let reaper = Reaper::start()?;
    reaper.folder(folder.path())?;
    let mut rpcs = Rpcs { databases: Vec::new(), missing: Vec::new() };
    for version in VERSIONS {
        let binaries = match Binaries::of_version(&setup::root(), version, folder.path()).await {
            Ok(binaries) => binaries,
            Err(error) => {
                rpcs.missing.push(format!("PostgreSQL {version} was not measured: {error:#}"));
                continue;
            }
        };
        let own = folder.path().join(version.to_string());
        std::fs::create_dir(&own)?;
        let start = Database::start(&binaries, &own, &reaper);
        let database = progress.step(&format!("PostgreSQL {version} for the RPCs"), start).await?;
        let mut measured = Vec::new();
        for case in &database.cases {
            let title = format!("{}, PostgreSQL {version}", title(case.rpc, case.case));
            measured.push(progress.step(&title, figures(&database, case, amount)).await?);
        }
        rpcs.databases.push(RpcDatabase { postgresql: database.version.clone(), rpcs: measured });
    }
    Ok(rpcs)
}

/// A way to call it, and what a call took in each round.
struct Variant<'d> {
    name: &'static str,
    /// What is left out meanwhile.
    without: Vec<&'d Part>,
    taken: Vec<f64>,
}

const BARE: &str = "bare";
const WHOLE: &str = "whole";
const TOGETHER: &str = "all of these";

async fn figures(database: &Database, case: &Case, amount: Amount) -> Result<RpcFigures> {
    let parts: Vec<&Part> = database.parts.iter().filter(|part| case.parts.contains(&part.name)).collect();
    let variant = |name, without| Variant { name, without, taken: Vec::new() };
    let mut variants = vec![variant(BARE, Vec::new()), variant(WHOLE, Vec::new())];
    variants.extend(parts.iter().map(|part| variant(part.name, vec![*part])));
    variants.push(variant(TOGETHER, parts));
    let headers = call::headers(case.rpc)?;
    // One connection for all of it: what differs between two is not the RPC's.
    let caller = Caller::connect(&database.cluster).await?;
    let call = caller.prepare(&case.call, Role::Authenticated, &headers).await?;
    let bare = caller.prepare(&case.bare, Role::Bare, &headers).await?;
    for number in 0..amount.rounds {
        database.refresh().await?;
        // Nobody is always the one after the slowest.
        let many = variants.len();
        variants.rotate_left(number % many);
        for variant in &mut variants {
            let (statement, role) =
                if variant.name == BARE { (&bare, Role::Bare) } else { (&call, Role::Authenticated) };
            for part in &variant.without {
                database.admin.batch_execute(&part.out).await.with_context(|| format!("without {}", part.name))?;
            }
            let mut taken = Vec::new();
            for number in 0..amount.warm_up + amount.calls {
                let took = caller.call(statement, role, &headers, case.rows).await;
                let took = took.with_context(|| format!("{}, {}", title(case.rpc, case.case), variant.name))?;
                if number >= amount.warm_up {
                    taken.push(took.as_secs_f64() * 1000.0);
                }
            }
            variant.taken.push(median(taken).context("there are calls")?);
            for part in &variant.without {
                database.admin.batch_execute(&part.back).await.with_context(|| format!("with {} again", part.name))?;
            }
        }
    }
    summed_up(case, variants).context("there are rounds")
}

fn summed_up(case: &Case, variants: Vec<Variant<'_>>) -> Option<RpcFigures> {
    let of = |name: &str| {
        let variant = variants.iter().find(|variant| variant.name == name)?;
        median(variant.taken.iter().copied())
    };
    let (bare_ms, rpc_ms) = (of(BARE)?, of(WHOLE)?);
    let named = case.parts.iter().chain(std::iter::once(&TOGETHER));
    let parts = named.filter_map(|part| Some(RpcPart { part, costs_ms: rpc_ms - of(part)? })).collect();
    let limit_ms = case.limit.over(bare_ms);
    Some(RpcFigures { rpc: case.rpc, case: case.case, bare_ms, rpc_ms, above_ms: rpc_ms - bare_ms, limit_ms, parts })
}
