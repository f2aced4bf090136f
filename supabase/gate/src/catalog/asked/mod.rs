//! What the catalog does not show: policies and checks of somebody else's are asked, as those who ask them in a request, about
//! a row as it would be there. Nothing is written; a role that cannot become them asks nothing.

mod asker;
mod columns;
mod platform;
mod row;
mod triggers;

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

use self::asker::{Asker, CALLER, No};
use super::{Catalog, rows};
use crate::{
    contract::{Command, Contract, Policy, Privilege, Relation},
    database::Connection,
    finding::Unseen,
};

/// Who asks what of which table.
#[derive(Debug)]
pub struct Asking<'a> {
    /// The contract's table.
    pub relation: &'a Relation,
    /// As whom.
    pub role: String,
    /// What that role does there.
    pub commands: Vec<Privilege>,
    /// Whether the rows that it asks for are the caller's. RPCs that answer with rows answer with those of others, too.
    pub own: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say what their fields are")]
pub enum Refusal {
    /// The policy looks at something that the role may not look at: a table with the columns, or a function.
    Right { relation: String, policy: String, role: String, object: String, columns: Option<Vec<String>> },
    /// The policy says no to a row that the RPCs ask for, or fails.
    Policy { relation: String, policy: String, role: String, why: String, fails: bool },
    /// The check says no to a row that the RPCs write.
    Check { relation: String, name: String },
    /// A column that nobody gives a value cannot have the one that it gets.
    Column { relation: String, name: String, why: String },
    /// A column of a table that the project had gets something else.
    Default { relation: String, name: String, default: String, present: String },
    /// The trigger's function needs what it lacks when it runs for the role.
    Trigger { relation: String, trigger: String, function: String, why: String, remedy: String },
    /// It fails, whichever policy that comes from.
    Query { relation: String, role: String, policies: Vec<String>, why: String },
}

/// All questions of the contract's shared tables: of its owners, by their grants; of Realtime's, by those who listen.
pub fn askings(contract: &Contract) -> Vec<Asking<'_>> {
    let owners = contract.owners();
    let mut all = Vec::new();
    for relation in contract.relations.iter().filter(|relation| relation.shared) {
        let own = !contract.all_functions().any(|function| function.returns.kind == relation.qualified());
        let granted = relation.grants.exact.iter().filter(|(role, rights)| {
            owners.contains(role.as_str()) && !rights.is_empty() // An owner may have to have no right there.
        });
        for (role, rights) in granted {
            let commands = rights.keys().copied().collect();
            all.push(Asking { relation, role: role.clone(), commands, own });
        }
        if relation.schema == "realtime" {
            let listeners = contract.clients().into_iter().filter(|role| relation.grants.least.contains_key(*role));
            let select =
                |role: &str| Asking { relation, role: role.to_owned(), commands: vec![Privilege::Select], own };
            all.extend(listeners.map(select));
        }
    }
    all
}

pub async fn ask(connection: &mut Connection, named: &Contract, catalog: &mut Catalog) -> Result<()> {
    let contract = &catalog.doors.adapted(named);
    #[derive(Deserialize)]
    struct Denied {
        relation: String,
        policy: String,
        role: String,
        object: String,
        columns: Option<Vec<String>>,
    }
    let denied: Vec<Denied> = rows(connection, include_str!("../policies.sql")).await?;
    let askable: BTreeMap<String, bool> = rows(connection, BECOME).await?;
    let mut refusals = Vec::new();
    for asking in askings(contract) {
        let qualified = asking.relation.qualified();
        let Some(found) = catalog.relations.iter().find(|found| found.qualified() == qualified) else { continue };
        let foreign: Vec<&Policy> = found.policies.iter().filter(|policy| asking.meets(policy, catalog)).collect();
        let lacks = |policy: &Policy| {
            denied
                .iter()
                .find(|one| (&one.relation, &one.policy, &one.role) == (&qualified, &policy.name, &asking.role))
        };
        let restrictive: Vec<&&Policy> =
            foreign.iter().filter(|policy| !policy.permissive && lacks(policy).is_none()).collect();
        let counting = foreign.iter().filter(|policy| asking.counts(policy));
        for one in counting.filter_map(|policy| lacks(policy)) {
            let Denied { relation, policy, role, object, columns } = one;
            let [relation, policy, role, object] = [relation, policy, role, object].map(Clone::clone);
            refusals.push(Refusal::Right { relation, policy, role, object, columns: columns.clone() });
        }
        let checks = catalog.beyond.get(&qualified).map(|beyond| beyond.checks.clone()).unwrap_or_default();
        let mut checks: Vec<_> =
            checks.into_iter().filter(|(name, _)| !named.has_constraint(&qualified, name, found)).collect();
        let hears = asking.relation.schema == "realtime" && asking.role == "authenticated";
        checks.retain(|_| hears || asking.commands.contains(&Privilege::Insert));
        if askable.get(&asking.role) != Some(&true) {
            let policies = foreign.iter().map(|policy| format!("policy \"{}\"", policy.name));
            let all: Vec<String> =
                policies.chain(checks.iter().map(|(name, _)| format!("constraint {name}"))).collect();
            if !all.is_empty() {
                let user = &catalog.access.user;
                catalog.unseen.push(Unseen {
                    place: format!("{} on {qualified}", all.join(", ")),
                    why: format!("{user} cannot ask as {}", asking.role),
                    remedy: "connect as postgres, who can".to_owned(),
                });
            }
            continue;
        }
        let mut asker = Asker { connection, asking: &asking, found };
        for policy in restrictive {
            if let Some(No { fails, why }) = asker.policy(policy).await? {
                let (relation, policy, role) = (qualified.clone(), policy.name.clone(), asking.role.clone());
                refusals.push(Refusal::Policy { relation, policy, role, why, fails });
            }
        }
        let lacking = foreign.iter().any(|policy| asking.counts(policy) && lacks(policy).is_some());
        if !foreign.is_empty() && !lacking {
            let query = format!("explain select from {qualified}");
            if let Err(why) = asker.asked(&query, CALLER, "").await? {
                let policies = foreign.iter().map(|policy| policy.name.clone()).collect();
                let (relation, role) = (qualified.clone(), asking.role.clone());
                refusals.push(Refusal::Query { relation, role, policies, why: format!("{why:#}") });
            }
        }
        for (name, check) in checks {
            if asker.refused_by(&check).await? {
                refusals.push(Refusal::Check { relation: qualified.clone(), name });
            }
        }
    }
    refusals.extend(columns::ask(connection, named, catalog).await?);
    refusals.extend(triggers::ask(connection, contract, catalog).await?);
    catalog.refusals = refusals;
    platform::ask(connection, contract, catalog).await
}

/// Whether this login can become each of those who ask.
const BECOME: &str = "select coalesce(jsonb_object_agg(role.rolname, pg_has_role(role.oid, \
      case when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end)), '{}')::text \
    from pg_roles as role where (select current_setting('gate.asked')::jsonb) -> 'askers' ? role.rolname";

impl Asking<'_> {
    /// Whether a policy is asked at all: beside one of ours that says yes to everything, another yes is not.
    fn counts(&self, policy: &Policy) -> bool {
        let open = |command: Command| {
            self.relation.policies.iter().any(|ours| {
                ours.permissive
                    && ours.using.as_deref().or(ours.with_check.as_deref()) == Some("true")
                    && ours.roles.contains(&self.role)
                    && (ours.command == command || ours.command == Command::All)
            })
        };
        let commands = self.commands.iter().filter_map(|privilege| match privilege {
            Privilege::Select => Some(Command::Select),
            Privilege::Insert => Some(Command::Insert),
            Privilege::Update => Some(Command::Update),
            Privilege::Delete => Some(Command::Delete),
            _ => None,
        });
        let mut asked = commands.filter(|command| policy.command == Command::All || policy.command == *command);
        !policy.permissive || asked.any(|command| !open(command))
    }

    /// Whether a policy is somebody else's and holds for this.
    fn meets(&self, policy: &Policy, catalog: &Catalog) -> bool {
        let known = self.relation.policies.iter().any(|known| known.name == policy.name);
        let groups = catalog.acl.closure(&self.role);
        let holds = policy.roles.iter().any(|role| role == "public" || groups.contains(role.as_str()));
        let asked = match policy.command {
            Command::All => true,
            // What is inserted with `returning`, updated or removed is also read.
            Command::Select => self.commands.contains(&Privilege::Select),
            Command::Insert => self.commands.contains(&Privilege::Insert),
            Command::Update => self.commands.contains(&Privilege::Update),
            Command::Delete => self.commands.contains(&Privilege::Delete),
        };
        !known && holds && asked
    }
}
