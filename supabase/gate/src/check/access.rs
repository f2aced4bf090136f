//! Schemas and roles.

use std::collections::BTreeSet;

use super::{APPLY, Findings};
use crate::{
    catalog::Catalog,
    contract::{Access, Contract, Role},
    finding::Code,
};

/// Roles that have rights as a superuser, or by a membership that must not be. Those are not counted one by one.
pub fn inheriting(contract: &Contract, catalog: &Catalog) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for want in &contract.roles {
        if let Some(have) = catalog.access.roles.iter().find(|have| have.name == want.name) {
            let too_many = want.members.must_not.iter().filter(|role| have.members.must.contains(role));
            all.extend(too_many.cloned());
            all.extend(have.superuser.then(|| have.name.clone()));
        }
    }
    all
}

pub fn judge(contract: &Contract, catalog: &Catalog, inheriting: &BTreeSet<String>, findings: &mut Findings) {
    for want in &contract.schemas {
        let place = format!("schema {}", want.name);
        let Some(have) = catalog.access.schemas.iter().find(|have| have.name == want.name) else {
            findings.add(Code::SchemaMissing, place, "a schema", "none", APPLY);
            continue;
        };
        for (right, want_access, have_access) in
            [("usage", &want.usage, &have.usage), ("create", &want.create, &have.create)]
        {
            let (missing, too_many) = compare(want_access, have_access, inheriting);
            if !missing.is_empty() {
                let remedy = format!("grant {right} on schema {} to {missing};", want.name);
                let wanted = format!("{right} for {missing}");
                findings.add(Code::SchemaAccessMissing, &place, wanted, "no right", remedy);
            }
            if !too_many.is_empty() {
                let remedy = format!("revoke {right} on schema {} from {too_many};", want.name);
                let wanted = format!("no {right} for {too_many}");
                findings.add(Code::SchemaAccessTooWide, &place, wanted, "they may", remedy);
            }
        }
    }
    for want in &contract.roles {
        match catalog.access.roles.iter().find(|have| have.name == want.name) {
            None => findings.add(Code::RoleMissing, format!("role {}", want.name), "a role", "none", APPLY),
            Some(have) => role(want, have, findings),
        }
    }
}

fn role(want: &Role, have: &Role, findings: &mut Findings) {
    let place = format!("role {}", want.name);
    let bypasses = |role: &Role| role.superuser || role.bypass_rls;
    if bypasses(have) && !bypasses(want) {
        let remedy = format!("as a superuser: alter role {} nosuperuser nobypassrls;", want.name);
        let word = if have.superuser { "superuser" } else { "bypassrls" };
        findings.add(Code::RoleBypassesRls, &place, "nosuperuser nobypassrls", word, remedy);
    }
    if have.login && !want.login {
        findings.add(Code::RoleLogin, &place, "nologin", "login", format!("alter role {} nologin;", want.name));
    }
    let (missing, too_many) = compare(&want.members, &have.members, &BTreeSet::new());
    if !missing.is_empty() {
        let remedy = format!("grant {} to {missing};", want.name);
        findings.add(Code::RoleMemberMissing, &place, format!("{missing} is a member"), "no member", remedy);
    }
    if !too_many.is_empty() {
        let remedy = format!("revoke {} from {too_many};", want.name);
        findings.add(Code::RoleMemberTooMany, &place, format!("{too_many} is no member"), "a member", remedy);
    }
}

/// Who lacks it, and who has it and must not.
fn compare(want: &Access, have: &Access, inheriting: &BTreeSet<String>) -> (String, String) {
    let list = |roles: Vec<&String>| roles.into_iter().cloned().collect::<Vec<_>>().join(", ");
    let missing = want.must.iter().filter(|role| !have.must.contains(role)).collect();
    let too_many = want.must_not.iter().filter(|role| have.must.contains(role) && !inheriting.contains(*role));
    (list(missing), list(too_many.collect()))
}
