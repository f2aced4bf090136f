//! One question: as whom, about which row, and what was said.

use anyhow::{Error, Result};
use serde_json::{Value, json};
use tokio_postgres::error::SqlState;

use super::Asking;
use crate::{
    contract::{Command, Policy, Privilege, Relation},
    database::{self, Connection, identifier, literal},
};

/// Who asks.
pub const CALLER: &str = "00000000-0000-4000-8000-000000000001";
/// What belongs to somebody else.
pub const OTHER: &str = "00000000-0000-4000-8000-000000000002";

/// The topics that clients listen on, and an event of each (supabase/migrations/…_realtime_topics.sql).
const TOPICS: [(&str, &str); 3] = [
    ("rank_overlay_ttl", "overlay_expired"),
    ("rank_overlay_ttl:00000000-0000-4000-8000-000000000001", "overlay_opened"),
    ("social:00000000-0000-4000-8000-000000000002", "message"),
];

/// What the RPCs change, and into what (supabase/migrations/…_end_rank_session.sql).
const CHANGES: [(&str, &str, &str); 1] = [("public.rank_sessions", "status", "ended")];

/// What a policy says that is not yes.
pub struct No {
    /// Whether it could not be asked at all.
    pub fails: bool,
    /// For people.
    pub why: String,
}

impl No {
    fn about(self, row: &str) -> Self {
        Self { why: format!("{} {row}", self.why), ..self }
    }
}

/// Asks as a role.
pub struct Asker<'a> {
    /// In the reading transaction.
    pub connection: &'a mut Connection,
    /// As whom, and of what.
    pub asking: &'a Asking<'a>,
    /// The table as it is there.
    pub found: &'a Relation,
}

impl Asker<'_> {
    /// Why the policy is in the way, if it is.
    pub async fn policy(&mut self, policy: &Policy) -> Result<Option<No>> {
        let writes = matches!(policy.command, Command::Insert)
            || policy.command == Command::All && self.asking.commands.contains(&Privilege::Insert);
        let check = policy.with_check.as_ref().or(policy.using.as_ref()).filter(|_| writes);
        let reads = policy.using.as_ref().filter(|_| policy.command != Command::Insert);
        if let Some(check) = check {
            let row = self.new_row().await?;
            let said = self.says(check, &row, CALLER, "").await?;
            if said.is_some() {
                return Ok(said.map(|no| no.about("to a row that is written")));
            }
        }
        if self.found.schema == "realtime" {
            return self.heard(reads).await;
        }
        let (row, caller, real) = self.present_row().await?;
        // A row that was made up is found nowhere else.
        let fair =
            |expression: &&String| real || !(expression.contains("SELECT") && expression.contains("public.rank_"));
        if let Some(using) = reads.filter(fair) {
            let said = self.says(using, &row, &caller, "").await?;
            if said.is_some() {
                return Ok(said.map(|no| no.about("to a row that is asked for")));
            }
        }
        let updates = matches!(policy.command, Command::Update | Command::All)
            && self.asking.commands.contains(&Privilege::Update);
        let check = policy.with_check.as_ref().or(policy.using.as_ref()).filter(|_| updates).filter(fair);
        let (Some(check), Some(changed)) = (check, self.changed(&row)) else { return Ok(None) };
        let said = self.says(check, &changed, &caller, "").await?;
        Ok(said.map(|no| no.about("to a row that is changed")))
    }

    /// The same of a broadcast, for who joins its topic.
    async fn heard(&mut self, using: Option<&String>) -> Result<Option<No>> {
        let Some(using) = using.filter(|_| self.asking.role != "anon") else { return Ok(None) };
        for (topic, event) in TOPICS {
            if let Some(no) = self.says(using, &broadcast(topic, event), CALLER, topic).await? {
                return Ok(Some(no.about(&format!("on the topic {topic}"))));
            }
        }
        Ok(None)
    }

    /// Whether a check of somebody else's refuses what the RPCs write. What a row that is made up cannot pass may be the
    /// row's fault; a right that is lacking never is.
    pub async fn refused_by(&mut self, check: &str) -> Result<bool> {
        let ask = |row: &str| format!("select to_jsonb(({check}) is not false)::text from {row}");
        if self.found.schema == "realtime" {
            for (topic, event) in TOPICS {
                if self.asked(&ask(&broadcast(topic, event)), CALLER, topic).await?.ok() == Some(Value::Bool(false)) {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        let query = ask(&self.new_row().await?);
        Ok(match self.asked(&query, CALLER, "").await? {
            Ok(said) => said == Value::Bool(false),
            Err(why) => database::has_code(&why, &[SqlState::INSUFFICIENT_PRIVILEGE]),
        })
    }

    /// A row as it is after the RPCs have changed it, where they do.
    fn changed(&self, row: &str) -> Option<String> {
        let (column, value) =
            CHANGES.iter().find(|(table, ..)| *table == self.found.qualified()).map(|all| (all.1, all.2))?;
        let alias = identifier(&self.found.name);
        let columns = self.found.columns.iter().map(|known| match known.name == column {
            true => format!("{}::{} as {}", literal(value), known.kind, identifier(column)),
            false => format!("{alias}.{}", identifier(&known.name)),
        });
        Some(format!("(select {} from {row}) as {alias}", columns.collect::<Vec<_>>().join(", ")))
    }

    async fn says(&mut self, expression: &str, row: &str, caller: &str, topic: &str) -> Result<Option<No>> {
        // The owners of functions may not look into auth. A policy that is stored needs no look.
        let claims = literal(&claims(caller));
        let expression = expression
            .replace("auth.uid()", &format!("{}::uuid", literal(caller)))
            .replace("auth.jwt()", &format!("{claims}::jsonb"))
            .replace("auth.role()", "'authenticated'::text");
        let query = format!("select to_jsonb(coalesce(({expression}), false))::text from {row}");
        Ok(match self.asked(&query, caller, topic).await? {
            Ok(Value::Bool(true)) => None,
            Ok(_) => Some(No { fails: false, why: "it says no".to_owned() }),
            Err(why) => Some(No { fails: true, why: format!("it fails ({why:#})") }),
        })
    }

    /// Asks as the role.
    pub async fn asked(&mut self, query: &str, caller: &str, topic: &str) -> Result<Result<Value, Error>> {
        asked(self.connection, Some(&self.asking.role), query, caller, topic).await
    }
}

/// A row as realtime.send() writes it.
fn broadcast(topic: &str, event: &str) -> String {
    format!(
        "(select {} as topic, 'broadcast' as extension, '{{}}'::jsonb as payload, {} as event, true as private, \
         now()::timestamp as inserted_at, now()::timestamp as updated_at, null::bytea as binary_payload) as messages",
        literal(topic),
        literal(event)
    )
}

/// Asks, and leaves nothing behind. Without a caller there is no token.
pub async fn asked(
    connection: &mut Connection,
    role: Option<&str>,
    query: &str,
    caller: &str,
    topic: &str,
) -> Result<Result<Value, Error>> {
    let claims = claims(caller);
    let role = role.map_or_else(String::new, |role| format!("; set local role {}", identifier(role)));
    let begin = format!(
        "savepoint asked; select set_config('request.jwt.claims', {}, true), set_config('realtime.topic', {}, true){role}",
        literal(&claims),
        literal(topic),
    );
    database::run(connection, &begin).await?;
    let answer = match query.starts_with("explain") {
        true => database::run(connection, query).await.map(|()| Value::Null),
        false => database::read(connection, query).await,
    };
    database::run(connection, "rollback to savepoint asked; release savepoint asked").await?;
    Ok(answer)
}

fn claims(caller: &str) -> String {
    if caller.is_empty() { String::new() } else { claims_of(caller).to_string() }
}

/// What the token of somebody who signed in says.
pub fn claims_of(caller: &str) -> Value {
    json!({ "sub": caller, "role": "authenticated", "aud": "authenticated", "is_anonymous": false })
}
