//! `POST /messages-send`: post one message to a channel the caller belongs to.
//!
//! Calls `insert_social_message`. Who may write, how much and how often is the database's decision; this file only
//! establishes who is asking, and that there is a message.

use serde::{Deserialize, Serialize, de::IgnoredAny};
use shared::{
    auth::Caller,
    contract::INSERT_SOCIAL_MESSAGE,
    edge::Edge,
    endpoint::Endpoint,
    fields::{Id, Text},
    problem::Problem,
    reply::Reply,
    request::{Request, idempotency_key, json},
};
use spin_sdk::http::{IntoResponse, Request as SpinRequest};

/// Its name, and how it is asked.
pub const ENDPOINT: Endpoint = Endpoint::post("messages-send");
shared::carry!(MESSAGES_SEND);

/// What the host calls.
#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn messages_send(request: SpinRequest) -> impl IntoResponse {
    ENDPOINT.serve(request, handle).await
}

/// `text` and `scope` are what the clients of the old route send.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMessage {
    channel_id: Id,
    #[serde(alias = "text")]
    body: Text,
    client_message_id: Option<Id>,
    #[serde(default, rename = "scope")]
    _scope: IgnoredAny,
}

#[derive(Serialize)]
struct Arguments {
    p_channel_id: Id,
    p_body: Text,
    p_client_message_id: Option<Id>,
}

/// Read, ask the database, answer. With a key, a second attempt stores nothing twice.
pub async fn handle(edge: &Edge, caller: Caller, request: Request) -> Result<Reply, Problem> {
    let NewMessage { channel_id: p_channel_id, body: p_body, client_message_id, .. } = json(&request)?;
    let p_client_message_id = idempotency_key(&request, client_message_id)?;
    let repeatable = p_client_message_id.is_some();
    let arguments = Arguments { p_channel_id, p_body, p_client_message_id };
    edge.rpc(&caller).write(&INSERT_SOCIAL_MESSAGE, &arguments, repeatable).await
}
