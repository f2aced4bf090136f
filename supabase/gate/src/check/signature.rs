//! How a function is called and what it returns: what differs, in words.

use std::collections::BTreeSet;

use crate::{
    contract::{Argument, Contract, Function, Mode, Returns},
    finding::Code,
};

/// Code, what was wanted, what is there.
pub type Difference = (Code, String, String);

/// Everything that differs. What is another argument by name is compared no further.
pub fn differences(contract: &Contract, want: &Function, have: &Function) -> Vec<Difference> {
    let mut all: Vec<Difference> = names(&want.arguments, &have.arguments).into_iter().collect();
    for want in &want.arguments {
        if let Some(have) = have.arguments.iter().find(|have| have.name == want.name) {
            all.extend(argument(want, have));
        }
    }
    all.extend(result(contract, &want.returns, &have.returns));
    all
}

fn names(want: &[Argument], have: &[Argument]) -> Option<Difference> {
    let names = |of: &[Argument]| of.iter().map(|argument| argument.name.clone()).collect::<Vec<_>>();
    let (want, have) = (names(want), names(have));
    let sorted = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    let code = if sorted(&want) == sorted(&have) { Code::ArgumentOrder } else { Code::ArgumentNames };
    (want != have).then(|| (code, want.join(", "), have.join(", ")))
}

fn argument(want: &Argument, have: &Argument) -> Vec<Difference> {
    let named = |value: &str| format!("{} {value}", want.name);
    let mut all = Vec::new();
    if want.kind != have.kind {
        all.push((Code::ArgumentTypes, named(&want.kind), named(&have.kind)));
    }
    if want.mode != have.mode {
        all.push((Code::ArgumentModes, named(word(want.mode)), named(word(have.mode))));
    }
    // A default has the type of its argument.
    if want.default != have.default && want.kind == have.kind {
        let spelt = |default: &Option<String>| match default {
            Some(default) => named(&format!("default {default}")),
            None => named("without a default"),
        };
        all.push((Code::ArgumentDefaults, spelt(&want.default), spelt(&have.default)));
    }
    all
}

fn result(contract: &Contract, want: &Returns, have: &Returns) -> Option<Difference> {
    // The columns of a table of the contract are judged there.
    let of_a_table = contract.relations.iter().any(|relation| relation.qualified() == want.kind);
    let columns_differ = want.columns != have.columns && !of_a_table;
    let differs = want.set != have.set || want.kind != have.kind || columns_differ;
    differs.then(|| (Code::Result, spelt(want), spelt(have)))
}

fn spelt(returns: &Returns) -> String {
    let columns: Vec<String> = returns.columns.iter().map(|c| format!("{} {}", c.name, c.kind)).collect();
    let set = if returns.set { "setof " } else { "" };
    match columns.is_empty() {
        true => format!("{set}{}", returns.kind),
        false => format!("{set}{} ({})", returns.kind, columns.join(", ")),
    }
}

fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::In => "in",
        Mode::Inout => "inout",
        Mode::Variadic => "variadic",
    }
}
