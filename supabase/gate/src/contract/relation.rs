//! A table or a view: what it is made of, and who may do what in it, by grant and by policy.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Column, function::is_false};
use crate::database::identifier;

/// A table or a view. Expressions and definitions are spelt as PostgreSQL spells them with an empty search path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// The schema it is in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Whether it may have been there before, with columns, policies and rights of an installation's own. Then what is
    /// named here must be there, and there may be more.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shared: bool,
    /// Whose it is. Null: anybody's but the roles of this contract, to whom its policies would not apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Of a table: whether its policies are in force.
    #[serde(default, skip_serializing_if = "is_false")]
    pub row_security: bool,
    /// Of a view: whether it has the rights of whoever asks it, and not of its owner.
    #[serde(default, skip_serializing_if = "is_false")]
    pub security_invoker: bool,
    /// Of a view: its query, in each spelling that a version of PostgreSQL gives it. None: any query will do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub definition: Vec<String>,
    /// The columns that functions of this contract use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
    /// Definitions by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub constraints: BTreeMap<String, String>,
    /// Of a shared table that is written: columns of which no two rows that an RPC writes have the same. A unique index must
    /// have one of these sets among its columns, or it may refuse what is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Vec<String>>,
    /// Of a table that is shared, or that a project may have had: the column that names the caller, in the rows that the RPCs
    /// ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// Definitions by name; those that belong to a constraint are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub indexes: BTreeMap<String, String>,
    /// Rewrite rules, by name. They change what a statement does before any right or policy is asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// Row security policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Policy>,
    /// Triggers, those of foreign keys left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// Who may do what.
    #[serde(default, skip_serializing_if = "Grants::is_empty")]
    pub grants: Grants,
}

/// What a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "PostgreSQL's words")]
pub enum Kind {
    Table,
    View,
}

/// A row security policy (https://www.postgresql.org/docs/current/sql-createpolicy.html).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// What it applies to.
    pub command: Command,
    /// One permissive policy that says yes is enough; every restrictive one must say yes.
    pub permissive: bool,
    /// Whom it applies to; `public` is everybody.
    pub roles: Vec<String>,
    /// Which rows are there for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub using: Option<String>,
    /// Which rows they may write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_check: Option<String>,
}

/// What a policy applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "PostgreSQL's words")]
pub enum Command {
    All,
    Select,
    Insert,
    Update,
    Delete,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// As `pg_get_triggerdef` gives it.
    pub definition: String,
    /// When it fires.
    pub enabled: Enabled,
}

/// When a trigger fires, by `session_replication_role`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "PostgreSQL's words")]
pub enum Enabled {
    Origin,
    Always,
    Replica,
    Disabled,
}

/// The rights of roles, as they take effect: through a membership, or through PUBLIC, counts as well as directly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// What a role has, and nothing else.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exact: BTreeMap<String, Rights>,
    /// What a role must not have, whatever else it has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub never: BTreeMap<String, Vec<Privilege>>,
    /// What a role must have, whatever else it has. Also an owner can be without.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub least: BTreeMap<String, Vec<Privilege>>,
}

/// Privileges, and where they hold.
pub type Rights = BTreeMap<Privilege, Columns>;

/// Where a privilege holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Columns {
    /// `"*"`: in the whole relation.
    Whole(Star),
    /// In these columns alone.
    Some(Vec<String>),
}

/// `"*"`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Star {
    /// All columns, also those to come.
    #[serde(rename = "*")]
    All,
}

/// A privilege on a relation (https://www.postgresql.org/docs/current/ddl-priv.html).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "PostgreSQL's words")]
pub enum Privilege {
    Select,
    Insert,
    Update,
    Delete,
    Truncate,
    References,
    Trigger,
    Maintain,
}

impl Grants {
    /// Says nothing about anybody.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.never.is_empty() && self.least.is_empty()
    }
}

impl Relation {
    /// Columns with more in them than an entry of a B-tree can have, which is 2704 bytes: with their table.
    pub fn long_columns(&self) -> Vec<String> {
        static BOUND: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"char_length\((\w+)\) <= (\d+)").expect("a constant pattern"));
        let bounds = self.constraints.values().flat_map(|text| BOUND.captures_iter(text));
        // A character has up to four bytes.
        let long = bounds.filter(|bound| bound[2].parse::<u32>().is_ok_and(|length| length > 2704 / 4));
        long.map(|bound| format!("{}.{}", self.qualified(), &bound[1])).collect()
    }

    /// Whether functions write rows into it.
    pub fn is_written(&self) -> bool {
        self.grants.exact.values().any(|rights| rights.contains_key(&Privilege::Insert))
            || self.grants.least.values().any(|rights| rights.contains(&Privilege::Insert))
    }

    /// With the schema.
    pub fn qualified(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

impl Kind {
    /// As `alter` spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
        }
    }
}

impl Privilege {
    /// As `grant` spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Truncate => "truncate",
            Self::References => "references",
            Self::Trigger => "trigger",
            Self::Maintain => "maintain",
        }
    }

    /// As `grant` spells it, with the columns.
    pub fn phrase(self, columns: &Columns) -> String {
        match columns {
            Columns::Whole(_) => self.word().to_owned(),
            Columns::Some(names) => {
                let names: Vec<String> = names.iter().map(|name| identifier(name)).collect();
                format!("{} ({})", self.word(), names.join(", "))
            }
        }
    }
}
