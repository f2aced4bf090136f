//! `gate environment`: an environment against its lock, so that staging and production cannot drift apart in what no
//! migration states.

mod lock;
mod region;

use std::collections::BTreeMap;

use anyhow::Result;

pub use self::lock::Lock;
use crate::{
    catalog::Access,
    check::Findings,
    finding::{Code, Report, Unseen},
    http,
};

/// No schema has this name; PostgREST's refusal lists those that there are.
const NO_SCHEMA: &str = "gate_asks_which";

/// Compares what the database, PostgREST, the functions and the Supabase CLI say with the lock.
pub fn compare(name: &str, lock: &Lock, access: &Access, apikey: Option<&str>) -> Result<Report> {
    let mut findings = Findings::default();
    let mut unseen = Vec::new();
    let mut looked_at = Vec::new();
    if let Some(want) = lock.postgres {
        looked_at.push(format!("PostgreSQL {want}"));
        let have = access.server_version_num / 10_000;
        if have != want {
            let remedy = "upgrade the project, or move the lock after testing on the other version";
            findings.add(Code::PostgresVersion, "server", want.to_string(), have.to_string(), remedy);
        }
    }
    looked_at.push(format!("{} extensions", lock.extensions.len()));
    extensions(&lock.extensions, &access.extensions, &mut findings);
    if let (Some(want), Some(url)) = (&lock.exposed_schemas, &lock.url) {
        looked_at.push("exposed schemas".to_owned());
        match exposed_schemas(url, apikey) {
            Ok(have) if same(want, &have) => {}
            Ok(have) => {
                let remedy = "Dashboard → Settings → API → Exposed schemas, and supabase/config.toml [api] schemas";
                findings.add(Code::ExposedSchemas, url, want.join(", "), have.join(", "), remedy);
            }
            Err(why) => unseen.push(Unseen {
                place: format!("exposed schemas of {url}"),
                why,
                remedy: "check the url of the lock, and give the publishable key with --apikey".to_owned(),
            }),
        }
    }
    if let (Some(want), Some(reference)) = (&lock.database_region, &lock.project_ref) {
        looked_at.push("region of the database".to_owned());
        match region::of_project(reference) {
            Ok(have) if have == *want => {}
            Ok(have) => {
                let remedy = "a project cannot be moved: restore it into a new one in the right region";
                findings.add(Code::DatabaseRegion, format!("project {reference}"), want, have, remedy);
            }
            Err(error) => unseen.push(Unseen {
                place: format!("region of project {reference}"),
                why: format!("{error:#}"),
                remedy: "install the Supabase CLI, and supabase login or SUPABASE_ACCESS_TOKEN".to_owned(),
            }),
        }
    }
    if let (Some(want), Some(url)) = (&lock.functions_region, &lock.functions_url) {
        looked_at.push("region of the functions".to_owned());
        match region::of_functions(url) {
            Ok(have) if have == *want => {}
            Ok(have) => {
                let remedy = "deploy to the right region, or set the variable `region` of the deployment";
                findings.add(Code::FunctionsRegion, url, want, have, remedy);
            }
            Err(error) => unseen.push(Unseen {
                place: format!("region of {url}"),
                why: format!("{error:#}"),
                remedy: "check functions_url of the lock, and that the functions are up".to_owned(),
            }),
        }
    }
    let subject = format!("environment {name} against its lock");
    Ok(Report { subject, looked_at, findings: findings.all, unseen, ..Report::default() })
}

fn extensions(want: &BTreeMap<String, String>, have: &BTreeMap<String, String>, findings: &mut Findings) {
    for (name, version) in want {
        let place = format!("extension {name}");
        match have.get(name) {
            None => {
                let remedy = format!("create extension \"{name}\" with schema extensions;");
                findings.add(Code::ExtensionMissing, place, version, "not installed", remedy);
            }
            Some(present) if !lock::is_of(version, present) => {
                let remedy = format!("alter extension \"{name}\" update; or move the lock after testing");
                findings.add(Code::ExtensionVersion, place, version, present, remedy);
            }
            Some(_) => {}
        }
    }
}

fn same(one: &[String], other: &[String]) -> bool {
    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort();
        list
    };
    sorted(one) == sorted(other)
}

/// PostgREST 12: `The schema must be one of the following: a, b`. From 13 on, the hint has the list.
fn exposed_schemas(url: &str, apikey: Option<&str>) -> Result<Vec<String>, String> {
    let mut headers = vec![("accept-profile", NO_SCHEMA)];
    headers.extend(apikey.map(|key| ("apikey", key)));
    let answer = http::send(&format!("{}/rest/v1/rpc/{NO_SCHEMA}", url.trim_end_matches('/')), &headers, None)
        .map_err(|error| format!("{error:#}"))?;
    let refusal = format!("{} {}: {}", answer.status, answer.text("code"), answer.text("message"));
    if answer.text("code") != "PGRST106" {
        return Err(format!("not PostgREST's refusal of an unknown schema: {refusal}"));
    }
    let list = [answer.text("message"), answer.text("hint")]
        .into_iter()
        .find_map(|text| text.split_once("following").and_then(|(_, rest)| rest.split_once(": ")))
        .map(|(_, list)| list.split(',').map(|name| name.trim().to_owned()).collect());
    list.ok_or_else(|| format!("PostgREST does not list the schemas: {refusal}"))
}
