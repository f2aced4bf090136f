//! `GET /messages-list`: the messages of a channel the caller belongs to, newest first.
//!
//! Calls `fetch_social_messages`, or `fetch_social_messages_page` for the messages before a cursor. Who may read, and
//! how many at a time, is the database's decision; this file only establishes who is asking, and for what.

use serde::{Deserialize, Serialize};
use shared::{
    contract::{FETCH_SOCIAL_MESSAGES, FETCH_SOCIAL_MESSAGES_PAGE},
    edge::Edge,
    endpoint::Endpoint,
    problem::Problem,
    reply::Reply,
    request::{Cursor, Id, Limit, Request, Timestamp, query},
};
use spin_sdk::{
    http::{IntoResponse, Request as SpinRequest},
    http_service,
};

const ENDPOINT: Endpoint = Endpoint::get("messages-list");

#[http_service]
async fn messages_list(request: SpinRequest) -> impl IntoResponse {
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

#[derive(Serialize)]
struct Newest {
    p_channel_id: Id,
    p_limit: Option<Limit>,
    p_since: Option<Timestamp>,
}

#[derive(Serialize)]
struct Older {
    p_channel_id: Id,
    p_before_inserted_at: Timestamp,
    p_before_id: Id,
    p_limit: Option<Limit>,
}

/// Authenticate, read, ask the database, answer.
async fn handle(edge: &Edge, request: Request) -> Result<Reply, Problem> {
    let caller = edge.authenticate(&request).await?;
    let Listing { channel_id: p_channel_id, limit: p_limit, since, before } = query(&request)?;
    match (since, before) {
        (p_since, None) => {
            edge.rpc(&caller).read(&FETCH_SOCIAL_MESSAGES, &Newest { p_channel_id, p_limit, p_since }).await
        }
        (None, Some(Cursor { inserted_at: p_before_inserted_at, id: p_before_id })) => {
            let page = Older { p_channel_id, p_before_inserted_at, p_before_id, p_limit };
            edge.rpc(&caller).read(&FETCH_SOCIAL_MESSAGES_PAGE, &page).await
        }
        (Some(_), Some(_)) => Err(Problem::invalid("before", "cannot be combined with since")),
    }
}
