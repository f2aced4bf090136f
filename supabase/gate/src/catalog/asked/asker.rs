//! One question: as whom, about which row, and what was said.

use anyhow::{Error, Result};
use serde_json::{Value, json};
use tokio_postgres::error::SqlState;

use super::{super::rows, Asking};
use crate::{
    contract::{Columns, Command, Policy, Privilege, Relation},
    database::{self, Connection, identifier, literal},
};

/// Who asks; and what belongs to somebody else.
pub const CALLER: &str = "00000000-0000-4000-8000-000000000001";
const OTHER: &str = "00000000-0000-4000-8000-000000000002";

/// The topics that clients listen on, and an event of each (supabase/migrations/…_realtime_topics.sql).
const TOPICS: [(&str, &str); 3] = [
    ("rank_overlay_ttl", "overlay_expired"),
    ("rank_overlay_ttl:00000000-0000-4000-8000-000000000001", "overlay_opened"),
    ("social:00000000-0000-4000-8000-000000000002", "message"),
];

/// What the RPCs change, and into what (supabase/migrations/…_end_rank_session.sql).
const CHANGES: [(&str, &str, &str); 1] = [("public.rank_sessions", "status", "ended")];

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
    pub async fn policy(&mut self, policy: &Policy) -> Result<Option<String>> {
        let writes = matches!(policy.command, Command::Insert)
            || policy.command == Command::All && self.asking.commands.contains(&Privilege::Insert);
        let check = policy.with_check.as_ref().or(policy.using.as_ref()).filter(|_| writes);
        let reads = policy.using.as_ref().filter(|_| policy.command != Command::Insert);
        if let Some(check) = check {
            let row = self.new_row().await?;
            let said = self.says(check, &row, CALLER, "").await?;
            if said.is_some() {
                return Ok(said.map(|why| format!("{why} to a row that is written")));
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
                return Ok(said.map(|why| format!("{why} to a row that is asked for")));
            }
        }
        let updates = matches!(policy.command, Command::Update | Command::All)
            && self.asking.commands.contains(&Privilege::Update);
        let check = policy.with_check.as_ref().or(policy.using.as_ref()).filter(|_| updates).filter(fair);
        let (Some(check), Some(changed)) = (check, self.changed(&row)) else { return Ok(None) };
        let said = self.says(check, &changed, &caller, "").await?;
        Ok(said.map(|why| format!("{why} to a row that is changed")))
    }

    /// The same of a broadcast, for who joins its topic.
    async fn heard(&mut self, using: Option<&String>) -> Result<Option<String>> {
        let Some(using) = using.filter(|_| self.asking.role != "anon") else { return Ok(None) };
        for (topic, event) in TOPICS {
            if let Some(why) = self.says(using, &broadcast(topic, event), CALLER, topic).await? {
                return Ok(Some(format!("{why} on the topic {topic}")));
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

    async fn says(&mut self, expression: &str, row: &str, caller: &str, topic: &str) -> Result<Option<String>> {
        // The owners of functions may not look into auth. A policy that is stored needs no look.
        let claims = literal(&claims(caller));
        let expression = expression
            .replace("auth.uid()", &format!("{}::uuid", literal(caller)))
            .replace("auth.jwt()", &format!("{claims}::jsonb"))
            .replace("auth.role()", "'authenticated'::text");
        let query = format!("select to_jsonb(coalesce(({expression}), false))::text from {row}");
        Ok(match self.asked(&query, caller, topic).await? {
            Ok(Value::Bool(true)) => None,
            Ok(_) => Some("it says no".to_owned()),
            Err(why) => Some(format!("it fails ({why:#})")),
        })
    }

    /// Asks as the role.
    pub async fn asked(&mut self, query: &str, caller: &str, topic: &str) -> Result<Result<Value, Error>> {
        asked(self.connection, Some(&self.asking.role), query, caller, topic).await
    }

    /// One that is there, with the id of who asks for it; or else one made up.
    async fn present_row(&mut self) -> Result<(String, String, bool)> {
        let (qualified, alias) = (self.found.qualified(), identifier(&self.found.name));
        let caller = self.asking.relation.caller.as_deref().filter(|_| self.asking.own);
        if let Some(sample) = self.sample().await? {
            let who = caller.and_then(|column| sample[column].as_str()).unwrap_or(CALLER).to_owned();
            let record = literal(&sample.to_string());
            return Ok((format!("jsonb_populate_record(null::{qualified}, {record}) as {alias}"), who, true));
        }
        let value = |name: &str, kind: &str| match kind {
            "uuid" if caller == Some(name) => Some(literal(CALLER)),
            "uuid" => Some(literal(OTHER)),
            _ => None,
        };
        Ok((self.made_up(value), CALLER.to_owned(), false))
    }

    async fn sample(&mut self) -> Result<Option<Value>> {
        let qualified = self.found.qualified();
        let sees = format!(
            "select to_jsonb(has_table_privilege({0}, 'select') and not row_security_active({0}))::text",
            literal(&qualified)
        );
        if database::read(self.connection, &sees).await? != true {
            return Ok(None);
        }
        let caller = self.asking.relation.caller.as_deref().map(identifier);
        let theirs = caller.map_or_else(|| "true".to_owned(), |column| format!("{column} is not null"));
        let newest = format!(
            "select to_jsonb((select to_jsonb(one) from {qualified} as one where {theirs} order by ctid desc limit 1))::text"
        );
        let sample = rows::<Option<Value>>(self.connection, &format!("select coalesce(({newest}), 'null')")).await?;
        Ok(sample.filter(|sample| !sample.is_null()))
    }

    /// As the RPCs write it: what they always give, and defaults. What clients choose is taken from a row that is there.
    pub async fn new_row(&mut self) -> Result<String> {
        let sample = self.sample().await?.unwrap_or_default();
        let given =
            self.asking.relation.grants.exact.get(&self.asking.role).and_then(|rights| rights.get(&Privilege::Insert));
        let given = |name: &str| match given {
            Some(Columns::Some(names)) => names.iter().any(|known| known == name),
            _ => self.asking.relation.columns.iter().any(|known| known.name == name),
        };
        let nullable =
            |name: &str| self.asking.relation.columns.iter().any(|known| known.name == name && known.nullable);
        let caller = self.asking.relation.caller.as_deref();
        let value = |name: &str, kind: &str| match kind {
            _ if !given(name) => None,
            "uuid" if caller == Some(name) => Some(literal(CALLER)),
            _ if nullable(name) => Some("null".to_owned()),
            "uuid" => Some(literal(OTHER)),
            "bigint" => Some("1700000000000".to_owned()),
            "integer" => Some("0".to_owned()),
            "boolean" => Some("false".to_owned()),
            "jsonb" => Some("'{}'".to_owned()),
            "timestamp with time zone" => Some("now()".to_owned()),
            _ => Some(sample[name].as_str().map_or_else(|| "null".to_owned(), literal)),
        };
        Ok(self.made_up(value))
    }

    fn made_up(&self, value: impl Fn(&str, &str) -> Option<String>) -> String {
        let columns = self.found.columns.iter().map(|column| {
            let default = column.default.as_deref();
            let default = default.filter(|text| !text.starts_with("generated ") && !text.contains("nextval("));
            let value = value(&column.name, &column.kind);
            let value = value.or_else(|| default.map(str::to_owned)).unwrap_or_else(|| "null".to_owned());
            format!("({value})::{} as {}", column.kind, identifier(&column.name))
        });
        format!("(select {}) as {}", columns.collect::<Vec<_>>().join(", "), identifier(&self.found.name))
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
