//! A function: how it is called, what it returns, as whom it runs, and who may run it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

use super::Access;

/// A function of the database. Types and defaults are spelt as PostgreSQL spells them with an empty search path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Of an RPC: what it announces in X-RPC-Version, and what its comment says. Bumped as `gate diff` demands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", regex(pattern = r"^\d+\.\d+\.\d+$"))]
    pub version: Option<Version>,
    /// The schema it is in.
    pub schema: String,
    /// Of an RPC: the component that calls it, or `client` for the browser module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Of an RPC: the RPCs that it runs itself, in the same transaction.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<String>,
    /// In order. PostgREST calls by name, SQL by position.
    pub arguments: Vec<Argument>,
    /// What it returns.
    pub returns: Returns,
    /// Decides whether PostgREST lets it write, and whether GET may call it.
    pub volatility: Volatility,
    /// Whose rights it has.
    pub security: Security,
    /// Whether it returns null, unasked, when an argument is null.
    #[serde(default, skip_serializing_if = "is_false")]
    pub strict: bool,
    /// Whose it is: `security definer` runs as this role.
    pub owner: String,
    /// What the function sets it to. Null: it takes the caller's, who can then put objects of its own in the way.
    pub search_path: Option<String>,
    /// What the function sets it to; PostgREST applies it to the whole request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_timeout: Option<String>,
    /// Whatever else it sets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// Who may run it.
    pub execute: Access,
    /// SHA-256 of the body, in hexadecimal. Null: any body will do.
    #[serde(default)]
    pub body_sha256: Option<String>,
}

/// One argument of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its direction; what only goes out is a column of the result.
    pub mode: Mode,
    /// An expression. Without one, callers have to give a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// The direction of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "PostgreSQL's words")]
pub enum Mode {
    In,
    Inout,
    Variadic,
}

/// The result of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Returns {
    /// Any number of rows, or one.
    pub set: bool,
    /// `record` where the columns are named by the function itself.
    #[serde(rename = "type")]
    pub kind: String,
    /// In order; none where the result is no row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
}

/// A column of a result or of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Of a table: whether it refuses null.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_null: bool,
    /// Of a shared table: whether an RPC may write null.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nullable: bool,
    /// Of a table: what it is when nothing is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// What a function promises about its effects (https://www.postgresql.org/docs/current/xfunc-volatility.html).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "PostgreSQL's words")]
pub enum Volatility {
    Immutable,
    Stable,
    Volatile,
}

/// Whose rights a function has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Its owner's.
    Definer,
    /// Its caller's.
    Invoker,
}

impl Function {
    /// With the schema, and the types of the arguments: as `regprocedure` spells it.
    pub fn signature(&self) -> String {
        let types: Vec<&str> = self.arguments.iter().map(|argument| argument.kind.as_str()).collect();
        format!("{}.{}({})", self.schema, self.name, types.join(","))
    }

    /// With the schema.
    pub fn qualified(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

impl Volatility {
    /// As `alter function` spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Immutable => "immutable",
            Self::Stable => "stable",
            Self::Volatile => "volatile",
        }
    }
}

impl Security {
    /// As `alter function` spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Definer => "definer",
            Self::Invoker => "invoker",
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub(super) fn is_false(value: &bool) -> bool {
    !value
}
