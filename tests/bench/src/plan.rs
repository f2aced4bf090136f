//! How PostgreSQL finds the rows of a list: the plan by which the RPC has just run its query, with the policies that hold for
//! its owner. `auto_explain` tells it, whatever language the RPC is written in.

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_postgres::{AsyncMessage, Client, NoTls};

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

/// Of both RPCs: the newest page, and one before the middle. `url` is a superuser's.
pub async fn of_lists(url: &str, people: &People) -> Result<Vec<Planned>> {
    let (time, id) = &people.middle;
    let (channel, user) = (&people.reading, people.person(0).id());
    let (client, mut told) = explaining(url).await?;
    let newest = ("fetch_social_messages", format!("'{channel}', 50, null"));
    let page = ("fetch_social_messages_page", format!("'{channel}', '{time}', '{id}', 50"));
    let mut plans = Vec::new();
    for (function, arguments) in [newest, page] {
        let call = format!(
            "begin; set local role authenticated;
             set local request.jwt.claims = '{{\"sub\":\"{user}\",\"role\":\"authenticated\"}}';
             select * from public.{function}({arguments});
             rollback"
        );
        client.batch_execute(&call).await?;
        let mut all = std::iter::from_fn(|| told.try_recv().ok()).filter_map(|text| nodes_of(&text));
        let reads = |nodes: &Vec<Node>| nodes.iter().any(|node| node.relation == TABLE);
        let nodes = all.find(reads).with_context(|| format!("PostgreSQL tells no plan of {function}"))?;
        plans.push(Planned { shown: format!("{function}: {}", shown(&nodes)), by_index: by_index(&nodes) });
    }
    Ok(plans)
}

/// A connection that tells the plan of every statement that was run, those inside of functions too.
async fn explaining(url: &str) -> Result<(Client, UnboundedReceiver<String>)> {
    let (client, mut connection) = tokio_postgres::connect(url, NoTls).await?;
    let (sender, told) = unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = std::future::poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notice(notice) = message {
                let _unheard = sender.send(notice.message().to_owned());
            }
        }
    });
    let settings = "load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_level = 'notice';
        set auto_explain.log_nested_statements = on; set auto_explain.log_format = 'json'";
    client.batch_execute(settings).await.context("this PostgreSQL has no auto_explain: install its contrib modules")?;
    Ok((client, told))
}

/// `duration: 0.123 ms  plan: {…}`
fn nodes_of(text: &str) -> Option<Vec<Node>> {
    let plan: Value = serde_json::from_str(text.get(text.find('{')?..)?).ok()?;
    let mut nodes = Vec::new();
    walk(&plan["Plan"], &mut nodes);
    Some(nodes)
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
    fn a_plan_is_found_behind_the_time_that_it_took() {
        let told = r#"duration: 0.042 ms  plan: {"Query Text": "select 1", "Plan": {"Node Type": "Result"}}"#;

        assert_eq!(nodes_of(told).unwrap()[0].kind, "Result");
        assert!(nodes_of("message 7 was not announced").is_none());
    }
}
