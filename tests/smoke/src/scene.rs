//! What the checks write into: a channel, a game and a room of their own, made in the database and removed again.
//!
//! Each carries a mark with its time in its name. What a run that was killed has left is removed by the next one that
//! comes ten minutes later; what is younger may be somebody else's who is still at it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use gate::database::{self, literal};
use serde_json::json;
use uuid::Uuid;

use crate::{Target, person::subject};

/// What the names begin with; the seconds since 1970 follow.
const MARK: &str = "smoke-test-";
/// No run takes so long.
const ABANDONED: Duration = Duration::from_secs(600);

/// The target, and what has been set up there.
pub struct Scene<'a> {
    pub target: &'a Target,
    /// Empty where there is none.
    pub channel: String,
    pub room: Option<Room>,
    made: Option<Made<'a>>,
}

/// A room of the member's, in which the second user has a seat.
pub struct Room {
    pub id: Uuid,
    pub game: Uuid,
    pub owner: Uuid,
    pub guest: Uuid,
}

/// What has to go again. It goes on drop too.
struct Made<'a> {
    database_url: &'a str,
    mark: String,
}

impl<'a> Scene<'a> {
    pub fn set(target: &'a Target) -> Result<Self> {
        let channel = target.channel.clone().unwrap_or_default();
        let (Some(database_url), Some(outsider), false) = (&target.database_url, &target.outsider, target.disabled)
        else {
            return Ok(Self { target, channel, room: None, made: None });
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?;
        let mark = format!("{MARK}{}-{}", now.as_secs(), &Uuid::new_v4().simple().to_string()[..8]);
        let (owner, guest) = (subject(&target.token)?, subject(outsider)?);
        let room = Room { id: Uuid::new_v4(), game: Uuid::new_v4(), owner, guest };
        let channel = Uuid::new_v4();
        let abandoned = removal(&format!(
            "case when name ~ '^{MARK}[0-9]{{1,12}}-' then split_part(name, '-', 3)::bigint < {} else false end",
            now.as_secs().saturating_sub(ABANDONED.as_secs())
        ));
        // From here on it is removed, whatever happens.
        let made = Made { database_url, mark: mark.clone() };
        let rows = rows(channel, &room, &mark);
        in_database(database_url, &format!("{abandoned} {rows}")).context("the scene cannot be set")?;
        Ok(Self { target, channel: channel.to_string(), room: Some(room), made: Some(made) })
    }

    /// A URL of a function.
    pub fn function(&self, path: &str) -> String {
        format!("{}/{path}", self.target.url.trim_end_matches('/'))
    }

    /// Takes down what was set up.
    pub fn remove(mut self) -> Result<()> {
        self.made.as_mut().map_or(Ok(()), Made::remove)
    }
}

impl Made<'_> {
    fn remove(&mut self) -> Result<()> {
        let mark = std::mem::take(&mut self.mark);
        in_database(self.database_url, &removal(&format!("name = {}", literal(&mark))))
            .with_context(|| format!("what the test has written is still there: channels and games named {mark}"))
    }
}

impl Drop for Made<'_> {
    fn drop(&mut self) {
        if !self.mark.is_empty()
            && let Err(error) = self.remove()
        {
            say::note!("{error:#}");
        }
    }
}

/// All that belongs to a channel or a game goes with it, the audit log excepted: that is what happened.
fn removal(which: &str) -> String {
    format!("delete from public.social_channels where {which}; delete from public.rank_games where {which};")
}

fn rows(channel: Uuid, room: &Room, mark: &str) -> String {
    let Room { id, game, owner, guest } = room;
    let roles = json!([{ "name": "attack", "slot_count": 1 }, { "name": "support", "slot_count": 1 }]);
    format!(
        "insert into public.social_channels (id, name) values ('{channel}', '{mark}'); \
         insert into public.social_channel_members (channel_id, user_id) values ('{channel}', '{owner}'); \
         insert into public.rank_games (id, owner_id, name, roles) values ('{game}', '{owner}', '{mark}', '{roles}'); \
         insert into public.rank_rooms (id, game_id, owner_id, code, slot_count) \
           values ('{id}', '{game}', '{owner}', '{mark}', 2); \
         insert into public.rank_room_slots (room_id, slot_index, role, occupant_owner_id) \
           values ('{id}', 0, 'attack', '{owner}'), ('{id}', 1, 'support', '{guest}'); \
         insert into public.rank_participants (game_id, owner_id) values ('{game}', '{owner}'), ('{game}', '{guest}');"
    )
}

/// All of it, or nothing.
fn in_database(url: &str, sql: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = database::connect(url).await?;
        let done = database::run(&mut connection, &format!("begin; set local role postgres; {sql} commit")).await;
        database::close(connection).await;
        done
    })
}
