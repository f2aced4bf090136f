//! Settings of roles and of the database, and the rows that an operator's settings are.

use std::sync::LazyLock;

use regex::Regex;

use super::Findings;
use crate::{
    catalog::{Catalog, SetFor},
    contract::{Allowed, Contract, SETTINGS_TABLE},
    database::{identifier, literal},
    finding::Code,
};

/// For all roles.
const ALL: &str = "*";

/// What changes the answers of functions, wherever it is set. Memory, plans and logs do not.
const MATTERS: &[&str] = &[
    "array_nulls",
    "backslash_quote",
    "default_transaction_isolation",
    "default_transaction_read_only",
    "exit_on_error",
    "idle_in_transaction_session_timeout",
    "local_preload_libraries",
    "lock_timeout",
    "plpgsql.variable_conflict",
    "restrict_nonsystem_relation_kind",
    "role",
    "row_security",
    "session_authorization",
    "session_preload_libraries",
    "session_replication_role",
    "standard_conforming_strings",
    "statement_timeout",
    "timezone",
    "transaction_timeout",
    "transform_null_equals",
];

/// What requests, Realtime and our own functions hand on in settings.
const HANDED_ON: &[&str] = &["lockstep.", "realtime.", "request.", "response."];

/// What PostgREST takes from its role, and changes no answer.
const OF_POSTGREST_ALONE: &[&str] = &[
    "app.",
    "app_settings",
    "db_aggregates_enabled",
    "db_extra_search_path",
    "db_plan_enabled",
    "db_pool",
    "db_prepared_statements",
    "log_",
    "openapi_",
    "server_",
];

/// Those that change answers, and that the contract does not allow.
pub fn add_unexpected<'s>(contract: &Contract, all: impl Iterator<Item = &'s SetFor>, findings: &mut Findings) {
    for set in all.filter(|set| !contract.settings.is_empty() && matters(set)) {
        let allowed = [set.role.as_deref().unwrap_or(ALL), ALL].into_iter();
        let allowed: Option<&Allowed> = allowed.filter_map(|role| contract.settings.get(role)?.get(&set.name)).next();
        if allowed.is_some_and(|allowed| allowed.takes(&set.value)) {
            continue;
        }
        let want = allowed.map_or_else(|| "not set".to_owned(), Allowed::phrase);
        let have = format!("{} = {}", set.name, set.value);
        let object = format!("setting {} of {}", set.name, place(set));
        let wanted = format!("{} {want}", set.name);
        findings.unless_own(&object, Code::SettingUnexpected, place(set), wanted, have, remedy(set));
    }
}

pub(super) fn compare(contract: &Contract, catalog: &Catalog, findings: &mut Findings) {
    add_unexpected(contract, catalog.settings.iter(), findings);
    for set in catalog.settings.iter().filter(|set| is_misread(contract, set)) {
        let wanted = format!("{} as a number, or not set", set.name);
        let have = format!(
            "{} = {}: PostgREST without the mend of its issue 4955 hands it on in lower case, and calls fail",
            set.name, set.value
        );
        findings.add(Code::SettingUnexpected, place(set), wanted, have, remedy(set));
    }
    for want in catalog.rows.iter().flat_map(|rows| contract.rows.iter().filter(|row| !rows.contains(&row.name))) {
        let values = [&want.name, &want.kind, &want.value.to_string(), &want.meaning].map(|text| literal(text));
        let remedy =
            format!("insert into {SETTINGS_TABLE} (name, kind, value, meaning) values ({});", values.join(", "));
        let place = format!("row {} of {SETTINGS_TABLE}", want.name);
        findings.add(Code::SettingMissing, place, format!("a row, such as {}", want.value), "none", remedy);
    }
}

fn matters(set: &SetFor) -> bool {
    if let Some(name) = set.name.strip_prefix("pgrst.") {
        // PostgREST reads those of the role that it logs in as.
        return set.role.as_deref() == Some("authenticator")
            && !OF_POSTGREST_ALONE.iter().any(|known| name.starts_with(known));
    }
    matters_anywhere(&set.name)
}

/// Whether it changes answers, for whomever it is set.
pub fn matters_anywhere(name: &str) -> bool {
    MATTERS.contains(&name) || HANDED_ON.iter().any(|prefix| name.starts_with(prefix))
}

static MEMORY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*[\d.]+\s*(kB|MB|GB|TB)\s*$").expect("a constant pattern"));

/// Whether PostgREST, which hands on what is set for the role that a request becomes, spells the value as none: `invalid
/// value for parameter "work_mem": "64mb"`. Seen with 12.0.2; mended in June 2026 (PostgREST's issue 4955). Its version is not
/// in the catalog.
fn is_misread(contract: &Contract, set: &SetFor) -> bool {
    let becomes = |role: &str| {
        let member = "authenticator".to_owned();
        contract.roles.iter().any(|known| known.name == role && !known.login && known.members.must.contains(&member))
    };
    set.role.as_deref().is_some_and(becomes) && MEMORY.is_match(&set.value)
}

fn place(set: &SetFor) -> String {
    match (&set.role, &set.database) {
        (Some(role), Some(database)) => format!("role {role} in database {database}"),
        (Some(role), None) => format!("role {role}"),
        (None, Some(database)) => format!("database {database}"),
        (None, None) => "all roles".to_owned(),
    }
}

fn remedy(set: &SetFor) -> String {
    let whom = match (&set.role, &set.database) {
        (Some(role), Some(database)) => format!("role {} in database {}", identifier(role), identifier(database)),
        (Some(role), None) => format!("role {}", identifier(role)),
        (None, Some(database)) => format!("database {}", identifier(database)),
        (None, None) => "role all".to_owned(),
    };
    let name: Vec<String> = set.name.split('.').map(identifier).collect();
    format!("alter {whom} reset {}; notify pgrst, 'reload config';", name.join("."))
}
