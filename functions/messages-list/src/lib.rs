//! `GET` or `POST /messages-list`: the messages of a channel the caller belongs to, newest first.
//!
//! Calls `fetch_social_messages`, or `fetch_social_messages_page` for those before a cursor. Who may read how many is
//! the database's decision; this file only establishes who is asking, and for what.

use serde::{Deserialize, Serialize};
use shared::{
    auth::Caller,
    contract::{FETCH_SOCIAL_MESSAGES, FETCH_SOCIAL_MESSAGES_PAGE},
    edge::Edge,
    endpoint::Endpoint,
    fields::{Cursor, Id, Limit, Timestamp},
    problem::Problem,
    reply::Reply,
    request::{Request, input},
};
use spin_sdk::http::{IntoResponse, Request as SpinRequest};

/// Its name, and how it is asked.
pub const ENDPOINT: Endpoint = Endpoint::get("messages-list");
shared::carry!(MESSAGES_LIST);

/// What the host calls.
#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn messages_list(request: SpinRequest) -> impl IntoResponse {
    ENDPOINT.serve(request, handle).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    channel_id: Id,
    limit: Option<Limit>,
    since: Option<Timestamp>,
    before: Option<Cursor>,
}

/// Of both RPCs; what is not given is left out.
#[derive(Serialize)]
struct Arguments {
    p_channel_id: Id,
    p_limit: Option<Limit>,
    p_since: Option<Timestamp>,
    p_before_inserted_at: Option<Timestamp>,
    p_before_id: Option<Id>,
}

/// Read, ask the database, answer.
pub async fn handle(edge: &Edge, caller: Caller, request: Request) -> Result<Reply, Problem> {
    let Listing { channel_id: p_channel_id, limit: p_limit, since: p_since, before } = input(&request)?;
    let rpc = match (&p_since, &before) {
        (_, None) => FETCH_SOCIAL_MESSAGES,
        (None, Some(_)) => FETCH_SOCIAL_MESSAGES_PAGE,
        (Some(_), Some(_)) => return Err(Problem::invalid("before", "cannot be combined with since")),
    };
    let (p_before_inserted_at, p_before_id) = before.map(|cursor| (cursor.inserted_at, cursor.id)).unzip();
    let arguments = Arguments { p_channel_id, p_limit, p_since, p_before_inserted_at, p_before_id };
    edge.rpc(&caller).read(&rpc, &arguments).await
}
