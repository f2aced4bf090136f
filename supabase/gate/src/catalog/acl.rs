//! Who was given what, and who belongs to whom.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// Rights as they were given, and memberships.
#[derive(Debug, Deserialize)]
pub struct Acl {
    /// `privilege role`, by table, function or schema.
    given: BTreeMap<String, BTreeSet<String>>,
    /// The roles that a role is a member of.
    memberships: BTreeMap<String, Vec<String>>,
    /// Roles that come with PostgreSQL, and have rights that are given nowhere.
    predefined: BTreeSet<String>,
}

impl Acl {
    /// The role by whose membership `role` has a right that it was not given itself.
    pub fn through(&self, place: &str, privilege: &str, role: &str, owner: Option<&str>) -> Option<&str> {
        if self.given(place, privilege, role) || self.given(place, privilege, "public") {
            return None;
        }
        let all = self.memberships.get(role)?;
        let has = |group: &&String| {
            self.closure(group).iter().any(|role| self.given(place, privilege, role) || owner == Some(*role))
        };
        all.iter().find(has).or_else(|| all.iter().find(|group| self.predefined.contains(*group))).map(String::as_str)
    }

    /// The roles by whose membership `role` belongs to another.
    pub fn memberships_in(&self, role: &str, other: &str) -> impl Iterator<Item = &str> {
        let groups = self.memberships.get(role).into_iter().flatten();
        groups.filter(move |group| self.closure(group).contains(other)).map(String::as_str)
    }

    /// The statements that take a right from each of the roles: from itself, or with a membership.
    pub fn taken(
        &self,
        roles: &str,
        place: &str,
        privilege: &str,
        owner: Option<&str>,
        revoke: impl FnOnce(&str) -> String,
    ) -> String {
        let (groups, own): (Vec<_>, Vec<_>) = roles
            .split(", ")
            .map(|role| (role, self.through(place, privilege, role, owner)))
            .partition(|(_, group)| group.is_some());
        let own: Vec<&str> = own.into_iter().map(|(role, _)| role).collect();
        let mut all: Vec<String> =
            groups.into_iter().filter_map(|(role, group)| Some(format!("revoke {} from {role};", group?))).collect();
        if !own.is_empty() {
            all.push(revoke(&own.join(", ")));
        }
        all.join(" ")
    }

    fn given(&self, place: &str, privilege: &str, role: &str) -> bool {
        self.given.get(place).is_some_and(|given| given.contains(&format!("{privilege} {role}")))
    }

    /// Every role whose rights or membership a role has.
    pub fn closure<'a>(&'a self, role: &'a str) -> BTreeSet<&'a str> {
        let mut all = BTreeSet::from([role]);
        let mut rest = vec![role];
        while let Some(role) = rest.pop() {
            for more in self.memberships.get(role).into_iter().flatten() {
                if all.insert(more) {
                    rest.push(more);
                }
            }
        }
        all
    }
}
