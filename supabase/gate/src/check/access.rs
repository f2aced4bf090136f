//! Schemas and roles.

use std::collections::{BTreeMap, BTreeSet};

use super::{APPLY, Findings, platform};
use crate::{
    catalog::{self, Catalog},
    contract::{Access, Contract, Role},
    database::identifier,
    finding::Code,
};

/// Roles that have rights as a superuser, or by a membership that must not be: with the roles whose rights those are.
/// Such rights are not counted one by one.
#[derive(Debug, Default)]
pub struct Inheriting(BTreeMap<String, BTreeSet<String>>);

impl Inheriting {
    /// Looks at the roles of the contract.
    pub fn find(contract: &Contract, catalog: &Catalog) -> Self {
        let mut all = Self::default();
        for want in &contract.roles {
            let Some(have) = catalog.access.roles.iter().find(|have| have.name == want.name) else { continue };
            for member in want.members.must_not.iter().filter(|role| have.members.must.contains(role)) {
                all.0.entry(member.clone()).or_default().insert(want.name.clone());
            }
            if have.superuser {
                all.0.entry(want.name.clone()).or_default().insert(want.name.clone());
            }
        }
        all
    }

    /// Whose rights a role has; its own name stands for all rights.
    pub fn of(&self, role: &str) -> impl Iterator<Item = &str> {
        self.0.get(role).into_iter().flatten().map(String::as_str)
    }
}

pub fn compare(contract: &Contract, catalog: &Catalog, inheriting: &Inheriting, findings: &mut Findings) {
    for want in &contract.schemas {
        let place = format!("schema {}", want.name);
        let Some(have) = catalog.access.schemas.iter().find(|have| have.name == want.name) else {
            findings.add(Code::SchemaMissing, place, "a schema", "none", APPLY);
            continue;
        };
        if let (Some(owner), Some(present)) = (&want.owner, &have.owner)
            && owner != present
        {
            let remedy = format!("alter schema {} owner to {owner};", want.name);
            findings.add(Code::SchemaOwner, &place, owner, present, remedy);
        }
        for (right, want_access, have_access) in
            [("usage", &want.usage, &have.usage), ("create", &want.create, &have.create)]
        {
            let (missing, too_many) = missing_and_too_many(want_access, have_access, inheriting);
            if !missing.is_empty() {
                let remedy = format!("grant {right} on schema {} to {missing};", want.name);
                let wanted = format!("{right} for {missing}");
                findings.add(Code::SchemaAccessMissing, &place, wanted, "no right", remedy);
            }
            if !too_many.is_empty() {
                let remedy = catalog.acl.taken(&too_many, &want.name, right, have.owner.as_deref(), |from| {
                    format!("revoke {right} on schema {} from {from};", want.name)
                });
                let wanted = format!("no {right} for {too_many}");
                findings.add(Code::SchemaAccessTooWide, &place, wanted, "they may", remedy);
            }
        }
    }
    for name in contract.role_names().into_iter().filter(|name| !catalog.access.role_names.contains(*name)) {
        let ours = contract.roles.iter().any(|role| role.name == name);
        let remedy = if ours { APPLY } else { "it is a role of Supabase's: is its name right in the contract?" };
        findings.add(Code::RoleMissing, format!("role {name}"), "a role", "none", remedy);
    }
    for want in &contract.roles {
        if let Some(have) = catalog.access.roles.iter().find(|have| have.name == want.name) {
            role(contract, want, have, catalog, findings);
        }
    }
    jobs(contract, catalog, findings);
    platform::compare(contract, catalog, findings);
}

/// Those whom pg_cron logs in.
fn jobs(contract: &Contract, catalog: &Catalog, findings: &mut Findings) {
    let users: BTreeSet<&str> = contract.cron_jobs.iter().filter_map(|job| job.user.as_deref()).collect();
    for user in users.into_iter().filter(|user| !contract.roles.iter().any(|role| role.name == *user)) {
        log_in(user, &catalog.access, findings);
    }
}

fn log_in(name: &str, access: &catalog::Access, findings: &mut Findings) {
    let Some(obstacles) = access.logins.get(name).filter(|all| !all.is_empty()) else { return };
    let mut remedy = format!("alter role {} login connection limit -1 valid until 'infinity';", identifier(name));
    let database = identifier(&access.database);
    if obstacles.iter().any(|one| one == "no connect") {
        remedy += &format!(" grant connect on database {database} to {};", identifier(name));
    }
    if obstacles.iter().any(|one| one.contains("of the database")) {
        remedy += &format!(" alter database {database} connection limit -1;");
    }
    findings.add(Code::RoleLogin, format!("role {name}"), "it can log in", obstacles.join(", "), remedy);
}

fn role(contract: &Contract, want: &Role, have: &Role, catalog: &Catalog, findings: &mut Findings) {
    let access = &catalog.access;
    let place = format!("role {}", want.name);
    let bypasses = |role: &Role| role.superuser || role.bypass_rls;
    if bypasses(have) && !bypasses(want) {
        let remedy = format!("as a superuser: alter role {} nosuperuser nobypassrls;", want.name);
        let word = if have.superuser { "superuser" } else { "bypassrls" };
        findings.add(Code::RoleBypassesRls, &place, "nosuperuser nobypassrls", word, remedy);
    }
    if bypasses(want) && !bypasses(have) {
        let remedy = format!("as a superuser: alter role {} bypassrls;", want.name);
        findings.add(Code::RoleBoundByRls, &place, "bypassrls", "nobypassrls", remedy);
    }
    if have.login && !want.login {
        findings.add(Code::RoleLogin, &place, "nologin", "login", format!("alter role {} nologin;", want.name));
    }
    if want.login {
        log_in(&want.name, access, findings);
    }
    let (missing, too_many) = missing_and_too_many(&want.members, &have.members, &Inheriting::default());
    // A superuser may become anybody.
    let missing: Vec<&str> =
        missing.split(", ").filter(|role| !role.is_empty() && !access.superusers.contains(*role)).collect();
    let cannot = |role: &&String| access.cannot_become.contains(&format!("{role} {}", want.name));
    let missing = [missing, want.members.must.iter().filter(cannot).map(String::as_str).collect()].concat();
    let missing: BTreeSet<&str> = missing.into_iter().collect();
    let missing = missing.into_iter().collect::<Vec<_>>().join(", ");
    if !missing.is_empty() {
        let remedy = format!("grant {} to {missing};", want.name);
        findings.add(Code::RoleMemberMissing, &place, format!("{missing} is a member"), "no member", remedy);
    }
    // Of a role that functions run as, whoever can log in and become it; through those who have to be members, they may.
    let others = access.reached_by.get(&want.name).into_iter().flatten().filter(|role| {
        !want.login && !want.members.must_not.is_empty() && !want.members.names().any(|known| known == *role)
    });
    let too_many = too_many.split(", ").filter(|role| !role.is_empty()).map(str::to_owned).chain(others.cloned());
    let too_many = too_many.collect::<Vec<_>>().join(", ");
    if !too_many.is_empty() {
        // A membership that has to be is not the one to end.
        let required = |group: &str, member: &str| {
            let named = contract.roles.iter().find(|role| role.name == group);
            named.is_some_and(|role| role.members.must.iter().any(|must| must == member))
        };
        let membership = |member: &str| {
            let mut groups: Vec<&str> = catalog.acl.memberships_in(member, &want.name).collect();
            if groups.is_empty() {
                groups.push(&want.name);
            }
            let ended = groups.into_iter().filter(|group| !required(group, member));
            ended.map(|group| format!("revoke {group} from {member};")).collect::<Vec<_>>()
        };
        let remedy = too_many.split(", ").flat_map(membership).collect::<Vec<_>>().join(" ");
        findings.add(Code::RoleMemberTooMany, &place, format!("{too_many} is no member"), "a member", remedy);
    }
}

/// Who lacks it, and who has it and must not.
fn missing_and_too_many(want: &Access, have: &Access, inheriting: &Inheriting) -> (String, String) {
    let list = |roles: Vec<&String>| roles.into_iter().cloned().collect::<Vec<_>>().join(", ");
    let missing = want.must.iter().filter(|role| !have.must.contains(role)).collect();
    let explained = |role: &str| inheriting.of(role).any(|other| have.must.iter().any(|holder| holder == other));
    let too_many = want.must_not.iter().filter(|role| have.must.contains(role) && !explained(role));
    (list(missing), list(too_many.collect()))
}
