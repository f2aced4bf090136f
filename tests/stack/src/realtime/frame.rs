//! Phoenix's messages. Version 1.0.0, which supabase-js spoke for years, has objects as text; version 2.0.0 has
//! `[join_ref, ref, topic, event, payload]`, and bytes for what clients send to others.

use serde::Deserialize;
use serde_json::{Value, json};

/// What a client asks for as `vsn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    One,
    Two,
}

impl Version {
    /// Phoenix takes whoever says nothing for a client of version 1.0.0.
    pub fn of(vsn: Option<&str>) -> Option<Self> {
        match vsn {
            None | Some("1.0.0") => Some(Self::One),
            Some("2.0.0") => Some(Self::Two),
            Some(_) => None,
        }
    }
}

/// A message of a client.
#[derive(Debug, Deserialize)]
pub struct Message {
    #[serde(default)]
    pub join_ref: Value,
    #[serde(default, rename = "ref")]
    pub reference: Value,
    pub topic: String,
    pub event: String,
    pub payload: Value,
}

/// What is no message is not answered.
pub fn text(version: Version, frame: &str) -> Option<Message> {
    if version == Version::One {
        return serde_json::from_str(frame).ok();
    }
    let (join_ref, reference, topic, event, payload) = serde_json::from_str(frame).ok()?;
    Some(Message { join_ref, reference, topic, event, payload })
}

/// Kind 3, `userBroadcastPush`: six lengths or codes, the texts, the payload.
pub fn bytes(frame: &[u8]) -> Option<Message> {
    let (head, mut rest) = frame.split_at_checked(7)?;
    let [3, join_ref, reference, topic, event, metadata, 1] = *head else { return None };
    let mut take = |length: u8| {
        let (text, after) = rest.split_at_checked(length.into())?;
        rest = after;
        String::from_utf8(text.to_vec()).ok()
    };
    let (join_ref, reference, topic, event) = (take(join_ref)?, take(reference)?, take(topic)?, take(event)?);
    take(metadata)?;
    let payload: Value = serde_json::from_slice(rest).ok()?;
    Some(Message {
        join_ref: join_ref.into(),
        reference: reference.into(),
        topic,
        event: "broadcast".to_owned(),
        payload: json!({ "type": "broadcast", "event": event, "payload": payload }),
    })
}

/// The answer to a message.
pub fn reply(version: Version, to: &Message, status: &str, response: Value) -> String {
    let payload = json!({ "status": status, "response": response });
    written(version, &to.join_ref, &to.reference, &to.topic, "phx_reply", payload)
}

/// What nobody asked for.
pub fn push(version: Version, topic: &str, event: &str, payload: Value) -> String {
    written(version, &Value::Null, &Value::Null, topic, event, payload)
}

fn written(version: Version, join_ref: &Value, reference: &Value, topic: &str, event: &str, payload: Value) -> String {
    match version {
        Version::One => {
            json!({ "join_ref": join_ref, "ref": reference, "topic": topic, "event": event, "payload": payload })
        }
        Version::Two => json!([join_ref, reference, topic, event, payload]),
    }
    .to_string()
}
