//! Called in SQL, as PostgREST would: with the caller's role and claims, and read-only where it would be.

use anyhow::Result;
use serde_json::{Value, json};

use super::{NIL, TURNED_OFF, callable, expected, names, platform, required, tag, value};
use crate::{
    catalog::Catalog,
    check::Findings,
    contract::{Contract, Function, Volatility},
    database::{self, Connection, literal},
    finding::{Code, Report, Unseen},
};

/// Calls each RPC that is there, each in a transaction of its own that is rolled back.
pub async fn in_a_transaction(connection: &mut Connection, contract: &Contract, catalog: &Catalog) -> Result<Report> {
    let mut findings = Findings::default();
    if let Err(error) = become_somebody(connection, "read only", "").await {
        database::rollback(connection).await?;
        let unseen = vec![Unseen {
            place: "calls in SQL".to_owned(),
            why: format!("{} cannot become authenticated: {error:#}", catalog.access.user),
            remedy: format!("grant authenticated to {}; or connect as postgres", catalog.access.user),
        }];
        return Ok(Report { unseen, ..Report::default() });
    }
    database::rollback(connection).await?;
    for rpc in callable(&contract.rpcs) {
        if !catalog.functions.iter().any(|found| found.function.signature() == rpc.signature()) {
            // Not there, or another one: the catalog has said so.
            continue;
        }
        let access = if rpc.volatility == Volatility::Volatile { "read write" } else { "read only" };
        become_somebody(connection, access, &expected(rpc, &contract.rpcs)).await?;
        let called = call(connection, rpc).await;
        database::rollback(connection).await?;
        if let Err(have) = called {
            let want = format!("an answer that says {}", tag(rpc));
            let remedy =
                "see what it says; a function, a right or a row that it stands on is not as the migrations left it";
            findings.add(Code::ProbeFailed, format!("function {}", rpc.signature()), want, have, remedy);
        }
    }
    let mut unseen = Vec::new();
    platform::send(connection, contract, &mut findings, &mut unseen).await?;
    Ok(Report { findings: findings.all, unseen, ..Report::default() })
}

async fn become_somebody(connection: &mut Connection, access: &str, expect: &str) -> Result<()> {
    let claims = json!({ "sub": NIL, "role": "authenticated", "aud": "authenticated", "is_anonymous": false });
    let headers = json!({ "x-rpc-expect": expect });
    let begin = format!(
        "begin transaction {access}; set local statement_timeout = '15s'; set local lock_timeout = '5s'; \
         select set_config('request.jwt.claims', {}, true), set_config('request.headers', {}, true); \
         set local role authenticated",
        literal(&claims.to_string()),
        literal(&headers.to_string())
    );
    database::run(connection, &begin).await
}

/// Says what went wrong, if something did.
async fn call(connection: &mut Connection, rpc: &Function) -> Result<(), String> {
    let arguments: Vec<String> = required(rpc)
        .map(|argument| {
            let given = match value(argument) {
                Value::String(text) => literal(&text),
                Value::Null => "null".to_owned(),
                other => literal(&other.to_string()),
            };
            format!("\"{}\" => {given}::{}", argument.name, argument.kind)
        })
        .collect();
    let call = format!("select * from \"{}\".\"{}\"({})", rpc.schema, rpc.name, arguments.join(", "));
    let error = match database::execute(connection, &call).await {
        Ok(()) => {
            let said = "select coalesce(nullif(current_setting('response.headers', true), ''), '[]')";
            let headers = database::read(connection, said).await.map_err(|error| format!("{error:#}"))?;
            let headers = headers.as_array().cloned().unwrap_or_default();
            return version(headers.iter(), rpc);
        }
        Err(error) => error,
    };
    let Some(said) = error.as_db_error() else { return Err(error.to_string()) };
    let code = said.code().code();
    if code != "PGRST" {
        return Err(format!("{code}: {}", said.message()));
    }
    // Our own refusals: message and detail are JSON (lockstep.refuse).
    let detail: Value = said.detail().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let message: Value = serde_json::from_str(said.message()).unwrap_or_default();
    if detail["status"].as_i64().is_none_or(|status| status >= 500) && message["code"] != TURNED_OFF {
        return Err(format!("{}: {} ({})", message["code"], message["message"], message["details"]));
    }
    version(std::iter::once(&detail["headers"]), rpc)
}

/// PostgREST's two forms: a list of objects with one member each, and one object.
fn version<'a>(headers: impl Iterator<Item = &'a Value>, rpc: &Function) -> Result<(), String> {
    let mut all = headers.filter_map(Value::as_object).flatten();
    let said = all.find(|(name, _)| name.eq_ignore_ascii_case("x-rpc-version")).and_then(|(_, value)| value.as_str());
    match said {
        Some(said) if names(said, rpc) => Ok(()),
        Some(said) => Err(format!("it says {said}")),
        None => Err("it says no version".to_owned()),
    }
}
