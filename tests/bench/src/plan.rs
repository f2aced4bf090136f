//! How PostgreSQL finds the rows of a list: the plan of the very query that the RPC runs, for the role that it runs as,
//! without knowing the arguments, as a function plans it.

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio_postgres::Client;

use crate::people::People;

/// What was planned.
pub struct Planned {
    /// The nodes, from the top.
    pub shown: String,
    /// Whether messages are looked for in the index alone.
    pub by_index: bool,
}

const INDEX: &str = "social_messages_by_channel_and_age";
const TABLE: &str = "social_messages";

/// Of both RPCs: the newest page, and one before the middle.
pub async fn of_lists(admin: &Client, people: &People) -> Result<Vec<Planned>> {
    let (time, id) = &people.middle;
    let (channel, user) = (&people.reading, people.person(0).id());
    let newest = ("fetch_social_messages", format!("'{channel}', 50, null"));
    let page = ("fetch_social_messages_page", format!("'{channel}', '{time}', '{id}', 50"));
    let mut plans = Vec::new();
    for (function, arguments) in [newest, page] {
        let query =
            "select prosrc, pg_get_function_identity_arguments(oid) from pg_proc where oid = to_regproc($1)::oid";
        let row = admin.query_one(query, &[&format!("public.{function}")]).await?;
        let (body, parameters): (String, String) = (row.get(0), row.get(1));
        let (types, query) =
            prepared(function, &body, &parameters).with_context(|| format!("{function} has no query"))?;
        // Local to a transaction that is rolled back: the role, the caller, and the plan's kind.
        let setting = format!(
            "begin; set local role social_rpc_owner; set local plan_cache_mode = force_generic_plan;
             set local request.jwt.claims = '{{\"sub\":\"{user}\",\"role\":\"authenticated\"}}';
             prepare bench({types}) as {query}"
        );
        admin.batch_execute(&setting).await?;
        let row = admin.query_one(&format!("explain (format json) execute bench({arguments})"), &[]).await;
        admin.batch_execute("rollback; deallocate bench").await?;
        let plan: Value = row?.get(0);
        let mut nodes = Vec::new();
        walk(&plan[0]["Plan"], &mut nodes);
        plans.push(Planned { shown: format!("{function}: {}", shown(&nodes)), by_index: by_index(&nodes) });
    }
    Ok(plans)
}

/// The last statement of a body with its parameters numbered, and their types.
fn prepared(function: &str, body: &str, parameters: &str) -> Option<(String, String)> {
    let mut query = body.rsplit(';').find(|part| part.contains("select message.*"))?.trim().to_owned();
    let mut types = Vec::new();
    let mut names = Vec::new();
    for (number, parameter) in parameters.split(", ").enumerate() {
        let (name, of_type) = parameter.split_once(' ')?;
        types.push(of_type);
        names.push((format!("{function}.{name}"), format!("${}", number + 1)));
    }
    // A name may be the beginning of another.
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    for (name, number) in names {
        query = query.replace(&name, &number);
    }
    Some((types.join(", "), query))
}

struct Node {
    kind: String,
    relation: String,
    index: String,
}

fn walk(plan: &Value, nodes: &mut Vec<Node>) {
    let text = |name: &str| plan[name].as_str().unwrap_or_default().to_owned();
    nodes.push(Node { kind: text("Node Type"), relation: text("Relation Name"), index: text("Index Name") });
    for child in plan["Plans"].as_array().into_iter().flatten() {
        walk(child, nodes);
    }
}

fn by_index(nodes: &[Node]) -> bool {
    let mut reading = nodes.iter().filter(|node| node.relation == TABLE).peekable();
    // A sort would read the whole channel first.
    let unsorted = !nodes.iter().any(|node| node.kind.contains("Sort"));
    reading.peek().is_some()
        && unsorted
        && reading.all(|node| ["Index Scan", "Index Only Scan"].contains(&node.kind.as_str()) && node.index == INDEX)
}

fn shown(nodes: &[Node]) -> String {
    let name = |node: &Node| match node.index.as_str() {
        "" if node.relation.is_empty() => node.kind.clone(),
        "" => format!("{} on {}", node.kind, node.relation),
        index => format!("{} by {index}", node.kind),
    };
    nodes.iter().map(name).collect::<Vec<_>>().join(" > ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(scan: &Value) -> bool {
        let mut nodes = Vec::new();
        walk(&json!({ "Node Type": "Limit", "Plans": [scan] }), &mut nodes);
        by_index(&nodes)
    }

    #[test]
    fn only_the_index_that_is_in_order_counts() {
        let index = json!({ "Node Type": "Index Scan", "Relation Name": TABLE, "Index Name": INDEX });

        assert!(judged(&index));
        assert!(!judged(&json!({ "Node Type": "Seq Scan", "Relation Name": TABLE })));
        assert!(!judged(&json!({ "Node Type": "Sort", "Plans": [index] })));
        assert!(!judged(&json!({ "Node Type": "Result" })), "no scan is no proof");
    }

    #[test]
    fn a_body_becomes_a_statement_with_numbered_parameters() {
        let body = "select announce(); select message.* from m where f.p_id = a and f.p_id_too < b limit f.p_limit;";

        let (types, query) =
            prepared("f", body, "p_id uuid, p_id_too timestamp with time zone, p_limit integer").unwrap();

        assert_eq!(types, "uuid, timestamp with time zone, integer");
        assert_eq!(query, "select message.* from m where $1 = a and $2 < b limit $3");
    }
}
