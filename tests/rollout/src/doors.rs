//! `rollout close` and `rollout reopen`: the older ways to what the RPCs do, which a project goes on using until its routes
//! have moved. What they are is the database's to say (supabase/migrations/…_doors.sql).

use anyhow::{Context as _, Result, bail, ensure};
use gate::database;
use serde::Deserialize;

use crate::{
    cli::Where,
    context::who,
    flags::Level,
    run::{DONE, another},
    settings::Settings,
    store::{Run, Store, Turn},
    terminal::{heading, line},
};

/// One older way.
#[derive(Debug, Deserialize)]
struct Door {
    door: String,
    opened_to: String,
    /// None where nobody counts.
    #[serde(default)]
    uses: Option<i64>,
}

/// Shows what is open, and closes it.
pub async fn close(place: &Where, dry_run: bool) -> Result<u8> {
    let mut store = open(place).await?;
    if !dry_run && let Turn::Theirs(who) = store.take().await? {
        return Ok(another(&who));
    }
    let doors = "(select door, opened_to, lockstep.uses_of_door(door, opened_to) as uses from lockstep.open_doors())";
    let doors = listed(&mut store, doors).await?;
    heading(match (doors.is_empty(), dry_run) {
        (true, _) => "No older way is open.",
        (false, true) => "These would be closed:",
        (false, false) => "These are closed:",
    });
    doors.iter().for_each(|door| line(&format!("  {}: {} ({})", door.door, door.opened_to, door.used())));
    if dry_run {
        return Ok(DONE);
    }
    let level = store.place(&place.environment).await?.flags.map(|flags| flags.level);
    ensure!(
        level == Some(Level::On),
        "the flags are not all on, so the routes of before are in use, and nothing has been closed. Close when they have been \
         on for a day; by hand: select * from lockstep.close_doors()"
    );
    listed(&mut store, "lockstep.close_doors()").await?;
    record(&mut store, place, "close", doors.len()).await?;
    line(&format!("To open them again: rollout reopen {}", place.environment));
    Ok(DONE)
}

/// Opens again what was closed.
pub async fn reopen(place: &Where) -> Result<u8> {
    let mut store = open(place).await?;
    if let Turn::Theirs(who) = store.take().await? {
        return Ok(another(&who));
    }
    let doors = reopened(&mut store).await?;
    record(&mut store, place, "reopen", doors).await?;
    Ok(DONE)
}

/// Whether there is something to open again.
pub async fn are_closed(store: &mut Store) -> Result<bool> {
    let there = "select to_jsonb(to_regclass('lockstep.closed_doors') is not null)::text";
    let any = "select to_jsonb(exists (select from lockstep.closed_doors))::text";
    let connection = store.connection();
    Ok(database::read(connection, there).await? == true && database::read(connection, any).await? == true)
}

/// Opens again what was closed; says each, and how many that are.
pub async fn reopened(store: &mut Store) -> Result<usize> {
    let doors = listed(store, "lockstep.reopen_doors()").await?;
    doors.iter().for_each(|door| line(&format!("  open again: {}: {}", door.door, door.opened_to)));
    Ok(doors.len())
}

impl Door {
    fn used(&self) -> String {
        match self.uses {
            Some(uses) => format!("named in {uses} statements since pg_stat_statements began to count"),
            None => "nobody counts its uses: pg_stat_statements is not there, or hides them".to_owned(),
        }
    }
}

async fn open(place: &Where) -> Result<Store> {
    Settings::read(&place.environments, &place.environment)?;
    let mut store = Store::open(&place.database.database_url).await?;
    if !are_known(&mut store).await? {
        bail!("this database has no doors to close: its migrations are not applied");
    }
    Ok(store)
}

async fn are_known(store: &mut Store) -> Result<bool> {
    let there = "select to_jsonb(to_regprocedure('lockstep.open_doors()') is not null)::text";
    Ok(database::read(store.connection(), there).await? == true)
}

async fn listed(store: &mut Store, from: &str) -> Result<Vec<Door>> {
    let query = format!("select coalesce(jsonb_agg(to_jsonb(older)), '[]')::text from {from} as older");
    let doors = database::read(store.connection(), &query).await.context("the doors")?;
    Ok(serde_json::from_value(doors)?)
}

async fn record(store: &mut Store, place: &Where, command: &str, doors: usize) -> Result<()> {
    store.make().await?;
    let run = Run {
        environment: place.environment.clone(),
        command: command.to_owned(),
        who: who(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        ..Run::default()
    };
    store.record(&run, &format!("{doors} older ways")).await
}
