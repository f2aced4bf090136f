//! What a migration forgets, and nobody means: to be done, and not to be written into a contract.

use crate::{
    catalog::{Catalog, Found},
    check::{announced, commented},
    contract::{Contract, Function},
};

use super::NOTHING;

/// Clients that call no RPC unless the contract has said so before.
const KEPT_OUT: [&str; 3] = ["public", "anon", "service_role"];

/// One line for each, with what helps. `named` is the contract of before, with what is to be taken in.
pub fn unmeant(named: &Contract, catalog: &Catalog) -> Vec<String> {
    let owners = owners(named);
    let mut lines = Vec::new();
    for (want, found) in named.rpcs.iter().filter_map(|want| Some((want, only(want, catalog)?))) {
        let signature = found.function.signature();
        let mut line = |what: &str, remedy: &str| lines.push(format!("function {signature} {what}: {remedy}"));
        let users = want.execute.must.join(", ");
        let too_many = may_now(&KEPT_OUT, want, found);
        if !too_many.is_empty() {
            let revoke = format!("revoke all on function {signature} from public, anon, authenticated, service_role;");
            let grant = format!("grant execute on function {signature} to {users};");
            line(&format!("may be executed by {}", too_many.join(", ")), &format!("{revoke} {grant}"));
        } else if !want.execute.must.iter().all(|role| found.function.execute.must.contains(role)) {
            line(
                &format!("may not be executed by {users}"),
                &format!("grant execute on function {signature} to {users};"),
            );
        }
        let known = want.owner != NOTHING;
        let right = if known { found.function.owner == want.owner } else { owners.contains(&found.function.owner) };
        if !right {
            let owner = if known { want.owner.clone() } else { format!("<{}>", owners.join(" or ")) };
            let belongs = format!("belongs to {}", found.function.owner);
            line(&belongs, &format!("alter function {signature} owner to {owner};"));
        }
        let (said, announces) = (commented(found), announced(found));
        let version = said.as_ref().filter(|(name, _)| *name == want.name);
        if version.is_none() || said != announces {
            let comment = format!(r#"'{{"rpc": "{}", "version": "…"}}'"#, want.name);
            let first = format!("lockstep.announce_rpc('{}', '…')", want.name);
            let remedy = format!("comment on function {signature} is {comment}; and begin its body with {first}");
            line("does not say its version in its comment and, first of all, in its body", &remedy);
        }
    }
    for (want, found) in named.functions.iter().filter_map(|want| Some((want, only(want, catalog)?))) {
        let signature = found.function.signature();
        if !may_now(&["public"], want, found).is_empty() {
            lines.push(format!(
                "function {signature} may be executed by everybody: revoke all on function {signature} from public, anon, \
                 authenticated, service_role;"
            ));
        }
        if want.returns.kind == NOTHING && commented(found).is_some() {
            let name = want.qualified();
            lines.push(format!("function {signature} is an RPC: name the component that calls it, {name}=<component>"));
        }
    }
    lines
}

/// The roles that functions run as.
pub fn owners(contract: &Contract) -> Vec<String> {
    let clients = ["public", "anon", "authenticated", "service_role"];
    let roles = contract.roles.iter().filter(|role| !role.login && !clients.contains(&role.name.as_str()));
    roles.map(|role| role.name.clone()).collect()
}

/// Where there is none, or more than one, something else is said.
fn only<'c>(want: &Function, catalog: &'c Catalog) -> Option<&'c Found> {
    let mut all = catalog.functions.iter().filter(|found| found.function.qualified() == want.qualified());
    all.next().filter(|_| all.next().is_none())
}

fn may_now<'r>(roles: &[&'r str], want: &Function, found: &Found) -> Vec<&'r str> {
    let has = |roles: &[String], role: &str| roles.iter().any(|other| other == role);
    let now = roles.iter().filter(|role| has(&found.function.execute.must, role));
    now.filter(|role| !has(&want.execute.must, role)).copied().collect()
}
