//! What changed in one RPC, seen by who calls it by name through PostgREST, and by position in SQL.

use crate::{
    contract::{Access, Argument, Column, Function, Mode, Volatility},
    finding::{Change, Step},
};

pub fn compare(old: &Function, new: &Function, place: &str) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |step: Step, what: String| changes.push(Change { step, place: place.to_owned(), what });
    arguments(&old.arguments, &new.arguments, &mut add);
    result(old, new, &mut add);
    if old.volatility != new.volatility {
        // Who reads sends GET, and that is a transaction in which a VOLATILE function may not write.
        let step = if new.volatility == Volatility::Volatile { Step::Major } else { Step::Minor };
        add(step, format!("{} → {}", old.volatility.word(), new.volatility.word()));
    }
    if old.strict != new.strict {
        add(Step::Major, "what a null does changed".to_owned());
    }
    access(&old.execute, &new.execute, &mut add);
    // A component wants to hear the version of each RPC that it was told of.
    for gone in old.runs.iter().filter(|name| !new.runs.contains(name)) {
        add(Step::Major, format!("no longer runs {gone}"));
    }
    for more in new.runs.iter().filter(|name| !old.runs.contains(name)) {
        add(Step::Minor, format!("runs {more}"));
    }
    let unseen = [
        ("security", old.security != new.security),
        ("owner", old.owner != new.owner),
        ("search_path", old.search_path != new.search_path),
        ("statement_timeout", old.statement_timeout != new.statement_timeout),
        ("settings", old.settings != new.settings),
        // Where one of them does not say, nothing is known to have changed.
        ("body", old.body_sha256.as_ref().zip(new.body_sha256.as_ref()).is_some_and(|(old, new)| old != new)),
    ];
    for (what, _) in unseen.iter().filter(|(_, changed)| *changed) {
        add(Step::Patch, format!("{what} changed"));
    }
    changes
}

fn arguments(old: &[Argument], new: &[Argument], add: &mut impl FnMut(Step, String)) {
    for argument in old {
        let name = &argument.name;
        let Some(now) = new.iter().find(|now| now.name == *name) else {
            add(Step::Major, format!("argument {name} is gone"));
            continue;
        };
        if argument.kind != now.kind {
            add(Step::Major, format!("argument {name}: {} → {}", argument.kind, now.kind));
        }
        if argument.mode != now.mode {
            add(Step::Major, format!("argument {name} has another direction"));
        }
        match (&argument.default, &now.default) {
            (Some(_), None) => add(Step::Major, format!("argument {name} is required now")),
            (None, Some(_)) => add(Step::Minor, format!("argument {name} is optional now")),
            // Who leaves it out gets something else.
            (Some(old), Some(new)) if old != new => add(Step::Major, format!("argument {name}: default {old} → {new}")),
            _ => {}
        }
    }
    for now in new.iter().filter(|now| !old.iter().any(|argument| argument.name == now.name)) {
        let step = if now.default.is_some() || now.mode == Mode::Variadic { Step::Minor } else { Step::Major };
        let word = if step == Step::Minor { "optional" } else { "required" };
        add(step, format!("argument {} is new, and {word}", now.name));
    }
    // By position, an old argument must stay where it was.
    let old_order = old.iter().map(|argument| &argument.name).filter(|name| new.iter().any(|now| now.name == **name));
    let new_order = new.iter().map(|now| &now.name);
    if old_order.clone().count() == old.len() && !old_order.eq(new_order.take(old.len())) {
        add(Step::Major, "the order of the arguments changed".to_owned());
    }
}

fn result(old: &Function, new: &Function, add: &mut impl FnMut(Step, String)) {
    let (old, new) = (&old.returns, &new.returns);
    if old.set != new.set {
        let word = |set| if set { "many" } else { "one" };
        add(Step::Major, format!("result: {} → {}", word(old.set), word(new.set)));
    }
    // Rows are told by their columns, whatever their type is called.
    if old.kind != new.kind && (old.columns.is_empty() || new.columns.is_empty()) {
        add(Step::Major, format!("result: {} → {}", old.kind, new.kind));
    }
    for column in &old.columns {
        match new.columns.iter().find(|now| now.name == column.name) {
            None => add(Step::Major, format!("column {} is gone", column.name)),
            Some(now) if now.kind != column.kind => {
                add(Step::Major, format!("column {}: {} → {}", column.name, column.kind, now.kind));
            }
            Some(_) => {}
        }
    }
    if old.kind != new.kind && !old.columns.is_empty() && !new.columns.is_empty() {
        add(Step::Patch, format!("the rows are called {} and were {}", new.kind, old.kind));
    }
    // PostgREST's clients read by name; who reads in SQL by position was warned.
    let order = |of: &[Column], other: &[Column]| {
        let shared = of.iter().filter(|column| other.iter().any(|known| known.name == column.name));
        shared.map(|column| column.name.clone()).collect::<Vec<_>>()
    };
    if order(&old.columns, &new.columns) != order(&new.columns, &old.columns) {
        add(Step::Patch, "the order of the columns changed".to_owned());
    }
    for now in new.columns.iter().filter(|now| !old.columns.iter().any(|column| column.name == now.name)) {
        add(Step::Minor, format!("column {} is new", now.name));
    }
}

fn access(old: &Access, new: &Access, add: &mut impl FnMut(Step, String)) {
    for role in old.must.iter().filter(|role| !new.must.contains(role)) {
        add(Step::Major, format!("{role} need no longer be able to run it"));
    }
    for role in new.must.iter().filter(|role| !old.must.contains(role)) {
        add(Step::Minor, format!("{role} may run it"));
    }
    let closed: Vec<&str> =
        new.must_not.iter().filter(|role| !old.must_not.contains(role)).map(String::as_str).collect();
    let opened: Vec<&str> =
        old.must_not.iter().filter(|role| !new.must_not.contains(role)).map(String::as_str).collect();
    if !closed.is_empty() {
        add(Step::Patch, format!("{} must not run it", closed.join(", ")));
    }
    if !opened.is_empty() {
        add(Step::Patch, format!("{} may run it or not", opened.join(", ")));
    }
}
