//! What a client sends to stage a match, in one spelling.
//!
//! Existing clients write snake_case or camelCase, and send along what the database now looks up itself: the former are
//! the same field, so that giving both is giving it twice; the latter are named here and dropped. What a value must be
//! is the database's to say, with its path; an unknown field is refused here.

use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::Value;

use shared::fields::{Id, Object};

/// The body of `stage-room-match`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staging {
    /// Whose owner the caller must be.
    #[serde(alias = "roomId")]
    pub room_id: Id,
    /// The room's.
    #[serde(alias = "gameId")]
    pub game_id: Id,
    /// Chosen by the client, for this match.
    #[serde(alias = "matchInstanceId")]
    pub match_instance_id: Id,
    /// Who plays, by slot.
    pub roster: Vec<Object<RosterEntry>>,
    /// Which slots there are.
    #[serde(alias = "slotTemplate")]
    pub slot_template: Object<SlotTemplate>,
}

/// The template, whose version decides which of two stagings is the later.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SlotTemplate {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Value>,
    #[serde(alias = "updatedAt", skip_serializing_if = "Option::is_none")]
    updated_at: Option<Value>,
    #[serde(default)]
    roles: Vec<Object<Role>>,
    #[serde(default, alias = "slot_map", alias = "slotMap")]
    slots: Vec<Object<Slot>>,
}

/// A role, and how many active slots it has.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Value>,
    #[serde(alias = "slotCount", skip_serializing_if = "Option::is_none")]
    slot_count: Option<Value>,
}

/// A place in the match.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    #[serde(alias = "slotIndex", skip_serializing_if = "Option::is_none")]
    slot_index: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<Value>,
}

/// Who takes a slot.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RosterEntry {
    #[serde(alias = "slotId", skip_serializing_if = "Option::is_none")]
    slot_id: Option<Value>,
    #[serde(alias = "slotIndex", skip_serializing_if = "Option::is_none")]
    slot_index: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Value>,
    #[serde(alias = "ownerId", skip_serializing_if = "Option::is_none")]
    owner_id: Option<Value>,
    #[serde(alias = "heroId", skip_serializing_if = "Option::is_none")]
    hero_id: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready: Option<Value>,
    #[serde(alias = "joinedAt", skip_serializing_if = "Option::is_none")]
    joined_at: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    standin: Option<Value>,
    #[serde(alias = "matchSource", skip_serializing_if = "Option::is_none")]
    match_source: Option<Value>,
    #[serde(default, skip_serializing, rename = "hero_name", alias = "heroName")]
    _hero_name: IgnoredAny,
    #[serde(default, skip_serializing, rename = "hero_summary", alias = "heroSummary")]
    _hero_summary: IgnoredAny,
    #[serde(default, skip_serializing, rename = "score")]
    _score: IgnoredAny,
    #[serde(default, skip_serializing, rename = "rating")]
    _rating: IgnoredAny,
    #[serde(default, skip_serializing, rename = "battles")]
    _battles: IgnoredAny,
    #[serde(default, skip_serializing, rename = "win_rate", alias = "winRate")]
    _win_rate: IgnoredAny,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "0b6f8e7c-52d5-4a0e-9f3f-3d3b7d9f2c11";

    fn read(roster: Value, template: Value) -> Result<Value, String> {
        let body =
            json!({ "roomId": ID, "game_id": ID, "matchInstanceId": ID, "roster": [roster], "slotTemplate": template });
        let staging = serde_path_to_error::deserialize::<_, Staging>(body).map_err(|error| error.path().to_string())?;
        Ok(json!([staging.roster, staging.slot_template]))
    }

    #[test]
    fn both_spellings_are_one_and_what_the_database_decides_is_dropped() {
        let roster = json!({ "slotIndex": 0, "owner_id": ID, "heroName": "x", "rating": 9000, "winRate": 1 });
        let template = json!({ "version": 3, "slotMap": [{ "slotIndex": 0, "role": "tank" }] });

        let sent = read(roster, template).unwrap();

        let expected = json!({ "version": 3, "roles": [], "slots": [{ "slot_index": 0, "role": "tank" }] });
        assert_eq!(sent, json!([[{ "slot_index": 0, "owner_id": ID }], expected]));
    }

    #[test]
    fn a_field_in_two_spellings_is_given_twice_and_an_unknown_one_is_named() {
        let twice = json!({ "slotIndex": 0, "slot_index": 0 });
        assert!(read(twice, json!({})).unwrap_err().starts_with("roster[0]"));
        assert_eq!(read(json!({ "mvp": true }), json!({})).unwrap_err(), "roster[0].mvp");
        assert_eq!(read(json!({}), json!({ "colour": 1 })).unwrap_err(), "slotTemplate.colour");
    }

    /// A derived reader would take the first of its elements for the first field, and so on.
    #[test]
    fn an_array_is_no_object_at_any_depth() {
        let (entry, slot) = (json!({ "slot_index": 0 }), json!([0, "tank", true]));
        for (roster, template, path) in [
            (json!([null, 0]), json!({}), "roster[0]"),
            (json!([]), json!({}), "roster[0]"),
            (entry.clone(), json!([1]), "slotTemplate"),
            (entry.clone(), json!({ "roles": [["tank", 1]] }), "slotTemplate.roles[0]"),
            (entry.clone(), json!({ "slots": [slot] }), "slotTemplate.slots[0]"),
        ] {
            assert_eq!(read(roster, template).unwrap_err(), path);
        }
    }
}
