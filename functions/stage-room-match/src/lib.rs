//! `POST /stage-room-match`: stage a match in a room the caller owns.
//!
//! Calls `sync_rank_match_roster`, which runs `verify_rank_roles_and_slots` in the same transaction. Whether roster and
//! template are right is the database's decision; this file only establishes who is asking, and brings what the
//! clients send into one spelling.

mod staging;

use serde::Serialize;
use shared::{
    auth::Caller,
    contract::SYNC_RANK_MATCH_ROSTER,
    edge::Edge,
    endpoint::Endpoint,
    fields::{Id, Object},
    problem::Problem,
    reply::Reply,
    request::{Request, json},
};
use spin_sdk::http::{IntoResponse, Request as SpinRequest};

use crate::staging::{RosterEntry, SlotTemplate, Staging};

/// A roster of 64 with its template fits several times.
const LIMIT: usize = 256 * 1024;

/// Its name, and how it is asked.
pub const ENDPOINT: Endpoint = Endpoint::post("stage-room-match").up_to(LIMIT);
shared::carry!(STAGE_ROOM_MATCH);

/// What the host calls.
#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn stage_room_match(request: SpinRequest) -> impl IntoResponse {
    ENDPOINT.serve(request, handle).await
}

#[derive(Serialize)]
struct Arguments {
    p_room_id: Id,
    p_game_id: Id,
    p_match_instance_id: Id,
    p_roster: Vec<Object<RosterEntry>>,
    p_slot_template: Object<SlotTemplate>,
}

/// Read, ask the database, answer. The template's version makes a second attempt a replay.
pub async fn handle(edge: &Edge, caller: Caller, request: Request) -> Result<Reply, Problem> {
    let staging: Staging = json(&request)?;
    let arguments = Arguments {
        p_room_id: staging.room_id,
        p_game_id: staging.game_id,
        p_match_instance_id: staging.match_instance_id,
        p_roster: staging.roster,
        p_slot_template: staging.slot_template,
    };
    edge.rpc(&caller).write(&SYNC_RANK_MATCH_ROSTER, &arguments, true).await
}
