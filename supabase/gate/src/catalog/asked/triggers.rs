//! Functions of somebody else's triggers, which run in the RPCs: with the rights of a role that owns RPCs, and with a search
//! path in which nothing is. Their sources are read for what they name; PL/pgSQL alone.

use std::sync::LazyLock;

use anyhow::Result;
use regex::Regex;
use serde::Deserialize;
use serde_json::json;

use super::{super::rows, Asking, Refusal, askings};
use crate::{
    catalog::{Catalog, Trigger},
    check::without_comments,
    contract::{Columns, Contract, Privilege},
    database::{Connection, identifier, literal},
};

/// How triggers.sql begins to say that what is named is nowhere.
const ABSENT: &str = "there is no ";

/// A name, with or without its schema.
const NAME: &str = r#"((?:"[^"]+"|[a-z_]\w*)(?:\s*\.\s*(?:"[^"]+"|[a-z_]\w*))?)"#;

static NAMED: LazyLock<[(&str, Regex); 5]> = LazyLock::new(|| {
    let pattern = |text: &str| Regex::new(&format!("(?i){}", text.replace("NAME", NAME))).expect("a constant pattern");
    [
        ("insert", pattern(r"\binsert\s+into\s+NAME")),
        ("update", pattern(r"\bupdate\s+(?:only\s+)?NAME\s+(?:as\s+)?(?:[a-z_]\w*\s+)?set\b")),
        ("delete", pattern(r"\bdelete\s+from\s+(?:only\s+)?NAME")),
        ("select", pattern(r"\b(?:from|join)\s+(?:only\s+)?NAME")),
        ("execute", pattern(r"(?:^|[^\w.])NAME\s*\(")),
    ]
});

static TEXTS: LazyLock<Regex> = LazyLock::new(|| Regex::new("'(?:[^']|'')*'").expect("a constant pattern"));

pub async fn ask(connection: &mut Connection, contract: &Contract, catalog: &Catalog) -> Result<Vec<Refusal>> {
    let mut all = Vec::new();
    let mut needs = Vec::new();
    let askings = askings(contract);
    for asking in &askings {
        let Some(beyond) = catalog.beyond.get(&asking.relation.qualified()) else { continue };
        let known = |name: &str| asking.relation.triggers.iter().any(|known| known.name == name);
        for (name, trigger) in beyond.triggers.iter().filter(|(name, trigger)| !known(name) && fires(asking, trigger)) {
            if trigger.language == "plpgsql" {
                needs.extend(named(trigger).into_iter().map(|(right, object)| {
                    json!({ "number": all.len(), "role": trigger.runs_as.as_ref().unwrap_or(&asking.role),
                        "path": trigger.search_path, "right": right, "object": object })
                }));
                all.push((asking, name, trigger));
            }
        }
    }
    if needs.is_empty() {
        return Ok(Vec::new());
    }
    #[derive(Deserialize)]
    struct Lack {
        number: usize,
        why: String,
    }
    let query = include_str!("../triggers.sql").replace("$needs", &literal(&json!(needs).to_string()));
    let mut lacks: Vec<Lack> = rows(connection, &query).await?;
    lacks.dedup_by_key(|lack| lack.number);
    let refusals = lacks.into_iter().map(|Lack { number, why }| {
        let (asking, name, trigger) = all[number];
        let path = trigger.search_path.as_deref().filter(|path| !path.is_empty()).unwrap_or("public, extensions");
        Refusal::Trigger {
            relation: asking.relation.qualified(),
            trigger: name.clone(),
            function: trigger.function.clone(),
            why: format!("as {} in an RPC, {why}", trigger.runs_as.as_ref().unwrap_or(&asking.role)),
            remedy: if why.starts_with(ABSENT) {
                format!("drop trigger {} on {};", identifier(name), asking.relation.qualified())
            } else {
                format!("alter function {} security definer set search_path = {path};", trigger.function)
            },
        }
    });
    Ok(refusals.collect())
}

/// Whether it fires for what the role does there.
fn fires(asking: &Asking<'_>, trigger: &Trigger) -> bool {
    let updated = asking.relation.grants.exact.get(&asking.role).and_then(|rights| rights.get(&Privilege::Update));
    let of_columns = |columns: &Columns| match columns {
        Columns::Some(names) => trigger.columns.iter().any(|column| names.contains(column)),
        Columns::Whole(_) => true,
    };
    trigger.insert && asking.commands.contains(&Privilege::Insert)
        || trigger.delete && asking.commands.contains(&Privilege::Delete)
        || trigger.update && updated.is_some_and(|columns| trigger.columns.is_empty() || of_columns(columns))
}

/// What a source names, and what is done with it.
fn named(trigger: &Trigger) -> Vec<(&'static str, String)> {
    let source = TEXTS.replace_all(&without_comments(&trigger.source), "''").into_owned();
    let mut all: Vec<(&str, String)> = Vec::new();
    for (right, pattern) in &*NAMED {
        all.extend(pattern.captures_iter(&source).map(|found| (*right, found[1].replace(char::is_whitespace, ""))));
    }
    // `delete from t` does not read t, and `insert into t (…)` runs no t.
    let removed: Vec<String> =
        all.iter().filter(|(right, _)| *right == "delete").map(|(_, name)| name.clone()).collect();
    all.retain(|(right, name)| *right != "select" || !removed.contains(name));
    let tables: Vec<String> =
        all.iter().filter(|(right, _)| *right != "execute").map(|(_, name)| name.clone()).collect();
    all.retain(|(right, name)| *right != "execute" || !tables.contains(name));
    all
}
