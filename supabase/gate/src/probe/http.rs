//! Called through PostgREST, which knows functions from a cache that it may have read before the last migration: with all
//! their arguments, since a call without the newest would be answered by what the cache has.

use serde_json::{Map, Value};
use url::Url;

use super::{TURNED_OFF, all, callable, expected, names, tag, value};
use crate::{
    catalog::Found,
    check::Findings,
    contract::{Contract, Function, Volatility},
    finding::{Code, Report, Unseen},
    http::{self, Answer},
};

/// How a project's PostgREST is reached, and as whom.
#[derive(Debug, Clone)]
pub struct Project {
    /// The origin: `https://<ref>.supabase.co`.
    pub url: String,
    /// `sb_publishable_…`, or the legacy anon key.
    pub apikey: String,
    /// Access token of any user.
    pub token: String,
}

/// Calls each RPC that the catalog has, once and no more.
pub fn through_postgrest(project: &Project, contract: &Contract, functions: &[Found]) -> Report {
    let mut report = Report::default();
    let mut findings = Findings::default();
    for rpc in callable(&contract.rpcs) {
        let known = functions.iter().filter(|found| found.function.qualified() == rpc.qualified());
        if known.count() != 1 {
            continue;
        }
        match call(project, rpc, &expected(rpc, &contract.rpcs)) {
            Ok(answer) => check_answer(&answer, rpc, &mut findings, &mut report.unseen),
            // Who does not answer one call answers no other: that is one patience, and not one for each.
            Err(error) => {
                report.unseen.push(Unseen {
                    place: format!("{} through PostgREST, and the RPCs after it", rpc.name),
                    why: format!("{error:#}"),
                    remedy: "check --url, and that the project is not paused".to_owned(),
                });
                break;
            }
        }
    }
    Report { findings: findings.all, ..report }
}

fn call(project: &Project, rpc: &Function, expect: &str) -> anyhow::Result<Answer> {
    let mut url = Url::parse(&format!("{}/rest/v1/rpc/{}", project.url.trim_end_matches('/'), rpc.name))?;
    let bearer = format!("Bearer {}", project.token);
    let mut headers = vec![("apikey", project.apikey.as_str()), ("authorization", &bearer), ("x-rpc-expect", expect)];
    if rpc.volatility == Volatility::Volatile {
        headers.push(("content-profile", &rpc.schema));
        let body: Map<String, Value> = all(rpc).map(|argument| (argument.name.clone(), value(argument))).collect();
        return http::send(url.as_str(), &headers, Some(&Value::Object(body)));
    }
    headers.push(("accept-profile", &rpc.schema));
    for argument in all(rpc) {
        let given = value(argument);
        let text = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
        url.query_pairs_mut().append_pair(&argument.name, &text);
    }
    http::send(url.as_str(), &headers, None)
}

fn check_answer(answer: &Answer, rpc: &Function, findings: &mut Findings, unseen: &mut Vec<Unseen>) {
    let said = answer.header("x-rpc-version").unwrap_or_default();
    let code = answer.text("code");
    if names(said, rpc) && (answer.status < 500 || code == TURNED_OFF) {
        return;
    }
    let place = format!("{} through PostgREST", rpc.name);
    let want = format!("an answer that says {}", tag(rpc));
    let have = format!("{} {code}: {}", answer.status, answer.text("message"));
    let mut not_asked = |why: &str, remedy: &str| {
        unseen.push(Unseen { place: place.clone(), why: format!("{why}: {have}"), remedy: remedy.to_owned() });
    };
    match (answer.status, code) {
        // The database has just one function of the name, and the catalog has said in which form.
        (_, "PGRST202" | "PGRST203" | "42883") => {
            findings.add(Code::SchemaCacheStale, place, want, have, "notify pgrst, 'reload schema';");
        }
        (401 | 403, "") => not_asked("the gateway refuses the key", "give the publishable key with --apikey"),
        (_, "") => not_asked("that is no answer of PostgREST", "check --url, and that the project is not paused"),
        (401, _) => not_asked("the token is not accepted", "give a fresh access token of a user with --token"),
        (_, "PGRST000" | "PGRST001" | "PGRST002" | "PGRST003") => {
            not_asked("PostgREST is not ready", "try again in a moment");
        }
        _ => {
            let remedy = "see what it says; for PGRST106, expose the schema in the API settings";
            findings.add(Code::ProbeHttpFailed, place, want, format!("{have}; X-RPC-Version: {said}"), remedy);
        }
    }
}
