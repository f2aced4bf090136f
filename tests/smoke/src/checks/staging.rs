//! `stage-room-match`, and what it refuses.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use uuid::Uuid;

use super::refused;
use crate::{
    http::post,
    scene::{Room, Scene},
};

/// A staging of both players that is right in every respect.
pub fn staging(room: &Room) -> Value {
    let Room { id, game, owner, guest } = room;
    json!({
        "room_id": id,
        "game_id": game,
        "match_instance_id": Uuid::new_v4(),
        "roster": [
            { "slot_index": 0, "role": "attack", "owner_id": owner, "ready": true },
            { "slot_index": 1, "role": "support", "owner_id": guest, "ready": true },
        ],
        "slot_template": {
            "version": 1,
            "source": "smoke-test",
            "roles": [{ "name": "attack", "slot_count": 1 }, { "name": "support", "slot_count": 1 }],
            "slots": [{ "slot_index": 0, "role": "attack" }, { "slot_index": 1, "role": "support" }],
        },
    })
}

pub fn unknown_room(scene: &Scene) -> Result<()> {
    let [id, game, owner, guest] = [(); 4].map(|()| Uuid::new_v4());
    let body = staging(&Room { id, game, owner, guest });
    let answer = post(&scene.function("stage-room-match"), Some(&scene.target.token), &body)?;
    refused(&answer, 404, &["room_not_found"])
}

pub fn contradiction(scene: &Scene) -> Result<()> {
    let mut body = staging(scene.room.as_ref().context("there is a room")?);
    body["slot_template"]["roles"][0]["slot_count"] = json!(2);
    let answer = post(&scene.function("stage-room-match"), Some(&scene.target.token), &body)?;
    refused(&answer, 422, &["invalid_slot_template"])?;
    let details = answer.text("details");
    ensure!(details.starts_with("slot_count_mismatch"), "it does not say how: {}", answer.raw);
    Ok(())
}

pub fn not_the_owner(scene: &Scene) -> Result<()> {
    let body = staging(scene.room.as_ref().context("there is a room")?);
    let answer = post(&scene.function("stage-room-match"), scene.target.outsider.as_deref(), &body)?;
    refused(&answer, 403, &["not_room_owner"])
}
