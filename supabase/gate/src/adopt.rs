//! `gate adopt`: what the migrations would meet in a project that is in use. The questions are those of the first migrations.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::{
    catalog::Catalog,
    check::Findings,
    contract::Contract,
    database::{self, Connection},
    finding::{Code, Notice, Report},
};

/// The first migrations. Each stops where its question has an answer.
const MIGRATIONS: [&str; 2] = [
    include_str!("../../migrations/20261122070000_look_first.sql"),
    include_str!("../../migrations/20261122070100_look_on.sql"),
];

/// Something that the migrations do not fit.
#[derive(Debug, Deserialize)]
struct Difference {
    object: String,
    difference: String,
    remedy: String,
}

/// Looks. Expects to be in a reading transaction.
pub async fn look(connection: &mut Connection, contract: &Contract) -> Result<Report> {
    let applied = "select to_jsonb(to_regprocedure('lockstep.has_adopted(text)') is not null)::text";
    ensure!(
        database::read(connection, applied).await? == false,
        "the migrations have been applied here: `gate check` says whether what they made is right"
    );
    let mut differences: Vec<Difference> = Vec::new();
    for migration in MIGRATIONS {
        let question = question(migration).context("the migration has its question")?;
        let asked = format!(
            "select coalesce(jsonb_agg(to_jsonb(said) order by said.object), '[]')::text from ({question}) as said"
        );
        let more: Vec<Difference> = serde_json::from_value(database::read(connection, &asked).await?)?;
        differences.extend(more);
    }
    let catalog = Catalog::read(connection, contract).await.context("cannot read the catalog")?;

    let mut findings = Findings::default();
    for Difference { object, difference, remedy } in &differences {
        findings.add(Code::InTheWay, object, "what the migrations fit, or nothing", difference, remedy);
    }
    let places = differences.iter().map(|difference| difference.object.as_str());
    let places: Vec<&str> = places.collect();
    let notices = objects(contract, &catalog)
        .filter(|(name, _)| !places.iter().any(|place| is_of(place, name)))
        .map(|(place, there)| Notice { place, what: if there { "fits" } else { "will be made" }.to_owned() })
        .collect();
    Ok(Report {
        subject: "the project before its first migration".to_owned(),
        looked_at: vec![format!("{} RPCs", contract.rpcs.len()), format!("{} relations", contract.relations.len())],
        findings: findings.0,
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

/// What stands between its two marks.
fn question(migration: &str) -> Option<&str> {
    let (_, after) = migration.split_once("-- Question\n")?;
    let (question, _) = after.split_once("-- End of the question")?;
    Some(question)
}
