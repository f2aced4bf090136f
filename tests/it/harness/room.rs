//! A room of one test's own: a game of two roles, four slots, two of them taken.

use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::{answer::Call, person::Person, running};

/// A room, its owner, and who else is about.
pub struct Room {
    /// Its id.
    pub id: Uuid,
    /// What is played.
    pub game: Uuid,
    /// Sits in slot 0, with a hero called `Owner's hero` and a rating of 1500.
    pub owner: Person,
    /// Sits in slot 1, with a rating of 1600.
    pub guest: Person,
    /// Has an account, and nothing to do with the room.
    pub stranger: Person,
    /// The owner's hero.
    pub hero: Uuid,
    /// As `postgres`.
    pub database: Client,
}

impl Room {
    /// Not staged yet.
    pub async fn new() -> Self {
        let (owner, guest, stranger) = (Person::new().await, Person::new().await, Person::new().await);
        let database = running().stack.cluster().connect("postgres").await.expect("PostgreSQL answers");
        let [id, game, hero] = [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()];
        let rows: [(&str, &[&(dyn tokio_postgres::types::ToSql + Sync)]); 5] = [
            ("insert into public.heroes (id, owner_id, name) values ($1, $2, 'Owner''s hero')", &[&hero, &owner.id]),
            ("insert into public.rank_games (id, owner_id, name) values ($1, $2, 'test')", &[&game, &owner.id]),
            (
                "insert into public.rank_rooms (id, game_id, owner_id, code) values ($1, $2, $3, $1::uuid::text)",
                &[&id, &game, &owner.id],
            ),
            (
                "insert into public.rank_room_slots (room_id, slot_index, role, occupant_owner_id) \
                 values ($1, 0, 'tank', $2), ($1, 1, 'healer', $3), ($1, 2, 'tank', null), ($1, 3, 'healer', null)",
                &[&id, &owner.id, &guest.id],
            ),
            (
                "insert into public.rank_participants (game_id, owner_id, rating) values ($1, $2, 1500), ($1, $3, 1600)",
                &[&game, &owner.id, &guest.id],
            ),
        ];
        for (sql, parameters) in rows {
            database.execute(sql, parameters).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        }
        Self { id, game, owner, guest, stranger, hero, database }
    }

    /// A staging of both players that is right in every respect.
    pub fn staging(&self, version: i64) -> Value {
        json!({
            "room_id": self.id,
            "game_id": self.game,
            "match_instance_id": Uuid::new_v4(),
            "roster": [
                { "slot_index": 0, "role": "tank", "owner_id": self.owner.id, "hero_id": self.hero, "ready": true },
                { "slot_index": 1, "role": "healer", "owner_id": self.guest.id, "ready": false },
            ],
            "slot_template": {
                "version": version,
                "source": "room-stage",
                "roles": [{ "name": "tank", "slot_count": 1 }, { "name": "healer", "slot_count": 1 }],
                "slots": [{ "slot_index": 0, "role": "tank" }, { "slot_index": 1, "role": "healer" }],
            },
        })
    }

    /// `stage-room-match`.
    pub fn stage(&self, who: &Person, body: &Value) -> Call {
        who.post("/functions/v1/stage-room-match", body)
    }

    /// What is stored: version, and the roster by slot.
    pub async fn roster(&self) -> Vec<Value> {
        let query = "select to_jsonb(r) from public.rank_match_roster as r where room_id = $1 order by slot_index";
        let rows = self.database.query(query, &[&self.id]).await.expect("a roster");
        rows.iter().map(|row| row.get(0)).collect()
    }
}
