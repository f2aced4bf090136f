//! JSON for people who read and compare it: what fits on a line stands on one.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// As wide as the project's files.
const WIDTH: usize = 120;

/// JSON whose members stay in the order in which they were written.
#[derive(Deserialize)]
#[serde(untagged)]
enum Node {
    Object(IndexMap<String, Node>),
    Array(Vec<Node>),
    Scalar(Value),
}

/// The whole text, with a line end.
pub fn layout(value: &impl Serialize) -> serde_json::Result<String> {
    relayout(&serde_json::to_string(value)?)
}

/// The same of a text.
pub fn relayout(json: &str) -> serde_json::Result<String> {
    Ok(block(&serde_json::from_str(json)?, 0, 0) + "\n")
}

/// `before` is what stands on the line already, after `indent` blanks.
fn block(value: &Node, indent: usize, before: usize) -> String {
    let inline = line(value);
    // A comma may follow.
    if indent + before + inline.len() < WIDTH {
        return inline;
    }
    let inner = " ".repeat(indent + 2);
    let (open, items, close): (_, Vec<String>, _) = match value {
        Node::Array(items) => ('[', items.iter().map(|item| block(item, indent + 2, 0)).collect(), ']'),
        Node::Object(members) => {
            let member = |(name, value): (&String, &Node)| {
                let name = format!("{}: ", Value::from(name.as_str()));
                format!("{name}{}", block(value, indent + 2, name.len()))
            };
            ('{', members.iter().map(member).collect(), '}')
        }
        Node::Scalar(_) => return inline,
    };
    let items: Vec<String> = items.iter().map(|item| format!("{inner}{item}")).collect();
    format!("{open}\n{}\n{}{close}", items.join(",\n"), " ".repeat(indent))
}

fn line(value: &Node) -> String {
    match value {
        Node::Array(items) => format!("[{}]", items.iter().map(line).collect::<Vec<_>>().join(", ")),
        Node::Object(members) if members.is_empty() => "{}".into(),
        Node::Object(members) => {
            let member = |(name, value): (&String, &Node)| format!("{}: {}", Value::from(name.as_str()), line(value));
            format!("{{ {} }}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        Node::Scalar(scalar) => scalar.to_string(),
    }
}
