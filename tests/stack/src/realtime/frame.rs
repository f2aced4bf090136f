//! Phoenix's messages, version 2.0.0: `[join_ref, ref, topic, event, payload]` as text, and what clients send to
//! others as bytes.

use serde_json::{Value, json};

/// A message of a client.
#[derive(Debug)]
pub struct Message {
    pub join_ref: Value,
    pub reference: Value,
    pub topic: String,
    pub event: String,
    pub payload: Value,
}

/// What is neither is not answered.
pub fn text(frame: &str) -> Option<Message> {
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
pub fn reply(to: &Message, status: &str, response: Value) -> String {
    let payload = json!({ "status": status, "response": response });
    json!([to.join_ref, to.reference, to.topic, "phx_reply", payload]).to_string()
}

/// What nobody asked for.
pub fn push(topic: &str, event: &str, payload: Value) -> String {
    json!([null, null, topic, event, payload]).to_string()
}
