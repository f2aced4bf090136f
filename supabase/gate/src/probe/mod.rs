//! `gate check --probe`: each RPC is really called, as a signed-in user who belongs to nothing.
//!
//! Such a caller is refused, and the refusal names the version: that much must come back. Arguments are made up; ids are
//! nil, so that nothing is found, and nothing would be written even if it were not rolled back.

mod http;
mod platform;
mod sql;

use serde_json::{Value, json};

pub use self::{
    http::{Project, through_postgrest},
    sql::in_a_transaction,
};
use crate::contract::{Argument, Function};

/// Nobody's, and nothing's.
const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// What an RPC says that an operator has not switched on for the caller. It is there, and has said its version.
const TURNED_OFF: &str = "feature_disabled";

/// The RPCs that signed-in users may call.
fn callable(rpcs: &[Function]) -> impl Iterator<Item = &Function> {
    rpcs.iter().filter(|rpc| rpc.execute.must.iter().any(|role| role == "authenticated"))
}

/// What has to be given.
fn required(rpc: &Function) -> impl Iterator<Item = &Argument> {
    rpc.arguments.iter().filter(|argument| argument.default.is_none())
}

/// What can be given besides, so that PostgREST has to know it too. Null would be a text in a query.
fn all(rpc: &Function) -> impl Iterator<Item = &Argument> {
    rpc.arguments.iter().filter(|argument| argument.default.is_none() || !value(argument).is_null())
}

fn value(argument: &Argument) -> Value {
    match argument.kind.as_str() {
        "uuid" => json!(NIL),
        "text" | "character varying" => json!("probe"),
        "smallint" | "integer" | "bigint" | "numeric" => json!(1),
        "boolean" => json!(false),
        "json" | "jsonb" => json!([]),
        "timestamp with time zone" => json!("2000-01-01T00:00:00Z"),
        _ => Value::Null,
    }
}

/// `name/version`, with those that it runs.
fn expected(rpc: &Function, rpcs: &[Function]) -> String {
    let also = rpcs.iter().filter(|other| rpc.runs.contains(&other.name));
    let tags = std::iter::once(rpc).chain(also).map(tag);
    tags.collect::<Vec<_>>().join(", ")
}

fn tag(rpc: &Function) -> String {
    format!("{}/{}", rpc.name, rpc.version.as_ref().map_or_else(String::new, ToString::to_string))
}

/// Whether an `X-RPC-Version` list has this RPC's own entry.
fn names(header: &str, rpc: &Function) -> bool {
    header.split(',').any(|entry| entry.trim() == tag(rpc))
}
