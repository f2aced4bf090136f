//! Tables that are an installation's too: what is in the way of the RPCs that write there. What they do not write is nobody's
//! business here.

use std::sync::LazyLock;

use regex::Regex;

use super::{Findings, broadcasts};
use crate::{
    catalog::{Beyond, Catalog, Trigger},
    contract::{Columns, Contract, Privilege, Relation},
    database::identifier,
    finding::Code,
};

/// `named`: the contract as it stands, since a table that the project had keeps its own constraints.
pub fn compare(
    contract: &Contract,
    named: &Contract,
    catalog: &Catalog,
    want: &Relation,
    have: &Relation,
    findings: &mut Findings,
) {
    let Some(beyond) = catalog.beyond.get(&want.qualified()) else { return };
    let written = Written::by_the_contract(contract, want);
    if !want.shared || written.nothing() {
        return;
    }
    if want.schema == "realtime" {
        broadcasts::compare(want, have, findings);
    }
    for (name, trigger) in beyond.triggers.iter().filter(|(name, _)| !want.triggers.iter().any(|t| t.name == **name)) {
        let present = have.triggers.iter().find(|found| found.name == *name);
        if present.is_some_and(|present| catalog.doors.is_instead_of_a_key(have, present)) {
            continue;
        }
        if let Some(why) = written.in_the_way(trigger) {
            let remedy = format!("drop trigger {} on {};", identifier(name), want.qualified());
            let place = format!("trigger {name} on {}", want.qualified());
            let wanted = "it lets the RPCs write what they write";
            findings.unless_own(&place, Code::TriggerUnexpected, &place, wanted, why, remedy);
        }
    }
    for (name, command) in beyond.rules.iter().filter(|(name, _)| !want.rules.contains(name)) {
        if command.as_deref().is_some_and(|command| written.does(command)) {
            let remedy = format!("drop rule {} on {};", identifier(name), want.qualified());
            let place = format!("rule {name} on {}", want.qualified());
            let wanted = "no rule for what the RPCs do";
            findings.unless_own(&place, Code::RuleUnexpected, &place, wanted, "it rewrites it", remedy);
        }
    }
    // How it is kept is the installation's, as long as rows can be changed, and those that RPCs answer with are the table's.
    let changes = written.does("update") || written.does("delete");
    let answered = contract.all_functions().any(|function| function.returns.kind == want.qualified());
    let faults = beyond.storage.iter().filter(|fault| match &*fault.kind {
        "published" => changes || answered,
        "child" | "parent" | "plain" => answered,
        _ => false,
    });
    super::beyond::storage(faults, want, findings);
    let unknown = |name: &&String| !want.columns.iter().any(|column| column.name == **name);
    for name in beyond.may_fail.iter().filter(unknown).filter(|_| written.does("insert")) {
        let remedy = format!("alter table {} drop column {};", want.qualified(), identifier(name));
        let place = format!("column {}.{name}", want.qualified());
        let wanted = "nothing that can fail for each row";
        findings.unless_own(&place, Code::ColumnUnexpected, &place, wanted, "it is computed", remedy);
    }
    for (name, denied) in beyond.denied_defaults.iter().filter(|(name, _)| unknown(name)) {
        let inserts =
            |role: &&String| want.grants.exact.get(*role).is_some_and(|rights| rights.contains_key(&Privilege::Insert));
        let Some(role) = denied.iter().find(inserts) else { continue };
        let (table, column) = (want.qualified(), identifier(name));
        let remedy =
            format!("alter table {table} alter column {column} drop not null, alter column {column} drop default;");
        let place = format!("column {table}.{name}");
        let wanted = format!("a default that {role} may evaluate");
        findings.add(Code::ColumnUnexpected, place, wanted, "it may not", remedy);
    }
    constraints(contract, named, beyond, &written, want, have, findings);
}

/// What the RPCs do with a table.
struct Written<'a> {
    commands: Vec<Privilege>,
    inserted: Vec<&'a str>,
    updated: Vec<&'a str>,
}

/// A column of one of our own, given a value: `new.status := 'x'`.
static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\bnew\.(\w+)\s*:?=\s*([^;]*);|\binto\s+(?:strict\s+)?new\.(\w+))").expect("a constant pattern")
});

static NULL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)\breturn\s+null\b").expect("a constant pattern"));

static NEW: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)\breturn\s+new\b").expect("a constant pattern"));

static RETURNED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\breturn\s+([^;]+);").expect("a constant pattern"));

/// The whole row, given another value.
static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(^|[;\s])new\s*:?=|\binto\s+(strict\s+)?new\s*(;|from\b)").expect("a constant pattern")
});

static RAISED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\braise\s*(;|'|exception|sqlstate|using|[a-z_]+_[a-z_]+|division_by_zero|assert_failure)")
        .expect("a constant pattern")
});

impl<'a> Written<'a> {
    fn by_the_contract(contract: &Contract, want: &'a Relation) -> Self {
        let owners = contract.owners();
        let mut all = Self { commands: Vec::new(), inserted: Vec::new(), updated: Vec::new() };
        let columns = |some: &'a Columns| -> Vec<&'a str> {
            match some {
                Columns::Some(names) => names.iter().map(String::as_str).collect(),
                Columns::Whole(_) => want.columns.iter().map(|column| column.name.as_str()).collect(),
            }
        };
        for rights in want.grants.exact.iter().filter(|(role, _)| owners.contains(role.as_str())).map(|(_, all)| all) {
            all.commands.extend(rights.keys().copied().filter(|right| *right != Privilege::Select));
            all.inserted.extend(rights.get(&Privilege::Insert).map(columns).unwrap_or_default());
            all.updated.extend(rights.get(&Privilege::Update).map(columns).unwrap_or_default());
        }
        // Realtime's are written by realtime.send(), for who has to be able to.
        if want.grants.least.values().any(|rights| rights.contains(&Privilege::Insert)) {
            all.commands.push(Privilege::Insert);
        }
        all
    }

    fn nothing(&self) -> bool {
        self.commands.is_empty()
    }

    fn does(&self, command: &str) -> bool {
        self.commands.iter().any(|done| done.word() == command)
    }

    /// How a trigger's source shows that it may keep a row out, or write another.
    fn in_the_way(&self, trigger: &Trigger) -> Option<String> {
        let of_columns =
            trigger.columns.is_empty() || trigger.columns.iter().any(|name| self.updated.contains(&&**name));
        let fires = trigger.insert && self.does("insert")
            || trigger.delete && self.does("delete")
            || trigger.update && self.does("update") && of_columns;
        if !fires {
            return None;
        }
        let source = super::raising::without_comments(&trigger.source);
        if RAISED.is_match(&source) && !source.to_lowercase().contains("exception when") {
            return Some("it can refuse: raise …".to_owned());
        }
        if !(trigger.before && trigger.row) {
            return None;
        }
        if NULL.is_match(&source) || trigger.only_deletes() && NEW.is_match(&source) {
            return Some("it can leave the row out: return null".to_owned());
        }
        // `old` is what a trigger for removals returns.
        let ours = |value: &str| matches!(value, "new" | "coalesce(new, old)") || trigger.delete && value == "old";
        let returned = RETURNED.captures_iter(&source).map(|found| found[1].trim().to_lowercase());
        if let Some(other) = returned.into_iter().find(|value| !ours(value)) {
            return Some(format!("it can put another row in its place: return {other}"));
        }
        if WHOLE.is_match(&source) {
            return Some("it puts another row in its place: new := …".to_owned());
        }
        // Times of changes are kept by many, and nothing depends on them.
        let ours = |name: &str, value: &str| {
            let time = ["now()", "current_timestamp", "clock_timestamp()"].iter().any(|now| value.contains(now));
            let listed = self.inserted.iter().chain(&self.updated).any(|known| known.eq_ignore_ascii_case(name));
            (listed || name.eq_ignore_ascii_case("status")) && !time
        };
        let assigned = ASSIGNED.captures_iter(&source).map(|all| {
            let text = |number| all.get(number).map_or("", |found| found.as_str());
            (format!("{}{}", text(1), text(3)), text(2).to_lowercase())
        });
        assigned.into_iter().find(|(name, value)| ours(name, value)).map(|(name, _)| format!("it writes {name} itself"))
    }
}

fn constraints(
    contract: &Contract,
    named: &Contract,
    beyond: &Beyond,
    written: &Written<'_>,
    want: &Relation,
    have: &Relation,
    findings: &mut Findings,
) {
    if !written.does("insert") || want.grants.exact.is_empty() {
        return;
    }
    for index in beyond.indexes.iter().filter(|index| !want.indexes.contains_key(&index.name)) {
        let kept_apart = want.keys.iter().any(|key| key.iter().all(|column| index.columns.contains(column)));
        if index.excludes || (index.unique && !kept_apart) || (index.may_fail && index.constraint.is_none()) {
            let (code, what, remedy) = match &index.constraint {
                Some(name) => (
                    Code::ConstraintUnexpected,
                    format!("constraint {name}"),
                    format!("alter table {} drop constraint {};", want.qualified(), identifier(name)),
                ),
                None => (
                    Code::IndexUnexpected,
                    format!("index {}", index.name),
                    format!("drop index {}.{};", identifier(&want.schema), identifier(&index.name)),
                ),
            };
            let place = format!("{what} on {}", want.qualified());
            let present = have.indexes.get(&index.name).or(have.constraints.get(&index.name));
            let present = present.map_or_else(|| index.columns.join(", "), Clone::clone);
            findings.unless_own(&place, code, &place, "nothing that refuses what the RPCs write", present, remedy);
        }
    }
    for key in &beyond.foreign_keys {
        let known = key.to.starts_with("auth.") || contract.relations.iter().any(|known| known.qualified() == key.to);
        let given = key.columns.iter().any(|name| written.inserted.contains(&&**name));
        if !known && given && !named.has_constraint(&want.qualified(), &key.name, have) {
            let remedy = format!("alter table {} drop constraint {};", want.qualified(), identifier(&key.name));
            let place = format!("constraint {} on {}", key.name, want.qualified());
            let wanted = format!("nothing that has to be in {} first", key.to);
            let present = have.constraints.get(&key.name).map_or("", String::as_str);
            findings.unless_own(&place, Code::ConstraintUnexpected, &place, wanted, present, remedy);
        }
    }
}
