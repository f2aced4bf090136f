//! `rollout close` and `rollout reopen`: the older ways to what the RPCs do, which a project goes on using until its routes
//! have moved. What they are is the database's to say (supabase/migrations/…_doors.sql).

use std::fmt;

use anyhow::{Context as _, Error, Result, ensure};
use gate::database;
use serde::{Deserialize, Serialize};
use tokio_postgres::error::SqlState;

use crate::{
    cli::Where,
    context::who,
    flags::Level,
    run::{DONE, FAILED, another, unless_interrupted},
    settings::Settings,
    store::{Run, Store, Turn},
    terminal::{failure, heading, line},
};

const NONE: &str = "No older way is open.";

/// One older way.
#[derive(Debug, Deserialize)]
struct Door {
    door: String,
    opened_to: String,
    /// None where nobody counts.
    #[serde(default)]
    uses: Option<i64>,
}

/// How it stands with them.
#[derive(Debug, Serialize)]
pub struct State {
    /// Whether they have been closed, or there was nothing to close.
    closed: bool,
    /// How many are open.
    open: usize,
}

/// Shows what is open, and closes it.
pub async fn close(place: &Where, dry_run: bool) -> Result<u8> {
    let mut store = open(place).await?;
    if dry_run {
        return show_open(&mut store).await;
    }
    if let Turn::Theirs(who) = store.take().await? {
        return Ok(another(&who));
    }
    let done = close_all(&mut store, place).await;
    store.let_go().await;
    done
}

async fn close_all(store: &mut Store, place: &Where) -> Result<u8> {
    let level = store.place(&place.environment).await?.flags.map(|flags| flags.level);
    ensure!(
        level == Some(Level::On),
        "the flags of {} are not all on, so the routes of before are in use, and nothing has been closed. Close when the flags \
         have been on for a day; by hand: select * from lockstep.close_doors()",
        place.environment
    );
    let doors = open_doors(store).await?;
    if doors.is_empty() && is_closed(store).await? {
        heading(NONE);
        return Ok(DONE);
    }
    heading("These will be closed:");
    lines(&doors).iter().for_each(|text| line(text));
    match recorded(store, place, "close", "lockstep.close_doors()").await {
        Ok(closed) => {
            let way_back = format!("To open again what was closed: rollout reopen {}", place.environment);
            heading(&format!("Closed: {}. {way_back}", ways(closed.len())));
            Ok(DONE)
        }
        Err(error) => Ok(failed("nothing has been closed:", &error)),
    }
}

async fn show_open(store: &mut Store) -> Result<u8> {
    let doors = open_doors(store).await?;
    say::line!("{}", if doors.is_empty() { NONE } else { "These would be closed:" })?;
    for text in lines(&doors) {
        say::line!("{text}")?;
    }
    Ok(DONE)
}

/// Opens again what was closed.
pub async fn reopen(place: &Where) -> Result<u8> {
    let mut store = open(place).await?;
    if let Turn::Theirs(who) = store.take().await? {
        return Ok(another(&who));
    }
    let done = open_all(&mut store, place).await;
    store.let_go().await;
    done
}

async fn open_all(store: &mut Store, place: &Where) -> Result<u8> {
    if !are_closed(store).await? {
        heading("Nothing was closed that could be opened again.");
        return Ok(DONE);
    }
    match recorded(store, place, "reopen", "lockstep.reopen_doors()").await {
        Ok(doors) => {
            say_opened(&doors);
            Ok(DONE)
        }
        Err(error) => Ok(failed("nothing has been opened:", &error)),
    }
}

/// Whether there is something to open again.
pub async fn are_closed(store: &mut Store) -> Result<bool> {
    let any = "select to_jsonb(exists (select from lockstep.closed_doors))::text";
    Ok(is_closed(store).await? && database::read(store.connection(), any).await? == true)
}

/// Opens again what was closed; says each, and how many that are.
pub async fn reopened(store: &mut Store) -> Result<usize> {
    let doors = listed(store, "lockstep.reopen_doors()").await?;
    say_opened(&doors);
    Ok(doors.len())
}

/// For `status`; none where the migrations are not applied, or the login may not look.
pub async fn state(store: &mut Store) -> Result<Option<State>> {
    let may = "select to_jsonb(coalesce(has_schema_privilege(to_regnamespace('lockstep')::oid, 'usage') and \
         has_function_privilege(to_regprocedure('lockstep.open_doors()')::oid, 'execute'), false))::text";
    if database::read(store.connection(), may).await? != true {
        return Ok(None);
    }
    let open = listed(store, "lockstep.open_doors()").await?.len();
    Ok(Some(State { closed: is_closed(store).await?, open }))
}

fn say_opened(doors: &[Door]) {
    doors.iter().for_each(|door| line(&format!("  open again: {}: {}", door.door, door.opened_to)));
}

fn failed(what: &str, error: &Error) -> u8 {
    say::note!("{} {error:#}", failure(what));
    FAILED
}

/// `1 older way`, `2 older ways`.
pub fn ways(count: usize) -> String {
    format!("{count} older way{}", if count == 1 { "" } else { "s" })
}

/// Each door, and at the end what the counts are, or why there are none.
fn lines(doors: &[Door]) -> Vec<String> {
    let mut all: Vec<String> = doors.iter().map(Door::line).collect();
    if doors.iter().any(|door| door.uses.is_some()) {
        all.push("Counted are statements that have succeeded since pg_stat_statements began to count.".to_owned());
    } else if !doors.is_empty() {
        let remedy = "create extension pg_stat_statements, and connect as a role with pg_read_all_stats";
        all.push(format!("How often they are used is not known: {remedy}."));
    }
    all
}

/// In one transaction with its record: a process that ends in between has done nothing.
async fn recorded(store: &mut Store, place: &Where, command: &str, function: &str) -> Result<Vec<Door>> {
    store.make().await?;
    let work = store.in_transaction(async |store| {
        let doors = listed(store, function).await?;
        let run = Run {
            environment: place.environment.clone(),
            command: command.to_owned(),
            who: who(),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            ..Run::default()
        };
        store.record(&run, &ways(doors.len())).await?;
        Ok(doors)
    });
    let done = unless_interrupted(work).await;
    done.map_err(|error| match database::has_code(&error, &[SqlState::LOCK_NOT_AVAILABLE]) {
        true => error.context("a statement that takes long is in the way; run this again when it has ended"),
        false => error,
    })?
    .context("interrupted")
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match (self.closed, self.open) {
            (true, 0) => write!(f, "Older ways: closed"),
            (true, open) => write!(f, "Older ways: closed, and open again since then: {open}"),
            (false, open) => write!(f, "Older ways: {open} open"),
        }
    }
}

impl Door {
    fn line(&self) -> String {
        let uses = self.uses.map(|uses| format!("  used {uses} time{}", if uses == 1 { "" } else { "s" }));
        format!("  {}: {}{}", self.door, self.opened_to, uses.unwrap_or_default())
    }
}

async fn open(place: &Where) -> Result<Store> {
    Settings::read(&place.environments, &place.environment)?;
    let mut store = Store::open(&place.database.database_url).await?;
    let applied = "select to_jsonb(to_regprocedure('lockstep.uses_of_door(text, text)') is not null)::text";
    let applied = database::read(store.connection(), applied).await.context("connect as postgres")?;
    ensure!(applied == true, "this database knows of no older ways: its migrations are not applied");
    Ok(store)
}

async fn open_doors(store: &mut Store) -> Result<Vec<Door>> {
    listed(store, "(select door, opened_to, lockstep.uses_of_door(door, opened_to) as uses from lockstep.open_doors())")
        .await
}

/// Whether they have been closed, or there was nothing to close.
async fn is_closed(store: &mut Store) -> Result<bool> {
    let there = "select to_jsonb(to_regclass('lockstep.closed_doors') is not null)::text";
    Ok(database::read(store.connection(), there).await? == true)
}

async fn listed(store: &mut Store, from: &str) -> Result<Vec<Door>> {
    let query = format!("select coalesce(jsonb_agg(to_jsonb(older)), '[]')::text from {from} as older");
    let doors = database::read(store.connection(), &query).await.context("the doors")?;
    Ok(serde_json::from_value(doors)?)
}
