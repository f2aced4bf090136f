//! JSON for people who read and compare it: what fits on a line stands on one.

use serde_json::Value;

/// As wide as the project's files.
const WIDTH: usize = 120;

/// The whole text, with a line end.
pub fn layout(value: &Value) -> String {
    block(value, 0, 0) + "\n"
}

/// `before` is what stands on the line already, after `indent` blanks.
fn block(value: &Value, indent: usize, before: usize) -> String {
    let inline = line(value);
    // A comma may follow.
    if indent + before + inline.len() < WIDTH {
        return inline;
    }
    let inner = " ".repeat(indent + 2);
    let (open, items, close): (_, Vec<String>, _) = match value {
        Value::Array(items) => ('[', items.iter().map(|item| block(item, indent + 2, 0)).collect(), ']'),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let name = format!("{}: ", Value::from(name.as_str()));
                format!("{name}{}", block(value, indent + 2, name.len()))
            };
            ('{', members.iter().map(member).collect(), '}')
        }
        _ => return inline,
    };
    let items: Vec<String> = items.iter().map(|item| format!("{inner}{item}")).collect();
    format!("{open}\n{}\n{}{close}", items.join(",\n"), " ".repeat(indent))
}

fn line(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(line).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if members.is_empty() => "{}".into(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{}: {}", Value::from(name.as_str()), line(value));
            format!("{{ {} }}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}
