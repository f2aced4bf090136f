//! `realtime.send()`, really called. Supabase changes its body from time to time, so what it leaves behind is looked at: the
//! row that Realtime's server reads.

use anyhow::Result;
use serde_json::{Value, json};
use tokio_postgres::error::SqlState;

use super::NIL;
use crate::{
    check::Findings,
    contract::{Contract, Platform},
    database::{self, Connection, identifier, literal},
    finding::{Code, Unseen},
};

const SEND: &str = "realtime.send(jsonb,text,text,boolean)";

/// Belongs to nobody who listens.
const TOPIC: &str = "lockstep_probe";

/// Sends as the role that has to be able to, and rolls back.
pub async fn send(
    connection: &mut Connection,
    contract: &Contract,
    findings: &mut Findings,
    unseen: &mut Vec<Unseen>,
) -> Result<()> {
    let Some(known) = contract.platform.iter().find(|known| known.signature == SEND) else { return Ok(()) };
    let sent = sent(connection, known).await;
    database::rollback(connection).await?;
    match sent? {
        Sent::AsItShould => {}
        Sent::Otherwise(have) => {
            let remedy = "it is Supabase's: restore its definition from another project, or ask for support";
            let want = "a row of realtime.messages, with all that it was given";
            findings.add(Code::PlatformChanged, format!("function {SEND}"), want, have, remedy);
        }
        Sent::CannotBe(why, remedy) => {
            unseen.push(Unseen { place: format!("function {SEND}"), why, remedy: remedy.to_owned() });
        }
    }
    Ok(())
}

enum Sent {
    AsItShould,
    Otherwise(String),
    CannotBe(String, &'static str),
}

async fn sent(connection: &mut Connection, known: &Platform) -> Result<Sent> {
    // As lockstep's functions are set, which look for the row by its time.
    let begin = "begin; set local timezone = 'UTC'; set local statement_timeout = '15s'; set local lock_timeout = '5s'";
    database::run(connection, begin).await?;
    for role in &known.execute.must {
        if let Err(error) = database::run(connection, &format!("set local role {}", identifier(role))).await {
            return Ok(Sent::CannotBe(format!("not called as {role}: {error:#}"), "connect as postgres"));
        }
    }
    // It hides every error. Where a row cannot be written without it, nothing is said about it.
    let row = format!(
        "savepoint by_hand; insert into realtime.messages (topic, extension, private) values ('{TOPIC}', 'broadcast', true); \
         rollback to savepoint by_hand"
    );
    if let Err(error) = database::execute(connection, &row).await {
        let said = error.as_db_error();
        let partition =
            said.is_some_and(|said| *said.code() == SqlState::CHECK_VIOLATION && said.constraint().is_none());
        let why = said.map_or_else(|| error.to_string(), |said| said.message().to_owned());
        let remedy = if partition {
            "let a client connect to Realtime, which makes the partitions, and run this again"
        } else {
            "see what it says; broadcasts are not written while it is so"
        };
        return Ok(Sent::CannotBe(format!("realtime.messages takes no row: {why}"), remedy));
    }
    let payload = json!({ "id": NIL, "probe": true });
    let given = literal(&payload.to_string());
    let call = format!("select realtime.send({given}, 'probe', '{TOPIC}', true)");
    if let Err(error) = database::run(connection, &call).await {
        return Ok(Sent::Otherwise(format!("it fails ({error:#})")));
    }
    // It may add to what it was given.
    let looked = format!(
        "select coalesce(jsonb_agg(jsonb_build_object('extension', extension, 'event', event, 'private', private, \
           'payload', case when payload @> {given} then {given} else payload end, 'now', inserted_at = localtimestamp)), '[]')::text \
         from realtime.messages where topic = '{TOPIC}'"
    );
    let rows = database::read(connection, &looked).await?;
    let want =
        json!([{ "extension": "broadcast", "event": "probe", "private": true, "payload": payload, "now": true }]);
    Ok(match &rows {
        rows if *rows == want => Sent::AsItShould,
        Value::Array(rows) if rows.is_empty() => Sent::Otherwise("no row".to_owned()),
        rows => Sent::Otherwise(rows.to_string()),
    })
}
