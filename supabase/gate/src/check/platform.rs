//! Functions of Supabase's own.

use super::Findings;
use crate::{
    catalog::{Catalog, OfPlatform},
    contract::{Contract, Platform},
    finding::Code,
};

pub fn compare(contract: &Contract, catalog: &Catalog, findings: &mut Findings) {
    for want in &contract.platform {
        let Some(have) = catalog.access.platform.get(&want.signature) else {
            let remedy = "it is Supabase's: restart the project, or ask for support";
            findings.add(Code::PlatformMissing, place(want), "a function", "none", remedy);
            continue;
        };
        changed(want, have, findings);
        // Who has the rights of its owner can replace it.
        for client in contract.clients() {
            let groups: Vec<&str> = catalog.acl.memberships_in(client, &have.owner).collect();
            let known = |group: &&str| findings.all.iter().any(|known| known.place == format!("role {group}"));
            let new = groups.into_iter().filter(|group| !known(group)).collect::<Vec<_>>();
            for group in new {
                let wanted = format!("{client} has no rights of {}, the owner of {}", have.owner, want.signature);
                let remedy = format!("revoke {group} from {client};");
                findings.add(Code::RoleMemberTooMany, format!("role {group}"), wanted, "it is a member", remedy);
            }
        }
    }
    for answer in &catalog.access.answers {
        let remedy = "it is Supabase's: restore its definition from another project, or ask for support";
        let place = format!("function {}", answer.function);
        findings.add(Code::PlatformChanged, place, "what the request says", &answer.said, remedy);
    }
}

fn place(want: &Platform) -> String {
    format!("function {}", want.signature)
}

fn changed(want: &Platform, have: &OfPlatform, findings: &mut Findings) {
    let signature = &want.signature;
    let missing: Vec<&str> =
        want.execute.must.iter().filter(|role| !have.may.contains(role)).map(String::as_str).collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        let remedy = format!("grant execute on function {signature} to {missing};");
        findings.add(Code::PlatformChanged, place(want), format!("execute for {missing}"), "no right", remedy);
    }
    // A plan keeps the first caller's answer for the next.
    if have.immutable {
        // What takes nothing looks at the request.
        let word = if signature.ends_with("()") { "stable" } else { "volatile" };
        let remedy = format!("as a superuser: alter function {signature} {word};");
        findings.add(Code::PlatformChanged, place(want), "stable or volatile", "immutable", remedy);
    }
    for (name, value) in
        have.settings.iter().filter(|(name, _)| super::settings::matters_anywhere(&name.to_lowercase()))
    {
        let remedy = format!("as a superuser: alter function {signature} reset {name};");
        findings.add(
            Code::PlatformChanged,
            place(want),
            format!("{name} not set"),
            format!("{name} = {value}"),
            remedy,
        );
    }
}
