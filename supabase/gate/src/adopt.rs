//! `gate adopt`: what the migrations would meet in a project that is in use. The questions are those of the first migration.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::{
    catalog::Catalog,
    check::{Findings, cron, settings},
    contract::Contract,
    database::{self, Connection},
    finding::{Code, Notice, Report},
};

/// What is asked of the catalog, by the name of its file in supabase/look.
const QUESTIONS: [(&str, &str); 3] = [
    ("tables.sql", include_str!("../../look/tables.sql")),
    ("names.sql", include_str!("../../look/names.sql")),
    ("policies.sql", include_str!("../../look/policies.sql")),
];
const USED: &str = include_str!("../../look/used.sql");
/// What is a part of a question, or of the migration.
const PARTS: [(&str, &str); 3] = [
    ("used.sql", USED),
    ("trial.sql", include_str!("../../look/trial.sql")),
    ("changes.sql", include_str!("../../look/changes.sql")),
];
const MIGRATION: &str = include_str!("../../look/first.sql");

/// What the catalog does not say.
const TRIED: &str = "the first migration tries them, and stops before anything is touched where they do not fit";

/// Something that the migrations do not fit.
#[derive(Debug, Deserialize)]
struct Difference {
    object: String,
    difference: String,
    remedy: String,
}

/// Whether the RPCs use the column. What else a table made here has, one of a project's need not have.
pub fn is_used(table: &str, column: &str) -> bool {
    let name = format!("{table}.{column}");
    USED.split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_').any(|word| word == name)
}

/// Looks. Expects to be in a reading transaction.
pub async fn look(connection: &mut Connection, contract: &Contract) -> Result<Report> {
    let applied = "select to_jsonb(to_regprocedure('lockstep.has_adopted(text)') is not null)::text";
    ensure!(
        database::read(connection, applied).await? == false,
        "the migrations have been applied here: `gate check` says whether what they made is right"
    );
    let mut differences: Vec<Difference> = Vec::new();
    for (_, question) in QUESTIONS {
        let asked = format!(
            "select coalesce(jsonb_agg(to_jsonb(said) order by said.object), '[]')::text from ({}) as said",
            whole(question)
        );
        let more: Vec<Difference> = serde_json::from_value(database::read(connection, &asked).await?)?;
        differences.extend(more);
    }
    let catalog = Catalog::read(connection, contract).await.context("cannot read the catalog")?;

    let mut findings = Findings::default();
    for Difference { object, difference, remedy } in &differences {
        findings.add(Code::InTheWay, object, "what the migrations fit, or nothing", difference, remedy);
    }
    // Roles of the contract are made, or made as they have to be; the database's own settings stay.
    settings::add_unexpected(
        contract,
        catalog.settings.iter().filter(|set| set.role.is_none() && !set.name.starts_with("pgrst.")),
        &mut findings,
    );
    // Where the server has it, a migration makes it.
    let cron = "select to_jsonb(exists (select from pg_available_extensions where name = 'pg_cron'))::text";
    if database::read(connection, cron).await? == false {
        let remedy = "install it on the server; or have something else run the jobs, and take them out of the contract";
        cron::add_missing(contract, remedy, &mut findings);
    }
    let places = differences.iter().map(|difference| difference.object.as_str());
    let places: Vec<&str> = places.collect();
    let notices = objects(contract, &catalog)
        .filter(|(name, _)| !places.iter().any(|place| is_of(place, name)))
        .map(|(place, there)| Notice { place, what: if there { "fits" } else { "will be made" }.to_owned() })
        .chain([Notice { place: "triggers, checks, policies".to_owned(), what: TRIED.to_owned() }])
        .collect();
    Ok(Report {
        subject: "the project before its first migration".to_owned(),
        looked_at: vec![format!("{} RPCs", contract.rpcs.len()), format!("{} relations", contract.relations.len())],
        findings: findings.all,
        notices,
        ..Report::default()
    })
}

/// What the migrations make or use, and whether it is there.
fn objects<'a>(contract: &'a Contract, catalog: &'a Catalog) -> impl Iterator<Item = (String, bool)> + 'a {
    let relations = contract.relations.iter().map(|relation| {
        let there = catalog.relations.iter().any(|found| found.qualified() == relation.qualified());
        (format!("{} {}", relation.kind.word(), relation.qualified()), there)
    });
    // A function of a project's own under an RPC's name is a difference, or an older form beside it.
    let rpcs = contract.rpcs.iter().map(|rpc| (format!("function {}", rpc.qualified()), false));
    let roles = contract.roles.iter().map(|role| {
        let there = catalog.access.role_names.contains(&role.name);
        (format!("role {}", role.name), there)
    });
    relations.chain(rpcs).chain(roles)
}

/// Whether a difference is about the object, or about a column of it.
fn is_of(difference: &str, object: &str) -> bool {
    let name = |text: &str| text.split_once(' ').map(|(_, name)| name.to_owned()).unwrap_or_default();
    let (place, object) = (name(difference), name(object));
    place == object || place.strip_prefix(&object).is_some_and(|rest| rest.starts_with(['.', '(']))
}

/// The first migration, which asks the same and stops: a migration is one file and one transaction, and says all at once.
pub fn migration() -> String {
    format!("-- Made by `gate look` from supabase/look; change those.\n--\n{}", whole(MIGRATION))
}

/// With each part in its place, without the header that it has as a file.
fn whole(text: &str) -> String {
    let mut made = String::new();
    for line in text.lines() {
        let part = QUESTIONS.iter().chain(&PARTS).find(|(name, _)| line.trim() == format!("-- include {name}"));
        let Some((_, part)) = part else {
            made += &format!("{line}\n");
            continue;
        };
        let part = whole(part);
        let indent = &line[..line.len() - line.trim_start().len()];
        let lines = part.lines().skip_while(|line| line.starts_with("--") || line.is_empty());
        lines.for_each(|line| made += &format!("{indent}{line}\n"));
    }
    made
}
