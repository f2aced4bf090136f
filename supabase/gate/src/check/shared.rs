//! Tables that are an installation's too: what is in the way of the RPCs that write there. What they do not write is nobody's
//! business here.

use std::sync::LazyLock;

use regex::Regex;

use super::Findings;
use crate::{
    catalog::{Beyond, Catalog, Trigger},
    contract::{Columns, Contract, Privilege, Relation},
    database::identifier,
    finding::Code,
};

pub fn judge(contract: &Contract, catalog: &Catalog, want: &Relation, have: &Relation, findings: &mut Findings) {
    let Some(beyond) = catalog.beyond.get(&want.qualified()) else { return };
    let written = Written::by_the_contract(contract, want);
    if !want.shared || written.nothing() {
        return;
    }
    for (name, trigger) in beyond.triggers.iter().filter(|(name, _)| !want.triggers.iter().any(|t| t.name == **name)) {
        if let Some(why) = written.in_the_way(trigger) {
            let remedy = format!("drop trigger {} on {};", identifier(name), want.qualified());
            let place = format!("trigger {name} on {}", want.qualified());
            findings.add(Code::TriggerUnexpected, place, "it lets the RPCs write what they write", why, remedy);
        }
    }
    for (name, command) in beyond.rules.iter().filter(|(name, _)| !want.rules.contains(name)) {
        if command.as_deref().is_some_and(|command| written.does(command)) {
            let remedy = format!("drop rule {} on {};", identifier(name), want.qualified());
            let place = format!("rule {name} on {}", want.qualified());
            findings.add(Code::RuleUnexpected, place, "no rule for what the RPCs do", "it rewrites it", remedy);
        }
    }
    constraints(contract, beyond, &written, want, have, findings);
}

/// What the RPCs do with a table.
struct Written<'a> {
    commands: Vec<Privilege>,
    inserted: Vec<&'a str>,
    updated: Vec<&'a str>,
}

/// A column of one of our own, given a value: `new.status := 'x'`.
static ASSIGNED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\bnew\.(\w+)\s*:?=\s*([^;]*);").expect("a constant pattern"));

static NULL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)\breturn\s+null\b").expect("a constant pattern"));

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
        if NULL.is_match(&source) {
            return Some("it can leave the row out: return null".to_owned());
        }
        // Times of changes are kept by many, and nothing depends on them.
        let ours = |name: &str, value: &str| {
            let time = ["now()", "current_timestamp", "clock_timestamp()"].iter().any(|now| value.contains(now));
            let listed = self.inserted.iter().chain(&self.updated).any(|known| known.eq_ignore_ascii_case(name));
            (listed || name.eq_ignore_ascii_case("status")) && !time
        };
        let assigned = ASSIGNED.captures_iter(&source).find(|all| ours(&all[1], &all[2].to_lowercase()));
        assigned.map(|all| format!("it writes {} itself", &all[1]))
    }
}

fn constraints(
    contract: &Contract,
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
        if (index.unique && !kept_apart) || (index.may_fail && index.constraint.is_none()) {
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
            findings.add(code, place, "nothing that refuses what the RPCs write", present, remedy);
        }
    }
    for key in &beyond.foreign_keys {
        let known = key.to.starts_with("auth.") || contract.relations.iter().any(|known| known.qualified() == key.to);
        let given = key.columns.iter().any(|name| written.inserted.contains(&&**name));
        if !known && given && !want.constraints.contains_key(&key.name) {
            let remedy = format!("alter table {} drop constraint {};", want.qualified(), identifier(&key.name));
            let place = format!("constraint {} on {}", key.name, want.qualified());
            let wanted = format!("nothing that has to be in {} first", key.to);
            let present = have.constraints.get(&key.name).map_or("", String::as_str);
            findings.add(Code::ConstraintUnexpected, place, wanted, present, remedy);
        }
    }
}
